"""How word vectors are read from text, fastText's .vec and word2vec's own."""

import io
import re
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import InputError
from mosecrot_core.threads import n_threads
from mosecrot_core.words.vector_stream import CUT_OFF, open_stream, read_header
from mosecrot_core.words.vector_table import VectorTable

if TYPE_CHECKING:
    from mosecrot_core.words.text_parser import ParsedLines

_LONGEST_LINE = 4 << 20
_BLOCK = 1 << 20
_MOST_THREADS = 4
_NO_TEXT = "text was expected, binary data came"
_MAKE_TEXT = "Pass format='word2vec' or 'fasttext', or name the file .bin; UTF-16 must become UTF-8."


def read_text(path: Path, table: VectorTable, *, progress: bool = False) -> None:
    r"""Read fastText or word2vec text: a word and its numbers a line, with or without a ``V d`` line first.

    Fields are parted by one space and lines by ``\n`` or ``\r\n``; one space may end a line, as word2vec
    writes it. A word may hold spaces: the last ``d`` fields are the numbers. A first line of two whole
    numbers is always the header. Blocks of lines are parsed on several threads, a few megabytes at once.

    Raises:
        InputError: Any line has another width, another encoding or no number; or the file has more or
            fewer lines than its header says. Lines after the limit are not looked at.
    """
    with open_stream(path, progress=progress) as stream:
        first = _first_lines(path, stream)
        header = read_header(path, first[0])
        line = 1 if header is None else 2
        dim = _common_width(first) if header is None else header[1]
        count = 0
        for block in _parsed(path, _blocks(path, stream, b"".join(first[line - 1 :]), line), dim):
            done = 0
            while done < len(block) and (wanted := table.room(dim)):
                stop = min(done + wanted, len(block))
                table.add(*block.take(done, stop), line=block.line + done)
                done = stop
            count += done
            if not table.room(dim):
                return
    if header is not None and count != header[0]:
        remedy = CUT_OFF if count < header[0] else "Correct the first line, or remove it."
        problem = f"the header says {header[0]} words, the file holds {count}"
        raise InputError(problem, path=path, line=line + count - 1, remedy=remedy)


@dataclass(frozen=True, eq=False)
class _Block:
    """Whole lines of the file, parsed but for the odd ones."""

    path: Path
    line: int
    """Number of the first line."""
    text: bytes
    parsed: "ParsedLines"

    def __len__(self) -> int:
        return len(self.parsed.word_ends)

    def take(self, start: int, stop: int) -> tuple[list[str], NDArray[np.float32]]:
        """Give the words ``[n]`` and rows ``[n, d]`` of some lines; refuse the first line that holds none."""
        clean = self.parsed.word_ends >= 0
        before = int(np.count_nonzero(clean[:start]))
        clean = clean[start:stop]
        rows = self.parsed.rows[before : before + int(np.count_nonzero(clean))]
        starts = self.parsed.starts[start : stop + 1].tolist()
        ends = self.parsed.word_ends[start:stop].tolist()
        if len(rows) == len(ends):
            # The first byte that is no UTF-8 may be in any of them: then they are gone through one by one.
            with suppress(UnicodeDecodeError):
                return [self.text[a:b].decode() for a, b in zip(starts, ends, strict=False)], rows
        words, odd = [], []
        for number, (a, b, after) in enumerate(
            zip(starts, ends, starts[1:], strict=False), self.line + start
        ):
            if b >= 0:
                words.append(_decode(self.path, self.text[a:b], number))
                continue
            word, numbers = _read_line(self.path, self.text[a:after], rows.shape[1], number)
            words.append(word)
            odd.append(numbers)
        every = np.empty((len(words), rows.shape[1]), dtype=np.float32)
        every[clean] = rows
        with np.errstate(over="ignore"):
            every[~clean] = np.array(odd, dtype=np.float64).reshape(len(odd), rows.shape[1])
        return words, every


