"""Running a sweep: what is done is recognised at once, the rest is left to workers."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from multiprocessing.process import BaseProcess

from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.files import named_disk_errors, remove_temporary
from mosecrot_core.runs.claims import Claims
from mosecrot_core.runs.interrupts import Interruptible
from mosecrot_core.runs.report import NoProgress, ProgressBar
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.sweep import Sweep
from mosecrot_core.runs.task_list import check_schema, write_task_list
from mosecrot_core.runs.task_worker import TaskWorker
from mosecrot_core.runs.tasks import Tasks
from mosecrot_core.runs.workers import Workers

Execute = Callable[[Tasks, ProgressBar], None]
"""Has the tasks of a sweep done that are not, and returns when all are done or nothing more can be."""
_LOOK_SECONDS = 0.2
_STOP_SECONDS = 30


def run_sweep(
    sweep: Sweep, execute: Execute, progress: ProgressBar, *, retry: bool = False, wait: bool = True
) -> list[Run]:
    """Run what is not yet done of a sweep.

    Args:
        sweep: What to run.
        execute: How.
        progress: Told what is being done.
        retry: Try failed tasks again.
        wait: Whether all is done that can be when `execute` returns.

    Returns:
        The runs, a setting each, their tables complete.

    Raises:
        MosecrotError: A task failed, or an input cannot be used; what was finished stays.
    """
    tasks = Tasks(sweep)
    if not tasks.is_over():
        with named_disk_errors(sweep.folder):
            _prepare(tasks, retry=retry)
            try:
                execute(tasks, progress)
            finally:
                if wait:
                    with suppress(OSError):  # on a full disk the first error is the one to tell
                        _tidy(tasks)
        if wait:
            _say_what_failed(tasks)
    return tasks.runs


def here(workers: int = 1) -> Execute:
    """Execute on this machine, with so many processes; one: in this process."""
    if workers == 1:
        return _in_this_process
    return lambda tasks, progress: _in_processes(tasks, workers, progress)


def _in_this_process(tasks: Tasks, progress: ProgressBar) -> None:
    worker = TaskWorker(tasks, progress)
    with worker.at_work():
        worker.work()


def _in_processes(tasks: Tasks, workers: int, progress: ProgressBar) -> None:
    """Start workers, start again those that are killed, and watch."""
    context, text = multiprocessing.get_context("spawn"), tasks.sweep.as_json()

    def start(number: int) -> BaseProcess:
        process = context.Process(target=work, args=(text, number, workers))
        process.start()
        return process

    processes = {number: start(number) for number in range(workers)}
    try:
        for _ in watched(tasks, progress):
            for number, process in processes.items():
                process.join(_LOOK_SECONDS / workers)
                if process.exitcode is not None and process.exitcode < 0:
                    processes[number] = start(number)
            if all(process.exitcode is not None for process in processes.values()):
                break
    except BaseException:
        for process in processes.values():
            if process.is_alive() and process.pid:
                os.kill(process.pid, signal.SIGINT)
        raise
    finally:
        for process in processes.values():
            process.join(_STOP_SECONDS)
            process.kill()


def watched(tasks: Tasks, progress: ProgressBar) -> Iterator[None]:
    """Tell the progress of what others do, at each turn, until all is done."""
    pending = {key for key in tasks.by_key if not tasks.is_done(key)}
    progress.start(len(pending))
    while pending:
        yield
        for key in [key for key in pending if tasks.is_done(key)]:
            pending.discard(key)
            progress.step(tasks.by_key[key].title)
            progress.done()


def work(sweep: str, number: int = 0, workers: int = 1) -> None:
    """Be one of several workers on a machine, with its share of the cores; `sweep` as `as_json` wrote it."""
    if workers > 1 and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[number::workers] or cores)
    try:
        with Interruptible(NoProgress()) as progress:
            _in_this_process(Tasks(Sweep.from_json(sweep)), progress)
    except (MosecrotError, OSError) as error:
        sys.exit(f"mosecrot: {error}")
    except KeyboardInterrupt:
        sys.exit(1)


def _prepare(tasks: Tasks, *, retry: bool) -> None:
    """Write down what the tasks are, and which of those that ended are to be done again.

    Raises:
        InputError: Others work on another version of the experiment.
    """
    check_schema(tasks.sweep.folder)
    worker = TaskWorker(tasks, NoProgress())
    with worker.at_work():
        tasks.hashes.save()
        write_task_list(tasks)
        for key, last in worker.claims.last().items():
            is_lost = last.state == "done" and key in tasks.by_key and not tasks.is_done(key)
            if is_lost or (retry and last.state == "failed"):
                worker.claims.again(key)


def _tidy(tasks: Tasks) -> None:
    """Where nobody is at work, write the tables of runs that are not complete, and remove what was left."""
    folder = tasks.sweep.folder
    with suppress(InputError), Run(folder).taken():  # together with what is half-written
        if Workers(folder / "workers", tasks.sweep.lease).living():
            return
        for name in ("tasks", "workers"):
            remove_temporary(folder / name)
        for file in (folder / "workers").glob("*"):
            file.unlink(missing_ok=True)
        for place, run in enumerate(tasks.runs):
            with nullcontext() if run.folder == folder else run.taken():
                if run.state == "running":
                    tasks.put_together(place)
                    run.write_info(state="stopped", problem=_problem(tasks))


def _say_what_failed(tasks: Tasks) -> None:
    if problem := _problem(tasks):
        folder = tasks.sweep.folder
        again = "`mosecrot sweep FILE --retry` tries those that failed again"
        raise MosecrotError(f"{problem} `mosecrot status {folder}` lists them; {again}.")


def _problem(tasks: Tasks) -> str:
    """Say how many tasks are not done, and why the first is not; nothing if all are."""
    left = [task for task in tasks.by_key.values() if not tasks.is_done(task.key)]
    if not left:
        return ""
    last = Claims(tasks.sweep.folder / "tasks", lambda _: False, 1).last()
    said = ((task.title, last[task.key].problem) for task in left if task.key in last)
    title, problem = next(((title, problem) for title, problem in said if problem), ("", ""))
    why = f"; {title}: {problem.rstrip('.')}" if problem else ""
    return f"{len(left)} of {len(tasks.by_key)} tasks are not done{why}."
