"""A user's own files, brought beside the runs and checked: there whole, as an experiment, or not at all."""

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from mosecrot_core.display import short
from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path, lock, remove_folder, remove_temporary
from mosecrot_core.locations import PACKAGE, resolve_path
from mosecrot_core.runs.jobs import Jobs
from mosecrot_core.runs.own_experiment import OwnExperiment
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.uploads import Part, experiment_file, inputs_folder, receive
from mosecrot_core.text_files import read_json_object

_FOUND = "found.json"
_LOOK_SECONDS = 0.2
_SAYS = "mosecrot: "


@dataclass(frozen=True)
class Upload:
    """A file from elsewhere."""

    name: str
    """What it is called there."""
    stream: BinaryIO


def prepare(
    runs: Path,
    own: OwnExperiment,
    given: Mapping[Part, Upload | str],
    waiting: Callable[[], None],
    *,
    paths: bool,
) -> Path:
    """Bring files beside the runs, write the experiment of them and check that it can be run.

    What was there under that name is replaced, once the new files have passed.

    Args:
        runs: The folder of runs; made if need be.
        own: The experiment.
        given: Its files: uploads, or paths on this machine.
        waiting: Called again and again while the check goes on; if it raises, the check is stopped.
        paths: Whether paths on this machine may be named, for files and for the encoder.

    Returns:
        The experiment file.

    Raises:
        InputError: The name cannot be taken or is in use, or a file cannot be used.
    """
    folder = inputs_folder(runs, own.name)
    own.check(given.keys(), folders=paths)
    check_free(runs, own.name)
    with lock(runs / f".{folder.name}.lock") as free:
        if not free:
            raise InputError("somebody else is bringing files under this name", remedy="Choose another one.")
        remove_temporary(runs, of=folder.name)
        with atomic_path(folder) as staging, _as_given(staging, given):
            staging.mkdir()
            files = {part: _placed(part, file, staging, paths=paths) for part, file in given.items()}
            written = staging / experiment_file(runs, own.name).name
            written.write_text(own.as_yaml(files), encoding="utf-8")
            found = _checked(written, waiting)
            (staging / _FOUND).write_text(json.dumps({"found": found}, ensure_ascii=False), encoding="utf-8")
            check_free(runs, own.name)
    return experiment_file(runs, own.name)


def check_free(runs: Path, name: str) -> None:
    """Refuse a name under which inputs may not be replaced or removed.

    Raises:
        InputError: Somebody is at work on it, its run is done, or something else is called so.
    """
    folder, run = inputs_folder(runs, name), Run(runs / name)
    if folder.is_symlink() or run.folder.is_symlink():
        raise InputError(f"{name} is a link to elsewhere", path=runs, remedy="Choose another name.")
    there = [place.name for place in (folder, run.folder) if place.exists()]
    if there and not experiment_file(runs, name).is_file():
        raise InputError(f"there is a {there[0]} already", path=runs, remedy="Choose another name.")
    if run.state == "done":
        raise InputError(f"there is a finished run {name}", path=runs, remedy="Choose another name.")
    _check_idle(runs, name, "Cancel it first, or choose another name.")


def remove(runs: Path, name: str) -> None:
    """Remove the inputs of a run, if they are there; what the run has stays.

    Raises:
        InputError: A job or another process is at work on it.
    """
    folder = inputs_folder(runs, name)
    if folder.is_symlink() or not experiment_file(runs, name).is_file():
        return
    _check_idle(runs, name, "Cancel it first.")
    remove_folder(folder)


def found_in(runs: Path, name: str) -> list[dict[str, str]]:
    """Return what the check found: rows of `language`, `what`, `found`; none if that is not known."""
    with suppress(InputError, OSError, TypeError, KeyError):  # others may have written it
        rows = read_json_object(inputs_folder(runs, name) / _FOUND, "Check the files again.").get("found")
        return [{key: str(row[key]) for key in ("language", "what", "found")} for row in rows or ()]
    return []


def command(runs: Path, name: str) -> str:
    """Return the command that runs it by hand."""
    file = experiment_file(runs.absolute(), name)
    return shlex.join(["mosecrot", "run", str(file), "--runs", str(runs.absolute())])


def _check_idle(runs: Path, name: str, remedy: str) -> None:
    if Jobs(runs).is_active(name) or Run(runs / name).is_taken:
        raise InputError(f"{name} waits or runs", remedy=remedy)


def _placed(part: Part, file: Upload | str, staging: Path, *, paths: bool) -> str:
    """Bring a file to the others, or leave it where it is; return how the experiment names it."""
    if isinstance(file, Upload):
        return receive(file.stream, file.name, part, staging).name
    if not paths:
        raise InputError("an upload expected, a path came", remedy="Paths are for this machine only.")
    try:
        return file if file.startswith(PACKAGE) else str(resolve_path(file, Path("/")))
    except (OSError, ValueError, RuntimeError) as error:  # overlong, NUL, `~` of nobody
        raise InputError(f"no path: {short(file, 80)!r}", remedy="Check it.") from error


@contextmanager
def _as_given(staging: Path, given: Mapping[Part, Upload | str]) -> Iterator[None]:
    """Let messages call files as whoever brought them does."""
    try:
        yield
    except InputError as error:
        said = str(error)
        for part, file in given.items():
            if isinstance(file, Upload):
                for ours in staging.glob(f"{part}.*"):
                    said = said.replace(str(ours), short(file.name, 80))
        raise InputError(said.replace(f"{staging}/", "")) from error


def _checked(file: Path, waiting: Callable[[], None]) -> list[dict[str, str]]:
    """Let `mosecrot check` look at an experiment, in a process of its own; return what it found.

    Whatever the files do to that process, this one goes on: it holds none of them and loads no model.
    """
    words = [sys.executable, "-X", "utf8", "-m", "mosecrot_core", "check", str(file), "--format", "json"]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=said
        )
        try:
            while process.poll() is None:
                waiting()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_LOOK_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode:
            stopped = f"the check was stopped (exit code {process.returncode})"
            raise InputError(_said(said) or stopped, remedy="" if _said(said) else "Is there enough memory?")
        out.seek(0)
        rows: list[dict[str, str]] = json.load(out)
        return rows


def _said(said: IO[bytes]) -> str:
    """Return the message among what the command wrote."""
    said.seek(0)
    lines = said.read().decode("utf-8", errors="replace").splitlines()
    messages = [line.removeprefix(_SAYS) for line in lines if line.startswith(_SAYS)]
    return messages[-1] if messages else ""
