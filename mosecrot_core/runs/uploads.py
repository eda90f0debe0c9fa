"""Where a user's own inputs lie, and how an upload gets there: in pieces, bounded, under a name of ours.

    RUNS/NAME.inputs/experiment.yaml    what `mosecrot run` runs
    RUNS/NAME.inputs/found.json         what was found in the files when they were checked
    RUNS/NAME.inputs/vectors.vec ...    what was uploaded, called by what it is

No name of a run has a dot, so that these folders are no runs and no run can be called like one.
"""

import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Literal

from mosecrot_core.display import UNSEEN, short
from mosecrot_core.errors import InputError
from mosecrot_core.unpacking import GZIP_MAGIC, ZIP_ERRORS, named_gzip_errors, open_bytes

Part = Literal["vectors", "words", "train", "source_test", "test"]
"""What a file is: the target's vectors, the word list, labelled texts of the source and of the target."""
_LABELLED = (".tsv", ".tab", ".csv", ".jsonl", ".ndjson", ".json")
SUFFIXES: Mapping[Part, tuple[str, ...]] = MappingProxyType({
    "vectors": (".vec", ".txt", ".bin", ".npz", ".safetensors"),
    "words": (".txt", ".tsv", ".csv", ".tei", ".dix", ".xml", ".zip"),
    "train": _LABELLED,
    "source_test": _LABELLED,
    "test": _LABELLED,
})  # fmt: skip
"""The endings that an upload may have, each with or without `.gz` behind it."""
LARGEST_MEGABYTES: Mapping[Part, int] = MappingProxyType({
    "vectors": 200, "words": 50, "train": 50, "source_test": 50, "test": 50,
})  # fmt: skip
"""Of an upload: the server holds it in memory until it is on the disk, and 1 GiB is what it may take."""
_MEGABYTE = 1 << 20
_LONGEST_NAME = 255  # bytes, as file systems have it
_UNPACKED_MEGABYTES, _RATIO = 64, 20  # texts and vectors pack to a half or a tenth; a bomb to a thousandth
_ENDING = ".inputs"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_RESERVED = re.compile(r"(?i)con|prn|aux|nul|(com|lpt)[0-9]")  # no names of files on Windows
_REVIEWED = "-reviewed"


def inputs_folder(runs: Path, name: str) -> Path:
    """Return the folder of a run's own inputs.

    Raises:
        InputError: It is no name of a run.
    """
    return runs / f"{checked_name(name)}{_ENDING}"


def experiment_file(runs: Path, name: str) -> Path:
    """Return the experiment file of a run's own inputs; as `inputs_folder`."""
    return inputs_folder(runs, name) / "experiment.yaml"


def prepared(runs: Path) -> list[str]:
    """Name the runs whose inputs are there, newest first; a link is not followed."""
    found = {}
    for folder in runs.glob(f"*{_ENDING}"):
        with suppress(InputError, OSError):  # not ours, or removed meanwhile
            name = checked_name(folder.name.removesuffix(_ENDING))
            if not folder.is_symlink():
                found[name] = experiment_file(runs, name).stat().st_mtime
    return sorted(found, key=lambda name: (-found[name], name))


def checked_name(name: str, what: str = "a name of the run") -> str:
    """Return a name that is safe as one of a folder, on every system.

    Raises:
        InputError: It is not.

    >>> checked_name("faroese-2")
    'faroese-2'
    """
    problem = f"{what} expected: 1 to 64 of A-Z, a-z, 0-9, - and _, a letter or digit first; "
    if not _NAME.fullmatch(name):
        raise InputError(f"{problem}{short(name, 80)!r} came", remedy="Choose another one.")
    if _RESERVED.fullmatch(name):
        raise InputError(f"{name!r} is reserved on some systems", remedy="Choose another one.")
    if name.endswith(_REVIEWED):
        raise InputError(
            f"{name!r} ends as runs with decisions are called ({_REVIEWED})", remedy="Choose another one."
        )
    return name


def receive(stream: BinaryIO, given: str, part: Part, folder: Path) -> Path:
    """Write an upload to a new file, a piece at a time.

    Args:
        stream: Its content, at its start.
        given: What it is called where it comes from; only the ending is taken over.
        part: What it is.
        folder: Where it goes.

    Returns:
        The file.

    Raises:
        InputError: The name is none, the ending unknown, or it is empty, too large or unpacks to too much.
    """
    path = folder / f"{part}{ending(given, part)}"
    size = 0
    with path.open("xb") as file:
        while piece := stream.read(_MEGABYTE):
            size += len(piece)
            if size > LARGEST_MEGABYTES[part] * _MEGABYTE:
                problem = f"an upload of at most {LARGEST_MEGABYTES[part]} MB was expected, a larger one came"
                raise InputError(problem, path=path, remedy="Put it on this machine and give its path.")
            file.write(piece)
    if not size:
        raise InputError("the file is empty", path=path, remedy="Choose another one.")
    _check_unpacked(path, size)
    return path


def ending(given: str, part: Part) -> str:
    """Return the ending of an upload's name, which tells the readers its format.

    Raises:
        InputError: It is a path or no name, or ends otherwise.

    >>> ending("cc.fo.300.vec.gz", "vectors")
    '.vec.gz'
    """
    if UNSEEN.search(given) or "/" in given or "\\" in given or len(given.encode()) > _LONGEST_NAME:
        raise InputError(f"the name of a file expected, {short(given, 80)!r} came", remedy="Rename it.")
    name = given.lower()
    packed = ".gz" if name.endswith(".gz") else ""
    found = next((known for known in SUFFIXES[part] if name.removesuffix(packed).endswith(known)), None)
    if found is None:
        expected = ", ".join(SUFFIXES[part])
        problem = f"a file that ends in {expected} (or that and .gz) was expected, {short(given, 80)!r} came"
        raise InputError(problem, remedy="Rename it if it is of such a format.")
    return found + packed


def _check_unpacked(path: Path, size: int) -> None:
    """Refuse an archive that would fill memory or disk once it is unpacked, without unpacking it anywhere."""
    most = max(_UNPACKED_MEGABYTES * _MEGABYTE, _RATIO * size)
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
    unpacked = 0
    if packed:
        with named_gzip_errors(path), open_bytes(path) as stream:
            while unpacked <= most and (piece := stream.read(_MEGABYTE)):
                unpacked += len(piece)
    else:
        with suppress(*ZIP_ERRORS), zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > most:
        problem = f"{size:,} bytes that unpack to at most {most:,} were expected, they unpack to more"
        raise InputError(problem, path=path, remedy="Is it the file you mean? Unpacked it may be taken.")
