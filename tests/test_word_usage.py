"""Frequencies, partners and scores against loops over pairs."""

import numpy as np
import pandas as pd
import pytest
import wordfreq
from planted_lists import list_of, right_list

from mosecrot_core.anchors.word_usage import frequency_gap, lead, listed_score, spread

pytestmark = pytest.mark.filterwarnings("error")
PAIRS = [("dog", "chien"), ("the", "le"), ("house", "maison"), ("Paris", "qzxv"), ("water", "eau")]


def some_rows(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 6))


def test_frequency_gap_is_that_of_the_frequency_lists():
    found = frequency_gap(list_of(PAIRS, some_rows(5), some_rows(5), ("en", "fr")))
    zipf = [
        wordfreq.zipf_frequency(s, "en") - wordfreq.zipf_frequency(t, "fr", minimum=1.0) for s, t in PAIRS
    ]
    np.testing.assert_allclose(found, np.abs(np.array(zipf) - np.median(zipf)), atol=0.02)
    assert found.argmax() == 3  # a word no French text has


def test_without_a_frequency_list_the_place_in_the_vocabulary_stands_for_it():
    pairs = [("a", "w"), ("b", "x"), ("c", "x"), ("d", "y"), ("e", "z")]
    found = frequency_gap(list_of(pairs, some_rows(5), some_rows(4)))
    gap = [np.log10((t + 1) / (s + 1)) for s, t in enumerate([0, 1, 1, 2, 3])]
    np.testing.assert_allclose(found, np.abs(gap - np.median(gap)), atol=1e-6)


def test_one_list_known_and_the_other_not():
    found = frequency_gap(list_of(PAIRS, some_rows(5), some_rows(5), ("en", "qaa")))
    gap = [wordfreq.zipf_frequency(s, "en") + np.log10(rank + 1) for rank, (s, _) in enumerate(PAIRS)]
    np.testing.assert_allclose(found, np.abs(np.array(gap) - np.median(gap)), atol=0.02)


def test_spread_is_the_mean_cosine_to_the_other_translations():
    candidates = right_list(60, extra=0.5, seed=1)
    for own, other in (
        (candidates.source, candidates.target),
        (candidates.target, candidates.source),
    ):
        chance = np.sqrt(np.mean((other.rows @ other.rows.T).astype(float) ** 2))
        found = spread(own, other)
        for pair, word in enumerate(own.of_pair):
            rest = [p for p in np.flatnonzero(own.of_pair == word) if p != pair]
            if not rest:
                assert np.isnan(found[pair])
                continue
            cosines = [other.rows[other.of_pair[pair]] @ other.rows[other.of_pair[p]] for p in rest]
            assert found[pair] == pytest.approx(np.mean(cosines) / chance, abs=1e-4)


def test_lead_is_over_the_best_other_pair_of_the_word():
    rng = np.random.default_rng(0)
    candidates = right_list(60, extra=0.5, seed=2)
    fit = rng.integers(0, 4, len(candidates)).astype("f4")  # ties among them
    for side in (candidates.source, candidates.target):
        found = lead(side, fit)
        for pair, word in enumerate(side.of_pair):
            rest = [fit[p] for p in np.flatnonzero(side.of_pair == word) if p != pair]
            if rest:
                assert found[pair] == fit[pair] - max(rest)
            else:
                assert np.isnan(found[pair])


def test_one_word_with_a_thousand_translations():
    pairs = [("s", f"t{i}") for i in range(1000)]
    candidates = list_of(pairs, some_rows(1), some_rows(1000))
    fit = np.random.default_rng(1).permutation(1000).astype("f4")
    found = lead(candidates.source, fit)
    assert found[fit.argmax()] == 1
    np.testing.assert_array_equal(np.delete(found, fit.argmax()), np.delete(fit - 999, fit.argmax()))
    assert np.isnan(lead(candidates.target, fit)).all()
    assert np.isfinite(spread(candidates.source, candidates.target)).all()
    assert np.isnan(spread(candidates.target, candidates.source)).all()


def test_zero_vectors_have_no_spread_to_speak_of():
    pairs = [("s", "t"), ("s", "u")]
    assert spread(*_sides(list_of(pairs, np.zeros((1, 3)), np.zeros((2, 3))))).tolist() == [0, 0]


def test_listed_score_is_a_rank_and_nan_where_there_is_none():
    scores = pd.DataFrame({"score": [3.0, np.nan, -1.0, 3.0, 10.0]})
    np.testing.assert_allclose(listed_score(scores), [2.5 / 4, np.nan, 1 / 4, 2.5 / 4, 1])
    assert np.isnan(listed_score(pd.DataFrame({"score": [np.nan, np.nan]}))).all()


def _sides(candidates):
    return candidates.source, candidates.target
