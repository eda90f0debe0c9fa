"""N-grams of letters in buckets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer

from mosecrot_core.mapping import ngrams as module
from mosecrot_core.mapping.ngrams import count_ngrams

BUCKETS = 1 << 18
WORDS = ["chien", "Hommes", "我们", "a", "s'il vous", "", " ", "\u00a0", "ßẞ", "𝄞x", "É\u0301", "aaaa", "İ"]


def reference(words, longest, buckets=BUCKETS):
    counter = HashingVectorizer(
        analyzer="char_wb", ngram_range=(1, longest), n_features=buckets, norm=None, alternate_sign=False
    )
    return counter.transform(words)


def as_matrix(words, longest, buckets=BUCKETS):
    word, bucket, count = count_ngrams(words, longest, buckets)
    return csr_matrix((count, (word, bucket)), shape=(len(words), buckets))


@pytest.mark.parametrize("longest", [1, 3, 5, 9])
def test_the_buckets_are_those_of_scikit_learn(longest):
    assert (as_matrix(WORDS, longest) != reference(WORDS, longest)).nnz == 0


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_any_text_falls_into_the_same_buckets(words):
    assert (as_matrix(words, 5, 1024) != reference(words, 5, 1024)).nnz == 0


def test_words_are_counted_in_parts_in_their_order(monkeypatch):
    whole = count_ngrams(WORDS, 5, BUCKETS)
    monkeypatch.setattr(module, "_AT_ONCE", 3)
    for part, expected in zip(count_ngrams(WORDS, 5, BUCKETS), whole, strict=True):
        np.testing.assert_array_equal(part, expected)
    assert (np.diff(whole[0] * BUCKETS + whole[1]) > 0).all()


@pytest.mark.parametrize("words", [[], [""], ["", " "]])
def test_no_letters_have_no_ngrams(words):
    assert [len(part) for part in count_ngrams(words, 5, BUCKETS)] == [0, 0, 0]


def test_half_a_surrogate_pair_is_a_letter_as_any():
    word, _, count = count_ngrams(["\ud800a"], 2, BUCKETS)
    assert count.sum() == 4 + 3
    assert set(word) == {0}
