"""The fast format of word vectors (`vector_layout.py`), written as the rows come, read or mapped at once."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import rich.progress
from rich.console import Console

from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path, named_disk_errors
from mosecrot_core.words.vector_layout import CONVERT, ROWS_START, Layout, header_of, stored_type
from mosecrot_core.words.vector_table import LoadReport, Precision, Rows, VectorTable

_PIECE = 1 << 20  # numbers read at once: 4 MB as float32, which stay in the processor's cache


class VectorFile:
    """A file in the fast format that is being written: rows as they come, then words and header.

    Args:
        path: Named in errors.
        file: Where to write, from its start.
        precision: How the rows are kept.

    Attributes:
        shape: Rows written so far and their width, V and d.
    """

    def __init__(self, path: Path, file: BinaryIO, precision: Precision) -> None:
        self.precision: Precision = precision
        self._path, self._file = path, file
        self.shape = (0, 0)
        file.write(bytes(ROWS_START))

    def append(self, rows: Rows) -> None:
        """Write rows ``[n, d]``."""
        self._file.write(np.ascontiguousarray(rows, dtype=stored_type(self.precision)).data)
        self.shape = (self.shape[0] + len(rows), rows.shape[1])

    def finish(self, words: Sequence[str], report: LoadReport) -> None:
        """Write the words of the rows ``[V]``, and the header.

        Raises:
            InputError: A word holds half a character (a lone surrogate), which UTF-8 cannot express.
        """
        try:
            encoded = [word.encode() for word in words]
        except UnicodeEncodeError as error:
            problem = f"words of whole characters were expected, {error.object[:40]!r} came"
            raise InputError(problem, path=self._path, remedy="Leave that word out.") from error
        ends = np.cumsum(np.fromiter(map(len, encoded), dtype="<i8", count=len(encoded)), dtype="<i8")
        self._file.write(ends.data)
        self._file.write(b"".join(encoded))
        self._file.seek(0)
        self._file.write(header_of(self.shape, self.precision, int(ends[-1]), report))


@contextmanager
def new_vector_file(path: Path, precision: Precision) -> Iterator[VectorFile]:
    """Write a file that appears whole or not at all: it has another name until the body has ended.

    Raises:
        InputError: The path is a folder.
        OSError: The disk is full.
    """
    if path.is_dir():
        raise InputError("the name of a file was expected, a folder came", path=path)
    with (
        named_disk_errors(path.parent),
        atomic_path(path) as temporary,
        temporary.open("wb") as file,
    ):
        yield VectorFile(path, file, precision)


def stored_precision(path: Path) -> Precision:
    """Say how a file in the fast format keeps its rows.

    Raises:
        InputError: It is no such file, or is damaged.
    """
    return Layout.of(path).precision


def read_vector_file(path: Path, table: VectorTable, *, progress: bool = False) -> int:
    """Read a file in the fast format, as far as the table has room.

    If all of it is read, what was dropped when the file was made is counted too.

    Returns:
        How many rows were read.

    Raises:
        InputError: The file is no such file, is damaged, cut off, or of a later version.
    """
    return _read(path, Layout.of(path), table, progress=progress)


def map_vector_file(
    path: Path, limit: int | None = None, *, progress: bool = False
) -> tuple[list[str], Rows, LoadReport]:
    """Map the rows of a file in the fast format into memory; they are read once, in parts, to check them.

    Returns:
        Words ``[V]``, rows ``[V, d]`` that cannot be written to, and the counts.

    Raises:
        InputError: As `read_vector_file`, or a word occurs twice or a row is all zeros.
    """
    layout = Layout.of(path)
    with Path(os.devnull).open("wb") as nowhere:
        table = VectorTable(path, limit, VectorFile(path, nowhere, layout.precision))
        done = _read(path, layout, table, progress=progress)
        words, report = table.finish()
    if len(words) < done:
        problem = f"each word once and no row of zeros was expected, {done - len(words)} of {done} are others"
        raise InputError(problem, path=path, remedy=CONVERT)
    rows = np.memmap(
        path, stored_type(layout.precision), mode="r", offset=layout.rows_start, shape=layout.shape
    )
    return words, rows.view(np.ndarray)[: len(words)], report


def _read(path: Path, layout: Layout, table: VectorTable, *, progress: bool) -> int:
    (count, dim), done = layout.shape, 0
    with (
        path.open("rb") as file,
        rich.progress.Progress(console=Console(stderr=True), disable=not progress) as bars,
    ):
        bar = bars.add_task(path.name, total=count)
        file.seek(layout.rows_start)
        while done < count and (wanted := table.room(dim)):
            stop = min(done + min(wanted, max(1, _PIECE // dim)), count)
            numbers = np.fromfile(file, dtype=stored_type(layout.precision), count=(stop - done) * dim)
            rows = cast("Rows", numbers.reshape(stop - done, dim))
            table.add(layout.words(path, done, stop), rows)
            done = stop
            bars.update(bar, completed=done)
    if done == count:
        for reason, words in layout.dropped.items():
            table.skip(reason, words)
    return done
