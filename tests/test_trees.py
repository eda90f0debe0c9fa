"""The best tree, held to all trees there are."""

from itertools import product

import networkx
import numpy as np
import pytest

from mosecrot_core.learning import trees
from mosecrot_core.learning.trees import IMPOSSIBLE, best_tree, is_tree


def all_trees(n):
    """Every choice of heads of n words in which one word is on ROOT and all lead there."""
    for heads in product(range(n + 1), repeat=n):
        graph = networkx.DiGraph([(head, word) for word, head in enumerate(heads, 1)])
        graph.add_node(0)
        if heads.count(0) == 1 and networkx.is_arborescence(graph):
            yield heads


TREES = {n: list(all_trees(n)) for n in range(1, 6)}


def total(scores, heads):
    return sum(scores[word, head] for word, head in enumerate(heads, 1))


@pytest.fixture(params=["ufal.chu_liu_edmonds", "no_such_package.at_all"], autouse=True)
def either_library(request, monkeypatch):
    if request.param.startswith("ufal"):
        pytest.importorskip(request.param)
    monkeypatch.setattr(trees, "_FAST", request.param)


def test_there_are_as_many_trees_as_cayley_says():
    """n^(n-1) rooted trees of n words, each hung on ROOT by its root."""
    assert [len(TREES[n]) for n in TREES] == [n ** (n - 1) for n in TREES]


@pytest.mark.parametrize("n", TREES)
@pytest.mark.parametrize("scale", [1.0, 1e-3, 50.0])
def test_no_tree_is_better(n, scale):
    rng, cyclic = np.random.default_rng(n), 0
    for _ in range(40):
        scores = scale * rng.standard_normal((n + 1, n + 1))
        heads = best_tree(scores)
        assert tuple(heads) in TREES[n]
        assert total(scores, heads) == pytest.approx(max(total(scores, other) for other in TREES[n]))
        np.fill_diagonal(scores, -np.inf)
        cyclic += not is_tree(scores[1:].argmax(axis=1))
    assert n == 1 or cyclic > 5, "the libraries were asked"


def test_of_several_words_that_would_be_root_one_is():
    scores = np.array([[0, 0, 0, 0], [9, 0, 1, 1], [8, 2, 0, 1], [9, 1, 3, 0]], np.float32)
    assert best_tree(scores).tolist() == [0, 1, 2], "9 + 2 + 3; the best heads alone are 0, 0, 0"


def test_arcs_that_cannot_be_are_not_taken_whatever_it_costs():
    rng = np.random.default_rng(0)
    for _ in range(60):
        scores = rng.standard_normal((5, 5))
        scores[1:, 0] = IMPOSSIBLE
        scores[rng.integers(1, 5), 0] = -700.0
        found = best_tree(scores)
        allowed = [heads for heads in TREES[4] if scores[heads.index(0) + 1, 0] > IMPOSSIBLE]
        assert total(scores, found) == pytest.approx(max(total(scores, heads) for heads in allowed))


def test_trees_are_told_from_what_is_none():
    for n, known in TREES.items():
        for heads in product(range(n + 1), repeat=n) if n < 5 else known:
            assert is_tree(np.array(heads)) == (heads in known)


def test_long_sentences():
    """As networkx finds it over the whole graph, with the one root tried word by word."""
    rng = np.random.default_rng(3)
    scores = rng.standard_normal((13, 13))
    best = -np.inf
    for root in range(1, 13):
        graph = networkx.DiGraph()
        graph.add_edge(0, root, weight=scores[root, 0])
        graph.add_weighted_edges_from(
            (j, i, scores[i, j]) for i in range(1, 13) for j in range(1, 13) if i != j and i != root
        )
        found = networkx.maximum_spanning_arborescence(graph)
        best = max(best, sum(weight for _, _, weight in found.edges(data="weight")))
    assert total(scores, best_tree(scores)) == pytest.approx(best)
