"""Exact top-k cosine search: the one kernel that everything uses."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import MosecrotError

FloatArray = NDArray[np.float32]
_CHUNK_CELLS = 32_000_000  # cosines held at once: 128 MB
_LAST_NUMBER = 0xFFFFFFFF


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
    size = max(1, round((len(keys) / k) ** 0.5))
    n_blocks = -(-len(keys) // size)
    unit_keys = normalise(keys)
    indices = np.empty((len(queries), k), dtype=np.int64)
    cosines = np.empty((len(queries), k), dtype=np.float32)
    for rows in _chunks(len(queries), n_blocks * size):
        chunk = normalise(queries[rows])
        similarity = np.empty((n_blocks * size, len(chunk)), dtype=np.float32)  # keys down, queries across
        np.matmul(unit_keys, chunk.T, out=similarity[: len(keys)])
        similarity[len(keys) :] = -np.inf
        indices[rows] = _top(similarity, k, size)
        cosines[rows] = np.take_along_axis(similarity, indices[rows].T, axis=0).T
    return Neighbours(indices, np.clip(cosines, -1, 1))


def normalise(rows: FloatArray) -> FloatArray:
    """Scale each row of ``[n, d]`` to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _chunks(n: int, m: int) -> Iterator[slice]:
    step = max(1, _CHUNK_CELLS // m)
    return (slice(start, min(start + step, n)) for start in range(0, n, step))


def _top(similarity: FloatArray, k: int, size: int) -> NDArray[np.int64]:
    """Return the keys of the k largest cosines of each query ``[n, k]``, largest first, ties in key order.

    The k largest lie in the k blocks of keys with the largest maxima, and where blocks tie, in the first of
    them; so only those blocks are looked into.

    Args:
        similarity: ``[m, n]``, m a multiple of `size`.
        k: How many.
        size: Keys in a block.
    """
    m, n = similarity.shape
    n_blocks = m // size
    if n_blocks <= k:
        return _largest(similarity.T, np.arange(m), k)
    maxima = similarity.reshape(n_blocks, size, n).max(axis=1)
    blocks = _largest(maxima.T, np.arange(n_blocks), k)  # [n, k]
    keys = (blocks[:, :, None] * size + np.arange(size)).reshape(n, k * size)
    return _largest(np.take_along_axis(similarity, keys.T, axis=0).T, keys, k)


def _largest(values: FloatArray, numbers: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Return the numbers that stand by the k largest values of each row, ties by the smaller number."""
    # A float's bits, its sign mended, sort like the float; behind them goes the number: no codes are equal.
    bits = np.ascontiguousarray(values + np.float32(0)).view(np.int32).astype(np.int64)  # + 0 turns -0 into 0
    codes = ((bits ^ ((bits >> 31) & 0x7FFFFFFF)) << 32) | (_LAST_NUMBER - numbers)
    if k < codes.shape[1]:
        codes = np.partition(codes, codes.shape[1] - k, axis=1)[:, -k:]
    codes = np.sort(codes, axis=1)[:, ::-1]
    return _LAST_NUMBER - (codes & _LAST_NUMBER)


def _check(queries: FloatArray, keys: FloatArray, k: int) -> None:
    if queries.ndim != 2 or keys.ndim != 2 or queries.shape[1] != keys.shape[1]:
        raise MosecrotError(
            f"nearest: queries [n, d] and keys [m, d] must share d, got {queries.shape} and {keys.shape}."
        )
    if len(keys) == 0 or k < 1:
        raise MosecrotError(f"nearest: at least one key and k >= 1 expected, got {len(keys)} keys and k={k}.")
