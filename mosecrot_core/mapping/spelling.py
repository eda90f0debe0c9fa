"""The spelling of words beside their vectors, so that nearness is of both.

A word form that the list lacks is often spelled like one that it has (*hommes*, *homme*), and rows that words
share, as in pruned vector files, are told apart. Riley and Gildea (2018), "Orthographic Features for
Bilingual Lexicon Induction", put spelling beside vectors as features; these are n-grams of 1 to 5 letters,
weighed by TF-IDF over the anchors and hashed with signs (Weinberger et al., 2009).
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mosecrot_core.mapping.ngrams import Integers, count_ngrams
from mosecrot_core.words.neighbours import FloatArray, normalise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

WIDTH = 1024
"""Numbers that the n-grams are hashed to; cosines of words that share none are 0 +- 0.03."""
_BUCKETS = 1 << 18  # of n-grams that TF-IDF tells apart
_LONGEST = 5  # letters of an n-gram


class Spelling:
    """Puts the spelling of words behind their static rows.

    The cosine of two extended rows is (cos of vectors + weight * cos of spellings) / (1 + weight); of vectors
    the mean of the anchors' is taken off first.

    Args:
        words: The anchors ``[A]``.
        rows: Their static rows ``[A, d]``.
        weight: What spelling counts beside vectors; 1: as much.
    """

    def __init__(self, words: Sequence[str], rows: FloatArray, weight: float) -> None:
        self._mean = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
        self._weight = weight
        counts = _count(words)
        documents = np.bincount(counts[1], minlength=_BUCKETS)
        self._rarity = 1 + np.log((1 + len(words)) / (1 + documents))  # IDF, as if one more word had it all
        self._rows = rows
        self.anchor_features = self._of(counts, len(words))
        """What `features` returns for the anchors ``[A, WIDTH]``."""

    @cached_property
    def anchors(self) -> FloatArray:
        """The anchors' extended rows ``[A, d + WIDTH]``."""
        return self._extended(self.anchor_features, self._rows)

    def extend(self, words: Sequence[str], rows: FloatArray) -> FloatArray:
        """Return static rows ``[n, d]`` with the spelling of their words behind, ``[n, d + WIDTH]``."""
        return self._extended(self.features(words), rows)

    def features(self, words: Sequence[str]) -> "csr_matrix":
        """Return the spelling of words alone, of length 1, ``[n, WIDTH]``; few numbers are not 0."""
        return self._of(_count(words), len(words))

    def _of(self, counts: tuple[Integers, Integers, Integers], n: int) -> "csr_matrix":
        from scipy.sparse import csr_matrix  # a quarter of a second

        words, buckets, times = counts
        signs = 1 - 2 * (buckets // WIDTH % 2)  # half of the n-grams count against: cosines stay on average
        weights = signs * (1 + np.log(times)) * self._rarity[buckets]
        features = csr_matrix((weights, (words, buckets % WIDTH)), shape=(n, WIDTH))
        of_rows = np.repeat(np.arange(n), np.diff(features.indptr))
        lengths = np.sqrt(np.bincount(of_rows, features.data**2, minlength=n))
        features.data /= np.where(lengths > 0, lengths, 1)[of_rows]
        return features.astype(np.float32)

    def _extended(self, features: "csr_matrix", rows: FloatArray) -> FloatArray:
        vectors = normalise(np.asarray(rows, np.float32) - self._mean)
        return np.hstack([vectors, np.float32(self._weight**0.5) * features.toarray()])


def _count(words: Sequence[str]) -> tuple[Integers, Integers, Integers]:
    return count_ngrams(words, _LONGEST, _BUCKETS)
