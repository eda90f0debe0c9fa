"""How rows from any vector file are checked, counted and gathered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import InputError

_CHUNK_ROWS = 20_000
_CHUNK_NUMBERS = 6_000_000  # 20,000 rows of 300 numbers: 24 MB as float32

Precision: TypeAlias = Literal["float32", "float16"]
"""How a number is kept: 7 digits in 4 bytes, or 3 digits and at most 65,504 in 2 bytes."""
Rows: TypeAlias = NDArray[np.float32 | np.float16]
"""Vectors ``[n, d]``."""


@dataclass(frozen=True)
class LoadReport:
    """What was read from a vector file, and what was dropped and why; every field counts words."""

    read: int = 0
    """Words read, the dropped ones included; with a limit, only as far as the reader went."""
    kept: int = 0
    """Words with a usable vector."""
    duplicates: int = 0
    """Words seen before; the first one is kept, as it stands for the more frequent one."""
    zero_rows: int = 0
    """Words whose vector is all zeros, or is so in float16; it has no direction and so no cosine."""
    empty_words: int = 0
    """Rows whose word is the empty string."""
    undecodable: int = 0
    """Words of a binary file that are no UTF-8: word2vec cuts long words in the middle of a character."""
    unnamed: int = 0
    """Keys of a spaCy table whose string is not in its string store."""
    not_words: int = 0
    """Strings of a floret string store that are no words: morphology, word shapes, white space."""

    def as_dict(self) -> dict[str, int]:
        """Give the counts by name, for a stored run or a table."""
        return asdict(self)


class RowStore(Protocol):
    """Where the rows of a table go: into memory, or into a file."""

    precision: Precision

    def append(self, rows: Rows) -> None:
        """Keep rows ``[n, d]`` of the store's precision, n >= 1; every call has the same d."""


