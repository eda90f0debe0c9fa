"""What every reader of word lists takes and gives, and the limits that hold for all of them."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mosecrot_core.errors import InputError
from mosecrot_core.text_files import read_lines

LONGEST_LINE = 1 << 20
"""Bytes in a line of a text format: no entry of a word list comes near."""
LARGEST_FILE = 4 << 30
"""Bytes of a word list once unpacked: beyond this the archive is a bomb."""
NAN = float("nan")


class RawPair(NamedTuple):
    """A pair as the file has it: left side, right side, translation quality (NaN: none), line."""

    source: str
    target: str
    score: float
    line: int


@dataclass(frozen=True)
class Options:
    """What the settings say about the content of a file; see `LexiconSettings`."""

    languages: tuple[str, str] | None = None
    inflected_forms: bool = False
    reversed: bool = False


@dataclass
class Tally:
    """How much was read, and what was left out and why."""

    unit: str = "lines"
    """What `entries` counts."""
    entries: int = 0
    first_line: int | None = None
    """Line of the first entry, for messages."""
    dropped: Counter[str] = field(default_factory=Counter)

    def count(self, line: int) -> None:
        """Count one entry."""
        self.entries += 1
        if self.first_line is None:
            self.first_line = line

    def drop(self, reason: str, count: int = 1) -> None:
        """Count what is left out."""
        if count:
            self.dropped[reason] += count

    def reasons(self) -> str:
        """Write the reasons in one line, most frequent first."""
        counts = (f"{count} {reason}" for reason, count in self.dropped.most_common() if count)
        return ", ".join(counts) or "none read"


Reader = Callable[[Path, Options, Tally], Iterator[RawPair]]


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, numbered; bounded in the length of a line and in total.

    Raises:
        InputError: As `read_lines`; or the file is larger than 4 GiB.
    """
    size = 0
    for number, line in read_lines(path, LONGEST_LINE, most=None):
        size += len(line) + 1
        check_size(size, path, LARGEST_FILE)
        if line.strip():
            yield number, line


def check_size(size: int, path: Path, largest: int) -> None:
    """Refuse a file that unpacks to more than a word list can hold.

    Raises:
        InputError: `size` is above `largest`.
    """
    if size > largest:
        problem = f"a word list of at most {largest >> 20} MiB was expected, this unpacks to more"
        raise InputError(problem, path=path, remedy="Check that it is the file you mean.")
