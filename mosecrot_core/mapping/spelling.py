"""The spelling of words beside their vectors, so that nearness is of both.

A word form that the list lacks is often spelled like one that it has (*hommes*, *homme*), and rows that words
share, as in pruned vector files, are told apart. Riley and Gildea (2018), "Orthographic Features for
Bilingual Lexicon Induction", put spelling beside vectors as features; these are n-grams of 1 to 5 letters,
weighed by TF-IDF over the anchors and hashed with signs (Weinberger et al., 2009).
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from mosecrot_core.words.neighbours import FloatArray, normalise

WIDTH = 1024
"""Numbers that the n-grams are hashed to; cosines of words that share none are 0 +- 0.03."""
_BUCKETS = 1 << 18  # of n-grams that TF-IDF tells apart
_LENGTHS = (1, 5)


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
        counts = _ngrams(words)
        self._tf_idf = TfidfTransformer(sublinear_tf=True).fit(counts)
        self._rows = rows
        self.anchor_features = self._of(counts)
        """What `features` returns for the anchors ``[A, WIDTH]``."""

    @cached_property
    def anchors(self) -> FloatArray:
        """The anchors' extended rows ``[A, d + WIDTH]``."""
        return self._extended(self.anchor_features, self._rows)

    def extend(self, words: Sequence[str], rows: FloatArray) -> FloatArray:
        """Return static rows ``[n, d]`` with the spelling of their words behind, ``[n, d + WIDTH]``."""
        return self._extended(self.features(words), rows)

    def features(self, words: Sequence[str]) -> csr_matrix:
        """Return the spelling of words alone, not yet of length 1, ``[n, WIDTH]``; few are not 0."""
        return self._of(_ngrams(words))

    def _of(self, counts: csr_matrix) -> csr_matrix:
        return csr_matrix(self._tf_idf.transform(counts) @ _SIGNED)

    def _extended(self, features: csr_matrix, rows: FloatArray) -> FloatArray:
        spelled = normalise(features.toarray().astype(np.float32))
        vectors = normalise(np.asarray(rows, np.float32) - self._mean)
        return np.hstack([vectors, np.float32(self._weight**0.5) * spelled])


def _ngrams(words: Sequence[str]) -> csr_matrix:
    """Count the n-grams of words, their ends marked by a space, ``[n, _BUCKETS]``."""
    counter = HashingVectorizer(
        analyzer="char_wb", ngram_range=_LENGTHS, n_features=_BUCKETS, norm=None, alternate_sign=False
    )
    return csr_matrix(counter.transform(list(words)))


def _signed() -> csr_matrix:
    """Add up buckets of n-grams ``[_BUCKETS, WIDTH]``, half of them with a minus: cosines stay on average."""
    buckets = np.arange(_BUCKETS)
    signs = 1.0 - 2.0 * (buckets // WIDTH % 2)
    return csr_matrix((signs, (buckets, buckets % WIDTH)), shape=(_BUCKETS, WIDTH))


_SIGNED = _signed()
