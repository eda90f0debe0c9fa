"""WECHSEL: by way of the source language's static vectors (Minixhofer, Paischer and Rekabsaz, NAACL 2022).

"WECHSEL: Effective initialization of subword embeddings for cross-lingual transfer of monolingual language
models". Target vectors are rotated into the static space of the source language (orthogonal Procrustes over
the word pairs). Each word is then the softmax-weighted mean of the encoder rows of the k source tokens
nearest to it there: it chooses among all tokens with a static vector, not only among the anchors. The
original rotates the source side, which gives the same cosines where both spaces are equally wide, and learns
from all listed pairs that both know; here the rotation is learned from the anchors, as every other method is.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.alignment.base import AlignmentSettings, Mapping
from mosecrot_core.mapping.alignment.procrustes import Procrustes
from mosecrot_core.mapping.relative import combine, relative_weights
from mosecrot_core.words.neighbours import FloatArray, nearest


@dataclass(frozen=True, eq=False)
class SourceStatics:
    """Static vectors of the source language; a row of zeros means that there is none.

    Attributes:
        vectors: Of the encoder's tokens ``[n, e]``.
        rows: The same tokens' rows in the encoder ``[n, D]``.
        anchors: Static vectors of the source anchors ``[A, e]``.
    """

    vectors: FloatArray
    rows: FloatArray
    anchors: FloatArray

    def __post_init__(self) -> None:
        if len(self.vectors) != len(self.rows) or self.vectors.shape[1:] != self.anchors.shape[1:]:
            raise MosecrotError(
                f"source statics: vectors [n, e], rows [n, D] and anchors [A, e] expected, got "
                f"{self.vectors.shape}, {self.rows.shape} and {self.anchors.shape}."
            )


class Wechsel(AlignmentSettings):
    """Settings of WECHSEL; the defaults are the original's."""

    keeps_source: ClassVar[bool] = True
    method: Literal["wechsel"] = "wechsel"
    k: int = Field(default=10, ge=1)
    """How many nearest source tokens a word is made of."""
    temperature: float = Field(default=0.1, gt=0)
    """Divides the cosines before softmax."""

    def fit_with_statics(self, statics: SourceStatics, target_anchors: FloatArray) -> "WechselMapping":
        """Learn the rotation from the anchors that have a static vector on either side.

        Args:
            statics: Of the source language.
            target_anchors: A_t ``[A, d]``, in the order of ``statics.anchors``.

        Raises:
            MosecrotError: The sides differ in number, no anchor has a static source vector, or no token has.
        """
        if len(statics.anchors) != len(target_anchors):
            raise MosecrotError(
                f"wechsel: static vectors of the source and target anchors must pair up, got "
                f"{statics.anchors.shape} and {target_anchors.shape}."
            )
        usable = np.linalg.norm(statics.anchors, axis=1) > 0
        known = np.linalg.norm(statics.vectors, axis=1) > 0
        if not usable.any() or not known.any():
            raise MosecrotError(
                f"wechsel: {usable.sum()} of {len(usable)} anchors and {known.sum()} of {len(known)} source "
                "tokens have a static vector, at least one of each expected: are they the source language's?"
            )
        rotation = Procrustes(scale=False).fit(statics.anchors[usable], target_anchors[usable])
        return WechselMapping(self, rotation, statics.vectors[known], statics.rows[known])

    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping:  # noqa: ARG002
        raise MosecrotError(
            "wechsel: static vectors of the source language are needed: name them under `source: vectors:` "
            "in the experiment, or call fit_with_statics."
        )


@dataclass(frozen=True, eq=False)
class WechselMapping:
    """Means of the source tokens nearest in the static space."""

    settings: Wechsel
    rotation: Mapping
    """From the target's static space into the source's."""
    vectors: FloatArray
    """Static vectors of the source tokens ``[n, e]``."""
    rows: FloatArray
    """Their rows in the encoder ``[n, D]``."""

    def map_target(self, rows: FloatArray) -> FloatArray:
        """Return F_t ``[n, D]`` of static rows ``[n, d]``."""
        found = nearest(self.rotation.map_target(rows), self.vectors, self.settings.k)
        weights = relative_weights(found.cosines, "softmax", self.settings.temperature)
        return combine(found, weights, self.rows)

    def map_source(self, rows: FloatArray) -> FloatArray:
        """Return source rows ``[n, D]`` as they are."""
        return rows
