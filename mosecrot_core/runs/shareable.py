"""Settings as they may leave a machine: without the paths of a home folder."""

from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any


def shareable(settings: Any, base: Path | None = None) -> Any:
    """Take paths that only one machine has out of settings, as JSON values.

    An absolute path becomes relative where it lies inside `base`, else no more than its name; what is
    relative stays as it is written. The home folder's name becomes `~` wherever it stands.

    Args:
        settings: Mappings, lists, text, numbers.
        base: Folder that relative paths start from.

    >>> shareable({"path": "/home/ada/fr.vec", "limit": 5})
    {'path': 'fr.vec', 'limit': 5}
    """
    if isinstance(settings, dict):
        return {shareable(name, base): shareable(value, base) for name, value in settings.items()}
    if isinstance(settings, list | tuple):
        return [shareable(value, base) for value in settings]
    return _text(settings, base) if isinstance(settings, str) else settings


def _text(text: str, base: Path | None) -> str:
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind(text)
        if path.is_absolute() and len(path.parts) > 2 and "\n" not in text:
            start = kind(str(base.absolute())) if base else path
            inside = path != start and path.is_relative_to(start)
            return path.relative_to(start).as_posix() if inside else path.name
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text
