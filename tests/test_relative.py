"""Weights and weighted sums against slow references written from the paper's equations."""

from functools import partial

import entmax
import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.relative import combine, relative_weights
from mosecrot_core.words.neighbours import Neighbours, nearest

RNG = np.random.default_rng(0)
COSINES = -np.sort(-RNG.uniform(-0.2, 0.9, (20, 8)).astype("f4"), axis=1)
SOFTMAX = partial(relative_weights, weighting="softmax")


def slow_sparsemax(z):
    """The Euclidean projection onto the simplex, found by bisection on its threshold."""
    low, high = z.min() - 1, z.max()
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(z - middle, 0).sum() > 1 else (low, middle)
    return np.maximum(z - low, 0)


@pytest.mark.parametrize("temperature", [0.05, 1.0, 10.0])
def test_softmax(temperature):
    expected = [np.exp(r / temperature) / np.exp(r / temperature).sum() for r in COSINES.astype("f8")]
    np.testing.assert_allclose(relative_weights(COSINES, "softmax", temperature), expected, rtol=2e-5)


@pytest.mark.parametrize("temperature", [0.05, 0.3, 1.0])
def test_sparsemax(temperature):
    expected = [slow_sparsemax(r / temperature) for r in COSINES.astype("f8")]
    np.testing.assert_allclose(relative_weights(COSINES, "sparsemax", temperature), expected, atol=1e-5)


@pytest.mark.parametrize("temperature", [0.001, 0.1, 1.0, 100.0])
def test_sparsemax_is_that_of_entmax(temperature):
    cosines = RNG.uniform(-1, 1, (500, 70)).astype("f4")
    cosines[:, 5] = cosines[:, 9]
    expected = entmax.sparsemax(torch.from_numpy(cosines) / temperature, dim=-1).numpy()
    np.testing.assert_allclose(
        relative_weights(cosines, "sparsemax", temperature), expected, atol=2e-6 + 5e-8 / temperature
    )


def test_sparsemax_is_the_nearest_point_of_the_simplex():
    z = COSINES[0].astype("f8") / 0.3
    start = np.full(8, 1 / 8)
    found = minimize(lambda p: ((p - z) ** 2).sum(), start, bounds=[(0, 1)] * 8,
                     constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
                     options={"ftol": 1e-12})  # fmt: skip
    np.testing.assert_allclose(relative_weights(COSINES[:1], "sparsemax", 0.3)[0], found.x, atol=1e-3)


def test_standard_divides_by_the_sum_and_ignores_the_temperature():
    positive = np.abs(COSINES)
    expected = positive / positive.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(relative_weights(positive, "standard"), expected, rtol=1e-6)
    np.testing.assert_array_equal(
        relative_weights(positive, "standard", 0.01), relative_weights(positive, "standard")
    )


@pytest.mark.parametrize("row", [[0.5, -0.5], [0.0, 0.0], [-0.1, -0.9], [1e-9, -1e-10]])
def test_standard_with_nothing_to_divide_by_weighs_evenly(row):
    np.testing.assert_array_equal(relative_weights(np.array([row], "f4"), "standard"), [[0.5, 0.5]])


def test_standard_keeps_single_negative_cosines():
    np.testing.assert_allclose(
        relative_weights(np.array([[0.9, -0.1]], "f4"), "standard"), [[1.125, -0.125]], rtol=1e-5
    )


@pytest.mark.parametrize("weighting", ["standard", "softmax", "sparsemax"])
def test_weights_sum_to_one(weighting):
    np.testing.assert_allclose(relative_weights(COSINES, weighting, 0.2).sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_temperature_must_be_positive(temperature):
    with pytest.raises(MosecrotError, match="temperature above 0"):
        relative_weights(COSINES, "softmax", temperature)


def test_combine_is_the_weighted_sum_of_anchor_rows():
    anchors = RNG.standard_normal((30, 5), dtype="f4")
    indices = RNG.integers(0, 30, (20, 8))
    weights = relative_weights(COSINES, "softmax")
    expected = [sum(w * anchors[a] for w, a in zip(weights[i], indices[i], strict=True)) for i in range(20)]
    np.testing.assert_allclose(combine(Neighbours(indices, COSINES), weights, anchors), expected, atol=1e-5)


def test_combine_writes_into_the_array_that_it_is_given():
    rng = np.random.default_rng(0)
    neighbours = nearest(rng.normal(size=(7, 4)).astype("f4"), rng.normal(size=(9, 4)).astype("f4"), 3)
    weights, table = neighbours.cosines, rng.normal(size=(9, 5)).astype("f4")
    out = np.full((7, 5), np.nan, "f4")
    assert combine(neighbours, weights, table, out=out) is out
    np.testing.assert_array_equal(out, combine(neighbours, weights, table))
    for wrong in (np.empty((7, 4), "f4"), np.empty((7, 5), "f8")):
        with pytest.raises(MosecrotError, match=r"out \[7, 5\] float32 expected, got \[7, "):
            combine(neighbours, weights, table, out=wrong)


def test_match_norms_gives_the_mean_length_and_keeps_the_direction():
    anchors = RNG.standard_normal((30, 5), dtype="f4")
    found = Neighbours(RNG.integers(0, 30, (20, 8)), COSINES)
    weights = relative_weights(COSINES, "softmax")
    plain, scaled = (combine(found, SOFTMAX, anchors, match_norms=match) for match in (False, True))
    wanted = np.array(
        [(w * np.linalg.norm(anchors[a], axis=1)).sum() for w, a in zip(weights, found.indices, strict=True)]
    )
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), wanted, rtol=1e-5)
    cosines = (plain * scaled).sum(1) / np.linalg.norm(plain, axis=1) / np.linalg.norm(scaled, axis=1)
    np.testing.assert_allclose(cosines, 1, atol=1e-5)
    assert not combine(found, SOFTMAX, np.zeros_like(anchors), match_norms=True).any()
