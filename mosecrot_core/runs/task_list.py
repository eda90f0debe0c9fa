"""What a sweep's folder says of it, read without its inputs: its tasks, and how far each is.

RUNS/NAME/sweep.json   the tasks and settings, as they were when the sweep was last begun
RUNS/NAME/tasks/       who does which task, see `claims.py`
RUNS/NAME/workers/     who lives, see `workers.py`
RUNS/NAME/steps/       models that tasks of several settings still need; with one setting it is the run's own
"""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mosecrot_core import __version__
from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path
from mosecrot_core.runs.claims import Attempt, Claims
from mosecrot_core.runs.schema import SWEEP_FILE
from mosecrot_core.runs.sweep import described
from mosecrot_core.runs.tasks import TABLES, Tasks
from mosecrot_core.runs.workers import Worker, Workers
from mosecrot_core.text_files import read_json_object

SCHEMA = 1
_REMEDY = "Run `mosecrot sweep FILE` again: what is done is kept."
Progress = Literal["done", "running", "failed", "waiting"]


@dataclass(frozen=True)
class Listed:
    """A task as a sweep's folder has it."""

    key: str
    kind: str
    title: str
    run: str
    state: Progress
    attempt: Attempt | None
    """The last at it."""
    worker: Worker | None = None
    """Who is at it."""


@dataclass(frozen=True)
class SweepStatus:
    """How far a sweep is."""

    name: str
    version: str
    """Of the library that began it."""
    settings: dict[str, str]
    """What each run sets, by the run's name."""
    tasks: tuple[Listed, ...]
    workers: tuple[Worker, ...]

    @property
    def counts(self) -> Counter[Progress]:
        """How many tasks are in which state."""
        return Counter(task.state for task in self.tasks)

    @property
    def untimed(self) -> list[str]:
        """The kinds of what is left of which none is done, so that nobody knows how long they take."""
        done = {task.kind for task in self.tasks if task.state == "done"}
        return sorted({task.kind for task in self._left} - done - {TABLES})

    @property
    def seconds_left(self) -> float | None:
        """Guess from the tasks that are done how long the others take the workers; None if none is.

        A task of a kind that none is done of takes as long as the others do, and at least as long as the
        longest that is running already.
        """
        took: dict[str, list[float]] = {}
        runs: dict[str, float] = {}
        for task in self.tasks:
            if task.attempt is not None and task.state == "done":
                took.setdefault(task.kind, []).append(task.attempt.seconds)
            elif task.attempt is not None and task.state == "running":
                runs[task.kind] = max(runs.get(task.kind, 0.0), task.attempt.seconds)
        if not took:
            return None
        of_all = sum(map(sum, took.values())) / sum(map(len, took.values()))
        takes = {kind: max(of_all, seconds) for kind, seconds in runs.items()}
        takes |= {kind: sum(seconds) / len(seconds) for kind, seconds in took.items()}
        left = 0.0
        for task in self._left:
            gone = task.attempt.seconds if task.attempt and task.state == "running" else 0.0
            left += max(0.0, takes.get(task.kind, of_all) - gone)
        return left / max(1, len(self.workers))

    @property
    def _left(self) -> list[Listed]:
        return [task for task in self.tasks if task.state in ("running", "waiting")]


def write_task_list(tasks: Tasks) -> None:
    """Write down what the tasks of a sweep are."""
    sweep = tasks.sweep
    runs = [own.experiment.name for own in sweep.settings]
    content = {
        "schema": SCHEMA,
        "version": __version__,
        "name": sweep.name,
        "lease": sweep.lease,
        "attempts": sweep.attempts,
        "settings": {run: described(own.values) for run, own in zip(runs, sweep.settings, strict=True)},
        "tasks": [
            [task.key, task.kind, task.title, runs[task.setting], tasks.is_done(task.key)]
            for task in tasks.by_key.values()
        ],
    }
    with atomic_path(sweep.folder / SWEEP_FILE) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def check_schema(folder: Path) -> None:
    """Refuse to go on with a sweep of another schema; a damaged file is written anew.

    Raises:
        InputError: It has another schema.
    """
    try:
        content = read_json_object(folder / SWEEP_FILE, _REMEDY)
    except (FileNotFoundError, InputError):
        return
    _check(content, folder)


def sweep_status(folder: Path) -> SweepStatus:
    """Look how far a sweep is.

    Raises:
        InputError: There is no sweep, a newer version began it, or its file is damaged.
    """
    content = _content(folder)
    try:
        return _status(folder, content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("not what a sweep writes", path=folder / SWEEP_FILE, remedy=_REMEDY) from error


def _status(folder: Path, content: dict[str, Any]) -> SweepStatus:
    workers = Workers(folder / "workers", float(content["lease"]))
    claims = Claims(folder / "tasks", workers.is_alive, int(content["attempts"]))
    living = {worker.name: worker for worker in workers.living()}
    last = claims.last()
    listed = []
    for key, kind, title, run, was_done in content["tasks"]:
        attempt = last.get(key)
        state, worker = ("done", None) if was_done else _state(attempt, living)
        listed.append(Listed(key, kind, title, run, state, attempt, worker))
    return SweepStatus(
        str(content["name"]), str(content["version"]), dict(content["settings"]), tuple(listed),
        tuple(living.values()),
    )  # fmt: skip


def _state(attempt: Attempt | None, living: dict[str, Worker]) -> tuple[Progress, Worker | None]:
    if attempt is None:
        return "waiting", None
    if attempt.state == "running":
        worker = living.get(attempt.worker)
        return ("running" if worker else "waiting"), worker
    if attempt.state in ("done", "failed"):
        return ("done" if attempt.state == "done" else "failed"), None
    return "waiting", None


def _content(folder: Path) -> dict[str, Any]:
    try:
        content = read_json_object(folder / SWEEP_FILE, _REMEDY)
    except FileNotFoundError:
        raise InputError("no sweep here", path=folder, remedy="Begin one: mosecrot sweep FILE.") from None
    _check(content, folder)
    return content


def _check(content: dict[str, Any], folder: Path) -> None:
    if content.get("schema") != SCHEMA:
        raise InputError(
            f"a sweep of schema {SCHEMA} expected, this one has {content.get('schema')!r}",
            path=folder / SWEEP_FILE,
            remedy="Go on with the version of mosecrot that began it, or name the experiment otherwise.",
        )
