"""CLP-Transfer: every word is the mean of all anchors, weighted by cosine (Ostendorff and Rehm, 2023).

"Efficient Language Model Training through Cross-Lingual and Progressive Transfer Learning". With unit rows x^
of the target language and unit anchors a^ with source rows e: F[x] = sum_a cos(x, a) e_a / sum_a cos(x, a).
These are the paper's `standard` weights over all anchors, and since a cosine is linear in x^, the sum over
anchors is taken once: F[x] = (x^ sum_a a^ e_a') / (x^ sum_a a^). The overlapping tokens of the original are
the anchors here, and as there their source rows are copied (see `AnchorCopies`).
"""

from typing import ClassVar, Literal

import numpy as np

from mosecrot_core.mapping.alignment.base import AlignmentSettings, Mapping
from mosecrot_core.mapping.alignment.copying import AnchorCopies, CopyingMapping
from mosecrot_core.words.neighbours import FloatArray, normalise

_LEAST_MEAN = 1e-6  # a smaller mean cosine cannot be divided by; as in `relative_weights`


class Clp(AlignmentSettings):
    """Settings of CLP-Transfer, which has none."""

    keeps_source: ClassVar[bool] = True
    method: Literal["clp"] = "clp"

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping:
        units = normalise(target_anchors).astype(np.float64)
        source = source_anchors.astype(np.float64)
        weighted_sum = units.T @ source / len(units)  # [d, D]
        direction, mean_row = units.mean(axis=0), source.mean(axis=0)

        def average(rows: FloatArray) -> FloatArray:
            asked = normalise(rows)
            mean_cosine = (asked @ direction)[:, None]
            usable = mean_cosine > _LEAST_MEAN
            means = (asked @ weighted_sum) / np.where(usable, mean_cosine, 1)
            return np.where(usable, means, mean_row).astype(np.float32)

        return CopyingMapping(average, AnchorCopies(source_anchors, target_anchors))
