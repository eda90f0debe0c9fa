"""Exact top-k cosine search: the one kernel that everything uses.

The cosine of two rows is their dot product in float64 over the product of their lengths, rounded to float32.
What is nearest does not depend on the chunks, the threads or the device: rough cosines (`rough_cosines.py`)
only say which keys cannot be among the k, and the others are measured (`selection.py`). Only the order in
which a processor sums could show, in ties, or where numbers of one row differ by a factor of 10^16.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import MosecrotError
from mosecrot_core.threads import n_threads, over_chunks
from mosecrot_core.words.rough_cosines import FloatArray, RoughCosines, rough_cosines

__all__ = ["HUBNESS_K", "MEMORY", "FloatArray", "Neighbours", "hubness", "nearest", "normalise"]

HUBNESS_K = 10
"""Neighbours that CSLS averages over (Conneau et al., 2018)."""
MEMORY = 1 << 30
"""Bytes that a search may take beside its input and its result, where nothing else is said."""
_CHUNK_BYTES = 4 << 20  # rough cosines that a thread holds: what stays in the cache
_MOST_ROWS = 1024


@dataclass(frozen=True)
class Neighbours:
    """The k nearest keys of each query, nearest first; equal cosines keep the order of the keys.

    Attributes:
        indices: Key numbers, ``[n, k]``.
        cosines: Their cosines in [-1, 1], ``[n, k]``; 0 where either vector is zero.
    """

    indices: NDArray[np.int32]
    cosines: FloatArray

    @property
    def k(self) -> int:
        """How many keys each query has."""
        return int(self.indices.shape[1])

    def first(self, k: int) -> "Neighbours":
        """Keep the k nearest; more than there are means all."""
        return Neighbours(self.indices[:, :k], self.cosines[:, :k])


def nearest(
    queries: FloatArray,
    keys: FloatArray,
    k: int,
    *,
    penalties: FloatArray | None = None,
    memory: int = MEMORY,
    device: str = "cpu",
) -> Neighbours:
    """Find the k keys with the largest cosine to each query, exactly.

    Args:
        queries: ``[n, d]``, finite; a memory-mapped or float16 array is read chunk by chunk.
        keys: ``[m, d]``, finite, at least one.
        k: How many; more than m means all m.
        penalties: Taken off each key's cosines before they are ranked, ``[m]``: half its hubness gives CSLS.
        memory: Bytes to take beside input and result, at least for the keys and one query.
        device: `cpu` (all cores), or a GPU such as `cuda`; the result is the same.

    Raises:
        MosecrotError: No keys, k < 1, the widths differ, a row holds NaN or infinity, the memory is too
            small, or the device is not there.

    >>> nearest(np.eye(2, dtype="f4"), np.array([[1, 1], [0, 2]], dtype="f4"), k=1).indices.tolist()
    [[0], [1]]
    """
    _check(queries, keys, k, penalties)
    k = min(k, len(keys))
    indices = np.empty((len(queries), k), dtype=np.int32)
    cosines = np.empty((len(queries), k), dtype=np.float32)
    if device == "cpu":
        _search_here(queries, keys, k, penalties, memory, indices, cosines)
    else:
        from mosecrot_core.words.device_search import search_on_device

        left = search_on_device(queries, keys, k, penalties, memory, device, indices, cosines)
        if len(left):
            found = nearest(queries[left], keys, k, penalties=penalties, memory=memory)
            indices[left], cosines[left] = found.indices, found.cosines
    return Neighbours(indices, cosines)


def hubness(rows: FloatArray, others: FloatArray) -> FloatArray:
    """Return CSLS's r: the mean cosine of each row ``[n, d]`` to its nearest in the other side, ``[n]``."""
    return np.asarray(nearest(rows, others, HUBNESS_K).cosines.mean(axis=1), np.float32)


def normalise(rows: FloatArray) -> FloatArray:
    """Scale each row of ``[n, d]`` to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _search_here(
    queries: FloatArray,
    keys: FloatArray,
    k: int,
    penalties: FloatArray | None,
    memory: int,
    indices: NDArray[np.int32],
    cosines: FloatArray,
) -> None:
    search = _Search(keys, k, len(queries), penalties)
    step = search.rows_at_once(memory)

    def fill(rows: slice, room: NDArray[Any]) -> None:
        search.fill(
            np.ascontiguousarray(queries[rows], np.float32), rows.start, room, indices[rows], cosines[rows]
        )

    over_chunks(len(queries), step, fill, lambda: search.room(min(step, len(queries))))


class _Search:
    """Keys made ready, for any number of queries."""

    def __init__(self, keys: FloatArray, k: int, n_queries: int, penalties: FloatArray | None) -> None:
        self._k = k
        self._keys = np.ascontiguousarray(keys, dtype=np.float32)
        units, self._norms = _units(self._keys, "key", 0)
        self._rough: RoughCosines = rough_cosines(units, n_queries)
        self._penalties = np.empty(0, np.float32) if penalties is None else np.asarray(penalties, np.float32)

    def rows_at_once(self, memory: int) -> int:
        """Say how many queries a thread takes at a time."""
        threads, keys_again = n_threads(), 2 * self._keys.nbytes
        left = (memory - keys_again) // threads - 32 * len(self._keys)
        most = left // self._rough.bytes_per_query
        if most < 1:
            needed = keys_again + threads * (32 * len(self._keys) + self._rough.bytes_per_query)
            raise MosecrotError(
                f"nearest: {len(self._keys)} keys need {needed} bytes of memory, got {memory}: allow more."
            )
        return int(min(most, _MOST_ROWS, max(16, _CHUNK_BYTES // self._rough.bytes_per_query)))

    def room(self, n: int) -> NDArray[Any]:
        """Give a thread the memory for the rough cosines of n queries."""
        return self._rough.room(n)

    def fill(
        self,
        queries: FloatArray,
        first: int,
        room: NDArray[Any],
        indices: NDArray[np.int32],
        cosines: FloatArray,
    ) -> None:
        """Write the neighbours of some queries, of which `first` is the number of the first."""
        from mosecrot_core.words.selection import n_groups, select

        units, norms = _units(queries, "query", first)
        rough = self._rough.of(units, room)
        select(
            rough.values, rough.absolute, rough.relative, queries, self._keys, norms, self._norms,
            self._penalties, n_groups(len(self._keys), self._k), indices, cosines,
        )  # fmt: skip


def _units(rows: FloatArray, what: str, first: int) -> tuple[FloatArray, NDArray[np.float64]]:
    """Return the rows at length 1 and their lengths ``[n]``."""
    from mosecrot_core.words.selection import units_and_norms

    units, norms = units_and_norms(rows)
    finite = np.isfinite(norms)
    if not finite.all():
        raise MosecrotError(f"nearest: {what} {first + int(np.argmin(finite))} holds NaN or infinity.")
    return units, norms


def _check(queries: FloatArray, keys: FloatArray, k: int, penalties: FloatArray | None) -> None:
    if queries.ndim != 2 or keys.ndim != 2 or queries.shape[1] != keys.shape[1]:
        raise MosecrotError(
            f"nearest: queries [n, d] and keys [m, d] must share d, got {queries.shape} and {keys.shape}."
        )
    if len(keys) == 0 or k < 1:
        raise MosecrotError(f"nearest: at least one key and k >= 1 expected, got {len(keys)} keys and k={k}.")
    if penalties is not None and penalties.shape != (len(keys),):
        raise MosecrotError(f"nearest: {len(keys)} penalties expected, got {penalties.shape}.")
