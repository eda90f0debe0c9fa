"""Labelled texts from a user's own files: TSV, CSV or JSON lines with named columns."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.base import SentenceTask, TaskInputs
from mosecrot_core.learning.tasks.corpus import LabelledCorpus, LabelledTexts, Split
from mosecrot_core.learning.tasks.tables import Form, Row, checked_text, label_number, read_rows
from mosecrot_core.locations import resolve_path

_Key = tuple[str, str]
"""Language, split."""


class TextFileSettings(SentenceTask):
    """Where a user's labelled texts lie and what their columns are called."""

    name: Literal["files"] = "files"
    """The reader."""
    files: Mapping[str, Mapping[Split, str]]
    """Language -> split -> path, plain or .gz; relative to the experiment file. The first language is the
    source; not every language needs every split."""
    format: Form = "auto"
    """`tsv`: tab-separated, quotes are ordinary characters. `csv`: comma-separated, quoted as in RFC 4180;
    `quoted_tsv`: the same with tabs, as pandas writes it. `jsonl`: one JSON object a line. `parquet`. `auto`
    goes by the suffix. All need names: a header line, or keys."""
    text_column: str = "text"
    """Column that holds the text."""
    label_column: str = "label"
    """Column that holds the label's name."""
    labels: tuple[str, ...] | None = None
    """Label names in the order of the model's outputs; None = those of the source train file, sorted."""

    def load(self, languages: Sequence[str], base: Path = Path()) -> LabelledCorpus:
        """Read the files of some languages into one corpus; the source's train file may name the labels.

        Raises:
            InputError: No file is named, a file is missing, empty, not UTF-8 text or damaged, lacks a column,
                has a row that does not fit, an empty text, or a label that is not among the known ones.
        """
        paths = self._paths(languages, base)
        if not paths:
            raise InputError(
                f"files of labelled texts in {', '.join(languages)} were expected, "
                f"there are some in {', '.join(self.files) or 'no language'}",
                remedy="Fill in `files`.",
            )
        rows = {key: list(_read(path, self)) for key, path in paths.items()}
        names = self.labels or _source_labels(self._namer, paths, rows)
        numbers = {name: number for number, name in enumerate(names)}
        return LabelledCorpus(
            label_names=tuple(names),
            splits={
                key: LabelledTexts(
                    texts=tuple(row.cells[0] for row in found),
                    labels=tuple(_number(row, numbers, paths[key]) for row in found),
                )
                for key, found in rows.items()
            },
        )

    def inputs(self, languages: Sequence[str], base: Path = Path()) -> TaskInputs:
        """Return what the texts depend on: their files, and the one that names the labels."""
        paths = self._paths(languages, base)
        namer = paths.get(self._namer) if self.labels is None else None
        return TaskInputs(
            settings=self.model_dump(mode="json", exclude={"files"}),
            files={key: (path,) for key, path in paths.items()},
            shared=() if namer is None else (namer,),
        )

    @property
    def _namer(self) -> _Key:
        """The file whose labels give the label names."""
        return next(iter(self.files), ""), "train"

    def _paths(self, languages: Sequence[str], base: Path) -> dict[_Key, Path]:
        """Return the file of each split of some languages, and the one that names the labels."""
        return {
            (language, split): resolve_path(spec, base)
            for language, splits in self.files.items()
            for split, spec in splits.items()
            if language in languages or (self.labels is None and (language, split) == self._namer)
        }


def _read(path: Path, settings: TextFileSettings) -> Iterator[Row]:
    """Yield text and label of each row of one file."""
    columns = (settings.text_column, settings.label_column)
    for row in read_rows(path, columns, settings.format, "Set text_column and label_column."):
        for column, cell in zip(columns, row.cells, strict=True):
            checked_text(cell, column, path, row.line)
        yield row


def _source_labels(
    namer: _Key, paths: Mapping[_Key, Path], rows: Mapping[_Key, Sequence[Row]]
) -> tuple[str, ...]:
    if namer not in rows:
        raise InputError(
            f"the labels come from the train file of the first language, {namer[0]!r}, which has none",
            path=next(iter(paths.values())),
            remedy="Add it, or list the label names in `labels`.",
        )
    labels = tuple(sorted({row.cells[1] for row in rows[namer]}))
    if len(labels) == 1:
        raise InputError(f"at least two labels expected, all are {labels[0]!r}", path=paths[namer])
    return labels


def _number(row: Row, numbers: Mapping[str, int], path: Path) -> int:
    remedy = "Correct it, or list all label names in `labels`."
    return label_number(row.cells[1], numbers, path, row.line, remedy)
