"""What a mapping must beat: rows that carry no translation at all."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.words.neighbours import FloatArray

NullBaseline = Literal["shuffled", "gaussian", "mean_row"]
NULL_BASELINES: tuple[NullBaseline, ...] = get_args(NullBaseline)


def shuffle_pairs(n_anchors: int, seed: int) -> NDArray[np.int64]:
    """Return a seeded order of the target anchors that pairs no source anchor with its own translation.

    A cyclic shift along a random order, so that no pair survives; with one anchor it stays as it is.
    """
    order = np.random.default_rng(seed).permutation(n_anchors)
    shuffled = np.empty(n_anchors, dtype=np.int64)
    shuffled[order] = np.roll(order, 1)
    return shuffled


def gaussian_rows(like: FloatArray, n: int, seed: int) -> FloatArray:
    """Draw n rows from N(mu, Sigma) with the mean and covariance of `like` ``[V, D]``."""
    deviations = like - like.mean(axis=0)
    # X^T z / sqrt(V-1) would need a V-long z a row; the Cholesky-like root of Sigma needs D.
    covariance = deviations.T.astype(np.float64) @ deviations / max(1, len(like) - 1)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    noise = np.random.default_rng(seed).standard_normal((n, like.shape[1]))
    return np.asarray(like.mean(axis=0) + noise @ root.T, dtype=np.float32)


def mean_rows(like: FloatArray, n: int) -> FloatArray:
    """Repeat the mean row of `like` ``[V, D]`` n times."""
    return np.tile(like.mean(axis=0, dtype=np.float64).astype(np.float32), (n, 1))
