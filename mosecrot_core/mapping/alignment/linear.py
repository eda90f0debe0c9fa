"""What the linear methods share: rows times one matrix, source rows left alone."""

from dataclasses import dataclass

import numpy as np

from mosecrot_core.words.neighbours import FloatArray, normalise


@dataclass(frozen=True, eq=False)
class LinearMapping:
    """F_t = (rows - from_mean) W + to_mean; F_s are the source rows themselves."""

    matrix: FloatArray
    """W, ``[d, D]``."""
    from_mean: FloatArray | float = 0.0
    """Taken off target rows, ``[d]``."""
    to_mean: FloatArray | float = 0.0
    """Added to mapped rows, ``[D]``."""
    unit_rows: bool = False
    """Whether rows are brought to length 1 before W."""

    def map_target(self, rows: FloatArray) -> FloatArray:
        """Return F_t ``[n, D]`` of static rows ``[n, d]``."""
        rows = rows - self.from_mean
        rows = normalise(rows) if self.unit_rows else rows
        return np.asarray(rows @ self.matrix + self.to_mean, dtype=np.float32)

    def map_source(self, rows: FloatArray) -> FloatArray:
        """Return source rows ``[n, D]`` as they are."""
        return rows
