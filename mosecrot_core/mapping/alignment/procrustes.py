"""Scaled orthogonal Procrustes: the rotation, reflection and scale that bring A_t nearest to A_s.

With A_t' A_s = U S V' (thin), W = U V' minimises ||A_t W - A_s||_F among matrices that keep lengths
(Schoenemann, 1966), and s W with s = tr(S) / ||A_t W||_F^2 among their multiples (Schoenemann and Carroll,
1970). Where d < D, W has orthonormal rows. Where d > D no matrix keeps lengths: W has orthonormal columns and
the largest tr(A_s' A_t W).
"""

from typing import ClassVar, Literal

import numpy as np

from mosecrot_core.mapping.alignment.base import AlignmentSettings, Mapping
from mosecrot_core.mapping.alignment.linear import LinearMapping
from mosecrot_core.words.neighbours import FloatArray


class Procrustes(AlignmentSettings):
    """Settings of the Procrustes rotation."""

    keeps_source: ClassVar[bool] = True
    method: Literal["procrustes"] = "procrustes"
    scale: bool = True
    """Stretch the rotated rows to the size of the source rows."""
    centre: bool = False
    """Take the anchors' mean off either side first, and add the source's again."""

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping:
        target, source = target_anchors.astype(np.float64), source_anchors.astype(np.float64)
        from_mean, to_mean = np.zeros(target.shape[1]), np.zeros(source.shape[1])
        if self.centre:
            from_mean, to_mean = target.mean(axis=0), source.mean(axis=0)
            target, source = target - from_mean, source - to_mean
        left, singular, right = np.linalg.svd(target.T @ source, full_matrices=False)
        matrix = left @ right
        length = ((target @ matrix) ** 2).sum()
        if self.scale and length > 0:
            matrix = matrix * (singular.sum() / length)
        return LinearMapping(
            matrix.astype(np.float32), from_mean.astype(np.float32), to_mean.astype(np.float32)
        )
