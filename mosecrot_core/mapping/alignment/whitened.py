"""VecMap's way: whiten both sides, rotate, re-weight, de-whiten (Artetxe, Labaka and Agirre, AAAI 2018).

With A_t = U_t S_t V_t' and A_s = U_s S_s V_s', the whitened anchors are U_t and U_s; U_t' U_s = P C Q'
has their canonical correlations C. A target row x becomes x V_t S_t^-1 P C^p Q' S_s V_s'. With p = 0 only
the rotation of the whitened spaces counts, with p = 1 it is the least-squares projection, and between
them directions count by how well the two languages agree on them.
"""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from mosecrot_core.mapping.alignment.base import AlignmentSettings, Mapping
from mosecrot_core.mapping.alignment.linear import LinearMapping
from mosecrot_core.words.neighbours import FloatArray

_LEAST = 1e-6  # directions with a smaller share of the largest singular value are left out


class Whitened(AlignmentSettings):
    """Settings of the whitened, re-weighted rotation."""

    keeps_source: ClassVar[bool] = True
    method: Literal["whitened"] = "whitened"
    reweight: float = Field(default=0.5, ge=0)
    """p: the power of the canonical correlations."""

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping:
        target, whiten = _whitened(target_anchors)
        source, _ = _whitened(source_anchors)
        left, correlations, right = np.linalg.svd(target.T @ source, full_matrices=False)
        back = source.T @ source_anchors  # de-whitens: S_s V_s'
        return LinearMapping(
            (whiten @ (left * correlations**self.reweight) @ right @ back).astype(np.float32)
        )


def _whitened(anchors: FloatArray) -> tuple[np.ndarray, np.ndarray]:
    """Return the whitened anchors ``[A, r]`` and the matrix ``[d, r]`` that whitens rows."""
    left, singular, right = np.linalg.svd(anchors.astype(np.float64), full_matrices=False)
    kept = singular > _LEAST * singular[:1]
    return left[:, kept], right[kept].T / singular[kept]
