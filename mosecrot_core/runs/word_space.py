"""The words of a run's two sides and the anchors between them: what a word is made of, what it is near to.

It reads what a run has kept (`word_side.py`) and needs no more than NumPy, a word at a time, so that
weighting, k and temperature can be changed as one looks. Sides are numbered: 0 is the source, 1 the target.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.spelling import Letters
from mosecrot_core.runs.schema import ANCHOR_COLUMNS, SPACE_COLUMNS
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.weighing import Weighing, weigh
from mosecrot_core.runs.word_side import Side, read_side
from mosecrot_core.threads import over_chunks
from mosecrot_core.words.neighbours import HUBNESS_K, FloatArray, normalise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MADE_COLUMNS = ["anchor", "source", "target", "cosine", "weight"]
NEAR_COLUMNS = ["word", "cosine", "csls"]
HUBNESS_AMONG = 500
"""So many words of the other side, evenly drawn, tell how near a word is to anything (CSLS); of more than
40,000 anchors fewer, at least 100."""
_ARRIVED = 8  # ways of weighing for which it is kept where drawn words come to lie
_CELLS = 2_500_000  # cosines of words to anchors that a thread holds at once
_FEW = 4  # of fewer words than one of so many, the anchors' are copied out to be multiplied alone


@dataclass(frozen=True, eq=False)
class Made:
    """What a word is made of.

    Attributes:
        anchors: Columns MADE_COLUMNS, the heaviest first; `anchor` counts those of the space.
        row: Their sum in the space of the other side ``[d]``; only its direction tells.
    """

    anchors: pd.DataFrame
    row: FloatArray

    @property
    def perplexity(self) -> float:
        """How many anchors of equal weight would be as spread out: 1 for a single one, k for all alike."""
        weights = np.abs(self.anchors["weight"].to_numpy(np.float64))
        shares = weights[weights > 0] / weights.sum()
        return float(np.exp(-(shares * np.log(shares)).sum()))


class _Keys(NamedTuple):
    """What words are compared with: anchors of one side, and maybe other words among them."""

    units: FloatArray
    lengths: FloatArray
    of_anchors: NDArray[np.int64]
    """Which of them is which anchor's ``[A]``."""


