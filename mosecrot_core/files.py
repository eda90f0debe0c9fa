"""Writing and removing files so that nobody, not even after a kill, meets a part of one."""

import errno
import hashlib
import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What a full disk, or a used-up quota, is called."""
_WAIT = 0.2  # seconds
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary sibling to write (a file or a folder); it takes the place of `path` at the end.

    If the body raises, `path` stays as it was and nothing else is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _aside(path)
    try:
        yield temporary
        if temporary.is_dir() and path.is_dir():
            remove_folder(path)
        temporary.replace(path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def write_once(path: Path, text: str) -> bool:
    """Write a file whole unless it is there; of many who try at once, on many machines, one does.

    Returns:
        Whether it was written here.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _aside(path)
    try:
        temporary.write_text(text, encoding="utf-8")
        os.link(temporary, path)
    except FileExistsError:
        return temporary.stat().st_nlink > 1  # a network file system's answer to the first try may be lost
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _write_new(path, text)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_folder(path: Path) -> None:
    """Remove a folder, if there, renaming it first: after a kill in the middle nothing has its name."""
    aside = _aside(path)
    with suppress(FileNotFoundError):
        path.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def remove_temporary(folder: Path, of: str = "") -> None:
    """Remove what killed processes left in a folder under temporary names, of one file's name or of all."""
    for path in folder.glob(f".{of}*.tmp"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def named_disk_errors(folder: Path) -> Iterator[None]:
    """Raise a full disk as OSError that names the folder, whatever a library makes of it.

    PyTorch, for one, says "unexpected pos 64 vs 0".
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL and error.filename is None:
            raise _disk_full(folder, error.errno) from error
        raise
    except Exception as error:
        if os.strerror(errno.ENOSPC) in str(error) or _is_full(folder):
            raise _disk_full(folder) from error
        raise


@contextmanager
def lock(path: Path, *, shared: bool = False) -> Iterator[bool]:
    """Lock a file, made if need be, against other processes; a killed one holds no lock.

    Args:
        path: The file.
        shared: Together with all others who want it shared, against those who want it alone.

    Yields:
        False if another process holds it. True on Windows and on file systems without locks.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield _lock(descriptor, shared=shared)
    finally:
        os.close(descriptor)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait for a file's lock and hold it, where there are locks; the file is removed at the end."""
    while True:
        with lock(path) as free:
            if free:
                try:
                    yield
                finally:
                    path.unlink(missing_ok=True)
                return
        time.sleep(_WAIT)


def is_locked(path: Path) -> bool | None:
    """Say whether a process of this machine has a file locked; None where that cannot be known.

    Raises:
        FileNotFoundError: There is no such file.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        free = _try_lock(descriptor, shared=True)
    finally:
        os.close(descriptor)
    return None if free is None else not free


def _lock(descriptor: int, *, shared: bool) -> bool:
    return _try_lock(descriptor, shared=shared) is not False


def _try_lock(descriptor: int, *, shared: bool) -> bool | None:
    """Lock an open file, or say that another process has; None where files cannot be locked."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks on this file system
        return None
    return True


def _write_new(path: Path, text: str) -> bool:
    """Do as `write_once` where a file cannot have two names; after a kill it may be there in part."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _disk_full(folder: Path, number: int = errno.ENOSPC) -> OSError:
    return OSError(number, os.strerror(number), str(folder))


def _is_full(folder: Path) -> bool:
    """Say whether there is no room for a mebibyte."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(1 << 20))
    except OSError as error:
        return error.errno in FULL
    return False


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
