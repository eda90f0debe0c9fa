"""Rows laid out in the plane: repeatable, near where rows are near, nowhere where they have no direction."""

import warnings

import numpy as np
import pytest

from mosecrot_core.words.flat_map import FEW, directed, flat_map


def groups(n, d=20, seed=0):
    """Rows in clouds of ten, and the number of each row's cloud."""
    rng = np.random.default_rng(seed)
    of = np.arange(n) // 10
    return (rng.standard_normal((n // 10 + 1, d))[of] + 0.1 * rng.standard_normal((n, d))).astype("f4"), of


@pytest.mark.filterwarnings("error")
def test_few_rows_lie_along_the_two_main_directions_of_their_directions():
    rows, _ = groups(120)
    found = flat_map(rows * np.linspace(0.5, 3, 120)[:, None].astype("f4"))
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    left, values, _ = np.linalg.svd(units - units.mean(axis=0), full_matrices=False)
    for axis in range(2):
        expected = left[:, axis] * values[axis]
        assert abs(np.corrcoef(found[:, axis], expected)[0, 1]) > 0.9999
    np.testing.assert_allclose(np.median(found, axis=0), 0, atol=1e-5)
    assert 0.98 < (np.abs(found) <= 1).mean() < 1


@pytest.mark.filterwarnings("error")
def test_rows_without_a_direction_have_no_place_and_equal_rows_the_same():
    rows, _ = groups(40)
    rows[3], rows[5, 2], rows[7, 0] = 0, np.nan, np.inf
    rows[9] = 2 * rows[8]
    assert np.flatnonzero(~directed(rows)).tolist() == [3, 5, 7]
    found = flat_map(rows)
    assert np.flatnonzero(np.isnan(found).any(axis=1)).tolist() == [3, 5, 7]
    np.testing.assert_array_equal(found[8], found[9])
    whole = flat_map(rows[directed(rows)])
    np.testing.assert_array_equal(found[directed(rows)], whole)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(0, 5), (1, 5), (2, 1), (3, 4)])
def test_hardly_any_rows(shape):
    for rows in (np.ones(shape, "f4"), np.zeros(shape, "f4"), np.eye(*shape, dtype="f4")):
        found = flat_map(rows)
        assert found.shape == (shape[0], 2)
        assert np.array_equal(np.isnan(found).any(axis=1), ~directed(rows))


@pytest.mark.slow
def test_many_rows_are_flattened_and_keep_their_neighbours():
    rows, of = groups(FEW + 100)
    rows = np.concatenate([rows, rows[:50]])
    of = np.concatenate([of, of[:50]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of umap and the packages under it, on import
        warnings.simplefilter("error", UserWarning)
        found = flat_map(rows, seed=1)
        np.testing.assert_array_equal(found, flat_map(rows, seed=1))
        assert not np.array_equal(found, flat_map(rows, seed=2))
    np.testing.assert_array_equal(found[:50], found[-50:])
    assert np.isfinite(found).all()
    distances = ((found[:, None] - found[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    near = np.argsort(distances, axis=1)[:, :5]
    assert (of[near] == of[:, None]).mean() > 0.95  # by chance 0.02
