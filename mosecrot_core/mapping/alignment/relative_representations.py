"""MoSECroT's own method: both vocabularies as weighted sums of source anchors (section 4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from mosecrot_core.mapping.alignment.base import AlignmentSettings, AnchorMapping
from mosecrot_core.mapping.neighbour_cache import Search
from mosecrot_core.mapping.relative import Weighting, combine, relative_weights, scale_to
from mosecrot_core.words.neighbours import HUBNESS_K, FloatArray, Neighbours, nearest, normalise

_HUBNESS_AMONG = 3000
"""At most so many anchors, evenly spread, are those that the hubness of all is measured among."""
_FIRST_SUPPORT = 128
"""Sparsemax over all anchors is first tried on so many: of 5,000, at most 67 had a weight."""
_CELLS = 100_000_000  # cosines to the nearest anchors held at once: 400 MB
_DENSE_CELLS = 16_000_000  # and to all anchors


class RelativeSettings(AlignmentSettings):
    """Settings of a mapping over relative representations; `RelativeRepresentations` and the paper's own."""

    weighting: Weighting
    """How the cosines to the nearest anchors become weights."""
    k: Annotated[int, Field(ge=1)] | Literal["all"] = 50
    """How many nearest anchors count (Table 3), or `all`; more than there are means all."""
    temperature: float = Field(gt=0)
    """tau: divides the cosines before softmax or sparsemax; has no effect on `standard`."""
    ranking: Literal["cosine", "csls"] = "cosine"
    """Which anchors are nearest. `csls` takes off half of each anchor's mean cosine to its 10 nearest others
    (among at most 3,000), so that hubs come later; the weights are of the cosines in either case."""
    centre: bool = False
    """Take the anchors' mean off the rows and the anchors of either side before their cosines."""
    match_norms: bool
    """Give each mapped row the weighted mean length of its anchors."""

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> "RelativeMapping":
        return RelativeMapping(source_anchors, target_anchors, self)


class RelativeRepresentations(RelativeSettings):
    """The setting that is recommended: few anchors a word, at their length.

    It was chosen on French texts apart from every test set; `experiments/alignment_ablation.yaml` asks what
    each of its parts brings. A softmax as sharp as this sparsemax has a temperature of about 0.07.
    """

    method: Literal["relative"] = "relative"
    weighting: Weighting = "sparsemax"
    temperature: float = Field(default=0.5, gt=0)
    match_norms: bool = True


class PaperRepresentations(RelativeSettings):
    """The paper's own setting (section 4): no temperature, sums that are shorter than their anchors.

    Nearly uniform weights, as those of `standard` and `softmax` are then, blur the words of a topic together.
    """

    method: Literal["paper"] = "paper"
    weighting: Weighting = "standard"
    temperature: float = Field(default=1.0, gt=0)
    match_norms: bool = False


@dataclass(frozen=True, eq=False)
class RelativeMapping(AnchorMapping):
    """Relative representations over fitted anchors."""

    settings: RelativeSettings
    search: Search = nearest
    """Finds the anchors; a `NeighbourCache` remembers them for the next weighting or temperature."""

    def anchor_weights(self, rows: FloatArray) -> tuple[Neighbours, FloatArray]:
        """Return the anchors that each target row ``[n, d]`` is made of and their weights ``[n, k]``."""
        rows, keys = self._centred(rows, self.target_anchors)
        found = self.search(rows, keys, self._k, penalties=self._hubness(keys))
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

    def _map(self, rows: FloatArray, anchors: FloatArray) -> FloatArray:
        rows, keys = self._centred(rows, anchors)
        if self._k < len(keys) or self._k <= _FIRST_SUPPORT:
            hubness = self._hubness(keys)

            def map_nearest(part: FloatArray) -> FloatArray:
                found = self.search(part, keys, self._k, penalties=hubness)
                norms = self.settings.match_norms
                return combine(found, self._weights, self.source_anchors, match_norms=norms)

            return self._in_parts(map_nearest, rows, _CELLS // self._k)
        if self.settings.weighting == "sparsemax":
            return self._in_parts(lambda part: self._map_support(part, keys), rows, _CELLS // _FIRST_SUPPORT)
        return self._map_all(rows, keys)

    def _in_parts(
        self, map_part: Callable[[FloatArray], FloatArray], rows: FloatArray, step: int
    ) -> FloatArray:
        if len(rows) <= step:
            return map_part(rows)
        mapped = np.empty((len(rows), self.source_anchors.shape[1]), np.float32)
        for start in range(0, len(rows), max(1, step)):
            part = slice(start, start + max(1, step))
            mapped[part] = map_part(rows[part])
        return mapped

    def _map_support(self, rows: FloatArray, keys: FloatArray) -> FloatArray:
        """Map by sparsemax over all anchors: none beyond the first of weight 0 has a weight."""
        found = self.search(rows, keys, _FIRST_SUPPORT)
        weights = self._weights(found.cosines)
        mapped = combine(found, weights, self.source_anchors, match_norms=self.settings.match_norms)
        wider = weights[:, -1] > 0
        if wider.any():
            mapped[wider] = self._map_all(rows[wider], keys)
        return mapped

    def _map_all(self, rows: FloatArray, keys: FloatArray) -> FloatArray:
        units, lengths = normalise(keys).T, np.linalg.norm(self.source_anchors, axis=1)

        def map_part(part: FloatArray) -> FloatArray:
            weights = self._weights(normalise(part) @ units)
            mapped = np.asarray(weights @ self.source_anchors, np.float32)
            if self.settings.match_norms:
                scale_to(mapped, weights @ lengths)
            return mapped

        return self._in_parts(map_part, rows, _DENSE_CELLS // len(keys))

    def _weights(self, cosines: FloatArray) -> FloatArray:
        return relative_weights(cosines, self.settings.weighting, self.settings.temperature)

    def _hubness(self, keys: FloatArray) -> FloatArray | None:
        """Return what CSLS takes off each anchor's cosines, ``[A]``; none where it changes nothing."""
        if self.settings.ranking == "cosine" or self._k >= len(keys):
            return None
        step = -(-len(keys) // _HUBNESS_AMONG)
        cosines = self.search(keys, keys[::step], HUBNESS_K + 1).cosines
        itself = np.arange(len(keys)) % step == 0  # is the first that is found
        near = np.where(itself[:, None], cosines[:, 1:], cosines[:, :-1])
        return np.asarray(near.mean(axis=1) / 2, np.float32)
