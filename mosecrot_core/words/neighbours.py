"""Exact top-k cosine search: the one kernel that everything uses."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import MosecrotError

FloatArray = NDArray[np.float32]
_CHUNK_CELLS = 32_000_000  # cosines held at once: 128 MB


@dataclass(frozen=True)
class Neighbours:
    """The k nearest keys of each query, nearest first; equal cosines keep the order of the keys.

    Attributes:
        indices: Key numbers, ``[n, k]``.
        cosines: Their cosines in [-1, 1], ``[n, k]``; 0 where either vector is zero.
    """

    indices: NDArray[np.int64]
    cosines: FloatArray


def nearest(queries: FloatArray, keys: FloatArray, k: int) -> Neighbours:
    """Find the k keys with the largest cosine to each query, exactly.

    Args:
        queries: ``[n, d]``.
        keys: ``[m, d]``, at least one.
        k: How many; more than m means all m.

    Raises:
        MosecrotError: No keys, k < 1, or the widths differ.

    >>> nearest(np.eye(2, dtype="f4"), np.array([[1, 1], [0, 2]], dtype="f4"), k=1).indices.tolist()
    [[0], [1]]
    """
    _check(queries, keys, k)
    k = min(k, len(keys))
    unit_keys = normalise(keys).T
    indices = np.empty((len(queries), k), dtype=np.int64)
    cosines = np.empty((len(queries), k), dtype=np.float32)
    for rows in _chunks(len(queries), len(keys)):
        similarity = normalise(queries[rows]) @ unit_keys  # [chunk, m]
        indices[rows] = _top(similarity, k)
        cosines[rows] = np.take_along_axis(similarity, indices[rows], axis=1)
    return Neighbours(indices, np.clip(cosines, -1, 1))


def normalise(rows: FloatArray) -> FloatArray:
    """Scale each row of ``[n, d]`` to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _chunks(n: int, m: int) -> Iterator[slice]:
    step = max(1, _CHUNK_CELLS // m)
    return (slice(start, min(start + step, n)) for start in range(0, n, step))


def _top(similarity: FloatArray, k: int) -> NDArray[np.int64]:
    """Return the positions of the k largest of each row, largest first, ties in column order."""
    m = similarity.shape[1]
    if k == m:
        return np.argsort(-similarity, axis=1, kind="stable")
    chosen = np.sort(np.argpartition(similarity, m - k, axis=1)[:, m - k :], axis=1)  # [n, k]
    values = np.take_along_axis(similarity, chosen, axis=1)
    least = values.min(axis=1, keepdims=True)
    # argpartition picks any of several equal values at the boundary; those rows are redone in full.
    tied = np.flatnonzero((similarity >= least).sum(axis=1) > k)
    chosen[tied] = np.sort(np.argsort(-similarity[tied], axis=1, kind="stable")[:, :k], axis=1)
    values[tied] = np.take_along_axis(similarity[tied], chosen[tied], axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(chosen, order, axis=1)


def _check(queries: FloatArray, keys: FloatArray, k: int) -> None:
    if queries.ndim != 2 or keys.ndim != 2 or queries.shape[1] != keys.shape[1]:
        raise MosecrotError(
            f"nearest: queries [n, d] and keys [m, d] must share d, got {queries.shape} and {keys.shape}."
        )
    if len(keys) == 0 or k < 1:
        raise MosecrotError(f"nearest: at least one key and k >= 1 expected, got {len(keys)} keys and k={k}.")
