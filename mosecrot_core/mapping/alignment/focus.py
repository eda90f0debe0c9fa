"""FOCUS: a sparse mean of the anchors nearest in meaning (Dobler and de Melo, EMNLP 2023).

"FOCUS: Effective Embedding Initialization for Monolingual Specialization of Multilingual Models". A new word
is the sum of the anchors' source rows, weighted by sparsemax over its cosines to all of them: what `paper`
does with ``weighting: sparsemax, k: all`` and the source rows kept. The one difference is that FOCUS copies
the source rows of the anchors themselves (see `AnchorCopies`), where `paper` mixes an anchor with those
near it. The original's overlapping tokens are the anchors here; its auxiliary fastText space is that of the
vectors.
"""

from typing import ClassVar, Literal

from mosecrot_core.mapping.alignment.base import AlignmentSettings, Mapping
from mosecrot_core.mapping.alignment.copying import AnchorCopies, CopyingMapping
from mosecrot_core.mapping.alignment.relative_representations import PaperRepresentations
from mosecrot_core.words.neighbours import FloatArray


class Focus(AlignmentSettings):
    """Settings of FOCUS, which has none."""

    keeps_source: ClassVar[bool] = True
    method: Literal["focus"] = "focus"

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping:
        relative = PaperRepresentations(weighting="sparsemax", k="all").fit(source_anchors, target_anchors)
        return CopyingMapping(relative.map_target, AnchorCopies(source_anchors, target_anchors))
