"""Orthogonal matching pursuit: a word as a sparse combination of anchors (Goddard and Fernandes Neto, 2025).

"Training-Free Tokenizer Transplantation via Orthogonal Matching Pursuit", as in mergekit-tokensurgeon: a
target row is approximated by k anchors' target rows (`matching_pursuit.py`), and the same coefficients sum
the anchors' source rows. The anchors themselves are copied, as the shared tokens are there (see
`AnchorCopies`).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from mosecrot_core.mapping.alignment.base import AlignmentSettings, AnchorMapping, Mapping
from mosecrot_core.mapping.alignment.copying import AnchorCopies
from mosecrot_core.mapping.relative import combine
from mosecrot_core.words.neighbours import FloatArray, Neighbours


class MatchingPursuit(AlignmentSettings):
    """Settings of orthogonal matching pursuit."""

    method: Literal["omp"] = "omp"
    k: int = Field(default=64, ge=1)
    """How many anchors a word is made of at most; more than d or than there are make no difference.
    The script of mergekit takes 8 unless told."""
    unit_anchors: bool = False
    """Choose anchors by cosine, as the textbook's dictionary of unit atoms does; mergekit chooses by dot
    product, so that long rows come first. The coefficients are least squares in either case."""

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping:
        return PursuitMapping(source_anchors, target_anchors, self)


@dataclass(frozen=True, eq=False)
class PursuitMapping(AnchorMapping):
    """Sparse combinations of fitted anchors."""

    settings: MatchingPursuit

    def _map(self, rows: FloatArray, anchors: FloatArray) -> FloatArray:
        from mosecrot_core.mapping.matching_pursuit import matching_pursuit  # numba

        lengths = np.ones(len(anchors), np.float32)
        if self.settings.unit_anchors:
            lengths = np.linalg.norm(anchors, axis=1)
            lengths[lengths == 0] = 1
        indices, coefficients = matching_pursuit(rows, anchors / lengths[:, None], self.settings.k)
        weights = coefficients / lengths[indices]
        mapped = combine(Neighbours(indices, weights), weights, self.source_anchors)
        return AnchorCopies(self.source_anchors, anchors).put(rows, mapped)