class WordSpace:
    """Two sides and the anchors between them.

    Args:
        sides: Source and target.
        pairs: The anchors: `source`, `target`, `token`, `word`.
    """

    def __init__(self, sides: tuple[Side, Side], pairs: pd.DataFrame) -> None:
        self.sides = sides
        by_token = pd.Series(np.arange(len(sides[0].words)), index=sides[0].words["token"])
        by_form = sides[1].words["form"].drop_duplicates().reset_index().set_index("form")["index"]
        places = np.stack([by_token.reindex(pairs["token"]), by_form.reindex(pairs["word"])], axis=1)
        usable = np.isfinite(places).all(axis=1)
        self.pairs = pairs[usable].reset_index(drop=True)
        self.places = places[usable].astype(np.int64)
        """The rows of each anchor's source token and target word, ``[A, 2]``."""
        self._arrived: dict[tuple[int, Weighing], FloatArray] = {}

    @classmethod
    def of(cls, run: Run, language: str) -> "WordSpace | None":
        """Read the space of a target language; None if the run has kept none.

        Raises:
            InputError: A file is damaged.
        """
        spaces = run.table("spaces", SPACE_COLUMNS)
        source = spaces[spaces["side"] == "source"]
        target = spaces[(spaces["side"] == "target") & (spaces["language"] == language)]
        pairs = run.table("anchors", ANCHOR_COLUMNS, [("language", "==", language)])
        if source.empty or target.empty or pairs.empty:
            return None
        with ThreadPoolExecutor(2) as pool:
            one, other = pool.map(partial(read_side, run), (source.iloc[0], target.iloc[0]))
        return cls((one, other), pairs)

    def made_of(self, side: int, word: str, by: Weighing) -> Made:
        """Say what anchors a word is made of, and where they bring it.

        Raises:
            MosecrotError: The space does not know the word.
        """
        row = self.sides[side].row_of.get(word)
        if row is None:
            raise MosecrotError(f"{word} is not among the words that the run has kept.")
        cosines = self.cosines(side, np.array([row]), by)
        anchors, weights = weigh(cosines, by)
        order = np.argsort(-np.abs(weights[0]), kind="stable")
        chosen, weight = anchors[0][order], weights[0][order]
        table = self.pairs.iloc[chosen][["source", "target"]].assign(
            anchor=chosen, cosine=cosines[0][chosen], weight=weight
        )
        return Made(table[MADE_COLUMNS].reset_index(drop=True), self.sums(side, anchors, weights)[0])

    def near(self, side: int, made: Made, by: Weighing, most: int) -> pd.DataFrame:
        """List the words of the other side that a word of this one comes to lie nearest to.

        CSLS takes off how near either is to anything (Conneau et al., 2018): 2 cos(x, y) - r(x) - r(y).

        Args:
            side: The word's side.
            made: What it is made of.
            by: How.
            most: How many words.

        Returns:
            Columns NEAR_COLUMNS, nearest by cosine first.
        """
        other = self.sides[1 - side]
        cosines = (other.units @ normalise(made.row[None])[0])[other.named]
        order = np.argsort(-cosines, kind="stable")[: max(most, HUBNESS_K)]
        own = cosines[order[:HUBNESS_K]].mean()
        csls = 2 * cosines[order] - own - self._hubness(side, order, by)
        names = other.names[order]
        return pd.DataFrame({"word": names, "cosine": cosines[order], "csls": csls})[:most]

    def nearest(self, side: int, sums: FloatArray) -> NDArray[np.int64]:
        """Return the row of the whole word of a side that each sum ``[n, d]`` lies nearest to."""
        own = self.sides[side]
        cosines = normalise(sums) @ own.units.T
        return np.asarray(own.named[np.argmax(cosines[:, own.named], axis=1)])

    def relative(self, side: int, word: str, anchors: Sequence[int]) -> FloatArray:
        """Return the cosines of a word to some anchors of its own language, ``[len(anchors)]``."""
        units = self.sides[side].units
        places = self.places[np.asarray(anchors, np.int64), side]
        return np.asarray(units[places] @ units[self.sides[side].row_of[word]])

    def cosines(self, side: int, rows: NDArray[np.int64], by: Weighing) -> FloatArray:
        """Return the cosines of words to all anchors ``[n, A]``, maybe with their spelling."""
        keys = self._keys[side]
        if side == 0 or not by.spelling:
            return np.asarray((self.sides[side].units[rows] @ keys.units.T)[:, keys.of_anchors])
        own = self._centred(rows)
        # (x - m) (y - m) = (x - m) y - (x - m) m: the anchors' rows need not be held once more, centred
        near = own @ keys.units.T
        near *= keys.lengths
        near -= own @ self._mean[:, None]
        near /= self._centred_lengths
        spelled = (self._letters.anchors @ self._spelled(rows).toarray().T).T
        return np.asarray((near[:, keys.of_anchors] + by.spelling * spelled) / (1 + by.spelling), np.float32)

    def cosines_to(self, row: int, rows: NDArray[np.int64], by: Weighing) -> FloatArray:
        """Return the cosines of target words to another target word ``[n]``, maybe with their spelling."""
        side, own = self.sides[1], np.array([row])
        if not by.spelling:
            return np.asarray(side.units[rows] @ side.units[row])
        near = self._centred(rows) @ self._centred(own)[0]
        spelled = (self._spelled(rows) @ self._spelled(own).T).toarray()[:, 0]
        return np.asarray((near + by.spelling * spelled) / (1 + by.spelling), np.float32)

    def sums(self, side: int, anchors: NDArray[np.int64], weights: FloatArray) -> FloatArray:
        """Return the sums of the other side's anchors by weight ``[n, d]``."""
        other, places = self.sides[1 - side], self.places[:, 1 - side]
        parts = zip(anchors, weights, strict=True)
        return np.stack([own @ other.rows(places[chosen]) for chosen, own in parts])

    def _hubness(self, side: int, others: NDArray[np.int64], by: Weighing) -> FloatArray:
        """Return r of whole words of the other side: how near each is to words that come from this one."""
        if (side, by) not in self._arrived:
            if len(self._arrived) >= _ARRIVED:
                self._arrived.pop(next(iter(self._arrived)), None)
            self._arrived[side, by] = normalise(self._mapped(side, self._drawn(self.sides[side].named), by))
        other = self.sides[1 - side]
        cosines = other.units[other.named[others]] @ self._arrived[side, by].T
        k = min(HUBNESS_K, cosines.shape[1])
        top = np.partition(cosines, cosines.shape[1] - k, axis=1)[:, -k:]
        return np.asarray(top.mean(axis=1), np.float32)

    def _drawn(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        among = max(100, min(HUBNESS_AMONG, 8 * _CELLS // len(self.pairs)))
        return rows[:: max(1, len(rows) // among)]

    def _mapped(self, side: int, rows: NDArray[np.int64], by: Weighing) -> FloatArray:
        """Return where some words come to lie, a part of them at a time."""
        step = max(1, _CELLS // len(self.pairs))
        arrived = np.empty((len(rows), self.sides[1 - side].units.shape[1]), np.float32)

        def fill(part: slice, room: None) -> None:
            del room
            arrived[part] = self.sums(side, *weigh(self.cosines(side, rows[part], by), by))

        over_chunks(len(rows), step, fill, lambda: None)
        return arrived

    @cached_property
    def _keys(self) -> tuple[_Keys, _Keys]:
        return self._keys_of(0), self._keys_of(1)

    def _keys_of(self, side: int) -> _Keys:
        words, places = self.sides[side], self.places[:, side]
        own, of_anchors = np.unique(places, return_inverse=True)
        if _FEW * len(own) > len(words.units):
            return _Keys(words.units, words.lengths, places)
        return _Keys(words.units[own], words.lengths[own], of_anchors)

    @cached_property
    def _mean(self) -> FloatArray:
        """The mean of the anchors' rows on the target side ``[d]``."""
        side, places = self.sides[1], self.places[:, 1]
        weights = np.bincount(places, minlength=len(side.units)) * side.lengths / len(places)
        return np.asarray(weights.astype(np.float32) @ side.units)

    @cached_property
    def _centred_lengths(self) -> FloatArray:
        keys = self._keys[1]
        lengths, m = keys.lengths.astype(np.float64), self._mean.astype(np.float64)
        squares = lengths**2 - 2 * lengths * (keys.units @ self._mean) + m @ m
        return np.asarray(np.sqrt(np.where(squares > 0, squares, 1)), np.float32)

    def _centred(self, rows: NDArray[np.int64]) -> FloatArray:
        return normalise(self.sides[1].rows(rows) - self._mean)

    @cached_property
    def _letters(self) -> Letters:
        return Letters(list(self.pairs["word"]))

    def _spelled(self, rows: NDArray[np.int64]) -> "csr_matrix":
        return self._letters.features(list(self.sides[1].words["word"].to_numpy()[rows]))
