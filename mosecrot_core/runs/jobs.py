"""The queue of a folder of runs: an SQLite file that dashboards put jobs into and one worker takes them from.

A job runs the experiment of a run again with the decisions that hold (`rerun.py`). Whatever is stopped in the
middle goes on where it was, so a job whose worker died is simply queued again.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from mosecrot_core.anchors.review_file import holds_only
from mosecrot_core.errors import InputError

FILE = "jobs.sqlite"
State = Literal["queued", "running", "done", "failed", "cancelled"]
ACTIVE: tuple[State, ...] = ("queued", "running")
_ENDING = "-reviewed"
_WAIT_SECONDS = 10.0
_DAMAGED = "Remove it if it is damaged: runs are not affected."
_APPLICATION = 0x6D6F736A  # "mosj"
_TABLE = """CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    state TEXT NOT NULL,
    asked TEXT NOT NULL,
    ended TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT ''
) STRICT"""
_SELECT = "SELECT number, run, state, asked, ended, message FROM jobs"


@dataclass(frozen=True)
class Job:
    """A job and how far it is."""

    number: int
    run: str
    """Name of the run folder whose experiment is run again."""
    state: State
    asked: str
    ended: str
    """When, in ISO 8601; empty: not yet."""
    message: str
    """Why it failed."""


def reviewed_folder(folder: Path) -> Path:
    """Return the run folder that a job on a run writes: NAME-reviewed, or itself if that is its name."""
    return folder if folder.name.endswith(_ENDING) else folder.with_name(folder.name + _ENDING)


def jobs_folder(runs: Path) -> Path:
    """Return where the queue of a folder of runs is: there, or around it if it is itself a run."""
    return runs.absolute().parent if (runs / "run.json").is_file() else runs


class Jobs:
    """The jobs of a folder of runs.

    Args:
        runs: The folder; the file is made when a first job is put into it.

    Raises:
        InputError: From every method: the file is damaged or cannot be written.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self._file = runs / FILE

    def put(self, run: str) -> int:
        """Ask for a run's experiment to be run again; one that is asked for already is not put twice.

        Returns:
            The number of the job.

        Raises:
            InputError: There is no such run.
        """
        if Path(run).name != run or not (self.runs / run / "run.json").is_file():
            raise InputError("no such run", path=self.runs / Path(run).name, remedy="Choose another one.")
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            there = connection.execute(
                "SELECT number FROM jobs WHERE run = ? AND state = 'queued'", (run,)
            ).fetchone()
            number = there[0] if there else self._insert(connection, run)
            connection.execute("COMMIT")
        return int(number)

    def newest(self, most: int) -> list[Job]:
        """List the jobs last asked for, newest first; none if there is no file yet."""
        if not self._file.is_file():
            return []
        with self._connection() as connection:
            newest = f"{_SELECT} ORDER BY number DESC LIMIT ?"
            rows = connection.execute(newest, (most,)).fetchall()
        return [self._job(row) for row in rows]

    def state(self, number: int) -> State | None:
        """Return the state of a job; None if there is none of that number."""
        with self._connection() as connection:
            row = connection.execute("SELECT state FROM jobs WHERE number = ?", (number,)).fetchone()
        return row[0] if row else None

    def cancel(self, number: int) -> None:
        """Stop a job that waits or runs; what it has done is kept."""
        change = "UPDATE jobs SET state = 'cancelled', ended = ? WHERE number = ? AND ended = ''"
        with self._connection() as connection:
            connection.execute(change, (_now(), number))

    def take(self) -> Job | None:
        """Begin the job that has waited longest; None if none waits."""
        if not self._file.is_file():
            return None
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            oldest = f"{_SELECT} WHERE state = 'queued' ORDER BY number LIMIT 1"
            row = connection.execute(oldest).fetchone()
            if row:
                connection.execute("UPDATE jobs SET state = 'running' WHERE number = ?", (row[0],))
            connection.execute("COMMIT")
        return self._job(row) if row else None

    def end(self, number: int, state: State, message: str = "") -> None:
        """Say how a running job ended; one that was cancelled stays so."""
        change = "UPDATE jobs SET state = ?, ended = ?, message = ? WHERE number = ? AND state = 'running'"
        with self._connection() as connection:
            connection.execute(change, (state, _now(), message, number))

    def queue_again(self) -> None:
        """Put what a dead worker left running back; only the worker itself does so, before it takes any."""
        if self._file.is_file():
            with self._connection() as connection:
                connection.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'")

    def _job(self, row: tuple[Any, ...]) -> Job:
        """Check a row: a damaged file may hold anything, and a job is the name of a run of this folder."""
        job = Job(*row)
        texts = (job.run, job.state, job.asked, job.ended, job.message)
        if not all(isinstance(text, str) for text in texts) or Path(job.run).name != job.run:
            raise InputError("a job on a run of this folder was expected", path=self._file, remedy=_DAMAGED)
        return job

    def _insert(self, connection: sqlite3.Connection, run: str) -> int:
        new = "INSERT INTO jobs (run, state, asked) VALUES (?, 'queued', ?) RETURNING number"
        return int(connection.execute(new, (run, _now())).fetchone()[0])

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one operation, so that threads and forked processes share no connection."""
        try:
            with closing(
                sqlite3.connect(self._file, timeout=_WAIT_SECONDS, isolation_level=None)
            ) as connection:
                self._check(connection)
                yield connection
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter for names of columns
            problem = f"the queue of jobs cannot be used ({error})"
            raise InputError(problem, path=self._file, remedy=_DAMAGED) from error

    def _check(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        if application == _APPLICATION:
            if not holds_only(connection, (_TABLE,)):
                raise sqlite3.DatabaseError("another schema")
            return
        connection.execute("BEGIN IMMEDIATE")  # two may be the first
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        if application != _APPLICATION:
            if application or connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise sqlite3.DatabaseError("another program's database")
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute("COMMIT")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
