"""Weighted sums of a table's rows, compiled: four rows are read for each time that the sum is written."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(nogil=True, cache=True, fastmath={"contract"})
def weighted_sum(
    indices: NDArray[np.int32], weights: NDArray[np.float32], table: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:  # pragma: no cover  # compiled  # fmt: skip
    """Write ``out[n] = sum_j weights[n, j] table[indices[n, j]]``, ``[n, D]``."""
    n, k = indices.shape
    for row in range(n):
        total, numbers, shares = out[row], indices[row], weights[row]
        total[:] = 0
        whole = k - k % 4
        for j in range(0, whole, 4):
            a, b, c, d = (
                table[numbers[j]],
                table[numbers[j + 1]],
                table[numbers[j + 2]],
                table[numbers[j + 3]],
            )
            w, x, y, z = shares[j], shares[j + 1], shares[j + 2], shares[j + 3]
            if w or x or y or z:
                for place in range(len(total)):
                    total[place] += w * a[place] + x * b[place] + y * c[place] + z * d[place]
        for j in range(whole, k):
            a, w = table[numbers[j]], shares[j]
            for place in range(len(total)):
                total[place] += w * a[place]