class MemoryRows:
    """Rows in an array that grows by what is appended: no header's promise is ever believed with memory."""

    def __init__(self, precision: Precision = "float32") -> None:
        self.precision = precision
        self._rows: Rows = np.empty((0, 0), dtype=precision)
        self._count = 0

    def append(self, rows: Rows) -> None:
        """Keep rows ``[n, d]``."""
        start, self._count = self._count, self._count + len(rows)
        if start == 0:
            self._rows = np.empty((0, rows.shape[1]), dtype=self.precision)
        if self._count > len(self._rows):
            # In place: realloc moves pages, where np.concatenate at the end would need twice the memory.
            step = max(len(rows), min(start, _CHUNK_NUMBERS // rows.shape[1]))
            self._rows.resize((start + step, rows.shape[1]), refcheck=False)
        self._rows[start : self._count] = rows

    def finish(self) -> Rows:
        """Give all rows ``[V, d]``."""
        self._rows.resize((self._count, self._rows.shape[1]), refcheck=False)
        return self._rows


class VectorTable:
    """The words read so far; a reader asks for room, then adds.

    Args:
        path: The file being read, named in every error.
        limit: Keep at most this many words, at least 1; None keeps all.
        store: Where their rows go.

    >>> table = VectorTable(Path("fr.vec"), 2, MemoryRows())
    >>> table.add(["le", "le", "zéro"], np.array([[1, 0], [2, 0], [0, 0]], dtype=np.float32))
    >>> table.finish()[0], table.room(dim=2)
    (['le'], 1)
    """

    def __init__(self, path: Path, limit: int | None, store: RowStore) -> None:
        if limit is not None and limit < 1:
            raise InputError(f"limit must be at least 1, {limit} came", path=path)
        self.path, self.limit, self._store = path, limit, store
        self._seen: dict[str, None] = {}
        self._counts: Counter[str] = Counter()

    def room(self, dim: int) -> int:
        """Say how many rows of ``dim`` numbers to read next; 0 once the limit is reached."""
        wanted = max(1, min(_CHUNK_ROWS, _CHUNK_NUMBERS // max(dim, 1)))
        return wanted if self.limit is None else min(wanted, self.limit - len(self._seen))

    def skip(self, reason: str, count: int = 1) -> None:
        """Count words that the reader itself drops; ``reason`` names a field of `LoadReport`."""
        self._counts[reason] += count
        self._counts["read"] += count

    def add(self, words: Sequence[str], rows: Rows, *, line: int | None = None) -> None:
        """Check rows and keep the usable ones.

        Args:
            words: One word a row, ``[n]``.
            rows: Their vectors, ``[n, d]``.
            line: The line of the first row in a text file, where each row has one line.

        Raises:
            InputError: A vector holds NaN or infinity, or a number that float16 does not reach.
        """
        stored = self._checked(words, rows, line)
        nonzero = np.atleast_1d(stored.any(axis=1))
        self._counts["read"] += len(words)
        if not (nonzero.all() and self._take_all(words)):
            kept = [i for i, word in enumerate(words) if self._keeps(word, nonzero=bool(nonzero[i]))]
            stored = stored[kept]
        if len(stored):
            self._store.append(stored)

    def add_indexed(
        self, words: Sequence[str], vectors: NDArray[np.floating], index: NDArray[np.intp]
    ) -> None:
        """Add words of which several may share a row, in chunks, up to the limit.

        Args:
            words: ``[n]``.
            vectors: The distinct rows, ``[m, d]``, of any float type.
            index: The row of each word, ``[n]``, within 0..m-1.
        """
        start = 0
        while start < len(words) and (wanted := self.room(vectors.shape[1])):
            chunk = slice(start, start + wanted)
            self.add(words[chunk], vectors[index[chunk]].astype(np.float32))
            start += wanted

    def finish(self) -> tuple[list[str], LoadReport]:
        """Give the words ``[V]``, in the order of the rows in the store, and the counts.

        Raises:
            InputError: Nothing usable was found, or so many words are no UTF-8 that the encoding must differ.
        """
        report = LoadReport(**self._counts, kept=len(self._seen))
        if report.undecodable > 5 + report.read // 100:
            problem = f"UTF-8 was expected, {report.undecodable} of {report.read} words are not"
            raise InputError(problem, path=self.path, remedy="Convert the words to UTF-8.")
        if not self._seen:
            dropped = ", ".join(f"{name} {count}" for name, count in report.as_dict().items() if count)
            problem = f"no usable word vector was found ({dropped or 'nothing was read'})"
            raise InputError(problem, path=self.path, remedy="Check that this is the file with the vectors.")
        return list(self._seen), report

    def _checked(self, words: Sequence[str], rows: Rows, line: int | None) -> Rows:
        """Give the rows in the precision of the store; refuse those that are not finite in it."""
        with np.errstate(over="ignore"):
            stored: Rows = rows.astype(self._store.precision, copy=False)
        finite = np.isfinite(stored).all(axis=1)
        if finite.all():
            return stored
        bad = int(np.argmin(finite))
        problem = f"finite numbers were expected, the vector of {words[bad]!r} holds NaN or infinity"
        remedy = "The training of the vectors failed."
        if np.isfinite(rows[bad]).all():
            problem = (
                f"numbers within float16's 65,504 were expected, the vector of {words[bad]!r} goes beyond"
            )
            remedy = "Keep float32."
        place = None if line is None else line + bad
        raise InputError(problem, path=self.path, line=place, remedy=remedy)

    def _take_all(self, words: Sequence[str]) -> bool:
        """Take words that are all new, without a look at each; or none."""
        new = dict.fromkeys(words)
        if len(new) < len(words) or "" in new or not self._seen.keys().isdisjoint(new):
            return False
        self._seen.update(new)
        return True

    def _keeps(self, word: str, *, nonzero: bool) -> bool:
        reason = "" if nonzero else "zero_rows"
        reason = "duplicates" if word in self._seen else reason if word else "empty_words"
        if reason:
            self._counts[reason] += 1
        else:
            self._seen[word] = None
        return not reason
