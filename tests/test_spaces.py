"""Pairs between the spaces: against word-by-word arithmetic, and blind to the pair itself."""

import warnings

import numpy as np
import pytest
from planted_lists import list_of, right_list
from scipy.linalg import fractional_matrix_power, svd

from mosecrot_core.anchors import spaces
from mosecrot_core.anchors.planted_noise import plant
from mosecrot_core.anchors.spaces import Crossing, cross

pytestmark = pytest.mark.filterwarnings("error")
FIELDS = ("similarity", "csls", "source_rank", "target_rank", "hubness", "best_target")


def folds_of(candidates, folds, seed):
    """The fold of each pair: source words are dealt out in random order."""
    return (np.random.default_rng(seed).permutation(len(candidates.source.words)) % folds)[
        candidates.source.of_pair
    ]


def reference(candidates, folds, most, seed):
    """Everything with one pair at a time and no shortcut."""
    rng = np.random.default_rng(seed)
    source, target = candidates.source, candidates.target
    s, t = source.of_pair, target.of_pair
    fold = (rng.permutation(len(source.words)) % folds)[s]

    def joint(chosen):
        left, right = source.rows[s[chosen]].astype(float), target.rows[t[chosen]].astype(float)
        means = left.mean(axis=0), right.mean(axis=0)
        left, right = left - means[0], right - means[1]
        whiten = []
        for rows in (left, right):
            covariance = rows.T @ rows / len(rows)
            ridge = np.trace(covariance) / len(covariance)
            whiten.append(fractional_matrix_power(covariance + ridge * np.eye(len(covariance)), -0.5))
        u, correlation, v = svd(whiten[0] @ left.T @ right / len(chosen) @ whiten[1], full_matrices=False)
        mapped = [
            (side.rows - mean) @ w @ basis * np.sqrt(correlation)
            for side, mean, w, basis in zip((source, target), means, whiten, (u, v.T), strict=True)
        ]
        return [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in mapped]

    def hubness(row, others):
        return np.sort(others[:most] @ row)[::-1][:10].mean()

    everything = joint(np.arange(len(s)))
    hub_s = [hubness(row, everything[1]) for row in everything[0][:most]]
    hub_t = [hubness(row, everything[0]) for row in everything[1][:most]]

    def rank(row, own, cosine, own_hub, others, hubs):
        """Rivals are the 20 largest cosines; they count if their CSLS is larger than the own word's."""
        level = 2 * cosine - (hubs[own] if own < most else own_hub)
        cosines = others[:most] @ row
        rivals = np.argsort(-cosines)[:20]
        values = [2 * cosines[rival] - hubs[rival] for rival in rivals]
        return sum(value > level + 1e-5 for value in values), rivals[np.argmax(values)]

    found = {name: np.zeros(len(s)) for name in FIELDS}
    for number in range(folds):
        inside = np.flatnonzero(fold == number)
        if not len(inside):
            continue
        S, T = joint(np.flatnonzero(fold != number))
        other = rng.permutation(len(inside))
        at_random = {"similarity": [], "csls": []}
        for place, pair in enumerate(inside):
            row_s, row_t, stranger = S[s[pair]], T[t[pair]], T[t[inside[other[place]]]]
            own_s, own_t = hubness(row_s, T), hubness(row_t, S)
            cosine = row_s @ row_t
            found["similarity"][pair] = cosine
            found["csls"][pair] = 2 * cosine - own_s - own_t
            found["hubness"][pair] = (own_s + own_t) / 2
            found["source_rank"][pair], found["best_target"][pair] = rank(
                row_s, t[pair], cosine, own_t, T, hub_t
            )
            found["target_rank"][pair], _ = rank(row_t, s[pair], cosine, own_s, S, hub_s)
            at_random["similarity"].append(row_s @ stranger)
            at_random["csls"].append(2 * row_s @ stranger - own_s - hubness(stranger, S))
        for name, values in at_random.items():
            found[name][inside] = (found[name][inside] - np.mean(values)) / np.std(values)
    return Crossing(**found)


@pytest.mark.parametrize(("most", "seed"), [(10_000, 0), (45, 7)])
def test_same_as_one_pair_at_a_time(most, seed):
    candidates, _, _ = plant(right_list(70, widths=(24, 18), noise=0.7, seed=seed), "random", 0.2, 0)
    found = cross(candidates, folds=4, most=most, seed=seed)
    expected = reference(candidates, 4, most, seed)
    for name in ("similarity", "csls", "hubness"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=2e-3, err_msg=name)
    for name in ("source_rank", "target_rank", "best_target"):
        same = getattr(found, name) == getattr(expected, name)
        assert same.mean() > 0.98, name  # a few are told apart by rounding
    assert found.source_rank.max() > 0


