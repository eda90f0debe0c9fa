"""Removing from a run, or from a sweep and its runs, what no result needs."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from mosecrot_core.errors import InputError
from mosecrot_core.files import remove_folder
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.runner import base_of
from mosecrot_core.runs.schema import SWEEP_FILE
from mosecrot_core.runs.steps import Plan
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.task_list import sweep_status


@dataclass(frozen=True)
class Removed:
    """What was removed, or would be."""

    paths: tuple[Path, ...]
    bytes: int


def clean(folder: Path, *, dry_run: bool = False) -> Removed:
    """Remove steps that are not the experiment's any more, models that nothing waits for, and leftovers.

    Tables, saved models and every step that the experiment as it was last run has stay. What is removed is
    computed again should an earlier version of the experiment be run again.

    Args:
        folder: A run's, or a sweep's.
        dry_run: Only find it.

    Raises:
        InputError: There is no run, its inputs are not there any more, or somebody is at work on it.
    """
    runs = _runs(folder)
    with ExitStack() as stack:
        if not dry_run:
            for place in {folder, *(run.folder for run in runs)}:
                stack.enter_context(Run(place).taken())
        if (folder / SWEEP_FILE).exists() and (workers := sweep_status(folder).workers):
            raise InputError(
                f"{workers[0].host} is at work on this sweep", path=folder, remedy="Wait for it or stop it."
            )
        paths = sorted(set(_needless(folder, runs)))
        size = sum(map(_size, paths))
        for path in () if dry_run else paths:
            if path.is_dir():
                remove_folder(path)
            else:
                path.unlink(missing_ok=True)
    return Removed(tuple(paths), size)


def _runs(folder: Path) -> list[Run]:
    if not (folder / SWEEP_FILE).exists():
        return [Run.open(folder)]
    names = sweep_status(folder).settings
    return [Run.open(folder.parent / name) for name in names if (folder.parent / name / "run.json").exists()]


def _needless(folder: Path, runs: list[Run]) -> Iterator[Path]:
    hashes = FileHashes(folder.parent / ".hashes.json")
    trained: set[str] = set()
    for run in runs:
        plan = make_plan(load_experiment(run.folder / "experiment.yaml"), base_of(run), hashes)
        trained |= _waited_for(plan, run)
        steps = {step.key for step in plan.steps}
        yield from _others(run.folder / "steps", steps, trained)
    if (folder / SWEEP_FILE).exists():
        listed = {task.key for task in sweep_status(folder).tasks}
        yield from _others(folder / "tasks", listed, listed)
        yield from (folder / "workers").glob("*")
        if folder not in [run.folder for run in runs]:
            yield from _others(folder / "steps", set(), trained)
    for place in {folder, *(run.folder for run in runs)}:
        for name in ("", "steps", "models", "tasks", "workers"):
            yield from (place / name).glob(".*.tmp")


def _waited_for(plan: Plan, run: Run) -> set[str]:
    """Name the models that steps still wait for."""
    found = {t.key for t in plan.finetunings if not all(run.has_step(step.key) for step in t.steps)}
    found |= {triple.key for triple in plan.triples if not run.has_step(triple.step.key)}
    left = [teaching for teaching in plan.teachings if not run.has_step(teaching.step.key)]
    return found | {key for own in left for key in own.models}


def _others(folder: Path, files: set[str], folders: set[str]) -> Iterator[Path]:
    """Find what is of other keys than these: files, and folders of models."""
    for path in folder.glob("[!.]*"):
        if path.name.split(".")[0] not in (folders if path.is_dir() else files):
            yield path


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
