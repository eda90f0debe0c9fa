"""The verdicts that hold, kept in a session so that a key press reads no more than one number from disk."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from pairs import Pairs

from mosecrot_core.anchors.review import HISTORY_COLUMNS, Reviews
from mosecrot_core.anchors.verdict import Verdict

UNDECIDED, ACCEPTED, REJECTED, CORRECTED = range(4)
CODES = {"": UNDECIDED, "accept": ACCEPTED, "reject": REJECTED, "correct": CORRECTED}


class Ledger:
    """Decisions on the pairs of one run and language, in step with the file.

    Args:
        reviews: The file.
        pairs: The pairs that verdicts are looked up for; the file may hold others.
    """

    def __init__(self, reviews: Reviews, pairs: Pairs) -> None:
        self._reviews, self._pairs = reviews, pairs
        self._version = -1
        self.revision = 0
        """Raised by every change, by whomever."""
        self.codes = np.zeros(len(pairs), dtype=np.int8)
        """The verdict on each row."""
        self.corrections: dict[int, str] = {}
        """The right target word of corrected rows."""
        self._history = pd.DataFrame(columns=HISTORY_COLUMNS)
        self._recent: list[tuple[object, ...]] = []
        self.catch_up()

    def catch_up(self) -> None:
        """Take over what others have decided since."""
        version = self._reviews.version()
        if version != self._version:
            self._read(version)

    def decide(
        self, rows: Sequence[int], verdict: Verdict, author: str, token: str, correction: str | None = None
    ) -> None:
        """Write a verdict on rows to the file, then show it.

        Raises:
            InputError: It could not be written; nothing has changed.
        """
        pairs = [self._pairs.pair(row) for row in rows]
        batch = self._reviews.decide(pairs, verdict, author, correction, token)
        if batch != self._version + 1:  # someone else was faster, or this very decision is there already
            self.catch_up()
            return
        time = datetime.now(UTC).isoformat(timespec="seconds")
        right = correction or ""
        self._recent += [(*pair, verdict, right, author, time, batch, author, 0, True) for pair in pairs]
        self.codes[list(rows)] = CODES[verdict]
        for row in rows:
            self.corrections.pop(row, None)
            if right:
                self.corrections[row] = right
        self._version = batch
        self.revision += 1

    def undo(self, author: str, token: str) -> tuple[int, list[int]]:
        """Undo the author's last batch.

        Returns:
            How many decisions were undone, and the rows of those that this run has, worst first.
        """
        undone = self._reviews.undo(author, token)
        self.catch_up()
        found = (self._pairs.row_of(pair) for pair in zip(undone["source"], undone["target"], strict=True))
        return len(undone), sorted(row for row in found if row is not None)

    def history(self, row: int) -> pd.DataFrame:
        """Return what was ever decided on a pair, undone or not, columns HISTORY_COLUMNS, newest first."""
        if self._recent:
            recent = pd.DataFrame(self._recent, columns=HISTORY_COLUMNS)
            self._history = pd.concat([self._history, recent], ignore_index=True)
            self._recent = []
        source, target = self._pairs.pair(row)
        mine = (self._history["source"] == source) & (self._history["target"] == target)
        return self._history[mine].iloc[::-1]

    def _read(self, version: int) -> None:
        standing = self._reviews.standing()
        self._history, self._recent = self._reviews.history(), []
        self.codes = np.zeros(len(self._pairs), dtype=np.int8)
        self.corrections = {}
        columns = (standing[name] for name in ("source", "target", "verdict", "correction"))
        for source, target, verdict, right in zip(*columns, strict=True):
            row = self._pairs.row_of((source, target))
            if row is not None:
                self.codes[row] = CODES[verdict]
                if right:
                    self.corrections[row] = right
        self._version = version
        self.revision += 1
