"""Running text from a user's own files, read line by line, and as the numbered words that training needs."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import InputError
from mosecrot_core.text_files import read_lines
from mosecrot_core.words.scripts import UNSPACED, script
from mosecrot_core.words.word_cutting import Cutter

LONGEST_SENTENCE = 1_000
"""Words; longer texts are cut, since gensim silently reads no further than 10,000."""
_LONGEST_LINE = 1 << 26  # bytes
_LOOKED_AT = 10_000  # different words that tell the script


def read_texts(files: Sequence[Path], column: int | None = None) -> Iterator[str]:
    """Yield the texts of UTF-8 files, plain or gzip, one a line; blank ones are passed over.

    Args:
        files: Read one after the other, a line at a time.
        column: The text's column, counted from 1, where tabs divide the line; None takes the whole line.

    Raises:
        InputError: A file is missing, damaged, not UTF-8 or without text, or a line has no such column.
    """
    if column is not None and column < 1:
        raise InputError(f"columns are counted from 1, {column} came")
    for path in files:
        empty = True
        for number, line in read_lines(path, _LONGEST_LINE, most=None):
            text = line if column is None else _cell(path, number, line, column)
            if text and not text.isspace():
                empty = False
                yield text
        if empty:
            raise InputError("lines of text were expected, there are none", path=path)


@dataclass(frozen=True, eq=False)
class Sentences:
    """A text as numbers, four bytes a word: it is cut once and then read once an epoch."""

    words: list[str]
    """Words that are frequent enough, most frequent first, equals in the order of their characters."""
    counts: NDArray[np.int64]
    """How often each occurs ``[V]``."""
    numbers: NDArray[np.uint32]
    """The whole text, without its rarer words."""
    ends: NDArray[np.int64]
    """Where each sentence ends in `numbers`, ascending."""
    unspaced: float
    """Share of the words, rare ones too, that begin in a script without spaces between words."""

    @classmethod
    def read(cls, texts: Iterable[str], cut: Cutter, min_count: int) -> "Sentences":
        """Cut and count; a sentence is one text, or a piece of one that is very long."""
        number_of: dict[str, int] = {}
        numbers, ends = array("I"), array("q")
        for text in texts:
            words = iter(cut(text.replace("\0", " ")))  # with which fastText's file ends a word
            while piece := list(islice(words, LONGEST_SENTENCE)):
                numbers.extend([number_of.setdefault(word, len(number_of)) for word in piece])
                ends.append(len(numbers))
        return cls._frequent(
            list(number_of), np.array(numbers, np.uint32), np.array(ends, np.int64), min_count
        )

    @classmethod
    def _frequent(
        cls, words: list[str], numbers: NDArray[np.uint32], ends: NDArray[np.int64], min_count: int
    ) -> "Sentences":
        counts = np.bincount(numbers, minlength=len(words))
        usable = counts >= min_count
        kept = sorted(np.flatnonzero(usable).tolist(), key=lambda i: (-counts[i], words[i]))
        new_number = np.zeros(len(words), np.uint32)
        new_number[kept] = np.arange(len(kept), dtype=np.uint32)
        stays = usable[numbers]
        stay_before = np.concatenate([[0], np.cumsum(stays)])
        # A sentence of rare words alone ends where the one before it does, and vanishes.
        ends = np.unique(stay_before[ends])
        return cls(
            [words[i] for i in kept], counts[kept], new_number[numbers[stays]], ends[ends > 0],
            _unspaced(words),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.ends)

    def __iter__(self) -> Iterator[list[str]]:
        start = 0
        for end in self.ends.tolist():
            yield [self.words[number] for number in self.numbers[start:end].tolist()]
            start = end


def _unspaced(words: Sequence[str]) -> float:
    letters = [word[0] for word in islice((word for word in words if word[:1].isalpha()), _LOOKED_AT)]
    return sum(script(letter) in UNSPACED for letter in letters) / max(1, len(letters))


def _cell(path: Path, number: int, line: str, column: int) -> str:
    cells = line.split("\t", column)
    if len(cells) < column and line.strip():
        problem = f"text in column {column} was expected, the line has {len(cells)}"
        remedy = "Divide columns by tabs, or take the whole line: leave out the column."
        raise InputError(problem, path=path, line=number, remedy=remedy)
    return cells[column - 1] if len(cells) >= column else ""
