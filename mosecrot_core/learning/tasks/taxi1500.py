"""Taxi1500: topics of Bible verses in more than 1,500 languages, the same verses in each.

Ma et al., "Taxi1500: A Multilingual Dataset for Text Classification in 1500 Languages" (2023),
https://github.com/cisnlp/Taxi1500. 860 train, 106 dev and 111 test verses of the New Testament, labelled in
English. Most Bibles may not be handed on, so the labels are published by verse (BBCCCVVV: book, chapter,
verse) and the user joins them to a text in the format of the Parallel Bible Corpus, such as the authors'
Taxi1500-c. The source reports macro-F1.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.base import SentenceTask, TaskInputs
from mosecrot_core.learning.tasks.corpus import SPLITS, LabelledCorpus, LabelledTexts
from mosecrot_core.learning.tasks.published import SourceName, numbered
from mosecrot_core.learning.tasks.tables import checked_text, label_number, read_columns
from mosecrot_core.locations import resolve_path
from mosecrot_core.text_files import read_lines

TOPICS = ("Recommendation", "Faith", "Description", "Sin", "Grace", "Violence")
_NUMBERS = numbered(TOPICS)
_Labels = dict[str, dict[str, int]]
"""Split -> verse -> number of its label."""


class Taxi1500Settings(SentenceTask):
    """Taxi1500: 6 topics of Bible verses; labelled verses (`source`), or `labels` and `texts` to join."""

    name: Literal["taxi1500"] = "taxi1500"
    """The reader."""
    source: str | None = None
    """A folder of labelled verses, `EDITION_train.tsv`, `EDITION_dev.tsv` and `EDITION_test.tsv`, of the
    columns verse, label and text without a header; EDITION is the language's code, or begins with it and `_`
    or `-`. The authors' `eng_data` is one."""
    languages: Mapping[str, SourceName] = {}
    """Language -> its edition in `source`, where there are several or the name is another."""
    labels: str | None = None
    """Labels by verse: a file of the columns verse, split, label without a header, or a folder with one
    edition's labelled verses, such as `eng_data`."""
    texts: Mapping[str, str] = {}
    """Language -> its Bible, plain or .gz: `BBCCCVVV TAB text` lines after a header of `#` lines."""
    min_share: float = Field(default=0.5, ge=0, le=1)
    """A Bible with less than this share of the labelled verses is an error; verses it lacks are left out."""

    @model_validator(mode="after")
    def _one_way(self) -> "Taxi1500Settings":
        if (self.source is None) == (self.labels is None):
            raise ValueError("either source (labelled verses) or labels and texts (to join) expected")
        if self.labels is not None and (self.languages or not self.texts):
            raise ValueError("labels goes with texts (language: path of its Bible), not with languages")
        if self.source is not None and self.texts:
            raise ValueError("texts goes with labels, not with source")
        return self

    def load(self, languages: Sequence[str], base: Path = Path()) -> LabelledCorpus:
        """Return train, dev and test verses of some languages.

        Raises:
            InputError: A file is missing, damaged or of another layout, a label is unknown, a verse is there
                twice, a language has no edition or several, or a Bible lacks too many verses.
        """
        inputs = self.inputs(languages, base)
        if self.source is not None:
            splits = {key: _labelled(path) for key, (path,) in inputs.files.items()}
            return LabelledCorpus(TOPICS, splits)
        labels = _read_labels(inputs.shared)
        splits, left_out = {}, {}
        for language in dict.fromkeys(languages):
            (path,) = inputs.files[language, "train"]
            verses = _read_bible(path, {verse for part in labels.values() for verse in part})
            self._check_share(verses, labels, path)
            for split, part in labels.items():
                found = {verse: label for verse, label in part.items() if verse in verses}
                splits[language, split] = LabelledTexts(
                    tuple(verses[verse] for verse in found), tuple(found.values())
                )
                left_out[language, split] = len(part) - len(found)
        return LabelledCorpus(TOPICS, splits, left_out)

    def inputs(self, languages: Sequence[str], base: Path = Path()) -> TaskInputs:
        """Return what the verses depend on: their files, and the labels to join."""
        labels = () if self.labels is None else _label_files(resolve_path(self.labels, base))
        files: dict[tuple[str, str], tuple[Path, ...]] = {
            (language, split): (self._file(language, split, base),)
            for language in dict.fromkeys(languages)
            for split in SPLITS
        }
        return TaskInputs(self.model_dump(mode="json", include={"name", "min_share"}), {}, files, labels)

    def _file(self, language: str, split: str, base: Path) -> Path:
        """Return the file that a split of a language is read from."""
        if self.source is None:
            return self._bible(language, base)
        folder = resolve_path(self.source, base)
        if not folder.is_dir():
            raise InputError("a folder of labelled verses was expected, a file came", path=folder)
        return self._edition(folder, language, split)

    def _edition(self, folder: Path, language: str, split: str) -> Path:
        """Return the file of a language's edition."""
        if language in self.languages:
            names = [self.languages[language]]
        else:
            ends = f"_{split}.tsv"
            known = sorted(path.name.removesuffix(ends) for path in folder.glob(f"*{ends}"))
            names = [
                name
                for name in known
                if name == language or name.startswith((f"{language}_", f"{language}-"))
            ]
            if len(names) != 1:
                there_is = ", ".join(names if names else known) or "none"
                raise InputError(
                    f"one edition of {split} verses in language {language!r} was expected, found {there_is}",
                    path=folder,
                    remedy=f"Name it: languages: {{{language}: EDITION}}, for files EDITION{ends}.",
                )
        path = folder / f"{names[0]}_{split}.tsv"
        if not path.is_file():
            raise InputError(
                "there is no such file of labelled verses", path=path, remedy="Check `languages`."
            )
        return path

    def _bible(self, language: str, base: Path) -> Path:
        if language not in self.texts:
            raise InputError(
                f"texts names no Bible in language {language!r}, only in {', '.join(self.texts)}",
                remedy=f"Add it: texts: {{{language}: PATH}}.",
            )
        return resolve_path(self.texts[language], base)

    def _check_share(self, verses: Mapping[str, str], labels: _Labels, path: Path) -> None:
        wanted = sum(len(part) for part in labels.values())
        empty = [split for split, part in labels.items() if not part.keys() & verses.keys()]
        problem = f"{wanted - len(verses)} of the {wanted} labelled verses are missing"
        if empty:
            problem += f", all of {', '.join(empty)}"
            raise InputError(problem, path=path, remedy="A Bible with the New Testament is needed.")
        if len(verses) < self.min_share * wanted:
            remedy = "Is it this Bible, with the New Testament? If so, lower min_share."
            raise InputError(problem, path=path, remedy=remedy)


