"""Labelled texts from a user's own files: TSV, CSV or JSON lines with named columns."""

import csv
import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.corpus import LabelledCorpus, LabelledTexts, Split
from mosecrot_core.locations import read_lines, resolve_path
from mosecrot_core.settings import Settings

Form = Literal["auto", "tsv", "csv", "jsonl"]
_SUFFIXES: Mapping[str, Form] = {
    ".tsv": "tsv",
    ".tab": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_Row = tuple[int, str, str]
"""Line number, text, label."""
_Key = tuple[str, str]
"""Language, split."""


class TextFileSettings(Settings):
    """Where a user's labelled texts lie and what their columns are called."""

    name: Literal["files"] = "files"
    """The reader."""
    files: Mapping[str, Mapping[Split, str]]
    """Language -> split -> path, plain or .gz; relative to the experiment file. The first language is the
    source; not every language needs every split."""
    format: Form = "auto"
    """`tsv`: tab-separated, quotes are ordinary characters. `csv`: comma-separated, quoted as in RFC 4180.
    `jsonl`: one JSON object a line. `auto` goes by the suffix. All need names: a header line, or keys."""
    text_column: str = "text"
    """Column that holds the text."""
    label_column: str = "label"
    """Column that holds the label's name."""
    labels: tuple[str, ...] | None = None
    """Label names in the order of the model's outputs; None = those of the source train file, sorted."""

    def paths(self, base: Path = Path()) -> dict[tuple[str, str], Path]:
        """Return the file of each language and split.

        Raises:
            InputError: One is not there.
        """
        return {
            (language, split): resolve_path(spec, base)
            for language, splits in self.files.items()
            for split, spec in splits.items()
        }


def load_text_files(settings: TextFileSettings, base: Path = Path()) -> LabelledCorpus:
    """Read all files of the settings into one corpus.

    Args:
        settings: Paths and column names.
        base: Folder that relative paths start from.

    Raises:
        InputError: No file is named, a file is missing, empty, not UTF-8 text or damaged, lacks a column, has
            a row that does not fit, an empty text, or a label that is not among the known ones.
    """
    paths = settings.paths(base)
    if not paths:
        raise InputError("at least one file of labelled texts was expected", remedy="Fill in `files`.")
    rows = {key: list(_read_rows(path, settings)) for key, path in paths.items()}
    names = settings.labels or _source_labels(next(iter(settings.files)), paths, rows)
    numbers = {name: number for number, name in enumerate(names)}
    splits = {
        key: LabelledTexts(
            texts=tuple(text for _, text, _ in found),
            labels=tuple(_number(label, numbers, paths[key], line) for line, _, label in found),
        )
        for key, found in rows.items()
    }
    return LabelledCorpus(label_names=tuple(names), splits=splits)


def _read_rows(path: Path, settings: TextFileSettings) -> Iterator[_Row]:
    """Yield the checked rows of one file."""
    form = _form(path) if settings.format == "auto" else settings.format
    read = _json_rows if form == "jsonl" else _table_rows
    count = 0
    for line, text, label in read(path, settings, form):
        for column, value in ((settings.text_column, text), (settings.label_column, label)):
            if not value.strip():
                raise InputError(
                    f"column {column!r} is empty",
                    path=path,
                    line=line,
                    remedy="Fill it in or remove the row.",
                )
        count += 1
        yield line, text.strip(), label.strip()
    if not count:
        raise InputError("labelled texts were expected, the file holds none", path=path)


def _form(path: Path) -> Form:
    suffix = Path(path.stem if path.suffix == ".gz" else path.name).suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(
            f"the suffix {suffix!r} does not tell the format",
            path=path,
            remedy="Set `format` to tsv, csv or jsonl.",
        )
    return _SUFFIXES[suffix]


def _table_rows(path: Path, settings: TextFileSettings, form: Form) -> Iterator[_Row]:
    cells = (
        _csv_cells(path) if form == "csv" else ((n, line.split("\t")) for n, line in read_lines(path) if line)
    )
    _, header = next(cells, (0, []))
    if not header:
        raise InputError("a header line was expected, the file is empty", path=path)
    names = [name.strip() for name in header]
    text, label = (_column(name, names, path) for name in (settings.text_column, settings.label_column))
    for line, row in cells:
        if len(row) != len(names):
            raise InputError(
                f"{len(names)} columns expected as in the header, {len(row)} found",
                path=path,
                line=line,
                remedy="Check for a stray separator"
                + (
                    " or a quote that is never closed."
                    if form == "csv"
                    else " in the text; CSV can quote it."
                ),
            )
        yield line, row[text], row[label]


def _csv_cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which the row starts, cells); a quoted cell may span lines."""
    reader = csv.reader((line + "\n" for _, line in read_lines(path)), strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"not valid CSV: {error}",
            path=path,
            line=line,
            remedy="A quote inside a quoted text is written twice.",
        ) from error


def _json_rows(path: Path, settings: TextFileSettings, _: Form) -> Iterator[_Row]:
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError(
                f"not a JSON object: {error}",
                path=path,
                line=number,
                remedy="One object a line is expected (JSON lines), not a list or a pretty-printed document.",
            ) from error
        if not isinstance(record, dict):
            raise InputError(f"a JSON object expected, found {type(record).__name__}", path=path, line=number)
        names = list(record)
        text, label = (
            record[names[_column(name, names, path, number)]]
            for name in (settings.text_column, settings.label_column)
        )
        yield (
            number,
            _as_text(text, settings.text_column, path, number),
            _as_text(label, settings.label_column, path, number),
        )


def _as_text(value: object, column: str, path: Path, line: int) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    raise InputError(f"column {column!r}: text expected, found {type(value).__name__}", path=path, line=line)


def _column(name: str, names: list[str], path: Path, line: int = 1) -> int:
    """Return the position of a column; an error names the one that was probably meant."""
    if names.count(name) > 1:
        raise InputError(f"{names.count(name)} columns are called {name!r}", path=path, line=line)
    if name in names:
        return names.index(name)
    folded = {known.casefold(): known for known in names}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    meant = f" Did you mean {folded[close[0]]!r}?" if close else ""
    raise InputError(
        f"there is no column {name!r}; found {', '.join(map(repr, names))}",
        path=path,
        line=line,
        remedy=f"Set text_column and label_column.{meant}",
    )


def _source_labels(
    source: str, paths: Mapping[_Key, Path], rows: Mapping[_Key, list[_Row]]
) -> tuple[str, ...]:
    if (source, "train") not in rows:
        raise InputError(
            f"the labels come from the train file of the first language, {source!r}, which has none",
            path=next(iter(paths.values())),
            remedy="Add it, or list the label names in `labels`.",
        )
    labels = tuple(sorted({label for _, _, label in rows[source, "train"]}))
    if len(labels) == 1:
        raise InputError(f"at least two labels expected, all are {labels[0]!r}", path=paths[source, "train"])
    return labels


def _number(label: str, numbers: Mapping[str, int], path: Path, line: int) -> int:
    if label not in numbers:
        raise InputError(
            f"label {label!r} is not known; the labels are {', '.join(numbers)}",
            path=path,
            line=line,
            remedy="Correct it, or list all label names in `labels`.",
        )
    return numbers[label]
