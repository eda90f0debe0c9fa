"""How rows from any vector file are checked, counted and gathered, and how the file is opened."""

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import rich.progress
from numpy.typing import NDArray
from rich.console import Console

from mosecrot_core.errors import InputError
from mosecrot_core.locations import GZIP_MAGIC

_CHUNK_ROWS = 20_000
_CHUNK_NUMBERS = 6_000_000  # 20,000 rows of 300 numbers: 24 MB as float32


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
    """Words whose vector is all zeros, which has no direction and so no cosine."""
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


class VectorTable:
    """The rows gathered so far; a reader asks for room, then adds.

    The array grows in place by what is added, so that no header's promise is ever believed with memory.

    Args:
        path: The file being read, named in every error.
        limit: Keep at most this many words, at least 1; None keeps all.

    >>> table = VectorTable(Path("fr.vec"), limit=2)
    >>> table.add(["le", "le", "zéro"], np.array([[1, 0], [2, 0], [0, 0]], dtype=np.float32))
    >>> table.finish()[0], table.room(dim=2)
    (['le'], 1)
    """

    def __init__(self, path: Path, limit: int | None = None) -> None:
        if limit is not None and limit < 1:
            raise InputError(f"limit must be at least 1, {limit} came", path=path)
        self.path, self.limit = path, limit
        self._seen: dict[str, int] = {}
        self._counts: Counter[str] = Counter()
        self._rows: NDArray[np.float32] = np.empty((0, 0), dtype=np.float32)

    def room(self, dim: int) -> int:
        """Say how many rows of ``dim`` numbers to read next; 0 once the limit is reached."""
        wanted = max(1, min(_CHUNK_ROWS, _CHUNK_NUMBERS // max(dim, 1)))
        return wanted if self.limit is None else min(wanted, self.limit - len(self._seen))

    def skip(self, reason: str, count: int = 1) -> None:
        """Count words that the reader itself drops; ``reason`` names a field of `LoadReport`."""
        self._counts[reason] += count
        self._counts["read"] += count

    def add(self, words: Sequence[str], rows: NDArray[np.float32], *, line: int | None = None) -> None:
        """Check rows and keep the usable ones.

        Args:
            words: One word a row, ``[n]``.
            rows: Their vectors, ``[n, d]``.
            line: The line of the first row in a text file, where each row has one line.

        Raises:
            InputError: A vector holds NaN or infinity.
        """
        finite = np.isfinite(rows).all(axis=1)
        if not finite.all():
            bad = int(np.argmin(finite))
            place = None if line is None else line + bad
            problem = f"finite numbers were expected, the vector of {words[bad]!r} holds NaN or infinity"
            raise InputError(
                problem, path=self.path, line=place, remedy="The training of the vectors failed."
            )
        start = len(self._seen)
        nonzero: list[bool] = np.any(rows != 0, axis=1).tolist()
        kept = [i for i, word in enumerate(words) if self._keeps(word, nonzero=nonzero[i])]
        self._counts["read"] += len(words)
        if not kept:
            return
        if start == 0:
            self._rows = np.empty((0, rows.shape[1]), dtype=np.float32)
        # In place: realloc moves pages, where np.concatenate at the end would need twice the memory.
        self._rows.resize((len(self._seen), rows.shape[1]), refcheck=False)
        self._rows[start:] = rows if len(kept) == len(rows) else rows[kept]

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

    def finish(self) -> tuple[list[str], NDArray[np.float32], LoadReport]:
        """Give the words ``[V]``, their rows ``[V, d]`` and the counts.

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
        return list(self._seen), self._rows, report

    def _keeps(self, word: str, *, nonzero: bool) -> bool:
        reason = "" if nonzero else "zero_rows"
        reason = "duplicates" if word in self._seen else reason if word else "empty_words"
        if reason:
            self._counts[reason] += 1
        else:
            self._seen[word] = len(self._seen)
        return not reason


@contextmanager
def open_stream(path: Path, *, progress: bool = False) -> Iterator[io.BufferedReader]:
    """Open a file as bytes, unpacked where it is gzip, which its first bytes tell and not its name.

    Args:
        path: An existing file.
        progress: Show a bar on standard error, measured in bytes of the file.

    Raises:
        InputError: The file is missing, empty, or its gzip data is damaged or cut off.
    """
    if not path.is_file():
        problem = "a file was expected, a directory came" if path.is_dir() else "there is no such file"
        raise InputError(problem, path=path, remedy="Check the path.")
    if path.stat().st_size == 0:
        raise InputError("the file is empty", path=path, remedy="Fetch it again.")
    with ExitStack() as stack:
        raw: BinaryIO = stack.enter_context(path.open("rb"))
        magic = raw.read(2)
        raw.seek(0)
        if progress:
            bar = rich.progress.wrap_file(
                raw, path.stat().st_size, description=path.name, console=Console(stderr=True)
            )
            raw = stack.enter_context(bar)
        if magic != GZIP_MAGIC:
            if path.suffix == ".gz":
                raise InputError(
                    "the name says gzip, the content is not", path=path, remedy="Fetch it again."
                )
            yield io.BufferedReader(raw)  # type: ignore[arg-type]  # any reader will do
            return
        try:
            yield io.BufferedReader(gzip.GzipFile(fileobj=raw, mode="rb"))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            problem = f"the gzip data is damaged or cut off ({error})"
            raise InputError(problem, path=path, remedy="Fetch it again.") from error
