"""Locally linear reconstruction: how a word lies among its nearest anchors (Roweis and Saul, Science 2000).

Weights that sum to 1 bring the k anchors nearest to a row as near to it as they can; the same weights sum the
anchors' source rows. With the products G of the differences between row and anchors, w solves (G + r tr(G) I)
w = 1, up to its sum. Rows and anchors are taken at length 1, so that the nearest by cosine are the nearest.
Weights can be negative, as in the original.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from mosecrot_core.mapping.alignment.base import AlignmentSettings, AnchorMapping, Mapping
from mosecrot_core.mapping.relative import combine
from mosecrot_core.threads import over_chunks
from mosecrot_core.words.neighbours import FloatArray, nearest, normalise

_CHUNK_CELLS = 2_000_000  # numbers in the differences that a thread holds


class LocallyLinear(AlignmentSettings):
    """Settings of locally linear reconstruction."""

    method: Literal["locally_linear"] = "locally_linear"
    k: int = Field(default=20, ge=1)
    """How many nearest anchors a word is made of; more than there are means all."""
    regularisation: float = Field(default=1e-3, gt=0)
    """r: added to the squared distances, as a share of their sum; larger makes the weights more alike."""

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping:
        return LocallyLinearMapping(source_anchors, target_anchors, self)


@dataclass(frozen=True, eq=False)
class LocallyLinearMapping(AnchorMapping):
    """Reconstructions over fitted anchors."""

    settings: LocallyLinear

    def _map(self, rows: FloatArray, anchors: FloatArray) -> FloatArray:
        units, keys = normalise(rows), normalise(anchors)
        found = nearest(units, keys, self.settings.k)
        weights = np.empty(found.indices.shape, np.float32)
        step = max(1, _CHUNK_CELLS // (found.k * keys.shape[1]))

        def fill(part: slice, _: None) -> None:
            near = keys[found.indices[part]]
            weights[part] = reconstruction_weights(units[part], near, self.settings.regularisation)

        over_chunks(len(units), step, fill, lambda: None)
        return combine(found, weights, self.source_anchors)


def reconstruction_weights(rows: FloatArray, near: FloatArray, regularisation: float) -> FloatArray:
    """Return the weights that reconstruct rows from points near them.

    Args:
        rows: ``[n, d]``.
        near: The points of each row, ``[n, k, d]``.
        regularisation: r above; more than 0.

    Returns:
        ``[n, k]``; each row sums to 1. Where a row equals all of its points they weigh the same.
    """
    differences = near.astype(np.float64) - rows[:, None, :]
    products = differences @ differences.transpose(0, 2, 1)  # [n, k, k]
    k = products.shape[1]
    trace = np.trace(products, axis1=1, axis2=2)
    ridge = regularisation * np.where(trace > 0, trace, 1)
    products[:, range(k), range(k)] += ridge[:, None]
    weights = np.linalg.solve(products, np.ones((len(rows), k, 1)))[..., 0]
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)
