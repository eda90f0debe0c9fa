"""Content addresses: a step's key is a hash of everything that it depends on."""

import hashlib
import json
from pathlib import Path
from typing import Any

from mosecrot_core import __version__
from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path, file_hash


def step_key(step: str, **depends: Any) -> str:
    """Return the key of a step: 24 hex digits.

    Args:
        step: What it does.
        depends: Whatever changes its outcome, as JSON values: settings, file hashes, other keys.

    >>> step_key("train", seed=0) == step_key("train", seed=0) != step_key("train", seed=1)
    True
    """
    text = json.dumps({"step": step, "version": __version__, **depends}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


class FileHashes:
    """SHA-256 of files and folders, remembered by path, size and time so that big files are read once.

    Args:
        memory: Where to remember them; none forgets.

    Attributes:
        asked: The files and folders whose hashes were asked for.
    """

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory
        self._known: dict[str, str] = {}
        self.asked: list[Path] = []
        if memory is not None and memory.exists():
            self._known = _remembered(memory)

    def of(self, path: Path) -> str:
        """Return the hash of a file, or of every file in a folder with its name.

        Raises:
            InputError: There is nothing at that path.
        """
        if not path.exists():
            raise InputError("no such file or folder", path=path, remedy="Check the path in the experiment.")
        self.asked.append(path)
        if path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
            return step_key("folder", files=[[str(p.relative_to(path)), self._file(p)] for p in files])
        return self._file(path)

    def save(self) -> None:
        """Remember what was hashed."""
        if self._memory is not None:
            with atomic_path(self._memory) as temporary:
                temporary.write_text(json.dumps(self._known, indent=0, sort_keys=True))

    def _file(self, path: Path) -> str:
        stat = path.stat()
        name = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
        if name not in self._known:
            self._known[name] = file_hash(path)
        return self._known[name]


def _remembered(memory: Path) -> dict[str, str]:
    """Read what `save` wrote; a damaged memory is none."""
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {name: digest for name, digest in known.items() if isinstance(digest, str)}
