"""Alignment methods against their equations, and the null baselines."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.alignment import (
    LeastSquares,
    PaperRepresentations,
    Procrustes,
    Whitened,
    relative_representations,
)
from mosecrot_core.mapping.neighbour_cache import NeighbourCache
from mosecrot_core.mapping.null_baselines import gaussian_rows, mean_rows, shuffle_pairs

RNG = np.random.default_rng(1)
SOURCE = RNG.standard_normal((40, 6), dtype="f4")
TARGET = RNG.standard_normal((40, 4), dtype="f4")
WORDS = RNG.standard_normal((15, 4), dtype="f4")


def slow_relative(row, keys, source_anchors, k):
    cosines = [row @ key / np.linalg.norm(row) / np.linalg.norm(key) for key in keys]
    top = sorted(range(len(keys)), key=lambda j: -cosines[j])[:k]
    return sum(cosines[j] * source_anchors[j] for j in top) / sum(cosines[j] for j in top)


@pytest.mark.parametrize("k", [1, 7])
def test_relative_representations_are_equation_by_equation_the_papers(k):
    mapping = PaperRepresentations(k=k).fit(SOURCE, TARGET)
    expected_target = [slow_relative(row, TARGET, SOURCE, k) for row in WORDS]
    np.testing.assert_allclose(mapping.map_target(WORDS), expected_target, rtol=1e-3, atol=1e-4)
    rows = RNG.standard_normal((9, 6), dtype="f4")
    expected_source = [slow_relative(row, SOURCE, SOURCE, k) for row in rows]
    np.testing.assert_allclose(mapping.map_source(rows), expected_source, rtol=1e-3, atol=1e-4)


MANY = RNG.standard_normal((300, 6), dtype="f4"), RNG.standard_normal((300, 4), dtype="f4")


@pytest.mark.parametrize("weighting", ["standard", "softmax", "sparsemax"])
@pytest.mark.parametrize("temperature", [0.02, 1.0, 50.0])
@pytest.mark.parametrize("norms", [False, True])
def test_all_anchors_are_all_the_nearest(weighting, temperature, norms, monkeypatch):
    """Dense ways and the support of sparsemax against the weights of every sorted cosine."""
    options = {"weighting": weighting, "temperature": temperature, "match_norms": norms}
    monkeypatch.setattr(relative_representations, "_DENSE_CELLS", 300 * 7)  # several parts
    dense = PaperRepresentations(k="all", **options).fit(*MANY)
    found, weights = dense.anchor_weights(WORDS)
    assert weights.shape == (15, 300)
    expected = weights @ MANY[0][found.indices]
    expected = np.stack([w @ MANY[0][i] for w, i in zip(weights, found.indices, strict=True)])
    if norms:
        lengths = np.linalg.norm(MANY[0], axis=1)
        wanted = np.abs((weights * lengths[found.indices]).sum(axis=1, keepdims=True))
        expected *= wanted / np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(dense.map_target(WORDS), expected, rtol=2e-3, atol=2e-4)
    np.testing.assert_allclose(
        PaperRepresentations(k=9999, **options).fit(*MANY).map_target(WORDS), dense.map_target(WORDS)
    )


def test_many_rows_are_mapped_part_by_part(monkeypatch):
    mapping = PaperRepresentations(k=7).fit(SOURCE, TARGET)
    whole = mapping.map_target(WORDS)
    monkeypatch.setattr(relative_representations, "_CELLS", 7 * 4)
    np.testing.assert_array_equal(mapping.map_target(WORDS), whole)
    assert mapping.map_target(WORDS[:0]).shape == (0, 6)


@pytest.mark.parametrize("among", [40, 14])
def test_csls_takes_half_the_hubness_off(among, monkeypatch):
    monkeypatch.setattr(relative_representations, "_HUBNESS_AMONG", among)
    mapping = PaperRepresentations(k=5, ranking="csls").fit(SOURCE, TARGET)
    unit = TARGET / np.linalg.norm(TARGET, axis=1, keepdims=True)
    near = unit @ unit.T
    np.fill_diagonal(near, -2)
    hubness = np.sort(near[:, :: 40 // among + (among < 40)], axis=1)[:, -10:].mean(axis=1)
    cosines = WORDS / np.linalg.norm(WORDS, axis=1, keepdims=True) @ unit.T
    expected = np.argsort(-(2 * cosines - hubness), axis=1)[:, :5]
    found, _ = mapping.anchor_weights(WORDS)
    np.testing.assert_array_equal(found.indices, expected)
    np.testing.assert_allclose(found.cosines, np.take_along_axis(cosines, expected, axis=1), atol=1e-6)
    by_cosine = PaperRepresentations(k=5).fit(SOURCE, TARGET).anchor_weights(WORDS)[0]
    assert (by_cosine.indices != found.indices).any()


def test_a_remembered_search_gives_the_same_rows(monkeypatch):
    cache = NeighbourCache(k=20)
    for options in ({"k": 20}, {"k": 5, "weighting": "sparsemax"}, {"temperature": 0.1, "k": 7}):
        mapping = PaperRepresentations(**options).fit(SOURCE, TARGET)
        np.testing.assert_array_equal(
            replace(mapping, search=cache).map_target(WORDS), mapping.map_target(WORDS)
        )
    assert cache.hits == 2
    cache(WORDS, TARGET, 21)  # more than were looked for
    cache(WORDS + 1, TARGET, 5)  # other rows
    cache(WORDS.copy(), TARGET, 5, penalties=np.ones(40, "f4"))  # another order
    assert cache.hits == 2
    cache(WORDS.copy(), TARGET.copy(), 21)  # other arrays, the same numbers
    assert cache.hits == 3


def test_a_cache_keeps_to_its_memory():
    cache = NeighbourCache(k=5, memory=2 * 15 * 5 * 8)
    for number in (0, 1, 2, 0):
        cache(WORDS + number, TARGET, 5)
    assert cache.hits == 0  # the first was forgotten
    cache(WORDS + 2, TARGET, 5)
    assert cache.hits == 1


def test_one_anchor_maps_every_word_to_it():
    mapping = PaperRepresentations(weighting="softmax").fit(SOURCE[:1], TARGET[:1])
    np.testing.assert_allclose(mapping.map_target(WORDS), np.repeat(SOURCE[:1], 15, axis=0), rtol=1e-5)


def test_an_anchor_finds_itself_at_k_1():
    mapping = PaperRepresentations(k=1).fit(SOURCE, TARGET)
    np.testing.assert_allclose(mapping.map_target(TARGET), SOURCE, rtol=1e-4)


def test_least_squares_minimises_the_distance_between_the_anchors():
    mapping = LeastSquares().fit(SOURCE, TARGET)
    W = mapping.map_target(np.eye(4, dtype="f4"))
    normal_equations = np.linalg.solve(TARGET.T @ TARGET, TARGET.T @ SOURCE)
    np.testing.assert_allclose(W, normal_equations, atol=1e-4)
    assert mapping.map_source(SOURCE) is SOURCE


def test_ridge_is_that_of_the_augmented_equations():
    share = 0.3
    penalty = share * (TARGET.astype("f8") ** 2).sum() / 4
    expected = Ridge(alpha=penalty, fit_intercept=False).fit(TARGET, SOURCE).coef_.T
    W = LeastSquares(ridge=share).fit(SOURCE, TARGET).map_target(np.eye(4, dtype="f4"))
    np.testing.assert_allclose(W, expected, atol=1e-5)
    assert np.linalg.norm(
        LeastSquares(ridge=100).fit(SOURCE, TARGET).map_target(WORDS)
    ) < 0.1 * np.linalg.norm(LeastSquares().fit(SOURCE, TARGET).map_target(WORDS))


@pytest.mark.parametrize("centre", [False, True])
@pytest.mark.parametrize(("d", "D"), [(4, 6), (6, 4), (5, 5)])
def test_procrustes_finds_the_rotation_scale_and_shift_that_made_the_anchors(d, D, centre):
    rng = np.random.default_rng(d)
    rotation = np.linalg.qr(rng.standard_normal((max(d, D), max(d, D))))[0][:d, :D]
    target = rng.standard_normal((60, d))
    if d > D:
        target = target @ rotation @ rotation.T  # what W can bring back
    shift = rng.standard_normal(D) * 3 if centre else 0
    source = 2.5 * target @ rotation + shift
    mapping = Procrustes(centre=centre).fit(source, target)
    np.testing.assert_allclose(mapping.map_target(target), source, atol=1e-4)
    assert mapping.map_source(source) is source


def test_no_rotation_and_scale_are_nearer_than_procrustes():
    def distance(matrix):
        return np.linalg.norm(TARGET @ matrix - SOURCE)

    best = Procrustes().fit(SOURCE, TARGET).matrix
    plain = Procrustes(scale=False).fit(SOURCE, TARGET).matrix
    np.testing.assert_allclose(plain @ plain.T, np.eye(4), atol=1e-5)
    rng = np.random.default_rng(0)
    for _ in range(200):
        turned = np.linalg.qr(np.eye(6) + 0.1 * rng.standard_normal((6, 6)))[0]
        assert distance(best @ turned * rng.uniform(0.8, 1.2)) > distance(best)
        assert distance(plain @ turned) > distance(plain)


def test_whitened_is_least_squares_at_power_1_and_keeps_whitened_lengths_at_0():
    np.testing.assert_allclose(
        Whitened(reweight=1).fit(SOURCE, TARGET).map_target(WORDS),
        LeastSquares().fit(SOURCE, TARGET).map_target(WORDS), atol=1e-4,
    )  # fmt: skip
    mapped = Whitened(reweight=0).fit(SOURCE, TARGET).map_target(TARGET)

    def inverse_root(rows):
        values, vectors = np.linalg.eigh(rows.T.astype("f8") @ rows.astype("f8"))
        return vectors @ np.diag(values**-0.5) @ vectors.T

    white_before, white_after = TARGET @ inverse_root(TARGET), mapped @ inverse_root(SOURCE)
    np.testing.assert_allclose(
        np.linalg.norm(white_after, axis=1), np.linalg.norm(white_before, axis=1), atol=1e-4
    )


def test_whitened_gives_directions_that_the_languages_share_more_weight():
    hidden = RNG.standard_normal((500, 3), dtype="f4")
    target = np.concatenate([hidden[:, :2], RNG.standard_normal((500, 1), dtype="f4")], axis=1)
    source = np.concatenate([hidden[:, :2], RNG.standard_normal((500, 1), dtype="f4")], axis=1)
    matrices = [Whitened(reweight=p).fit(source, target).matrix for p in (0, 0.5, 1)]
    shared = [np.linalg.norm(matrix[:2]) for matrix in matrices]
    own = [np.linalg.norm(matrix[2]) for matrix in matrices]
    np.testing.assert_allclose(shared, shared[0], rtol=0.02)
    assert own[0] > 0.9
    assert own[0] > 2 * own[1] > 4 * own[2]


@pytest.mark.parametrize(
    "method", [Procrustes(), Procrustes(centre=True), Whitened(), LeastSquares(ridge=0.1)]
)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_and_equal_anchors_give_numbers(method, n):
    for source, target in ((SOURCE[:n], TARGET[:n]), (SOURCE[[0] * n], TARGET[[0] * n])):
        assert np.isfinite(method.fit(source, target).map_target(WORDS)).all()


def test_centring_takes_the_mean_off_before_the_cosines():
    plain, shifted = PaperRepresentations(k=7), PaperRepresentations(k=7, centre=True)
    mean = TARGET.astype("f8").mean(axis=0).astype("f4")
    expected = plain.fit(SOURCE, TARGET - mean).map_target(WORDS - mean)
    np.testing.assert_array_equal(shifted.fit(SOURCE, TARGET).map_target(WORDS), expected)
    found, _ = shifted.fit(SOURCE, TARGET).anchor_weights(WORDS)
    assert (found.indices == plain.fit(SOURCE, TARGET - mean).anchor_weights(WORDS - mean)[0].indices).all()


def test_least_squares_with_fewer_anchors_than_dimensions_stays_small():
    W = LeastSquares().fit(SOURCE[:2], TARGET[:2]).map_target(np.eye(4, dtype="f4"))
    np.testing.assert_allclose(TARGET[:2] @ W, SOURCE[:2], atol=1e-4)
    assert np.linalg.norm(W) < 10


@pytest.mark.parametrize("method", [LeastSquares(), PaperRepresentations(), Procrustes(), Whitened()])
@pytest.mark.parametrize(("a", "b"), [(0, 0), (3, 4)])
def test_anchors_must_pair_up(method, a, b):
    with pytest.raises(MosecrotError, match="pair up"):
        method.fit(SOURCE[:a], TARGET[:b])


@pytest.mark.parametrize("n", [2, 3, 50])
def test_shuffling_leaves_no_pair_together(n):
    order = shuffle_pairs(n, seed=3)
    assert sorted(order) == list(range(n))
    assert not (order == np.arange(n)).any()
    np.testing.assert_array_equal(order, shuffle_pairs(n, seed=3))


def test_gaussian_rows_have_the_mean_and_covariance_asked_for():
    like = RNG.standard_normal((5000, 3)).astype("f4") @ np.array([[1, 2, 0], [0, 1, 0], [0, 0, 3]], "f4") + 5
    drawn = gaussian_rows(like, 40_000, seed=0)
    np.testing.assert_allclose(drawn.mean(0), like.mean(0), atol=0.1)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(like.T), atol=0.3)
    np.testing.assert_array_equal(drawn[:10], gaussian_rows(like, 40_000, seed=0)[:10])


def test_mean_rows():
    np.testing.assert_allclose(mean_rows(SOURCE, 3), [SOURCE.mean(0)] * 3, rtol=1e-5)
