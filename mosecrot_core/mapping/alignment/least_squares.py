"""The LS baseline: W = argmin ||A_t W - A_s||_F, applied to every target row (section 5.2)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg import lstsq

from mosecrot_core.mapping.alignment.base import AlignmentSettings, Mapping
from mosecrot_core.words.neighbours import FloatArray


class LeastSquares(AlignmentSettings):
    """Settings of the least-squares projection: it has none."""

    method: Literal["least_squares"] = "least_squares"

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping:
        # float64 and the minimum-norm solution: fewer anchors than dimensions must not blow up.
        projection = lstsq(target_anchors.astype(np.float64), source_anchors.astype(np.float64))[0]
        return _Projection(projection.astype(np.float32))


@dataclass(frozen=True, eq=False)
class _Projection:
    projection: FloatArray  # W, [d, D]

    def map_target(self, rows: FloatArray) -> FloatArray:
        return rows @ self.projection

    def map_source(self, rows: FloatArray) -> FloatArray:
        return rows
