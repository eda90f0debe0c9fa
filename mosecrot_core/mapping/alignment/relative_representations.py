"""MoSECroT's own method: both vocabularies as weighted sums of source anchors (section 4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from mosecrot_core.mapping.alignment.base import AlignmentSettings
from mosecrot_core.mapping.neighbour_cache import Search
from mosecrot_core.mapping.relative import Weighting, combine, match_norms, relative_weights
from mosecrot_core.words.neighbours import FloatArray, Neighbours, nearest, normalise

_HUBNESS = 10
_FIRST_SUPPORT = 128
"""Sparsemax over all anchors is first tried on so many: of 5,000, at most 67 had a weight."""
_CELLS = 100_000_000  # cosines to the nearest anchors held at once: 400 MB
_DENSE_CELLS = 16_000_000  # and to all anchors


class RelativeRepresentations(AlignmentSettings):
    """Settings of the relative-representation mapping; the defaults are the paper's."""

    method: Literal["relative"] = "relative"
    weighting: Weighting = "standard"
    """How the cosines to the nearest anchors become weights."""
    k: Annotated[int, Field(ge=1)] | Literal["all"] = 50
    """How many nearest anchors count (Table 3), or `all`; more than there are means all."""
    temperature: float = Field(default=1.0, gt=0)
    """tau: divides the cosines before softmax or sparsemax; has no effect on `standard`."""
    ranking: Literal["cosine", "csls"] = "cosine"
    """Which anchors are nearest. `csls` takes off half of each anchor's mean cosine to its 10 nearest other
    anchors, so that hubs come later; the weights are of the cosines in either case."""
    centre: bool = False
    """Take the anchors' mean off the rows and the anchors of either side before their cosines."""
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
    search: Search = nearest
    """Finds the anchors; a `NeighbourCache` remembers them for the next weighting or temperature."""

    def map_target(self, rows: FloatArray) -> FloatArray:
        """Return F_t ``[n, D]`` of static rows ``[n, d]``."""
        return self._map(rows, self.target_anchors)

    def map_source(self, rows: FloatArray) -> FloatArray:
        """Return F_s ``[n, D]`` of source rows ``[n, D]``."""
        return self._map(rows, self.source_anchors)

    def anchor_weights(self, rows: FloatArray) -> tuple[Neighbours, FloatArray]:
        """Return the anchors that each target row ``[n, d]`` is made of and their weights ``[n, k]``."""
        found = self._nearest(*self._centred(rows, self.target_anchors), self._k)
        return found, self._weights(found.cosines)

    @property
    def _k(self) -> int:
        n_anchors, asked = len(self.source_anchors), self.settings.k
        return n_anchors if asked == "all" else min(asked, n_anchors)

    def _centred(self, rows: FloatArray, keys: FloatArray) -> tuple[FloatArray, FloatArray]:
        if not self.settings.centre:
            return rows, keys
        mean = keys.mean(axis=0, dtype=np.float64).astype(np.float32)
        return rows - mean, keys - mean

    def _map(self, rows: FloatArray, keys: FloatArray) -> FloatArray:
        rows, keys = self._centred(rows, keys)
        if self._k < len(keys) or self._k <= _FIRST_SUPPORT:
            return self._in_parts(self._map_nearest, rows, keys, _CELLS // self._k)
        if self.settings.weighting == "sparsemax":
            return self._in_parts(self._map_support, rows, keys, _CELLS // _FIRST_SUPPORT)
        return self._in_parts(self._map_all, rows, keys, _DENSE_CELLS // len(keys))

    def _in_parts(
        self,
        map_part: Callable[[FloatArray, FloatArray], FloatArray],
        rows: FloatArray,
        keys: FloatArray,
        step: int,
    ) -> FloatArray:
        if len(rows) <= step:
            return map_part(rows, keys)
        mapped = np.empty((len(rows), self.source_anchors.shape[1]), np.float32)
        for start in range(0, len(rows), max(1, step)):
            part = slice(start, start + max(1, step))
            mapped[part] = map_part(rows[part], keys)
        return mapped

    def _map_nearest(self, rows: FloatArray, keys: FloatArray) -> FloatArray:
        found = self._nearest(rows, keys, self._k)
        weights = self._weights(found.cosines)
        return self._sum(lambda table: combine(found, weights, table))

    def _map_support(self, rows: FloatArray, keys: FloatArray) -> FloatArray:
        """Map by sparsemax over all anchors: none beyond the first of weight 0 has a weight."""
        found = self.search(rows, keys, _FIRST_SUPPORT)
        weights = self._weights(found.cosines)
        mapped = self._sum(lambda table: combine(found, weights, table))
        wider = weights[:, -1] > 0
        if wider.any():
            mapped[wider] = self._in_parts(self._map_all, rows[wider], keys, _DENSE_CELLS // len(keys))
        return mapped

    def _map_all(self, rows: FloatArray, keys: FloatArray) -> FloatArray:
        weights = self._weights(normalise(rows) @ normalise(keys).T)
        return self._sum(lambda table: weights @ table)

    def _weights(self, cosines: FloatArray) -> FloatArray:
        return relative_weights(cosines, self.settings.weighting, self.settings.temperature)

    def _nearest(self, rows: FloatArray, keys: FloatArray, k: int) -> Neighbours:
        hubness = None
        if self.settings.ranking == "csls" and k < len(keys):
            near = self.search(keys, keys, _HUBNESS + 1).cosines[:, 1:]  # the first is the anchor itself
            hubness = near.mean(axis=1) / 2
        return self.search(rows, keys, k, penalties=hubness)

    def _sum(self, total: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Sum the source anchors by weight; `total` does it to any table ``[A, m]``."""
        mapped = total(self.source_anchors)
        if self.settings.match_norms:
            lengths = np.linalg.norm(self.source_anchors, axis=1, keepdims=True)
            return match_norms(mapped, total(lengths)[:, 0])
        return mapped
