"""Planted pairs are wrong, as many as asked for, and of the kind asked for."""

import numpy as np
import pytest
from planted_lists import list_of, right_list

from mosecrot_core.anchors.planted_noise import NOISE_KINDS, plant

STOPS = """the of and to in is was for on that with as by at from his it an are were which this be has had its
or have their not but her they been who would when she he all""".split()  # noqa: SIM905
pytestmark = pytest.mark.filterwarnings("error")


def words_of(candidates):
    source, target = candidates.source, candidates.target
    return [(source.words[s], target.words[t]) for s, t in zip(source.of_pair, target.of_pair, strict=True)]


@pytest.fixture(scope="module")
def bilingual():
    """400 meanings; every eighth source word is an English stop word."""
    whole = right_list(400, extra=0.5, ambiguous=0.2, noise=0.5, languages=("en", "qab"))
    stops = iter(STOPS)
    named = {name: next(stops, name) if i % 8 == 0 else name for i, name in enumerate(whole.source.words)}
    pairs = [(named[s], t) for s, t in words_of(whole)]
    return list_of(
        pairs,
        {named[name]: row for name, row in zip(whole.source.words, whole.source.rows, strict=True)},
        dict(zip(whole.target.words, whole.target.rows, strict=True)),
        ("en", "qab"),
    )


@pytest.mark.parametrize("kind", NOISE_KINDS)
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_what_is_planted_was_never_listed_and_the_rest_stays(bilingual, kind, rate):
    planted, wrong, able = plant(bilingual, kind, rate, seed=3)
    before, after = words_of(bilingual), words_of(planted)
    listed = set(before)
    assert wrong.any()
    for old, new, spoiled in zip(before, after, wrong, strict=True):
        assert new[0] == old[0]
        assert (new not in listed) if spoiled else (new == old)
    assert not (wrong & ~able).any()
    assert wrong.sum() <= round(rate * able.sum())
    if kind in ("random", "frequency_matched", "near_neighbour"):
        assert wrong.sum() > 0.85 * rate * able.sum()  # the rest met a word that is listed
    assert [(s, t) for s, t in zip(planted.pairs["source"], planted.pairs["target"], strict=True)] == after
    assert list(planted.pairs["word"]) == [t for _, t in after]
    for name, row, rank in zip(planted.target.words, planted.target.rows, planted.target.rank, strict=True):
        place = bilingual.target.words.index(name)
        np.testing.assert_array_equal(row, bilingual.target.rows[place])
        assert rank == bilingual.target.rank[place]
    assert np.bincount(planted.target.of_pair, minlength=len(planted.target.words)).min() > 0


@pytest.mark.parametrize("kind", NOISE_KINDS)
def test_the_seed_decides_everything_and_no_rate_is_no_noise(bilingual, kind):
    first, again, other = (plant(bilingual, kind, 0.3, seed)[0] for seed in (1, 1, 2))
    assert words_of(first) == words_of(again) != words_of(other)
    untouched, wrong, _ = plant(bilingual, kind, 0.0, 0)
    assert words_of(untouched) == words_of(bilingual)
    assert not wrong.any()


def test_near_neighbours_are_among_the_ten_nearest(bilingual):
    planted, wrong, _ = plant(bilingual, "near_neighbour", 0.5, 0)
    names, rows = bilingual.target.words, bilingual.target.rows
    for (_, right), (_, now) in zip(
        np.array(words_of(bilingual))[wrong], np.array(words_of(planted))[wrong], strict=True
    ):
        cosines = rows @ rows[names.index(right)]
        order = [names[i] for i in np.argsort(-cosines) if names[i] != right]
        assert now in order[:10]


def test_only_pairs_with_a_stop_word_are_shuffled_among_themselves(bilingual):
    planted, wrong, able = plant(bilingual, "stop_word", 1.0, 0)
    assert 0 < able.sum() < len(bilingual) / 4
    theirs = {t for (_, t), stop in zip(words_of(bilingual), able, strict=True) if stop}
    assert {t for (_, t), spoiled in zip(words_of(planted), wrong, strict=True) if spoiled} <= theirs
    assert {s for s, _ in np.array(words_of(planted))[wrong]} <= set(STOPS)


def test_without_a_list_of_stop_words_none_is_spoiled():
    _, wrong, able = plant(right_list(50), "stop_word", 1.0, 0)
    assert not wrong.any()
    assert not able.any()


def test_frequency_matched_words_are_about_as_frequent(bilingual):
    def distance(kind):
        planted, wrong, _ = plant(bilingual, kind, 0.5, 0)
        right, now = (
            some.target.rank[some.target.of_pair][wrong].astype(float) for some in (bilingual, planted)
        )
        return np.abs(right - now).mean() / len(bilingual.target.words)

    assert distance("frequency_matched") < 0.06 < 0.25 < distance("random")


def test_an_intermediate_word_leads_from_the_right_word_to_the_wrong_one(bilingual):
    planted, wrong, _ = plant(bilingual, "intermediate_language", 0.5, 0)
    listed = set(words_of(bilingual))
    for (_, right), (_, now) in zip(
        np.array(words_of(bilingual))[wrong], np.array(words_of(planted))[wrong], strict=True
    ):
        bridges = {s for s, t in listed if t == right}
        assert any((bridge, now) in listed for bridge in bridges)


@pytest.mark.parametrize("kind", NOISE_KINDS)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_short_lists(kind, n):
    pairs = [(f"s{i}", f"t{i}") for i in range(n)]
    rows = np.random.default_rng(0).standard_normal((n, 4))
    planted, wrong, _ = plant(list_of(pairs, rows, rows), kind, 1.0, 0)
    assert len(planted) == len(wrong) == n
    if n == 1:
        assert not wrong.any()  # there is no other word to take
