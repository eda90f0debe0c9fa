"""What methods share that copy the rows of known words: the anchors' own rows are looked up, not mapped."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.words.neighbours import FloatArray


class AnchorCopies:
    """Finds the rows that are an anchor's own, number by number, and gives them the source anchor's row.

    A mapping sees rows, not words: words that share a vector with an anchor, as in pruned vector files, are
    taken for it. Anchors that share one get the mean of their source rows.

    Args:
        source_anchors: ``[A, D]``.
        anchors: ``[A, d]``, as `put` will see their rows.
    """

    def __init__(self, source_anchors: FloatArray, anchors: FloatArray) -> None:
        self._place: dict[bytes, int] = {}
        of_anchor = [self._place.setdefault(key, len(self._place)) for key in _keys(anchors)]
        sums = np.zeros((len(self._place), source_anchors.shape[1]))
        np.add.at(sums, of_anchor, source_anchors)
        self._rows = (sums / np.bincount(of_anchor)[:, None]).astype(np.float32)

    def put(self, rows: FloatArray, mapped: FloatArray) -> FloatArray:
        """Return mapped rows ``[n, D]``, but the source row wherever ``rows`` ``[n, d]`` has an anchor."""
        places: NDArray[np.int64] = np.array([self._place.get(key, -1) for key in _keys(rows)], np.int64)
        known = (places >= 0)[:, None]
        return np.where(known, self._rows[places], mapped)


@dataclass(frozen=True, eq=False)
class CopyingMapping:
    """Anchors' rows are copied, other target rows mapped, source rows left alone."""

    map_others: Callable[[FloatArray], FloatArray]
    """Maps ``[n, d]`` to ``[n, D]``."""
    copies: AnchorCopies

    def map_target(self, rows: FloatArray) -> FloatArray:
        """Return F_t ``[n, D]`` of static rows ``[n, d]``."""
        return self.copies.put(rows, self.map_others(rows))

    def map_source(self, rows: FloatArray) -> FloatArray:
        """Return source rows ``[n, D]`` as they are."""
        return rows


def _keys(rows: FloatArray) -> list[bytes]:
    """Return the bytes of each row; adding 0 makes -0 the same as 0."""
    return [row.tobytes() for row in np.ascontiguousarray(rows, np.float32) + np.float32(0)]
