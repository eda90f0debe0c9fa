"""The map: finite, repeatable, and near where pairs are alike."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from planted_lists import list_of, right_list

from mosecrot_core.anchors.point_map import point_map


def side_by_side(candidates):
    source, target = candidates.source, candidates.target
    rows = np.hstack([source.rows[source.of_pair], target.rows[target.of_pair]]).astype(float)
    return rows - rows.mean(axis=0)


@pytest.mark.filterwarnings("error")
def test_few_pairs_lie_along_their_two_main_directions():
    candidates = right_list(120, extra=0, noise=0.3)
    found = point_map(candidates)
    left, values, _ = np.linalg.svd(side_by_side(candidates), full_matrices=False)
    for axis in range(2):
        expected = left[:, axis] * values[axis]
        assert abs(np.corrcoef(found[:, axis], expected)[0, 1]) > 0.9999
    assert found[:, 0].std() > found[:, 1].std()
    np.testing.assert_allclose(np.median(found, axis=0), 0, atol=1e-5)
    assert 0.98 < (np.abs(found) <= 1).mean() < 1
    np.testing.assert_array_equal(found, point_map(candidates, seed=5))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [1, 2, 3])
def test_short_lists_and_equal_or_missing_vectors(n):
    pairs = [(f"s{i}", f"t{i}") for i in range(n)]
    for rows in (np.eye(n, 1), np.eye(n, 4), np.ones((n, 4)), np.zeros((n, 4))):
        found = point_map(list_of(pairs, rows, rows))
        assert found.shape == (n, 2)
        assert np.isfinite(found).all()


@pytest.mark.slow
def test_pytorch_keeps_its_threads():
    """Who gives a job one core finds it on one core also after the map, with others beside it."""
    code = """
import torch
from planted_lists import right_list
from mosecrot_core.anchors.point_map import point_map
assert torch.get_num_threads() == 1
point_map(right_list(600, extra=0, noise=0.3))
print(torch.get_num_threads())
"""
    own = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "2", "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


@pytest.mark.slow
def test_many_pairs_are_flattened_and_keep_their_neighbours():
    candidates = right_list(600, extra=0, noise=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of umap and the packages under it, on import
        warnings.simplefilter("error", UserWarning)
        found = point_map(candidates, seed=1)
        again = point_map(candidates, seed=1)
    np.testing.assert_array_equal(found, again)
    assert found.shape == (600, 2)
    assert np.isfinite(found).all()
    assert 0.98 < (np.abs(found) <= 1).mean() <= 1

    def nearest_ten(points):
        distances = ((points[:, None] - points[None]) ** 2).sum(axis=2)
        return np.argsort(distances, axis=1)[:, 1:11]

    truth = nearest_ten(side_by_side(candidates).astype("f4"))
    kept = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(truth, nearest_ten(found), strict=True)])
    assert kept > 0.3  # by chance 0.02; the two main directions alone keep about a tenth