def _parsed(path: Path, blocks: Iterator[tuple[int, bytes]], dim: int) -> Iterator[_Block]:
    """Parse some blocks ahead on threads; an error in reading one is raised when its turn comes."""
    from mosecrot_core.words.text_parser import parse_lines  # numba takes its time

    def parse(line: int, text: bytes) -> _Block:
        return _Block(path, line, text, parse_lines(text, dim))

    ahead: deque[Future[_Block]] = deque()
    problem: Exception | None = None
    threads = min(_MOST_THREADS, n_threads())
    with ThreadPoolExecutor(threads) as pool:
        while True:
            try:
                block = next(blocks, None)
            except Exception as error:  # what came before it is used first
                block, problem = None, error
            if block is None:
                break
            ahead.append(pool.submit(parse, *block))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    if problem is not None:
        raise problem


def _blocks(path: Path, stream: io.BufferedReader, begun: bytes, line: int) -> Iterator[tuple[int, bytes]]:
    """Yield whole lines, about a block at once, and the number of the first; final blank lines are left out.

    Args:
        path: The file.
        stream: Where it is read on.
        begun: What has been read of it: whole lines.
        line: Number of the first of these.
    """
    more = b""
    while True:
        begun += more
        cut = _last_full_line(begun)
        if cut:
            yield line, begun[:cut]
            line += begun.count(b"\n", 0, cut)
            begun = begun[cut:]
        elif len(begun) > _LONGEST_LINE:
            raise InputError(_NO_TEXT, path=path, line=line, remedy=_MAKE_TEXT)
        more = stream.read1(_BLOCK)
        if not more:
            break
    if begun and not begun.isspace():
        yield line, begun


def _last_full_line(text: bytes) -> int:
    """Find where the last line ends that has an end, is not blank and is not followed by blank ones."""
    end = text.find(b"\n", len(text.rstrip())) + 1 or text.rfind(b"\n") + 1
    return 0 if text[:end].isspace() else end


def _first_lines(path: Path, stream: io.BufferedReader) -> list[bytes]:
    """Read up to 100 lines, at least one, and refuse what is no text."""
    lines: list[bytes] = []
    while len(lines) < 100 and (line := stream.readline(_LONGEST_LINE)):
        if b"\0" in line or len(line) == _LONGEST_LINE:
            raise InputError(_NO_TEXT, path=path, line=len(lines) + 1, remedy=_MAKE_TEXT)
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


def _bare(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r").removesuffix(b" ")


def _read_line(path: Path, text: bytes, dim: int, line: int) -> tuple[str, list[float]]:
    """Read any line, however odd: its word and exactly ``dim`` numbers."""
    text = _bare(text)
    spaces = text.count(b" ")
    cut = text.index(b" ") if spaces == dim else len(text.rsplit(b" ", dim)[0])
    word = text[:cut]
    if spaces < dim or (spaces > dim and _decimals(word.split(b" ")[1:])):
        problem = f"{dim} numbers were expected after the word, {spaces} came"
        raise InputError(problem, path=path, line=line, remedy=CUT_OFF)
    name = _decode(path, word, line)
    if b"\0" in word:
        raise InputError("text was expected, a NUL byte came", path=path, line=line, remedy=CUT_OFF)
    try:
        return name, [float(field) for field in text[cut + 1 :].split(b" ")]
    except ValueError as error:
        problem = f"numbers were expected after the word ({error})"
        raise InputError(problem, path=path, line=line, remedy=CUT_OFF) from error


def _decode(path: Path, word: bytes, line: int) -> str:
    try:
        return word.decode()
    except UnicodeDecodeError as error:
        problem = f"UTF-8 was expected, the word is {word[:40]!r}"
        raise InputError(problem, path=path, line=line, remedy="Convert the file to UTF-8.") from error


def _decimals(fields: list[bytes]) -> bool:
    """Tell surplus numbers from a word with spaces such as ``10 000``: vectors are written with a point."""
    return all(re.fullmatch(rb"[-+]?\d*\.\d+(e[-+]?\d+)?", field, re.IGNORECASE) for field in fields)
