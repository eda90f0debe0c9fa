"""What the readers of labelled words share: where the files lie, and a word a line in columns."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.corpus import SPLITS, Split
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.locations import resolve_path
from mosecrot_core.settings import Settings

Row = tuple[int, str, str]
"""Line, word, label."""
Files = Mapping[str, Mapping[Split, str]]
"""Language -> split -> path."""
Paths = dict[tuple[str, str], Path]
"""(language, split) -> file."""

_BLANKS = re.compile(r"[ \t]+")


class TokenFileSettings(Settings):
    """Where the files of labelled words lie: one by one, or a folder of a known layout."""

    folder: str | None = None
    """Folder in the layout of the task; relative to the experiment file."""
    files: Files | None = None
    """Instead of `folder`: language -> split -> path, plain or .gz."""

    def named_files(self, languages: Sequence[str], base: Path) -> Paths:
        """Return the files that `files` names for the languages.

        Raises:
            InputError: A language has none, or a file is not there.
        """
        files = self.files or {}
        for language in languages:
            if not files.get(language):
                problem = f"`files` has none in language {language!r}; it has {', '.join(files) or 'nothing'}"
                raise InputError(problem, remedy="Add the language, with the path of each split.")
        return {
            (language, split): resolve_path(spec, base)
            for language in languages
            for split, spec in files[language].items()
        }


def find_files(folder: Path, candidates: Mapping[tuple[str, str], Sequence[str]], layout: str) -> Paths:
    """Return the first candidate of each language and split that is in a folder; a split may be missing.

    Args:
        folder: Where to look.
        candidates: (language, split) -> patterns of file names, relative to the folder.
        layout: How such a folder is laid out, for the message.

    Raises:
        InputError: It is no folder, or a language has no file at all.
    """
    if not folder.is_dir():
        raise InputError("a folder was expected, a file came", path=folder, remedy=f"Its layout: {layout}.")
    found: Paths = {}
    for key, patterns in candidates.items():
        hits = (path for pattern in patterns for path in sorted(folder.glob(pattern)) if path.is_file())
        if (path := next(hits, None)) is not None:
            found[key] = path
    for language in dict.fromkeys(language for language, _ in candidates):
        if not any((language, split) in found for split in SPLITS):
            there_is = ", ".join(sorted(path.name for path in folder.iterdir())[:12]) or "nothing"
            raise InputError(
                f"no file in language {language!r} is there, but {there_is}",
                path=folder,
                remedy=f"The layout is {layout}; files with other names are listed in `files`.",
            )
    return found


def sentences_of_columns(
    lines: Iterable[tuple[int, str]], path: Path, columns: Sequence[int], *, tabs: bool
) -> Iterator[list[Row]]:
    """Yield sentences: a line a word, first column the word, last column the label, a blank line between.

    A line that starts with ``-DOCSTART-`` parts articles and is no word.

    Args:
        lines: Numbered lines without their ends.
        path: The file, for messages.
        columns: How many columns there may be; every line has as many as the first.
        tabs: Columns are parted by tabs; else by any blanks.

    Raises:
        InputError: A line has another number of columns, or an empty word or label.
    """
    sentence: list[Row] = []
    expected = tuple(columns)
    for number, line in lines:
        if not line.strip(" \t\r") or line.startswith("-DOCSTART-"):
            if sentence:
                yield sentence
            sentence = []
            continue
        cells = line.rstrip("\r").split("\t") if tabs else _BLANKS.split(line.strip(" \t\r"))
        if len(cells) not in expected:
            raise _misfit(len(cells), expected, tabs, path, number)
        expected = (len(cells),)
        word, label = cells[0].strip(), cells[-1].strip()
        if not word or not label:
            raise InputError(f"the {'label' if word else 'word'} is empty", path=path, line=number)
        sentence.append((number, word, label))
    if sentence:
        yield sentence


def number_labels(
    sentences: Iterable[Sequence[Row]], label_names: Sequence[str], path: Path
) -> LabelledTokens:
    """Make labelled sentences of rows.

    Raises:
        InputError: There is no sentence, or a label is not among the names.
    """
    numbers = {name: number for number, name in enumerate(label_names)}
    words, labels = [], []
    for sentence in sentences:
        for line, _, label in sentence:
            if label not in numbers:
                problem = f"label {label!r} is not known; the labels are {', '.join(label_names)}"
                raise InputError(problem, path=path, line=line, remedy="Is this the file of another task?")
        words.append(tuple(word for _, word, _ in sentence))
        labels.append(tuple(numbers[label] for _, _, label in sentence))
    if not words:
        raise InputError("labelled sentences were expected, the file holds none", path=path)
    return LabelledTokens(tuple(words), tuple(labels))


def _misfit(found: int, expected: Sequence[int], tabs: bool, path: Path, line: int) -> InputError:
    parted = "tabs" if tabs else "blanks"
    wanted = " or ".join(map(str, expected))
    return InputError(
        f"{wanted} columns parted by {parted} expected, {found} found",
        path=path,
        line=line,
        remedy="One word a line, its label last, and a blank line between sentences.",
    )
