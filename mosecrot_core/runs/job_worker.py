"""The worker of a queue of jobs, which `mosecrot dashboard` starts.

    python -m mosecrot_core.runs.job_worker RUNS PARENT

It does one job at a time, in a process of its own, which is stopped if the job is cancelled. Where the worker
is stopped itself, its job is queued again.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from mosecrot_core.files import lock
from mosecrot_core.runs.interrupts import Interruptible
from mosecrot_core.runs.jobs import Job, Jobs, State
from mosecrot_core.runs.report import NoProgress
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.uploads import experiment_file

LOCK = ".worker.lock"
_LOOK_SECONDS = 0.5
_STOP_SECONDS = 30
_NICENESS = 5  # the dashboard answers before the job goes on
_MESSAGE = 2_000  # characters of what a failed job says that are kept


def work(runs: Path, parent: int) -> None:
    """Do the jobs of a folder of runs as they come, one worker at a time.

    Args:
        runs: The folder.
        parent: The process that started this one: it ends when that does, or with SIGTERM or Ctrl-C.
    """
    with suppress(KeyboardInterrupt), Interruptible(NoProgress()):
        while True:
            with lock(runs / LOCK) as free:
                if free:
                    _work_alone(Jobs(runs), parent)
            _rest(parent)


def _work_alone(jobs: Jobs, parent: int) -> None:
    jobs.queue_again()
    while True:
        job = jobs.take()
        if job is None:
            _rest(parent)
        else:
            _do(job, jobs)


def _rest(parent: int) -> None:
    """Wait a little; end if whoever started this worker is gone, and could not stop it."""
    time.sleep(_LOOK_SECONDS)
    if os.getppid() != parent:
        raise KeyboardInterrupt


def command(runs: Path, job: Job) -> list[str]:
    """Return the command that does a job."""
    what = ["rerun", str(runs / job.run)]
    if job.kind == "experiment":
        what = ["run", str(experiment_file(runs, job.run)), "--runs", str(runs)]
    return [sys.executable, "-m", "mosecrot_core", *what, "--quiet"]


def _do(job: Job, jobs: Jobs) -> None:
    while Run(job.writes(jobs.runs)).is_taken:  # what a killed worker began ends by itself
        if jobs.state(job.number) == "cancelled":
            return
        time.sleep(_LOOK_SECONDS)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command(jobs.runs, job), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
        )
        with suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        try:
            while process.poll() is None:
                if jobs.state(job.number) == "cancelled":
                    _end(process)
                    return
                time.sleep(_LOOK_SECONDS)
        except BaseException:
            _end(process)
            jobs.end(job.number, "queued")
            raise
        state: State = "failed" if process.returncode else "done"
        jobs.end(job.number, state, _last_words(said) if process.returncode else "")


def _last_words(said: IO[bytes]) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - 4 * _MESSAGE))
    text = said.read().decode("utf-8", errors="replace").strip()
    return text[-_MESSAGE:] or "it was stopped from outside"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop a process as Ctrl-C does, so that it tidies up; kill it if it does not."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    try:
        work(Path(sys.argv[1]), int(sys.argv[2]))
    except OSError as error:  # a folder that cannot be written to is still there to be looked at
        print(f"mosecrot: no jobs can be done here: {error}", file=sys.stderr)  # noqa: T201
