"""Remembers the nearest anchors of a vocabulary, from which every other weighting and smaller k can start."""

from collections import OrderedDict
from typing import Protocol

import numpy as np
import xxhash

from mosecrot_core.words.neighbours import FloatArray, Neighbours, nearest

_BLOCK_BYTES = 4 << 20


class Search(Protocol):
    """Finds the nearest keys, as `words.neighbours.nearest` does."""

    def __call__(
        self, queries: FloatArray, keys: FloatArray, k: int, *, penalties: FloatArray | None = None
    ) -> Neighbours:
        """Return the k nearest keys of each query."""


class NeighbourCache:
    """A search that looks at the rows themselves to tell whether it has seen them.

    Args:
        k: Look for at least so many, so that fewer need no other search.
        memory: Bytes of results to keep; those not asked for longest go first.

    >>> rows = np.eye(3, dtype="f4")
    >>> search = NeighbourCache(k=2)
    >>> search(rows, rows, 2).first(1).indices.tolist() == search(rows, rows, 1).indices.tolist()
    True
    >>> search.hits
    1
    """

    def __init__(self, k: int = 50, memory: int = 2 << 30) -> None:
        self.k, self.memory, self.hits = k, memory, 0
        self._kept: OrderedDict[str, Neighbours] = OrderedDict()

    def __call__(
        self, queries: FloatArray, keys: FloatArray, k: int, *, penalties: FloatArray | None = None
    ) -> Neighbours:
        """Return the k nearest keys of each query; see `nearest`."""
        digest = " ".join(_digest(rows) for rows in (queries, keys, penalties) if rows is not None)
        found = self._kept.pop(digest, None)
        if found is None or found.k < min(k, len(keys)):
            found = nearest(queries, keys, max(k, self.k), penalties=penalties)
        else:
            self.hits += 1
        self._kept[digest] = found
        self._forget()
        return found.first(k)

    def _forget(self) -> None:
        taken = sum(found.indices.nbytes + found.cosines.nbytes for found in self._kept.values())
        while self._kept and taken > self.memory:
            _, oldest = self._kept.popitem(last=False)
            taken -= oldest.indices.nbytes + oldest.cosines.nbytes


def _digest(rows: FloatArray) -> str:
    """Hash shape, type and content, as fast as they can be read."""
    found = xxhash.xxh3_128(f"{rows.shape}{rows.dtype}".encode())
    step = max(1, _BLOCK_BYTES // max(1, rows[:1].nbytes))
    for start in range(0, len(rows), step):
        found.update(np.ascontiguousarray(rows[start : start + step]).data)
    return found.hexdigest()
