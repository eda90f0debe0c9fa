"""The interface that every alignment method keeps."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from mosecrot_core.errors import MosecrotError
from mosecrot_core.settings import Settings
from mosecrot_core.words.neighbours import FloatArray


class Mapping(Protocol):
    """A fitted alignment: rows of either language in, rows of width D of the source encoder out."""

    def map_target(self, rows: FloatArray) -> FloatArray:
        """Map static target rows ``[n, d]`` to F_t ``[n, D]``."""

    def map_source(self, rows: FloatArray) -> FloatArray:
        """Map source rows ``[n, D]`` to F_s ``[n, D]``; methods that leave the source alone return them."""


@dataclass(frozen=True, eq=False)
class AnchorMapping(ABC):
    """Rows of either language as sums of source anchors; those of its own language say of which."""

    source_anchors: FloatArray
    """A_s ``[A, D]``."""
    target_anchors: FloatArray
    """A_t ``[A, d]``."""

    def map_target(self, rows: FloatArray) -> FloatArray:
        """Return F_t ``[n, D]`` of static rows ``[n, d]``."""
        return self._map(rows, self.target_anchors)

    def map_source(self, rows: FloatArray) -> FloatArray:
        """Return F_s ``[n, D]`` of source rows ``[n, D]``, made of source anchors in the same way."""
        return self._map(rows, self.source_anchors)

    @abstractmethod
    def _map(self, rows: FloatArray, anchors: FloatArray) -> FloatArray: ...


class AlignmentSettings(Settings, ABC):
    """Settings of a method, which also fit it."""

    keeps_source: ClassVar[bool] = False
    """Whether `map_source` returns the source rows as they are."""

    def fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping:
        """Learn the mapping from anchor rows.

        Args:
            source_anchors: A_s ``[A, D]``, rows of the encoder's embedding.
            target_anchors: A_t ``[A, d]``, static rows of their translations, in the same order.

        Raises:
            MosecrotError: No anchors, or the two sides differ in number.
        """
        if len(source_anchors) != len(target_anchors) or not len(source_anchors):
            raise MosecrotError(
                f"fit: source and target anchors must pair up and be at least one, "
                f"got {source_anchors.shape} and {target_anchors.shape}."
            )
        return self._fit(np.asarray(source_anchors, np.float32), np.asarray(target_anchors, np.float32))

    @abstractmethod
    def _fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Mapping: ...
