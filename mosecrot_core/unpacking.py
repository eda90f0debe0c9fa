"""Packed files that nobody vouches for: read as far as what is unpacked stays in proportion to the file."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mosecrot_core.errors import InputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP_MAGIC = b"\x1f\x8b"
ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, LookupError, ValueError, struct.error,
)  # fmt: skip
"""All that `zipfile` was seen to raise, or may, on damaged, locked or unknown archives."""
HARMLESS = 1 << 30
"""Bytes that any file may unpack to."""
DENSEST = 200
"""Times its size that a file may unpack to beyond that: text packs 3 to 20 times, zeros a thousand times."""
_BUFFER = 1 << 17


class Unpacked(io.RawIOBase):
    """The content of a gzip file, refused as soon as it grows out of proportion.

    Args:
        path: Named in errors.
        packed: The file's bytes, from their start; closed with this.
    """

    def __init__(self, path: Path, packed: BinaryIO) -> None:
        self._path, self._packed = path, packed
        self._stream = gzip.GzipFile(fileobj=packed, mode="rb")
        self._size = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Unpack into a buffer.

        Raises:
            InputError: It is a bomb.
        """
        count = self._stream.readinto(buffer)
        self._size += count
        check_proportion(self._size, self._packed.tell(), self._path)
        return count

    def close(self) -> None:
        """Close the file too."""
        if not self.closed:
            self._stream.close()
            self._packed.close()
        super().close()


def check_proportion(unpacked: int, packed: int, path: Path) -> None:
    """Refuse what unpacks to more than anybody has packed.

    Args:
        unpacked: Bytes so far.
        packed: Bytes of the file that they come from.
        path: The file.

    Raises:
        InputError: It is a bomb.
    """
    if unpacked > HARMLESS and unpacked > DENSEST * packed:
        most = f"{HARMLESS >> 20} MiB or {DENSEST} times its size"
        problem = f"packed data was expected to unpack to {most} at most, this unpacks to more"
        remedy = "It may be made to fill memory: get it from a trusted place, or unpack it yourself."
        raise InputError(problem, path=path, remedy=remedy)


def check_zip(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse a zip archive that is a bomb; no member gives more bytes than its entry in the directory says.

    Raises:
        InputError: It is one.
    """
    check_proportion(sum(member.file_size for member in archive.infolist()), path.stat().st_size, path)


def open_bytes(path: Path) -> io.BufferedReader:
    """Open a file to read its bytes, unpacked where it is gzip data or is named .gz."""
    file = path.open("rb")
    packed = file.read(2) == GZIP_MAGIC
    file.seek(0)
    return unpack(path, file) if packed or path.suffix == ".gz" else file


def unpack(path: Path, packed: BinaryIO) -> io.BufferedReader:
    """Read gzip data, from its start; see `Unpacked`."""
    return io.BufferedReader(Unpacked(path, packed), _BUFFER)


@contextmanager
def named_gzip_errors(path: Path) -> Iterator[None]:
    """Raise damaged gzip data as InputError that names the file."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        problem = f"the gzip data is damaged or cut off ({error})"
        raise InputError(problem, path=path, remedy="Fetch it again.") from error
