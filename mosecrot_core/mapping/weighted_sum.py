"""Weighted sums of a table's rows, compiled: eight rows are read for each time that the sum is written."""

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.compiled import compiled


@compiled(fastmath={"contract"})
def weighted_sum(
    indices: NDArray[np.int32], weights: NDArray[np.float32], table: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:  # pragma: no cover  # compiled  # fmt: skip
    """Write ``out[n] = sum_j weights[n, j] table[indices[n, j]]``, ``[n, D]``."""
    n, k = indices.shape
    whole = k - k % 8
    for row in range(n):
        total, at, w = out[row], indices[row], weights[row]
        total[:] = 0
        for j in range(0, whole, 8):
            a, b, c, d = table[at[j]], table[at[j + 1]], table[at[j + 2]], table[at[j + 3]]
            e, f, g, h = table[at[j + 4]], table[at[j + 5]], table[at[j + 6]], table[at[j + 7]]
            s, t, u, v = w[j], w[j + 1], w[j + 2], w[j + 3]
            q, x, y, z = w[j + 4], w[j + 5], w[j + 6], w[j + 7]
            if s or t or u or v or q or x or y or z:
                for i in range(len(total)):
                    first = s * a[i] + t * b[i] + u * c[i] + v * d[i]
                    total[i] += first + (q * e[i] + x * f[i] + y * g[i] + z * h[i])
        for j in range(whole, k):
            a = table[at[j]]
            for i in range(len(total)):
                total[i] += w[j] * a[i]
