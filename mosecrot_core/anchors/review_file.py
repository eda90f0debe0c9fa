"""The SQLite file that decisions are kept in: made, checked, written by several processes at once.

A connection lives for one operation. Threads and forked processes share none, nobody goes on writing into a
file that was removed, and whenever nobody has the file open all of it lies in that one file: its write-ahead
log is copied back by whoever closes it last, alone. No checkpoint runs beside a writer, so that the WAL-reset
bug of SQLite before 3.51.3 (a lost commit) has no place to happen.
"""

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

from mosecrot_core.errors import InputError

T = TypeVar("T")
PATIENCE_SECONDS = 60.0
"""How long to wait for other processes before giving up."""
_WAIT_SECONDS = 10.0  # that SQLite itself waits, before the whole operation is tried again
_SCHEMA = 1
_APPLICATION = 0x6D6F7365  # "mose"
_EXPECTED = "a file of mosecrot reviews was expected"
_ANOTHER = "Name another file; none is overwritten."


def _refuse(event: str, table: str, when: str = "") -> str:
    return (
        f"CREATE TRIGGER {table}_{event} BEFORE {event} ON {table} {when} "
        "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    )


_TABLES = (
    """CREATE TABLE batches (
        batch INTEGER PRIMARY KEY AUTOINCREMENT,
        source_language TEXT NOT NULL,
        target_language TEXT NOT NULL,
        author TEXT NOT NULL,
        time TEXT NOT NULL,
        token TEXT,
        content TEXT NOT NULL,
        undoes INTEGER UNIQUE REFERENCES batches,
        UNIQUE (source_language, target_language, token)
    ) STRICT""",
    """CREATE TABLE decisions (
        batch INTEGER NOT NULL REFERENCES batches,
        number INTEGER NOT NULL,
        source TEXT NOT NULL,
        target TEXT NOT NULL,
        verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject', 'correct')),
        correction TEXT NOT NULL,
        author TEXT,
        time TEXT,
        PRIMARY KEY (batch, number)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX batches_by_author ON batches (source_language, target_language, author)",
    *(_refuse(event, table) for table in ("batches", "decisions") for event in ("UPDATE", "DELETE")),
    # INSERT OR REPLACE removes rows without asking the DELETE triggers.
    _refuse(
        "INSERT",
        "batches",
        """WHEN EXISTS (SELECT 1 FROM batches WHERE batch = NEW.batch)
        OR EXISTS (SELECT 1 FROM batches WHERE undoes = NEW.undoes)
        OR EXISTS (SELECT 1 FROM batches WHERE source_language = NEW.source_language
            AND target_language = NEW.target_language AND token = NEW.token)""",
    ),
    _refuse(
        "INSERT",
        "decisions",
        "WHEN EXISTS (SELECT 1 FROM decisions WHERE batch = NEW.batch AND number = NEW.number)",
    ),
)


class ReviewFile:
    """An append-only SQLite file.

    Args:
        path: Where it is, or will be made with the folders above it.

    Raises:
        InputError: It is something else, damaged, of a newer version, or cannot be made here.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = f"no folder can be made here ({error.strerror})"
            raise InputError(problem, path=self.path.parent, remedy="Name a file elsewhere.") from error
        self.read(lambda _: None)

    def read(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """Read from one state of the file; it may lie where nothing can be written."""

        def attempt() -> T:
            with self._snapshot() as connection:
                return act(connection)

        return self._patiently(attempt)

    def write(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """Do everything or, whatever happens, nothing; on disk before it returns.

        Args:
            act: Called again, on a new transaction, where another process was in the way.

        Raises:
            InputError: The file cannot be written: no room, no permission, held by another process.
        """

        def attempt() -> T:
            with closing(self._open()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                result = act(connection)  # what is not committed is rolled back by the closing
                connection.execute("COMMIT")
            return result

        return self._patiently(attempt)

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._open()
        except sqlite3.OperationalError as error:
            left = self.path.with_name(f"{self.path.name}-wal")
            if _kind(error) not in _REFUSED or not self.path.is_file() or left.exists():
                raise
            uri = f"{self.path.as_uri()}?mode=ro&immutable=1"  # a read-only disk: nobody else writes either
            connection = _connect(uri, uri=True)
        with closing(connection):
            connection.execute("BEGIN")
            self._check(connection)
            yield connection

    def _open(self) -> sqlite3.Connection:
        connection = _connect(str(self.path))
        try:
            if not self._check(connection):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN IMMEDIATE")
                if not self._check(connection):
                    self._make(connection)
                connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> bool:
        """Say whether the tables are there; False for an empty file. Somebody else may be making them."""
        if not connection.in_transaction:
            connection.execute("BEGIN")  # all that is looked at is of one moment
            there = self._check(connection)
            connection.execute("ROLLBACK")
            return there
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (schema,) = connection.execute("PRAGMA user_version").fetchone()
        if (application, schema) == (_APPLICATION, _SCHEMA):
            if not holds_only(connection, _TABLES):
                problem = f"{_EXPECTED}, its tables are others"
                raise InputError(problem, path=self.path, remedy=_ANOTHER)
            return True
        if application == _APPLICATION:
            raise InputError(
                f"reviews of schema {_SCHEMA} expected, these have {schema}",
                path=self.path,
                remedy="Open them with the version of mosecrot that wrote them.",
            )
        if (application, schema) != (0, 0) or connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise InputError(
                f"{_EXPECTED}, this is another program's database", path=self.path, remedy=_ANOTHER
            )
        return False

    @staticmethod
    def _make(connection: sqlite3.Connection) -> None:
        for statement in _TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_SCHEMA}")

    def _patiently(self, attempt: Callable[[], T]) -> T:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return attempt()
            except sqlite3.ProgrammingError:
                raise
            except UnicodeDecodeError as error:  # in the name of a column
                raise InputError(
                    f"{_EXPECTED}, this one is damaged", path=self.path, remedy=_ANOTHER
                ) from error
            except sqlite3.Error as error:
                if _kind(error) not in _HELD or time.monotonic() > until:
                    raise self._explained(error) from error
            time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - so that two do not meet again

    def _explained(self, error: sqlite3.Error) -> InputError:
        kind = _kind(error)
        if kind == sqlite3.SQLITE_NOTADB:
            return InputError(f"{_EXPECTED}, this is no SQLite file", path=self.path, remedy=_ANOTHER)
        if kind == sqlite3.SQLITE_FULL:
            remedy = "Make room and decide again; what was acknowledged before is kept."
            return InputError("no room is left on the disk", path=self.path, remedy=remedy)
        if kind in _REFUSED:
            remedy = "Allow it or name a file elsewhere."
            return InputError(f"decisions cannot be kept here ({error})", path=self.path, remedy=remedy)
        if kind in _HELD:
            problem = f"another process has held this file for {PATIENCE_SECONDS:.0f} seconds"
            return InputError(problem, path=self.path, remedy="Stop it or wait for it, then decide again.")
        problem = f"this file of reviews is damaged or its disk failed ({error})"
        return InputError(
            problem, path=self.path, remedy="Restore a copy, or import exported decisions into a new file."
        )


def holds_only(connection: sqlite3.Connection, statements: tuple[str, ...]) -> bool:
    """Say whether a database holds what these statements make and nothing else, such as an endless view."""
    return Counter(connection.execute(_MADE).fetchall()) == _made_by(statements)


@cache
def _made_by(statements: tuple[str, ...]) -> Counter[tuple[str, ...]]:
    with closing(sqlite3.connect(":memory:")) as fresh:
        for statement in statements:
            fresh.execute(statement)
        return Counter(fresh.execute(_MADE).fetchall())


_MADE = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_REFUSED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)


def _kind(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _connect(place: str, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(place, timeout=_WAIT_SECONDS, isolation_level=None, uri=uri)
    for pragma in ("synchronous = FULL", "wal_autocheckpoint = 0", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
