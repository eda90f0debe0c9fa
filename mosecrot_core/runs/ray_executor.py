"""A sweep on a Ray cluster: Ray decides what runs where and when, and starts again what died.

Every machine needs this package and sees the same folders by the same paths: inputs are read and results are
written there.
"""

import logging
import os
import socket
import time
from functools import cache
from typing import Any

from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.runs.hints import Hints
from mosecrot_core.runs.report import NoProgress, ProgressBar
from mosecrot_core.runs.sweep import Sweep
from mosecrot_core.runs.sweeping import Execute
from mosecrot_core.runs.task_worker import TaskWorker
from mosecrot_core.runs.tasks import Tasks
from mosecrot_core.runs.workers import Workers

_LOOK_SECONDS = 1.0
_END_SECONDS = 10.0
_ANSWER_SECONDS = 10.0
_Outcome = tuple[str, str]
"""`done`, `failed`, `waiting` (a task failed that it needs) or `stopped`, and why it stopped."""


def on_ray(address: str | None = None, hints: Hints | None = None) -> Execute:
    """Execute on a Ray cluster.

    Args:
        address: HOST:PORT of its head (``ray start --head``); none: the cluster of this machine, else a new
            one of this machine alone, for the time of the sweep.
        hints: What each task asks for.
    """

    def execute(tasks: Tasks, progress: ProgressBar) -> None:
        ray = _connect(address)
        try:
            _execute(ray, tasks, hints or Hints(), progress)
        finally:
            ray.shutdown()
            _wait_for_the_end(tasks.sweep)

    return execute


def _connect(address: str | None) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "the package ray is not installed", remedy="Install it: pip install 'mosecrot[cluster]'."
        ) from error
    if address is not None and ":" in address:
        _check_address(address)
    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    return ray


def _check_address(address: str) -> None:
    """Look whether anybody is there: Ray itself tries for many minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), _ANSWER_SECONDS).close()
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Ray cluster at {address} ({error})",
            remedy="Start one on its first machine: ray start --head.",
        ) from error


def _execute(ray: Any, tasks: Tasks, hints: Hints, progress: ProgressBar) -> None:
    options: dict[str, Any] = {"num_cpus": hints.cpus, "num_gpus": hints.gpus, "resources": hints.resources}
    if hints.memory is not None:
        options["memory"] = int(hints.memory * 2**30)
    do = ray.remote(**options, max_retries=tasks.sweep.attempts)(do_task)
    sweep = ray.put(tasks.sweep.as_json())
    futures: dict[str, Any] = {}
    for task in tasks.by_key.values():
        if not tasks.is_done(task.key):
            needs = [futures[need] for need in task.needs if need in futures]
            futures[task.key] = do.remote(sweep, task.key, *needs)
    titles = {future: tasks.by_key[key].title for key, future in futures.items()}
    progress.start(len(futures))
    left = list(titles)
    while left:
        ready, left = ray.wait(left, timeout=_LOOK_SECONDS)
        for future in ready:
            progress.step(titles[future])
            _look_at(ray, future)
            progress.done()


def _look_at(ray: Any, future: Any) -> None:
    """Stop the sweep where no task can be done; a task that failed has been written down."""
    try:
        state, problem = ray.get(future)
    except ray.exceptions.RayError:  # its worker died again and again: what it began is seen to be left
        return
    if state == "stopped":
        raise MosecrotError(problem)


def _wait_for_the_end(sweep: Sweep) -> None:
    """Give the workers a moment to end, which Ray stops when it is left."""
    workers, until = Workers(sweep.folder / "workers", sweep.lease), time.monotonic() + _END_SECONDS
    while workers.living() and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS / 10)


def do_task(sweep: str, key: str, *needs: _Outcome) -> _Outcome:
    """Do a task in a worker of Ray's, which keeps what it has loaded for the next.

    Args:
        sweep: As `Sweep.as_json` wrote it.
        key: Which task.
        needs: What the tasks returned that it needs: Ray waits for them.
    """
    if any(state != "done" for state, _ in needs):
        return "waiting", ""
    try:
        return _worker(sweep).do(key) or "waiting", ""
    except (MosecrotError, OSError) as error:
        return "stopped", str(error)


@cache
def _worker(sweep: str) -> TaskWorker:
    """Be a worker of a sweep as long as this process lives."""
    worker = TaskWorker(Tasks(Sweep.from_json(sweep)), NoProgress())
    worker.at_work().__enter__()
    return worker
