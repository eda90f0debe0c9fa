"""Rows for frequent words that neither vectors nor word list know: those of source words as frequent.

Vectors that were trained without stop words lack the words that a text uses most, and so do most word lists.
Read through its pieces or characters such a word seems to mean something, all over a text. What is that
frequent is a function word in any language: the mean row of source words as frequent says as much as is known
about it. On Chinese topics that is worth what the right translations are (README).
"""

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.words.neighbours import FloatArray

FREQUENT_FROM = 0.001
"""The share of all words from which a word is frequent."""
LACKED_FROM = 0.05
"""The share of a text that frequent words without a vector make up where the vectors lack stop words."""
_AMONG = 10


def rows_as_frequent(
    shares: NDArray[np.float64], source_shares: NDArray[np.float64], source_rows: FloatArray
) -> FloatArray:
    """Return the mean row of the ten source words nearest in log frequency, at their mean length.

    Args:
        shares: Share of its language's words that each word is ``[n]``, above 0.
        source_shares: The same of source words ``[m]``, above 0; at least one.
        source_rows: Their rows ``[m, D]``.

    Returns:
        ``[n, D]``.
    """
    near = as_frequent(shares, source_shares)
    lengths = np.linalg.norm(source_rows, axis=1)
    means = source_rows[near].mean(axis=1, dtype=np.float64)
    wanted, own = lengths[near].mean(axis=1), np.linalg.norm(means, axis=1)
    return np.asarray(means * (wanted / np.where(own > 0, own, 1))[:, None], np.float32)


def as_frequent(shares: NDArray[np.float64], source_shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which of the source words are as frequent as each word ``[n, 10]``, the nearest first."""
    apart = np.abs(np.log(shares)[:, None] - np.log(source_shares))
    return np.argsort(apart, axis=1, kind="stable")[:, :_AMONG]
