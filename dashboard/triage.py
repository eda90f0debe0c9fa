"""What is worked on, in which order, and what each key does.

The page is made of fragments, and an interaction draws again only those that it changes: a key press never
the points of the map.
"""

import uuid
from collections.abc import Sequence
from typing import Any

import data
import numpy as np
import state
import streamlit as st
from lasso_chart import Window
from ledger import ACCEPTED, CORRECTED, REJECTED, UNDECIDED, Ledger
from pairs import EXTENT, Pairs

from mosecrot_core.anchors.verdict import Verdict
from mosecrot_core.errors import MosecrotError
from mosecrot_core.runs.store import Run

ON_KEY = ["bar", "marks", "card", "list"]
"""Fragments that a decision changes."""
ON_SCOPE = ["bar", "lit", "marks", "card", "list"]
"""Fragments that a change of what is worked on changes; the marks tell what differs from the lit points."""
_EDGE = (-EXTENT // 25, EXTENT + EXTENT // 25)
WHOLE: Window = (_EDGE, _EDGE)
_MANY = 500  # so many changed marks are worth drawing the lit points again


class Desk:
    """One reviewer at work on one run and language, for as long as the session lasts."""

    def __init__(self, run: Run, language: str, pairs: Pairs) -> None:
        self.run, self.language, self.pairs = run, language, pairs
        self.languages = data.reviews(run, language).languages
        self.ledger = Ledger(data.reviews(run, language), pairs)
        self.session = uuid.uuid4().hex
        self.presses = 0
        """Decisions made so far."""
        self.failed: object = None
        """The decision that could not be written, or of which it is not known."""
        self.lasso: np.ndarray | None = None
        """The rows selected on the map."""
        self.lassos = 0
        """How often that has changed."""
        self.areas: list[dict[str, Any]] = []
        """Its outline, as ECharts tells it."""
        self.window = WHOLE
        """The part of the map that is shown: x from, to; y from, to."""
        self.drawings = 0
        """Raised to draw the map without what the browser has selected in it."""
        self.lit_codes = self.ledger.codes.copy()
        """The verdicts that the lit points of the map were drawn with."""
        self.clicks = 0
        """How often a row of the list was chosen: the list then forgets which, as its rows move on."""
        self.message = ""
        """What the last interaction has to tell."""
        self._work: tuple[object, np.ndarray] | None = None

    def token(self, decision: object) -> str:
        """Return the idempotency token of a decision: a new one, unless this very decision failed before."""
        if self.failed is None or self.failed != decision:
            self.presses += 1
        self.failed = decision  # until it is known to be written
        return f"{self.session}-{self.presses}"

    def select(self, areas: list[dict[str, Any]]) -> None:
        """Select what lies in areas of the map; nothing if there are none."""
        self.areas = areas
        self.lasso = self.pairs.inside(areas) if areas else None
        self.lassos += 1

    def zoom(self) -> None:
        """Show the part of the map around the lasso; the whole map again if a part is shown."""
        rows = np.empty(0) if self.lasso is None else np.flatnonzero(self.lasso)
        if self.window != WHOLE or not len(rows):
            self.window = WHOLE
        else:
            self.window = (_span(self.pairs.x[rows]), _span(self.pairs.y[rows]))

    def queue_masks(self) -> dict[str, np.ndarray]:
        """Mark the rows of each queue."""
        codes = self.ledger.codes
        undecided = codes == UNDECIDED
        return {
            "All": np.ones(len(codes), dtype=bool),
            "Suspect": undecided & self.is_suspect(),
            "Undecided": undecided,
            "Accepted": (codes == ACCEPTED) | (codes == CORRECTED),
            "Rejected": codes == REJECTED,
        }

    def is_suspect(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Mark rows of a quality below the threshold."""
        return np.asarray(self.pairs.quality[rows] < state.threshold())

    def selected(self) -> np.ndarray:
        """Mark the rows that search and lasso leave."""
        found = self.pairs.find(state.searched())
        return found if self.lasso is None else found & self.lasso

    def is_narrowed(self) -> bool:
        """Say whether search or lasso select some pairs of the queue."""
        return self.lasso is not None or bool(state.searched().strip())

    def work(self) -> np.ndarray:
        """Return the rows to work on in the order chosen: of the queue, those that are selected."""
        choices = (state.queue(), state.order(), state.searched(), state.threshold())
        key = (*choices, self.ledger.revision, self.lassos)
        if self._work is None or self._work[0] != key:
            rows = np.flatnonzero(self.queue_masks()[state.queue()] & self.selected())
            self._work = key, rows[np.argsort(self._ranks(rows))]
        return self._work[1]

    def place(self, row: int, work: np.ndarray) -> int:
        """Return where a row stands among rows in the order chosen, or would stand."""
        return int(np.searchsorted(self._ranks(work), self._ranks(np.array([row]))[0]))

    def _ranks(self, rows: np.ndarray) -> np.ndarray:
        """Return what the order chosen sorts rows by; their numbers sort them by quality."""
        return rows if state.order() == state.ORDERS[0] else self.pairs.telling[rows]

    def focus(self) -> int | None:
        """Return the row in focus: the one that the link names, else the first to work on."""
        named = self.pairs.row_of(state.focused())
        work = self.work()
        return named if named is not None else int(work[0]) if len(work) else None

    def focus_on(self, row: int | None) -> None:
        """Bring a pair into focus, and into the link."""
        state.focus_on(() if row is None else self.pairs.pair(row))

    def after(self, row: int) -> int | None:
        """Return the next row to work on, from the top again after the last."""
        rest = self.work()
        rest = rest[rest != row]
        if not len(rest):
            return None
        return int(rest[self.place(row, rest) % len(rest)])


def _span(places: np.ndarray) -> tuple[int, int]:
    low, high = int(places.min()), int(places.max())
    margin = max(20, (high - low) // 12)
    return low - margin, high + margin


def desk(run: Run, language: str) -> Desk:
    """Return the session's desk; a new one where the run, the language or the pairs have changed."""
    pairs = data.pairs(run, language)
    found = st.session_state.get("desk")
    if not isinstance(found, Desk) or found.pairs is not pairs or found.run.folder != run.folder:
        found = st.session_state["desk"] = Desk(run, language, pairs)
    return found


def decide(desk: Desk, row: int, verdict: Verdict, correction: str | None = None) -> None:
    """Decide on the pair in focus and go on with the next.

    Of two keys pressed faster than the page is drawn the second was meant for a pair not yet seen: it counts
    for none.
    """
    if desk.focus() == row:
        following = desk.after(row)
        if _write(desk, [row], verdict, correction):
            desk.focus_on(following)
    st.rerun(scope=ON_KEY)


def decide_on_all(desk: Desk, verdict: Verdict) -> None:
    """Decide on everything that is selected, as one batch."""
    rows = desk.work().tolist()
    if rows and _write(desk, rows, verdict):
        desk.focus_on(None)
        desk.message = f"{len(rows):,} pairs {verdict}ed. Z undoes all of them."
    st.rerun(scope=ON_SCOPE if len(rows) > _MANY else ON_KEY)


def skip(desk: Desk, row: int) -> None:
    """Leave a pair undecided and go on with the next."""
    if desk.focus() == row:
        desk.message = ""
        desk.focus_on(desk.after(row))
    st.rerun(scope=ON_KEY)


def undo(desk: Desk) -> None:
    """Undo the author's last decision and bring its pair back into focus."""
    many = False
    try:
        n, rows = desk.ledger.undo(state.author(), desk.token("undo"))
        desk.failed = None
        many = n > _MANY
        desk.message = f"Undone: {n:,} decision{'s' if n != 1 else ''}." if n else "Nothing of yours to undo."
        if rows:
            desk.focus_on(rows[0])
    except MosecrotError as error:
        desk.message = str(error)
    st.rerun(scope=ON_SCOPE if many else ON_KEY)


def look_at(desk: Desk, rows: Sequence[int]) -> None:
    """Bring the first of some rows into focus."""
    desk.message = ""
    if len(rows):
        desk.focus_on(int(rows[0]))


def _write(desk: Desk, rows: list[int], verdict: Verdict, correction: str | None = None) -> bool:
    """Write a decision; on failure tell it, and keep its token and the focus for the next try."""
    token = desk.token((rows, verdict, correction, state.author()))
    try:
        desk.ledger.decide(rows, verdict, state.author(), token, correction)
    except MosecrotError as error:
        desk.message = f"Not decided: {error}"
        desk.focus_on(rows[0])
        return False
    desk.failed = None
    desk.message = ""
    return True
