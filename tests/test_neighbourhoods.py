"""Neighbourhoods against loops over words."""

import numpy as np
import pytest
from planted_lists import list_of, right_list

from mosecrot_core.anchors.neighbourhoods import look_around
from mosecrot_core.anchors.planted_noise import plant

pytestmark = pytest.mark.filterwarnings("error")


def neighbours(side, word, most):
    """The weights of a word's 30 nearest other words, nearest first; equal vectors do not count."""
    cosines = side.rows[:most] @ side.rows[word]
    order = np.argsort(-cosines, kind="stable")[:31]
    return {n: cosines[n] ** 3 for n in order if n != word and 0 < cosines[n] <= 0.999}


def blend(start, end, word, without, most):
    """Add up the partners of a word's neighbours: each neighbour divides its weight among its partners."""
    total, reached = np.zeros(end.rows.shape[1]), set()
    for near, weight in neighbours(start, word, most).items():
        partners = np.unique(end.of_pair[start.of_pair == near])
        reached.update(partners.tolist())
        for partner in partners:
            if partner != without:
                total += weight / len(partners) * end.rows[partner]
    return total, reached


def cosine(left, right):
    length = np.linalg.norm(left) * np.linalg.norm(right)
    return left @ right / length if length > 1e-6 else 0.0


@pytest.mark.parametrize("most", [10_000, 40])
def test_same_as_loops_over_words(most):
    candidates, _, _ = plant(right_list(80, noise=0.5, extra=0.4, seed=2), "random", 0.2, 0)
    source, target = candidates.source, candidates.target
    found = look_around(candidates, most)
    for pair, (s, t) in enumerate(zip(source.of_pair, target.of_pair, strict=True)):
        forth, reached = blend(source, target, s, t, most)
        back, _ = blend(target, source, t, s, most)
        expected = (cosine(forth, target.rows[t]) + cosine(back, source.rows[s])) / 2
        assert found.reconstruction[pair] == pytest.approx(expected, abs=2e-3)
        around = neighbours(target, t, most)
        share = np.mean([near in reached for near in around]) if around else 0
        assert found.agreement[pair] == pytest.approx(share, abs=1e-5)
        shown = [pair for pair in found.source_near[pair].tolist() if pair >= 0]
        expected_near = list(neighbours(source, s, most))[:5]
        assert [source.of_pair[p] for p in shown] == expected_near
        assert all(p == np.flatnonzero(source.of_pair == source.of_pair[p])[0] for p in shown)


def test_a_pair_is_not_its_own_witness():
    """Its right partner, moved anywhere, changes nothing in where the others would put it."""
    candidates = right_list(60, extra=0, noise=0.3)
    pair = 17
    partner = candidates.target.of_pair[pair]
    before = look_around(candidates, 1000)
    rows = candidates.target.rows.copy()
    rows[partner] = -rows[partner]
    side = type(candidates.target)(
        candidates.target.words, rows, candidates.target.of_pair, candidates.target.rank,
        candidates.target.lengths,
    )  # fmt: skip
    moved = look_around(type(candidates)(candidates.pairs, candidates.source, side, ("qaa", "qab")), 1000)
    assert before.reconstruction[pair] > 0.5
    assert moved.reconstruction[pair] < 0
    np.testing.assert_array_equal(before.source_near, moved.source_near)


def test_right_pairs_agree_and_wrong_ones_do_not():
    candidates, wrong, _ = plant(right_list(300, noise=0.5), "random", 0.2, 0)
    found = look_around(candidates, 10_000)
    for values in (found.reconstruction, found.agreement):
        assert np.median(values[~wrong]) > np.quantile(values[wrong], 0.9)
    assert (np.abs(found.reconstruction) <= 1).all()
    assert ((found.agreement >= 0) & (found.agreement <= 1 + 1e-6)).all()


@pytest.mark.parametrize("n", [1, 2, 5])
def test_short_lists_and_equal_or_missing_vectors(n):
    pairs = [(f"s{i}", f"t{i}") for i in range(n)]
    for rows in (np.eye(n, 4), np.ones((n, 4)), np.zeros((n, 4))):
        found = look_around(list_of(pairs, rows, rows), 10)
        assert np.isfinite(found.reconstruction).all()
        assert np.isfinite(found.agreement).all()
        assert found.source_near.shape == found.target_near.shape == (n, 5)
        assert (found.source_near < n).all()


def test_one_word_with_a_thousand_translations_has_no_surroundings_to_be_judged_by():
    rng = np.random.default_rng(0)
    pairs = [("s", f"t{i}") for i in range(1000)]
    found = look_around(list_of(pairs, np.ones((1, 4)), rng.standard_normal((1000, 6))), 10_000)
    assert (found.agreement == 0).all()
    assert (found.source_near == -1).all()
    assert np.isfinite(found.reconstruction).all()