def _labelled(path: Path) -> LabelledTexts:
    """Read labelled verses."""
    rows = list(_verses(path))
    return LabelledTexts(tuple(text for _, _, text in rows), tuple(label for _, label, _ in rows))


def _verses(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield verse, label and text."""
    for line, (verse, label, text) in read_columns(path, ("verse", "label", "text")):
        _check_verse(verse, path, line)
        yield verse, label_number(label, _NUMBERS, path, line), checked_text(text, "text", path, line)


def _label_files(path: Path) -> tuple[Path, ...]:
    """Return the file of labels, or the three of a folder in the order of the splits."""
    if path.is_file():
        return (path,)
    files = tuple(sorted(path.glob(f"*_{split}.tsv")) for split in SPLITS)
    for split, found in zip(SPLITS, files, strict=True):
        if len(found) != 1:
            problem = f"one file *_{split}.tsv of labelled verses was expected, found {len(found)}"
            raise InputError(
                problem, path=path, remedy="Name the folder of one edition, or a file of labels."
            )
    return tuple(found[0] for found in files)


def _read_labels(paths: tuple[Path, ...]) -> _Labels:
    labels: _Labels = {split: {} for split in SPLITS}
    if len(paths) > 1:
        for split, path in zip(SPLITS, paths, strict=True):
            labels[split] = {verse: label for verse, label, _ in _verses(path)}
        return labels
    (path,) = paths
    for line, (verse, part, label) in read_columns(path, ("verse", "split", "label")):
        _check_verse(verse, path, line)
        if part not in labels:
            problem = f"split {part!r}: one of {', '.join(labels)} expected"
            raise InputError(problem, path=path, line=line, remedy="The columns are verse, split, label.")
        if any(verse in known for known in labels.values()):
            raise InputError(f"verse {verse} is labelled twice", path=path, line=line)
        labels[part][verse] = label_number(label, _NUMBERS, path, line)
    if none := [part for part, found in labels.items() if not found]:
        problem = f"labelled verses of {', '.join(labels)} were expected, found none of {', '.join(none)}"
        raise InputError(problem, path=path, remedy="Fetch it again.")
    return labels


def _read_bible(path: Path, wanted: set[str]) -> dict[str, str]:
    """Read the text of some verses; one that is empty, as where verses are printed as one, is missing."""
    verses: dict[str, str] = {}
    for line, text in read_lines(path):
        if not text.strip() or text.startswith("#"):
            continue
        verse, tab, said = text.partition("\t")
        if not tab:
            problem = "a verse expected (BBCCCVVV, a tab, its text), found no tab"
            raise InputError(problem, path=path, line=line, remedy="Check that it is the file you mean.")
        _check_verse(verse.strip(), path, line)
        verse, said = verse.strip(), said.strip()
        if verse in wanted and said and verses.setdefault(verse, said) != said:
            raise InputError(f"verse {verse} is there twice with different texts", path=path, line=line)
    return verses


def _check_verse(verse: str, path: Path, line: int) -> None:
    if len(verse) != 8 or not verse.isascii() or not verse.isdigit():
        problem = f"a verse as BBCCCVVV (8 digits) expected, found {verse[:20]!r}"
        raise InputError(problem, path=path, line=line, remedy="Check that it is the file you mean.")
