"""What the readers of labelled words share: how they load, and a word a line in columns."""

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.base import TokenTask
from mosecrot_core.learning.tasks.own_files import OwnFiles
from mosecrot_core.learning.tasks.published import numbered
from mosecrot_core.learning.tasks.tables import label_number
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens, TokenCorpus

Row = tuple[int, str, str]
"""Line, word, label."""

_BLANKS = re.compile(r"[ \t]+")


class TokenFiles(OwnFiles, TokenTask):
    """A published data set of labelled words; a language may lack a split.

    A subclass also says how a file is read (`_sentences`).
    """

    def load(self, languages: Sequence[str], base: Path = Path()) -> TokenCorpus:
        """Return the sentences of some languages, of every split that there is.

        Raises:
            InputError: A language is unknown or has no file, the hub does not give it, a file is missing,
                damaged or of another layout, or a label is unknown.
        """
        found = self._examples(
            languages,
            base,
            lambda path, *of: _labelled(self._sentences(path, *of), self.label_names, path),
        )
        splits = {key: LabelledTokens(*zip(*sentences, strict=True)) for key, sentences in found}
        return TokenCorpus(self.label_names, splits)

    @abstractmethod
    def _sentences(self, path: Path, name: str, split: str) -> Iterable[Sequence[Row]]:
        """Yield the sentences of a file, by what the data set calls its language."""


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


def _labelled(
    sentences: Iterable[Sequence[Row]], label_names: Sequence[str], path: Path
) -> Iterator[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Yield the words of each sentence, and the numbers of their labels.

    Raises:
        InputError: There is no sentence, or a label is not among the names.
    """
    numbers, empty = numbered(label_names), True
    remedy = "Is this the file of another task?"
    for sentence in sentences:
        empty = False
        yield (
            tuple(word for _, word, _ in sentence),
            tuple(label_number(label, numbers, path, line, remedy) for line, _, label in sentence),
        )
    if empty:
        raise InputError("labelled sentences were expected, the file holds none", path=path)


def _misfit(found: int, expected: Sequence[int], tabs: bool, path: Path, line: int) -> InputError:
    parted = "tabs" if tabs else "blanks"
    wanted = " or ".join(map(str, expected))
    return InputError(
        f"{wanted} columns parted by {parted} expected, {found} found",
        path=path,
        line=line,
        remedy="One word a line, its label last, and a blank line between sentences.",
    )
