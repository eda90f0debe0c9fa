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


class Letters:
    """Tells how alike words are spelled, as TF-IDF over the anchors weighs their n-grams.

    Args:
        anchors: The anchors' words ``[A]``; those that come more than once count as often.
    """

    def __init__(self, anchors: Sequence[str]) -> None:
        places: dict[str, int] = {}
        of_anchors = np.array([places.setdefault(word, len(places)) for word in anchors], np.int64)
        counts = _count(list(places))
        times = np.bincount(of_anchors, minlength=len(places))
        documents = np.bincount(counts[1], times[counts[0]], minlength=_BUCKETS)
        rarity = 1 + np.log((1 + len(anchors)) / (1 + documents))  # IDF, as if one more word had it all
        signs = 1 - 2 * (np.arange(_BUCKETS) // WIDTH % 2)  # half count against: cosines stay on average
        self._signed = signs * rarity
        self.anchors = self._of(counts, len(places))[of_anchors]
        """What `features` returns for the anchors ``[A, WIDTH]``."""

    def features(self, words: Sequence[str]) -> "csr_matrix":
        """Return the spelling of words, of length 1, ``[n, WIDTH]``; few numbers are not 0."""
        return self._of(_count(words), len(words))

    def _of(self, counts: tuple[Integers, Integers, Integers], n: int) -> "csr_matrix":
        from scipy.sparse import csr_matrix  # a quarter of a second

        words, buckets, times = counts
        damped = 1 + np.log(np.arange(1, 1 + times.max(initial=0)))
        weights = self._signed[buckets] * damped[times - 1]
        bounds = np.searchsorted(words, np.arange(n + 1))
        features = csr_matrix((weights, buckets % WIDTH, bounds), shape=(n, WIDTH))
        features.sum_duplicates()
        of_rows = np.repeat(np.arange(n), np.diff(features.indptr))
        lengths = np.sqrt(np.bincount(of_rows, features.data**2, minlength=n))
        features.data /= np.where(lengths > 0, lengths, 1)[of_rows]
        return features.astype(np.float32)


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
        self._weight, self._rows = weight, rows
        self._letters = Letters(words)

    @cached_property
    def anchors(self) -> FloatArray:
        """The anchors' extended rows ``[A, d + WIDTH]``."""
        return self._extended(self._letters.anchors, self._rows)

    def extend(self, words: Sequence[str], rows: FloatArray) -> FloatArray:
        """Return static rows ``[n, d]`` with the spelling of their words behind, ``[n, d + WIDTH]``."""
        return self._extended(self._letters.features(words), rows)

    def _extended(self, features: "csr_matrix", rows: FloatArray) -> FloatArray:
        vectors = normalise(np.asarray(rows, np.float32) - self._mean)
        return np.hstack([vectors, np.float32(self._weight**0.5) * features.toarray()])


def _count(words: Sequence[str]) -> tuple[Integers, Integers, Integers]:
    return count_ngrams(words, _LONGEST, _BUCKETS)
