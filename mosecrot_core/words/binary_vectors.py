"""How binary tables of word vectors are read: word2vec's own, and NumPy archives."""

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import InputError
from mosecrot_core.unpacking import GZIP_MAGIC, check_zip
from mosecrot_core.words.vector_stream import CUT_OFF, open_stream, read_header
from mosecrot_core.words.vector_table import VectorTable

_LONGEST_WORD = 10_000  # bytes; beyond this a word2vec file is out of step
_BLOCK = 4 << 20


def read_word2vec(path: Path, table: VectorTable, *, progress: bool = False) -> None:
    """Read word2vec binary: a ``V d`` line, then a word, a space and ``d`` little-endian float32 each.

    Words that are no UTF-8 are dropped and counted, as word2vec itself cuts long words.

    Raises:
        InputError: There is no such header, or the file holds more or less than it says.
    """
    with open_stream(path, progress=progress) as stream:
        header = read_header(path, stream.readline(100))
        if header is None:
            remedy = "If this is text, pass format='text' or name it .vec."
            raise InputError("word2vec's header 'V d' was expected", path=path, line=1, remedy=remedy)
        count, dim = header
        least = min(count, table.limit or count) * (4 * dim + 1)
        if not _is_gzip(path) and least > path.stat().st_size:
            problem = (
                f"the header says {count} words of {dim} numbers, the file has {path.stat().st_size} bytes"
            )
            raise InputError(problem, path=path, line=1, remedy=CUT_OFF)
        records, done = _word2vec_records(path, stream, 4 * dim), 0
        while done < count and (wanted := table.room(dim)):
            block = list(islice(records, min(wanted, count - done, max(1, _BLOCK // (4 * dim)))))
            if not block:
                problem = f"the header says {count} words, the file ends after {done}"
                raise InputError(problem, path=path, remedy=CUT_OFF)
            done += len(block)
            _add_records(table, block, dim)
        if done == count and next(records, None) is not None:
            problem = f"the header says {count} words of {dim} numbers, more follow"
            raise InputError(problem, path=path, line=1, remedy="The header is wrong, or the format is.")


def read_npz(path: Path, table: VectorTable) -> None:
    """Read a NumPy archive: ``words`` ``[V]``, ``vectors`` ``[m, d]`` and, where words share them, ``rows``.

    ``rows`` ``[V]`` holds the row of ``vectors`` that each word has, 0..m-1.

    Raises:
        InputError: An array is missing, is pickled, or has another shape or type.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            check_zip(packed, path)
        with np.load(path, allow_pickle=False) as archive:
            found = {name: archive[name] for name in ("words", "vectors", "rows") if name in archive.files}
            names = ", ".join(archive.files) or "nothing"
    except InputError:
        raise
    except (
        Exception
    ) as error:  # the readers of zip archives and of NumPy's headers share no base for their errors
        remedy = "Fetch it again; pickled (object) arrays are never loaded, as they can run code."
        raise InputError(f"not a readable .npz file ({error})", path=path, remedy=remedy) from error
    found = {name: array for name, array in found.items() if isinstance(array, np.ndarray)}  # else raw bytes
    if missing := {"words", "vectors"} - found.keys():
        problem = f"the arrays 'words' and 'vectors' were expected, {names} came"
        remedy = (
            f"Save {' and '.join(sorted(missing))} too; if it is a zip of another format, unpack it first."
        )
        raise InputError(problem, path=path, remedy=remedy)
    words, vectors = found["words"], found["vectors"]
    rows = found.get("rows", np.arange(len(vectors)) if vectors.ndim else np.zeros(0, dtype=int))
    table.add_indexed(words.tolist(), *_checked_arrays(path, words, vectors, rows))


def _checked_arrays(
    path: Path, words: NDArray[np.generic], vectors: NDArray[np.generic], rows: NDArray[np.generic]
) -> tuple[NDArray[np.floating], NDArray[np.intp]]:
    kinds = words.dtype.kind + vectors.dtype.kind + rows.dtype.kind
    shapes = f"words {words.dtype}{words.shape}, vectors {vectors.dtype}{vectors.shape}, rows {rows.shape}"
    if not re.fullmatch("Uf[iu]", kinds) or (words.ndim, vectors.ndim, rows.ndim) != (1, 2, 1):
        expected = "words as text [V], vectors as floats [m, d] and rows as integers [V] were expected"
        raise InputError(f"{expected}; {shapes} came", path=path)
    if len(words) != len(rows):
        raise InputError(f"as many words as rows were expected; {shapes} came", path=path)
    index = rows.astype(np.intp)
    if len(index) and not 0 <= index.min() <= index.max() < len(vectors):
        problem = f"rows within 0..{len(vectors) - 1} were expected, {index.min()}..{index.max()} came"
        raise InputError(problem, path=path)
    return cast("NDArray[np.floating]", vectors), index


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == GZIP_MAGIC


def _word2vec_records(path: Path, stream: io.BufferedReader, width: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield each word and the bytes of its numbers; end where the stream ends, even within a record."""
    buffer, start = b"", 0
    while True:
        cut = buffer.find(b" ", start)
        if cut >= 0 and cut + 1 + width <= len(buffer):
            yield buffer[start:cut].lstrip(b"\n"), buffer[cut + 1 : cut + 1 + width]
            start = cut + 1 + width
            continue
        if cut < 0 and len(buffer) - start > _LONGEST_WORD:
            raise InputError("no word was found where one was due", path=path, remedy="The header is wrong.")
        more = stream.read(max(_BLOCK, width))
        if not more:
            return
        buffer, start = buffer[start:] + more, 0


def _add_records(table: VectorTable, block: list[tuple[bytes, bytes]], dim: int) -> None:
    words, numbers = [], []
    for raw, values in block:
        try:
            words.append(raw.decode())
            numbers.append(values)
        except UnicodeDecodeError:
            table.skip("undecodable")
    rows = np.frombuffer(b"".join(numbers), dtype="<f4").reshape(len(words), dim)
    table.add(words, rows.astype(np.float32, copy=False))
