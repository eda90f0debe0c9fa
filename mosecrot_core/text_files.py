"""What is in a text file: its lines, or the object of a JSON file."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from mosecrot_core.errors import InputError
from mosecrot_core.unpacking import named_gzip_errors, open_bytes

LONGEST_LINE = 1 << 24
"""Bytes in a line of a text file, unless its reader says otherwise."""
MOST_LINES = 10_000_000
"""Lines, or rows, of a file that is kept in memory whole: a few gigabytes of it, whatever they hold."""


def read_json_object(path: Path, remedy: str) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Raises:
        InputError: It cannot be read, or holds something else; `remedy` says what to do.
        FileNotFoundError: It is not there.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"cannot be read ({error})", path=path, remedy=remedy) from error
    if not isinstance(content, dict):
        raise InputError("a JSON object expected", path=path, remedy=remedy)
    return content


def read_lines(
    path: Path, longest: int = LONGEST_LINE, most: int | None = MOST_LINES
) -> Iterator[tuple[int, str]]:
    r"""Yield the lines of a UTF-8 text file, plain or gzip, numbered from 1, without their line ends.

    Lines end at ``\n`` or ``\r\n``. A byte-order mark at the start is removed.

    Args:
        path: The file.
        longest: A line of as many bytes or more is refused before it fills the memory.
        most: How many lines there may be; none where the caller keeps none of them.

    Raises:
        InputError: The file is missing, its gzip data is damaged or a bomb, a line is binary, too long or
            not UTF-8, or there are too many.
    """
    if not path.is_file():
        problem = "a file was expected, a directory came" if path.is_dir() else "there is no such file"
        raise InputError(problem, path=path, remedy="Check the path.")
    number = 0
    try:
        with named_gzip_errors(path), open_bytes(path) as stream:
            for number, line in enumerate(iter(partial(stream.readline, longest), b""), 1):
                if b"\0" in line:
                    raise InputError("text was expected, this is a binary file", path=path, line=number)
                if len(line) == longest:
                    problem = f"lines of fewer than {longest:,} bytes were expected, a longer one came"
                    raise InputError(problem, path=path, line=number, remedy="Is it a text file?")
                if most is not None and number > most:
                    problem = f"at most {most:,} lines were expected, more came"
                    raise InputError(problem, path=path, line=number, remedy="Cut it to what you need.")
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                yield number, text.removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        problem = f"UTF-8 text was expected, byte {error.object[error.start]:#x} came"
        raise InputError(problem, path=path, line=number, remedy="Convert the file to UTF-8.") from error
