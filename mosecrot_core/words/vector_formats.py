"""Which format a vector file has, and how text is read."""

import csv
import io
import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.errors import InputError
from mosecrot_core.words.vector_table import VectorTable, open_stream

FASTTEXT_MAGIC = 793_712_314
_LONGEST_LINE = 4 << 20
_LARGEST_DIM = 100_000
CUT_OFF = "The file may have been cut off: fetch it again."


def detect_format(path: Path) -> str:
    """Tell the format of an existing file or folder by its first bytes, and by ``.bin`` where they do not.

    Returns:
        One of ``text``, ``word2vec``, ``fasttext``, ``npz``, ``spacy``.

    Raises:
        InputError: The path is missing, empty or broken gzip.
    """
    if path.is_dir():
        return "spacy"
    with open_stream(path) as stream:
        start = stream.read(4)
    if start == struct.pack("<i", FASTTEXT_MAGIC):
        return "fasttext"
    if start == b"PK\x03\x04":
        return "npz"
    return "word2vec" if ".bin" in path.suffixes[-2:] else "text"


def read_text(path: Path, table: VectorTable, *, progress: bool = False) -> None:
    r"""Read fastText or word2vec text: a word and its numbers a line, with or without a ``V d`` line first.

    Fields are parted by one space and lines by ``\n`` or ``\r\n``; one space may end a line, as word2vec
    writes it. A word may hold spaces: the last ``d`` fields are the numbers. A first line of two whole
    numbers is always the header.

    Raises:
        InputError: Any line has another width, another encoding or no number; or the file has more or
            fewer lines than its header says. Lines after the limit are not looked at.
    """
    with open_stream(path, progress=progress) as stream:
        first = _first_lines(path, stream)
        header = read_header(path, first[0])
        line = 1 if header is None else 2
        dim = _common_width(first) if header is None else header[1]
        lines = _without_final_blanks(chain(first[line - 1 :], stream))
        count = 0
        while wanted := table.room(dim):
            block = list(islice(lines, wanted))
            if not block:
                break
            words, numbers = _split_lines(path, block, dim, line + count)
            table.add(words, _parse_numbers(path, numbers, dim, line + count), line=line + count)
            count += len(block)
        else:
            return
    if header is not None and count != header[0]:
        remedy = CUT_OFF if count < header[0] else "Correct the first line, or remove it."
        problem = f"the header says {header[0]} words, the file holds {count}"
        raise InputError(problem, path=path, line=line + count - 1, remedy=remedy)


def read_header(path: Path, first: bytes) -> tuple[int, int] | None:
    """Read the line ``V d`` that word2vec and fastText put first; None where the line is another.

    Raises:
        InputError: The numbers cannot be a count and a width.
    """
    found = re.fullmatch(rb"(-?\d+)[ \t]+(-?\d+)\s*", first)
    if not found:
        return None
    count, dim = int(found[1]), int(found[2])
    if count < 1 or not 1 <= dim <= _LARGEST_DIM:
        problem = (
            f"a header 'V d' with V >= 1 and 1 <= d <= {_LARGEST_DIM} was expected, '{count} {dim}' came"
        )
        raise InputError(problem, path=path, line=1, remedy=CUT_OFF)
    return count, dim


def _first_lines(path: Path, stream: io.BufferedReader) -> list[bytes]:
    """Read up to 100 lines, at least one, and refuse what is no text."""
    lines: list[bytes] = []
    while len(lines) < 100 and (line := stream.readline(_LONGEST_LINE)):
        if b"\0" in line or len(line) == _LONGEST_LINE:
            problem = "text was expected, binary data came"
            remedy = "Pass format='word2vec' or 'fasttext', or name the file .bin; UTF-16 must become UTF-8."
            raise InputError(problem, path=path, line=len(lines) + 1, remedy=remedy)
        lines.append(line)
    if not lines:
        raise InputError("the file is empty", path=path, remedy="Fetch it again.")
    lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
    return lines


def _common_width(lines: list[bytes]) -> int:
    """Find how many numbers end most lines: any one line may have a word with spaces, or be damaged."""
    counts = Counter(_final_numbers(_bare(line).split(b" ")[1:]) for line in lines)
    return max(1, counts.most_common(1)[0][0])


def _final_numbers(fields: list[bytes]) -> int:
    for count, field in enumerate(reversed(fields)):
        try:
            float(field)
        except ValueError:
            return count
    return len(fields)


def _without_final_blanks(lines: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    for line in lines:
        if line.isspace():
            held.append(line)
            continue
        if held:
            yield from held
            held.clear()
        yield line


def _bare(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r").removesuffix(b" ")


def _split_lines(path: Path, block: list[bytes], dim: int, first: int) -> tuple[list[str], list[bytes]]:
    """Part the words from the still unread numbers, which have exactly ``dim`` fields."""
    words, numbers = [], []
    for line, text in enumerate(map(_bare, block), first):
        spaces = text.count(b" ")
        cut = text.index(b" ") if spaces == dim else len(text.rsplit(b" ", dim)[0])
        word = text[:cut]
        if spaces < dim or (spaces > dim and _decimals(word.split(b" ")[1:])):
            problem = f"{dim} numbers were expected after the word, {spaces} came"
            raise InputError(problem, path=path, line=line, remedy=CUT_OFF)
        try:
            words.append(word.decode())
        except UnicodeDecodeError as error:
            problem = f"UTF-8 was expected, the word is {word[:40]!r}"
            raise InputError(problem, path=path, line=line, remedy="Convert the file to UTF-8.") from error
        if b"\0" in word:
            raise InputError("text was expected, a NUL byte came", path=path, line=line, remedy=CUT_OFF)
        numbers.append(text[cut + 1 :])
    return words, numbers


def _decimals(fields: list[bytes]) -> bool:
    """Tell surplus numbers from a word with spaces such as ``10 000``: vectors are written with a point."""
    return all(re.fullmatch(rb"[-+]?\d*\.\d+(e[-+]?\d+)?", field, re.IGNORECASE) for field in fields)


def _parse_numbers(path: Path, numbers: list[bytes], dim: int, first: int) -> NDArray[np.float32]:
    joined = b"\n".join(numbers)
    try:
        if b"\0" in joined:
            return _parse_slowly(path, numbers, first)
        with np.errstate(over="ignore"):
            frame = pd.read_csv(
                io.BytesIO(joined), sep=" ", header=None, names=range(dim), dtype=np.float32, engine="c",
                quoting=csv.QUOTE_NONE, na_filter=False, lineterminator="\n", skip_blank_lines=False,
            )  # fmt: skip
    except ValueError:
        return _parse_slowly(path, numbers, first)
    return frame.to_numpy(dtype=np.float32)


def _parse_slowly(path: Path, numbers: list[bytes], first: int) -> NDArray[np.float32]:
    """Read number by number, to name the line of the first one that is none."""
    rows = []
    for line, fields in enumerate(numbers, first):
        try:
            rows.append([float(field) for field in fields.split(b" ")])
        except ValueError as error:
            problem = f"numbers were expected after the word ({error})"
            raise InputError(problem, path=path, line=line, remedy=CUT_OFF) from error
    with np.errstate(over="ignore"):
        return np.array(rows, dtype=np.float32)
