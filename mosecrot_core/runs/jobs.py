"""The queue of a folder of runs: an SQLite file that dashboards put jobs into and one worker takes them from.

A job runs the experiment of a run again with the decisions that hold (`rerun.py`), or one that was made of a
user's own files (`own_inputs.py`). Whatever is stopped in the middle goes on where it was, so a job whose
worker died is simply queued again.
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
from mosecrot_core.runs.uploads import experiment_file

FILE = "jobs.sqlite"
State = Literal["queued", "running", "done", "failed", "cancelled"]
Kind = Literal["rerun", "experiment"]
"""Run a run's experiment again with its decisions, or run the experiment whose inputs lie beside the runs."""
ACTIVE: tuple[State, ...] = ("queued", "running")
_ENDING = "-reviewed"
_WAIT_SECONDS = 10.0
_DAMAGED = "Remove it if it is damaged: runs are not affected."
_APPLICATION = 0x6D6F736A  # "mosj"
_VERSION = 1  # of the table; 0 had no `kind`: all jobs were reruns
_SELECT = "SELECT number, run, state, asked, ended, message, kind FROM jobs"
_TABLE = """CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    state TEXT NOT NULL,
    asked TEXT NOT NULL,
    ended TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT ''
) STRICT"""
_KIND = "ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'rerun'"


@dataclass(frozen=True)
class Job:
    """A job and how far it is."""

    number: int
    run: str
    """Name of the run folder whose experiment is run again, or of the one that the experiment makes."""
    state: State
    asked: str
    ended: str
    """When, in ISO 8601; empty: not yet."""
    message: str
    """Why it failed."""
    kind: Kind = "rerun"

    def writes(self, runs: Path) -> Path:
        """Return the run folder that it writes."""
        return runs / self.run if self.kind == "experiment" else reviewed_folder(runs / self.run)


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
        return self._put(run, "rerun")

    def put_experiment(self, name: str) -> int:
        """Ask for the experiment of a user's own files to be run; as `put`.

        Raises:
            InputError: There is no such experiment.
        """
        if not experiment_file(self.runs, name).is_file():
            raise InputError("no such experiment", path=self.runs, remedy="Check its files again.")
        return self._put(name, "experiment")

    def is_active(self, name: str) -> bool:
        """Say whether a job that writes the run of that name waits or runs."""
        return any(job.writes(self.runs).name == name for job in self._select("WHERE ended = ''"))

    def newest(self, most: int) -> list[Job]:
        """List the jobs last asked for, newest first; none if there is no file yet."""
        return self._select("ORDER BY number DESC LIMIT ?", most)

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

    def _select(self, which: str, *values: int) -> list[Job]:
        """Read jobs; none if there is no file yet."""
        if not self._file.is_file():
            return []
        with self._connection() as connection:
            rows = connection.execute(f"{_SELECT} {which}", values).fetchall()
        return [self._job(row) for row in rows]

    def _put(self, run: str, kind: Kind) -> int:
        waits = "SELECT number FROM jobs WHERE run = ? AND kind = ? AND state = 'queued'"
        new = "INSERT INTO jobs (run, kind, state, asked) VALUES (?, ?, 'queued', ?) RETURNING number"
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            there = connection.execute(waits, (run, kind)).fetchone()
            row = there or connection.execute(new, (run, kind, _now())).fetchone()
            connection.execute("COMMIT")
        return int(row[0])

    def _job(self, row: tuple[Any, ...]) -> Job:
        """Check a row: a damaged file may hold anything, and a job is the name of a run of this folder."""
        job = Job(*row)
        texts = (job.run, job.state, job.asked, job.ended, job.message, job.kind)
        if not all(isinstance(text, str) for text in texts) or Path(job.run).name != job.run:
            raise InputError("a job on a run of this folder was expected", path=self._file, remedy=_DAMAGED)
        return job

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
        if _stamp(connection) != (_APPLICATION, _VERSION):
            self._begin(connection)
        if not holds_only(connection, (_TABLE, _KIND)):
            raise sqlite3.DatabaseError("another schema")

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Make the table, or bring that of an older version up to this one."""
        connection.execute("BEGIN IMMEDIATE")  # two may be the first
        application, version = _stamp(connection)
        if application == _APPLICATION:
            if version > _VERSION:
                raise sqlite3.DatabaseError("a later version of mosecrot wrote it")
        elif application or connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise sqlite3.DatabaseError("another program's database")
        else:
            connection.execute(_TABLE)
        if (application, version) != (_APPLICATION, _VERSION):
            connection.execute(_KIND)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")


def _stamp(connection: sqlite3.Connection) -> tuple[int, int]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
