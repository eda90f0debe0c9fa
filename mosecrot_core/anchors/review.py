"""What reviewers decided about word pairs. No entry is ever changed or removed; an undo is one more entry."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from mosecrot_core.anchors.review_file import ReviewFile
from mosecrot_core.anchors.verdict import (
    Decision,
    Verdict,
    check_decision,
    check_text,
    decisions_digest,
    digest_of,
)
from mosecrot_core.errors import InputError

STANDING_COLUMNS = ["source", "target", "verdict", "correction", "author", "time", "batch"]
"""`correction` is empty unless the verdict is `correct`; `time` is UTC, ISO 8601; `batch` grows with time."""
REVIEWS = "reviews.sqlite"
"""What the file of decisions of all runs in a folder is called."""
HISTORY_COLUMNS = [*STANDING_COLUMNS, "entered_by", "undoes", "stands"]
"""An undo is a row without words whose verdict is `undo` and whose `undoes` is the batch it undid, else 0.
`entered_by` differs from `author` where the decision was imported. `stands`: no undo has come for it."""


class Reviews:
    """Decisions on the pairs of one language pair, append-only, in an SQLite file.

    Any number of threads and processes may use the same file at once. A decision that `decide` has returned
    from survives a crash of the program and of the machine. Among the decisions on a pair that are not undone
    the one that was entered last holds. Words are kept exactly, whatever characters they have; empty ones and
    halves of surrogate pairs, which no UTF-8 text has, are refused.

    Args:
        path: The file, made if need be; it holds any number of language pairs.
        languages: Codes of source and target: which part of the file this is about.

    Raises:
        InputError: Here and in every method: the file is no file of reviews, damaged, newer, or cannot be
            read or written.
    """

    def __init__(self, path: Path, languages: tuple[str, str]) -> None:
        for language in languages:
            check_text(language, "language code")
        self.languages = (languages[0], languages[1])
        self._file = ReviewFile(Path(path))
        self.path = self._file.path

    def decide(
        self,
        pairs: Sequence[tuple[str, str]],
        verdict: Verdict,
        author: str,
        correction: str | None = None,
        token: str | None = None,
    ) -> int:
        """Decide on pairs, on all of them or (if this raises) on none.

        Args:
            pairs: Source and target words; one named twice counts once.
            verdict: The same for all.
            author: Who decides.
            correction: The right target word; for `correct`, and only there.
            token: Chosen by the caller for a decision that it may have to repeat: the second time nothing is
                written. It belongs to the language pair.

        Returns:
            The number of the batch.

        Raises:
            InputError: No pair, a word that cannot be kept, a correction missing or too many; or the token
                was used for another decision.
        """
        rows = [Decision(source, target, verdict, correction or "") for source, target in pairs]
        return self.record(rows, author, token)

    def record(self, decisions: Iterable[Decision], author: str, token: str | None = None) -> int:
        """Enter decisions of any verdict as one batch, as `decide` does.

        Args:
            decisions: On a pair named twice the later one counts. Their own author and time, if any, are what
                `standing` tells; when two decisions meet, the order of entering counts, not that time.
            author: Who enters them, and who alone may undo them.
            token: As in `decide`.
        """
        check_text(author, "author")
        unique = {(row.source, row.target): row for row in decisions}
        if not unique:
            raise InputError("no pair was given to decide on")
        rows = list(unique.values())
        for row in rows:
            check_decision(row)
        content = digest_of(row[:4] for row in rows)

        def act(connection: sqlite3.Connection) -> int:
            known = self._known(connection, token)
            if known is not None:
                _check_repeated(known, content)
                return known.batch
            batch = self._add(connection, author, token, content)
            entries = ((batch, number, *row) for number, row in enumerate(rows))
            connection.executemany("INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", entries)
            return batch

        return self._file.write(act)

    def undo(self, author: str, token: str | None = None) -> pd.DataFrame:
        """Undo the author's last batch that stands: after an undo, the one before it.

        Nobody else's batch is touched; what held on those pairs before holds again.

        Args:
            author: Whose.
            token: As in `decide`: the second time it returns what it undid the first time.

        Returns:
            The undone rows, columns STANDING_COLUMNS; none if there was nothing to undo.
        """
        check_text(author, "author")

        def act(connection: sqlite3.Connection) -> pd.DataFrame:
            known = self._known(connection, token)
            if known is not None:
                _check_repeated(known, "undo")
                return _frame(connection.execute(f"{_ROWS} AND b.batch = ?", (*self.languages, known.undoes)))
            last = connection.execute(_LAST, (*self.languages, author)).fetchone()
            if last is None:
                return _frame([])
            self._add(connection, author, token, "undo", last[0])
            return _frame(connection.execute(f"{_ROWS} AND b.batch = ?", (*self.languages, last[0])))

        return self._file.write(act)

    def standing(self) -> pd.DataFrame:
        """Return what holds now, one row a pair, columns STANDING_COLUMNS; the last entered comes last."""
        rows = self._file.read(
            lambda connection: connection.execute(
                f"{_ROWS} AND {_STANDS} ORDER BY b.batch DESC, d.number DESC", self.languages
            ).fetchall()
        )
        latest: dict[tuple[str, str], Any] = {}
        for row in rows:
            latest.setdefault((row[0], row[1]), row)
        return _frame(reversed(latest.values()))

    def history(self) -> pd.DataFrame:
        """Return every entry in the order of entering, columns HISTORY_COLUMNS."""
        rows = self._file.read(lambda connection: connection.execute(_HISTORY, self.languages).fetchall())
        return pd.DataFrame(rows, columns=HISTORY_COLUMNS).astype({"stands": bool})

    def version(self) -> int:
        """Return a number that every entry on this language pair raises; 0 if there is none. Cheap."""
        (last,) = self._file.read(
            lambda connection: connection.execute(f"SELECT max(batch) {_OURS}", self.languages).fetchone()
        )
        return int(last or 0)

    def digest(self) -> str:
        """Return a hash of what holds now, whoever decided it: the `decisions_digest` of `standing`."""
        return decisions_digest(self.standing())

    def state_of(self, token: str) -> tuple[int, bool] | None:
        """Return the batch that a token was used for and whether it stands; None if it was not used."""

        def act(connection: sqlite3.Connection) -> tuple[int, bool] | None:
            known = self._known(connection, token)
            if known is None:
                return None
            undone = connection.execute("SELECT 1 FROM batches WHERE undoes = ?", (known.batch,)).fetchone()
            return known.batch, undone is None

        return self._file.read(act)

    def _known(self, connection: sqlite3.Connection, token: str | None) -> "_Batch | None":
        if token is None:
            return None
        check_text(token, "token")
        found = connection.execute(
            f"SELECT batch, content, undoes {_OURS} AND token = ?", (*self.languages, token)
        )
        row = found.fetchone()
        return None if row is None else _Batch(*row)

    def _add(
        self,
        connection: sqlite3.Connection,
        author: str,
        token: str | None,
        content: str,
        undoes: int | None = None,
    ) -> int:
        time = datetime.now(UTC).isoformat(timespec="seconds")
        entry = (None, *self.languages, author, time, token, content, undoes)
        done = connection.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?)", entry)
        if done.lastrowid is None:
            raise RuntimeError("SQLite gave a batch no number")
        return done.lastrowid


class _Batch(NamedTuple):
    batch: int
    content: str
    undoes: int | None


def _check_repeated(known: _Batch, content: str) -> None:
    if known.content != content:
        raise InputError(f"this token was used for another decision, batch {known.batch}")


def _frame(rows: Iterable[Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=STANDING_COLUMNS)


_OURS = "FROM batches AS b WHERE b.source_language = ? AND b.target_language = ?"
_STANDS = "NOT EXISTS (SELECT 1 FROM batches AS u WHERE u.undoes = b.batch)"
_LAST = f"""SELECT b.batch {_OURS} AND b.author = ? AND b.undoes IS NULL AND {_STANDS}
    ORDER BY b.batch DESC LIMIT 1"""
_ROWS = """SELECT d.source, d.target, d.verdict, d.correction, coalesce(d.author, b.author),
    coalesce(d.time, b.time), b.batch FROM batches AS b JOIN decisions AS d ON d.batch = b.batch
    WHERE b.source_language = ? AND b.target_language = ?"""
_HISTORY = f"""SELECT coalesce(d.source, ''), coalesce(d.target, ''), coalesce(d.verdict, 'undo'),
    coalesce(d.correction, ''), coalesce(d.author, b.author), coalesce(d.time, b.time), b.batch, b.author,
    coalesce(b.undoes, 0), {_STANDS}
    FROM batches AS b LEFT JOIN decisions AS d ON d.batch = b.batch
    WHERE b.source_language = ? AND b.target_language = ? ORDER BY b.batch, d.number"""  # noqa: S608
