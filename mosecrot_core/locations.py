"""Where a file or a model lies: a plain path, an installed package, the model hub."""

import re
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path, PurePosixPath, PureWindowsPath

from mosecrot_core.errors import InputError

PACKAGE = "package:"
"""What the place of something inside an installed package begins with."""
_HUB_ID = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)?")
_REVISION = re.compile(r"\w[\w./-]*")


def resolve_path(spec: str | Path, base: Path = Path()) -> Path:
    """Turn ``package:NAME[/SUBPATH]`` or a plain path into a path on this machine.

    The package is found, never imported: a data package need not be trusted to run code.

    Args:
        spec: A path, whose ``~`` is expanded; or ``package:``, a package's name (as for pip or for import)
            and a path inside it.
        base: Folder that a relative path starts from.

    Raises:
        InputError: Nothing lies there, the package is not installed, or SUBPATH leaves it.

    >>> resolve_path("package:mosecrot_core/words").name
    'words'
    """
    text = str(spec)
    if not text.startswith(PACKAGE):
        plain = _existing(spec, base)
        if plain is None:
            raise InputError("there is no such file or folder", path=base / spec, remedy="Check the path.")
        return plain
    name, _, inside = text.removeprefix(PACKAGE).partition("/")
    # Both kinds of separator are judged on every system, so that a settings file means the same everywhere.
    if PurePosixPath(inside).is_absolute() or PureWindowsPath(inside).anchor:
        raise InputError(f"a path inside package {name!r} was expected, {inside!r} came", path=text)
    if ".." in inside.split("/") or "\\" in inside:
        problem = f"a path inside package {name!r}, without '..' or backslash, was expected, {inside!r} came"
        raise InputError(problem, path=text)
    target = _package_folder(name, text) / inside
    if not target.exists():
        raise InputError(f"package {name!r} has no {inside!r}", path=text, remedy="Look for another version.")
    return target


def model_folder(spec: str, base: Path = Path()) -> Path:
    """Give the folder of a model, fetched from the hub or found in its cache where ``spec`` is a hub id.

    Args:
        spec: An existing folder, ``package:NAME/SUBPATH``, or a hub id such as ``org/model``, which may name
            a branch, tag or commit: ``org/model@REVISION``.
        base: Folder that a relative path starts from.

    Raises:
        InputError: It is none of these, or the hub does not give the model.
    """
    if folder := _local_model(spec, base):
        return folder
    name, revision = _name_and_revision(spec)
    patterns = ["*.json", "*.txt", "*.model", "*.safetensors"]
    remedy = "Check the name and the connection, or name a folder."
    return _from_hub(name, "model", patterns, remedy, revision)


def is_hub_id(spec: str) -> bool:
    """Say whether a spec may be a model's name on the hub.

    >>> is_hub_id("org/model"), is_hub_id("org/model@v1.0"), is_hub_id("../model")
    (True, True, False)
    """
    name, at, revision = spec.partition("@")
    return _HUB_ID.fullmatch(name) is not None and (not at or _REVISION.fullmatch(revision) is not None)


def model_on_disk(spec: str, base: Path = Path()) -> Path | None:
    """Give the folder of a model without fetching anything; None where the hub would have to give it.

    Raises:
        InputError: As `model_folder`.
    """
    if folder := _local_model(spec, base):
        return folder
    from huggingface_hub import snapshot_download  # slow to import
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        name, revision = _name_and_revision(spec)
        folder = Path(snapshot_download(name, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError):
        return None
    return folder if any(folder.glob("*.safetensors")) else None


def dataset_folder(spec: str, patterns: Sequence[str], base: Path = Path(), revision: str = "main") -> Path:
    """Give the folder of a data set, some files of it fetched from the hub or found in its cache.

    Args:
        spec: An existing folder, ``package:NAME/SUBPATH``, or a hub id such as ``org/dataset``.
        patterns: The files wanted from the hub, such as ``data/*.tsv``; those it has are fetched.
        base: Folder that a relative path starts from.
        revision: Branch, tag or commit on the hub.

    Raises:
        InputError: It is none of these, or the hub does not give the data set.
    """
    if folder := _local_folder(spec, base, "a data set"):
        return folder
    if not _HUB_ID.fullmatch(spec):
        raise InputError("there is no such data folder", path=base / spec, remedy="Check `source`.")
    remedy = "Check the name and the connection, or fetch it elsewhere and set `source` to the local folder."
    return _from_hub(spec, "dataset", patterns, remedy, revision)


def _name_and_revision(spec: str) -> tuple[str, str]:
    name, _, revision = spec.partition("@")
    return name, revision or "main"


def _local_model(spec: str, base: Path) -> Path | None:
    """Give the folder of a model on this machine; none where the spec is a hub id."""
    folder = _local_folder(spec, base, "a model")
    if folder is None and not is_hub_id(spec):
        raise InputError("there is no such model folder", path=base / spec, remedy="Check the path.")
    return folder


def _local_folder(spec: str, base: Path, what: str) -> Path | None:
    """Give the folder that a spec names on this machine; none where it may be a hub id."""
    if not spec.startswith(PACKAGE) and _existing(spec, base) is None:
        return None
    folder = resolve_path(spec, base)
    if not folder.is_dir():
        raise InputError(f"the folder of {what} was expected, a file came", path=folder)
    return folder


def _existing(spec: str | Path, base: Path) -> Path | None:
    """Give a plain path if something lies there; nothing lies at one that the system cannot take."""
    try:
        path = base / Path(spec).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long; nobody's home; with a NUL
        return None


def _from_hub(spec: str, kind: str, patterns: Sequence[str], remedy: str, revision: str = "main") -> Path:
    """Fetch some files of a repository, or find them in the cache; never anything that could run as code."""
    from huggingface_hub import snapshot_download  # slow to import

    try:
        return Path(snapshot_download(spec, repo_type=kind, revision=revision, allow_patterns=list(patterns)))
    except Exception as error:  # also those of its HTTP library, which differs between its versions
        what = "model hub" if kind == "model" else "hub"
        said = str(error).strip() or type(error).__name__
        problem = f"{spec!r} is no folder, and the {what} does not give it ({said})"
        raise InputError(problem, remedy=remedy) from error


def hub_commits(paths: Iterable[Path]) -> dict[str, str]:
    """Name the commit of each repository of the hub that some paths lie in, as its cache says.

    >>> hub_commits([Path("/home/ada/hub/models--org--name/snapshots/3f5c/config.json"), Path("fr.vec")])
    {'models/org/name': '3f5c'}
    """
    folders = (folder for path in paths for folder in (path, *path.parents))
    return {
        folder.parent.parent.name.replace("--", "/"): folder.name
        for folder in folders
        if folder.parent.name == "snapshots"
        and folder.parent.parent.name.startswith(("models--", "datasets--"))
    }


def _package_folder(name: str, text: str) -> Path:
    module = name.replace("-", "_")
    if not module.isidentifier():
        raise InputError(
            f"a package name was expected after 'package:', {name!r} came",
            path=text,
            remedy="Write package:NAME or package:NAME/FOLDER.",
        )
    try:
        found = find_spec(module)
    except (ImportError, ValueError):
        found = None
    if found is None:
        remedy = f"Install it with: python -m pip install {module.replace('_', '-')}"
        raise InputError(f"the Python package {module!r} is not installed", path=text, remedy=remedy)
    if not found.submodule_search_locations:
        raise InputError(f"{module!r} is a single Python file, not a package with data", path=text)
    return Path(next(iter(found.submodule_search_locations)))
