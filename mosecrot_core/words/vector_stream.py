"""How a vector file is opened, and the first line that text and word2vec files share."""

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

import rich.progress
from rich.console import Console

from mosecrot_core.errors import InputError
from mosecrot_core.unpacking import GZIP_MAGIC, named_gzip_errors, unpack

CUT_OFF = "The file may have been cut off: fetch it again."
_LARGEST_DIM = 100_000


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
        with named_gzip_errors(path):
            yield unpack(path, raw)


def read_header(path: Path, first: bytes) -> tuple[int, int] | None:
    """Read the line ``V d`` that word2vec and fastText put first; None where the line is another.

    Raises:
        InputError: The numbers cannot be a count and a width.
    """
    found = re.fullmatch(rb"(-?\d{1,18})[ \t]+(-?\d{1,18})\s*", first)
    if not found:
        return None
    count, dim = int(found[1]), int(found[2])
    if count < 1 or not 1 <= dim <= _LARGEST_DIM:
        problem = (
            f"a header 'V d' with V >= 1 and 1 <= d <= {_LARGEST_DIM} was expected, '{count} {dim}' came"
        )
        raise InputError(problem, path=path, line=1, remedy=CUT_OFF)
    return count, dim
