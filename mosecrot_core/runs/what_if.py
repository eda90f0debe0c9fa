"""What would change if a pair were no anchor, or had another target word: at once, without any training.

Words lean on a pair that has a weight in their sum. Their mapping is made again without it, or with its other
word, from the rows that the run has kept (`word_space.py`). What holds of mapped words need not hold of
scores: those need the run again.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.runs.weighing import Weighing, weigh
from mosecrot_core.runs.word_space import WordSpace
from mosecrot_core.words.neighbours import FloatArray

CHANGE_COLUMNS = ["word", "weight", "before", "after"]
_LOOKED_AT = 200  # words nearest to the pair's target word
_NEVER = -2.0  # below any cosine


@dataclass(frozen=True, eq=False)
class WhatIf:
    """What a decision on a pair changes.

    Attributes:
        words: Target words that lean on the pair, most first, among the 200 nearest to its target word and to
            its other one: `weight` in their sum, the source word they lie nearest to `before` and `after`.
        judged: How many of them have translations in the list other than by this pair.
        right: Of these, how many lie nearest to one of them before and after, each without its own anchors:
            precision at 1.
    """

    words: pd.DataFrame
    judged: int = 0
    right: tuple[int, int] = (0, 0)

    @property
    def changed(self) -> int:
        """How many come to lie nearest to another word."""
        return int((self.words["before"] != self.words["after"]).sum())


def what_if(space: WordSpace, pair: tuple[str, str], by: Weighing, correction: str = "") -> WhatIf:
    """Say what changes if a pair is rejected, or corrected.

    Args:
        space: Words and anchors of the run.
        pair: Source and target word as the list has them.
        by: How words become sums of anchors.
        correction: The right target word; empty: the pair goes.

    Returns:
        Nothing changes if the pair is no anchor.
    """
    named = (space.pairs["source"] == pair[0]) & (space.pairs["target"] == pair[1])
    anchors = np.flatnonzero(named)
    other = space.sides[1].row_of.get(correction)
    if not len(anchors):
        return WhatIf(pd.DataFrame(columns=CHANGE_COLUMNS))
    near = [int(space.places[anchors[0], 1]), *([] if other is None else [other])]
    rows = np.unique(np.concatenate([_nearest(space, row) for row in near]))
    before = space.cosines(1, rows, by)
    after = before.copy()
    after[:, anchors] = _NEVER if other is None else space.cosines_to(other, rows, by)[:, None]
    carried = _carried(before, anchors, by)
    leans = np.flatnonzero((carried > 0) | (_carried(after, anchors, by) > 0))
    leans = leans[np.argsort(-carried[leans], kind="stable")]
    rows, before, after = rows[leans], before[leans], after[leans]
    names = [space.sides[0].words["word"].to_numpy()[_lies(space, own, by)] for own in (before, after)]
    words = space.sides[1].words["word"].to_numpy()[rows]
    columns = (words, carried[leans], *names)
    table = pd.DataFrame(dict(zip(CHANGE_COLUMNS, columns, strict=True)))
    return WhatIf(table, *_right(space, rows, (before, after), anchors, by))


def _nearest(space: WordSpace, row: int) -> NDArray[np.int64]:
    """Return the whole target words nearest to a row."""
    side = space.sides[1]
    cosines = (side.units @ side.units[row])[side.named]
    return side.named[np.argsort(-cosines, kind="stable")[:_LOOKED_AT]]


def _carried(cosines: FloatArray, anchors: NDArray[np.int64], by: Weighing) -> FloatArray:
    """Return how much of each word ``[n]`` is made of some anchors."""
    chosen, weights = weigh(cosines, by)
    return np.asarray(np.where(np.isin(chosen, anchors), np.abs(weights), 0).sum(axis=1))


def _lies(space: WordSpace, cosines: FloatArray, by: Weighing) -> NDArray[np.int64]:
    """Return the rows of the source words that words of such cosines ``[n, A]`` lie nearest to."""
    if not len(cosines):
        return np.empty(0, np.int64)
    return space.nearest(0, space.sums(1, *weigh(cosines, by)))


def _right(
    space: WordSpace,
    rows: NDArray[np.int64],
    cosines: tuple[FloatArray, FloatArray],
    anchors: NDArray[np.int64],
    by: Weighing,
) -> tuple[int, tuple[int, int]]:
    """Count the words that have translations, and those nearest to one of them, before and after."""
    own = space.places[:, 1] == rows[:, None]  # [n, A]
    own[:, anchors] = False
    judged = np.flatnonzero(own.any(axis=1))
    right = []
    for values in cosines:
        held_out = np.where(own[judged], np.float32(_NEVER), values[judged])
        lies = _lies(space, held_out, by)
        hits = [found in space.places[mine, 0] for found, mine in zip(lies, own[judged], strict=True)]
        right.append(sum(hits))
    return len(judged), (right[0], right[1])
