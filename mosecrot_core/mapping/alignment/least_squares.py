"""The LS baseline: W = argmin ||A_t W - A_s||_F, applied to every target row (section 5.2), and its ridge."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field
from scipy.linalg import lstsq

from mosecrot_core.mapping.alignment.base import AlignmentSettings, Mapping
from mosecrot_core.mapping.alignment.linear import LinearMapping
from mosecrot_core.words.neighbours import FloatArray


class LeastSquares(AlignmentSettings):
    """Settings of the least-squares projection; the default is the paper's."""

    keeps_source: ClassVar[bool] = True
    method: Literal["least_squares"] = "least_squares"
    ridge: float = Field(default=0.0, ge=0)
    """Shrinks W (Hoerl and Kennard, 1970), as a share of the anchors' mean squared singular value."""

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping:
        # float64 and the minimum-norm solution: fewer anchors than dimensions must not blow up.
        target, source = target_anchors.astype(np.float64), source_anchors.astype(np.float64)
        if self.ridge:
            dim = target.shape[1]
            shrink = np.sqrt(self.ridge * (target**2).sum() / dim) * np.eye(dim)
            target = np.concatenate([target, shrink])
            source = np.concatenate([source, np.zeros((dim, source.shape[1]))])
        return LinearMapping(lstsq(target, source)[0].astype(np.float32))
