"""MoSECroT's own method: both vocabularies as weighted sums of source anchors (section 4)."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from mosecrot_core.mapping.alignment.base import AlignmentSettings
from mosecrot_core.mapping.relative import Weighting, combine, match_norms, relative_weights
from mosecrot_core.words.neighbours import FloatArray, Neighbours, nearest


class RelativeRepresentations(AlignmentSettings):
    """Settings of the relative-representation mapping; the defaults are the paper's."""

    method: Literal["relative"] = "relative"
    weighting: Weighting = "standard"
    """How the cosines to the nearest anchors become weights."""
    k: int = Field(default=50, ge=1)
    """How many nearest anchors count (Table 3); more than there are means all."""
    temperature: float = Field(default=1.0, gt=0)
    """tau: divides the cosines before softmax or sparsemax; has no effect on `standard`."""
    match_norms: bool = False
    """Give each mapped row the weighted mean length of its anchors."""

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> "RelativeMapping":
        return RelativeMapping(self, source_anchors, target_anchors)


@dataclass(frozen=True, eq=False)
class RelativeMapping:
    """Relative representations over fitted anchors."""

    settings: RelativeRepresentations
    source_anchors: FloatArray
    target_anchors: FloatArray

    def map_target(self, rows: FloatArray) -> FloatArray:
        """Return F_t ``[n, D]`` of static rows ``[n, d]``."""
        return self._map(rows, self.target_anchors)

    def map_source(self, rows: FloatArray) -> FloatArray:
        """Return F_s ``[n, D]`` of source rows ``[n, D]``."""
        return self._map(rows, self.source_anchors)

    def anchor_weights(self, rows: FloatArray) -> tuple[Neighbours, FloatArray]:
        """Return the anchors that each target row ``[n, d]`` is made of and their weights ``[n, k]``."""
        return self._weights(rows, self.target_anchors)

    def _weights(self, rows: FloatArray, keys: FloatArray) -> tuple[Neighbours, FloatArray]:
        found = nearest(rows, keys, self.settings.k)
        return found, relative_weights(found.cosines, self.settings.weighting, self.settings.temperature)

    def _map(self, rows: FloatArray, keys: FloatArray) -> FloatArray:
        found, weights = self._weights(rows, keys)
        mapped = combine(found, weights, self.source_anchors)
        if self.settings.match_norms:
            return match_norms(mapped, found, weights, self.source_anchors)
        return mapped
