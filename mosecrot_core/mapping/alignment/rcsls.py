"""RCSLS: a matrix learned for retrieval by CSLS (Joulin, Bojanowski, Mikolov, Jegou and Grave, EMNLP 2018).

"Loss in Translation: Learning Bilingual Word Mapping with a Retrieval Criterion". With anchors x_i (target)
and y_i (source) at length 1, W minimises the mean over i of

    - 2 x_i W y_i  +  1/k sum of the k largest x_i W y_j  +  1/k sum of the k largest x_j W y_i

by subgradient descent from the rotation of Procrustes. fastText's code takes the y_j and x_j from the two
vocabularies; here they are anchors. It halves its step when the loss has risen; here the matrix also goes
back to the one before, so that the loss never ends above where it began.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mosecrot_core.mapping.alignment.base import AlignmentSettings, Mapping
from mosecrot_core.mapping.alignment.linear import LinearMapping
from mosecrot_core.mapping.alignment.procrustes import Procrustes
from mosecrot_core.mapping.relative import combine
from mosecrot_core.words.neighbours import FloatArray, Neighbours, nearest, normalise

_LEAST_RATE = 1e-4


class Rcsls(AlignmentSettings):
    """Settings of RCSLS; the defaults are those of the fastText alignment example."""

    keeps_source: ClassVar[bool] = True
    method: Literal["rcsls"] = "rcsls"
    k: int = Field(default=10, ge=1)
    """Neighbours whose mean similarity is taken off."""
    iterations: int = Field(default=10, ge=0)
    """Steps of the descent; 0 leaves the rotation of Procrustes."""
    rate: float = Field(default=25.0, gt=0, le=1e6)
    """Length of the first step, in gradients; halved after each step that raised the loss."""
    spectral: bool = False
    """Keep W's singular values at 1 or below, the paper's convex relaxation; else W is free."""
    centre: bool = False
    """Take the anchors' mean off either side first, and add the source's again."""
    most_negatives: int = Field(default=5000, ge=1)
    """How many anchors, drawn at random, the neighbours are looked for among."""
    seed: int = 0
    """Seed of that draw."""

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping:
        from_mean, to_mean = (
            rows.mean(axis=0, dtype=np.float64).astype(np.float32) * np.float32(self.centre)
            for rows in (target_anchors, source_anchors)
        )
        centred = source_anchors - to_mean
        target = normalise(target_anchors - from_mean)
        matrix = self._descend(self._loss(target, normalise(centred)))
        moved = (target @ matrix).astype(np.float64)
        # As for Procrustes: the multiple that brings the rows nearest to the source's own lengths.
        scale = (moved * centred).sum() / max((moved**2).sum(), np.finfo(np.float64).tiny)
        matrix = matrix * np.float32(scale if scale > 0 else 1)
        return LinearMapping(matrix, from_mean, to_mean, unit_rows=True)

    def _loss(self, target: FloatArray, source: FloatArray) -> "RetrievalLoss":
        drawn = np.arange(len(target))
        if len(drawn) > self.most_negatives:
            drawn = np.random.default_rng(self.seed).choice(len(drawn), self.most_negatives, replace=False)
            drawn.sort()
        return RetrievalLoss(target, source, drawn, self.k)

    def _descend(self, loss: "RetrievalLoss") -> FloatArray:
        start = (
            Procrustes(scale=False)
            .fit(loss.source, loss.target)
            .map_target(np.eye(loss.target.shape[1], dtype=np.float32))
        )
        matrix, rate = start, self.rate
        if not self.iterations:
            return matrix
        value, gradient = loss.at(matrix)
        for _ in range(self.iterations):
            tried = matrix - np.float32(rate) * gradient
            tried = _within_spectral_ball(tried) if self.spectral else tried
            tried_value, tried_gradient = loss.at(tried)
            if tried_value <= value:
                matrix, value, gradient = tried, tried_value, tried_gradient
            elif (rate := rate / 2) < _LEAST_RATE:
                break
        return matrix


@dataclass(frozen=True, eq=False)
class RetrievalLoss:
    """The RCSLS loss of a matrix, and its subgradient."""

    target: FloatArray
    """x_i, ``[A, d]``, of length 1."""
    source: FloatArray
    """y_i, ``[A, D]``, of length 1."""
    negatives: NDArray[np.int64]
    """The j that neighbours are looked for among, ``[m]``."""
    k: int

    def at(self, matrix: FloatArray) -> tuple[float, FloatArray]:
        """Return the loss at W ``[d, D]`` and a subgradient ``[d, D]``."""
        sources, targets = self.source[self.negatives], self.target[self.negatives]
        moved = self.target @ matrix
        near_sources = _mean(largest_products(moved, sources, self.k), sources)
        near_targets = _mean(largest_products(self.source, targets @ matrix, self.k), targets)
        pull = near_sources - 2 * self.source
        value = (moved * pull + near_targets @ matrix * self.source).sum(dtype=np.float64)
        gradient = self.target.T @ pull + near_targets.T @ self.source
        return float(value) / len(moved), gradient / np.float32(len(moved))


def largest_products(queries: FloatArray, keys: FloatArray, k: int) -> Neighbours:
    """Find the k keys with the largest dot product with each query; the cosines returned mean nothing.

    One more number makes all keys equally long, and then the order of cosines is that of dot products.
    """
    squared = (keys.astype(np.float64) ** 2).sum(axis=1)
    missing = np.sqrt(squared.max() - squared).astype(np.float32)
    nothing = np.zeros((len(queries), 1), np.float32)
    return nearest(np.hstack([queries, nothing]), np.hstack([keys, missing[:, None]]), k)


def _mean(found: Neighbours, rows: FloatArray) -> FloatArray:
    return combine(found, np.full(found.indices.shape, 1 / found.k, np.float32), rows)


def _within_spectral_ball(matrix: FloatArray) -> FloatArray:
    """Cut the singular values at 1: the nearest matrix whose spectral norm is at most 1."""
    left, singular, right = np.linalg.svd(matrix, full_matrices=False)
    return np.asarray((left * np.minimum(singular, 1)) @ right, dtype=np.float32)