def test_a_fold_is_measured_without_its_own_pairs():
    candidates = right_list(60, extra=0, noise=0.5)
    fold = folds_of(candidates, 5, 0)
    p, q = np.flatnonzero(fold == 2)[:2]
    swapped_words = candidates.target.of_pair.copy()
    swapped_words[[p, q]] = swapped_words[[q, p]]
    swapped = type(candidates)(
        candidates.pairs, candidates.source,
        type(candidates.target)(
            candidates.target.words, candidates.target.rows, swapped_words, candidates.target.rank,
            candidates.target.lengths,
        ), candidates.languages,
    )  # fmt: skip
    before, after = (cross(some, folds=5, most=1000, seed=0).hubness for some in (candidates, swapped))
    rest = np.setdiff1d(np.flatnonzero(fold == 2), [p, q])
    # The joint space of fold 2 does not know that two of its pairs were swapped; that of the others does.
    np.testing.assert_array_equal(before[rest], after[rest])
    np.testing.assert_allclose(before[[p, q]].sum(), after[[p, q]].sum(), atol=1e-6)
    assert np.abs(before - after)[fold != 2].min() > 0


@pytest.mark.parametrize("translations", [1, 4])
def test_unrelated_spaces_are_no_more_alike_than_chance(translations):
    """A space fitted to the pairs it measures finds a likeness where there is none.

    With four translations that are almost one vector, folds of pairs instead of words would find it, too.
    """
    rng = np.random.default_rng(0)
    n = 300
    rows = rng.standard_normal((n, 30))
    near = rng.standard_normal((n, 1, 25)) + 0.1 * rng.standard_normal((n, translations, 25))
    pairs = [(f"s{i}", f"t{i}.{k}") for i in range(n) for k in range(translations)]
    candidates = list_of(pairs, rows, near.reshape(-1, 25))
    found = cross(candidates, folds=5, most=10_000, seed=0)
    bound = 3 / np.sqrt(n)  # three standard errors
    assert abs(found.similarity.mean()) < bound
    assert abs(found.csls.mean()) < bound
    joint = spaces._fit(candidates, np.arange(len(pairs)))
    own = joint.source(candidates.source.rows)[candidates.source.of_pair]
    mapped = joint.target(candidates.target.rows)[candidates.target.of_pair]
    fitted = (own * mapped).sum(axis=1)
    shuffled = (own * np.roll(mapped, translations, axis=0)).sum(axis=1)
    assert (fitted.mean() - shuffled.mean()) / shuffled.std() > 3 * bound


def test_right_pairs_stand_out_and_hubs_do_not():
    candidates, wrong, _ = plant(right_list(300, noise=0.5), "random", 0.2, 0)
    found = cross(candidates, folds=5, most=10_000, seed=0)
    for values in (found.similarity, found.csls):
        assert values[~wrong].mean() > 3
        assert abs(values[wrong].mean()) < 0.5
        assert abs(values[wrong].std() - 1) < 0.4  # wrong pairs lie as random ones do
    assert found.source_rank[wrong].mean() > found.source_rank[~wrong].mean() + 5


def test_a_word_is_first_exactly_where_it_is_the_best_of_all():
    candidates = right_list(250, noise=1.0, extra=0)
    found = cross(candidates, folds=5, most=10_000, seed=0)
    best = found.best_target == candidates.target.of_pair
    np.testing.assert_array_equal(found.source_rank == 0, best)
    assert 0.1 < best.mean() < 0.9


def test_equal_vectors_are_no_nearer_than_each_other():
    whole = right_list(40, extra=0, noise=0.1)
    rows = dict(zip(whole.target.words, whole.target.rows, strict=True))
    pairs = list(zip(whole.pairs["source"], whole.pairs["target"], strict=True))
    twins = list_of(
        [*pairs, *((s, t + "'") for s, t in pairs)],
        dict(zip(whole.source.words, whole.source.rows, strict=True)),
        rows | {name + "'": row for name, row in rows.items()},
    )
    found = cross(twins, folds=5, most=10_000, seed=0)
    np.testing.assert_array_equal(found.source_rank[:40], found.source_rank[40:])
    assert (found.source_rank[:40] == 0).mean() > 0.8


def test_the_seed_decides_everything():
    candidates = right_list(80, seed=5)
    first, again, other = (cross(candidates, folds=5, most=100, seed=seed) for seed in (1, 1, 2))
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert (first.similarity != other.similarity).any()


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_short_lists_have_defined_results(n):
    rng = np.random.default_rng(n)
    pairs = [(f"s{i}", f"t{i}") for i in range(n)]
    for rows in (rng.standard_normal((n, 4)), np.ones((n, 4)), np.zeros((n, 4))):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = cross(list_of(pairs, rows, rows[:, :3]), folds=5, most=10, seed=0)
        for name in FIELDS:
            assert np.isfinite(getattr(found, name)).all(), name
            assert len(getattr(found, name)) == n
