"""A worker of a sweep: it takes a task that nobody is at, does it, and takes the next, until none is left."""

import errno
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mosecrot_core.errors import InputError
from mosecrot_core.files import FULL, named_disk_errors
from mosecrot_core.runs.claims import Claim, Claims, LostError, State
from mosecrot_core.runs.report import NoProgress, ProgressBar
from mosecrot_core.runs.runner import begin, is_written
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.tasks import TABLES, Task, Tasks
from mosecrot_core.runs.workers import Workers

if TYPE_CHECKING:
    from mosecrot_core.runs.execution import Execution
    from mosecrot_core.runs.workbench import Workbench

_WAITS = (0.1, 2.0)  # seconds, the first and the longest, while others do what all that is left waits for
_PATIENCE = 10.0  # seconds
_SHOW_SECONDS = 20.0  # between tables as they grow, at least
_SHOW_SHARE = 0.02  # of a worker's time goes into them, at most
_OF_THE_DISK = (*FULL, errno.EACCES, errno.EROFS, errno.EIO, errno.ESTALE)


class TaskWorker:
    """Does tasks of a sweep, together with all others who do.

    Args:
        tasks: The sweep's.
        progress: Told of every task that is done, here or elsewhere.
    """

    def __init__(self, tasks: Tasks, progress: ProgressBar) -> None:
        sweep = tasks.sweep
        self._tasks, self._progress = tasks, progress
        self.workers = Workers(sweep.folder / "workers", sweep.lease)
        self.claims = Claims(sweep.folder / "tasks", self.workers.is_alive, sweep.attempts)
        self._name = ""
        self._claim: Claim | None = None
        self._opened: tuple[int, Execution] | None = None
        self._bench: Workbench | None = None
        self._taken = ExitStack()
        self._pending = dict(tasks.by_key)
        self._failed: set[str] = set()
        self._show_from = time.monotonic() + _SHOW_SECONDS

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Be one of the workers while the body runs.

        Raises:
            InputError: Others work on another version of the experiment, or `mosecrot run` does on a run.
        """
        folder, own = self._tasks.sweep.folder, self._tasks.name
        with named_disk_errors(folder), _shared(folder), self._taken, self.workers.one_more(own) as worker:
            self._name = worker.name
            for other in self.workers.living():
                if other.task_list != self._tasks.name:
                    raise InputError(
                        f"{other.host} is at work here on another version of this experiment, "
                        f"with mosecrot {other.version}",
                        path=folder,
                        remedy="Wait for it, stop it, or give the experiment another name.",
                    )
            yield

    def work(self) -> None:
        """Do what is to be done, until nothing is left that may still be."""
        self._progress.start(sum(not self._tasks.is_done(key) for key in self._pending))
        wait = _WAITS[0]
        while any(self._may_come(task) for task in self._pending.values()):
            begun = self._begin_one()
            if begun is None:
                time.sleep(wait)
                wait = min(1.5 * wait, _WAITS[1])
            else:
                self._do(*begun)
                wait = _WAITS[0]

    def do(self, key: str) -> State | None:
        """Do one task, or wait for who is at it.

        Args:
            key: Which; what it needs is done, but on a network disk may take a while to be seen here.

        Returns:
            `done` or `failed`; None if what it needs is not seen for as long as a lease.
        """
        task, until = self._tasks.by_key[key], time.monotonic() + self._tasks.sweep.lease
        while not self._tasks.is_done(key):
            if self.claims.state(key) == "failed":
                return "failed"
            ready = all(map(self._tasks.is_done, task.needs))
            if not ready and time.monotonic() > until:
                return None
            if ready and (claim := self.claims.take(key, self._name)):
                self._do(task, claim)
            else:
                time.sleep(_WAITS[0] if ready else _WAITS[1])
        return "done"

    def _may_come(self, task: Task) -> bool:
        """Say whether what a task needs is done or may still be; without an end for what failed."""
        if self._failed.intersection(task.needs):
            self._failed.add(task.key)
        return task.key not in self._failed

    def _begin_one(self) -> tuple[Task, Claim] | None:
        """Take the first task that is free, and forget those that are done or failed."""
        for key, task in list(self._pending.items()):
            if not self._may_come(task) or any(need in self._pending for need in task.needs):
                continue
            state = self.claims.state(key)
            if state == "failed":
                self._failed.add(key)
            elif self._tasks.is_done(key) or (state == "done" and task.kind == TABLES):
                self._over(key)
            elif claim := self.claims.take(key, self._name):
                return task, claim
        return None

    def _do(self, task: Task, claim: Claim) -> None:
        if self._tasks.is_done(task.key):
            claim.end("done")
            return
        try:
            execution = self._open(task.setting)
        except BaseException as error:  # no task can be done so
            self._leave(claim, error)
            raise
        self._claim = claim
        self._progress.step(task.title)
        try:
            with named_disk_errors(self._tasks.sweep.folder):
                task.do(execution)
        except LostError:
            return
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
                self._leave(claim, error)
                raise
            claim.end("failed", f"{type(error).__name__}: {error}")
            return
        except BaseException as error:
            self._leave(claim, error)
            raise
        finally:
            self._claim = None
        claim.end("done")
        self._tasks.tidy_after(task, execution)
        self._over(task.key)
        self._show(task)

    def _show(self, task: Task) -> None:
        """Let the tables of the run grow, now and then."""
        begun = time.monotonic()
        if task.kind != TABLES and begun >= self._show_from:
            self._tasks.show(task.setting)
            ended = time.monotonic()
            self._show_from = ended + max(_SHOW_SECONDS, (ended - begun) / _SHOW_SHARE)

    def _leave(self, claim: Claim, error: BaseException) -> None:
        """Let others go on with a task, unless the disk does not even take that: then they see it is left."""
        with suppress(OSError):
            claim.end("stopped", f"{type(error).__name__}: {error}")

    def _over(self, key: str) -> None:
        if self._pending.pop(key, None):
            self._progress.done()

    def _open(self, place: int) -> "Execution":
        """Get ready to work on an experiment; what the one before has loaded and is the same stays."""
        if self._opened and self._opened[0] == place:
            return self._opened[1]
        from mosecrot_core.runs.execution import Execution
        from mosecrot_core.runs.workbench import Workbench

        sweep, run = self._tasks.sweep, self._tasks.runs[place]
        experiment = sweep.settings[place].experiment
        self._opened = None
        self._taken.close()
        if run.folder != sweep.folder:
            self._taken.enter_context(run.taken(shared=True))
        if self._bench is None:
            self._bench = Workbench(experiment, sweep.base, sweep.runs / ".vectors")
        else:
            self._bench = self._bench.turned_to(experiment)
        if run.state != "running" or not is_written(run, experiment):
            begin(run, experiment, sweep.base, self._tasks.plans[place], self._tasks.hashes)
        execution = Execution(run, self._tasks.plans[place], self._bench, _Signs(self), self._check)
        execution.check_texts()
        self._opened = place, execution
        return execution

    def _check(self) -> None:
        if self._claim is not None:
            self._claim.check()

    def part(self, done: int, total: int) -> None:
        """Look now and then whether the task is still this worker's, and pass on how far it is."""
        if self._claim is not None:
            self._claim.check_now_and_then()
        self._progress.part(done, total)


@contextmanager
def _shared(folder: Path) -> Iterator[None]:
    """Take a folder with other workers; who tidies it up is waited for."""
    until = time.monotonic() + _PATIENCE
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(Run(folder).taken(shared=True))
                break
            except InputError:
                if time.monotonic() > until:
                    raise
                time.sleep(_WAITS[0])
        yield


class _Signs(NoProgress):
    """What an execution tells of a task, whose beginning and end its worker sees itself."""

    def __init__(self, worker: TaskWorker) -> None:
        self._worker = worker

    def part(self, done: int, total: int) -> None:
        """Pass it on."""
        self._worker.part(done, total)
