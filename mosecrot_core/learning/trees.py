"""The best tree over the words of a sentence, given a score of every arc (Chu, Liu, Edmonds).

Most often the best head of each word already makes a tree, and then that is the best one. Else it is found by
ufal.chu_liu_edmonds where that is installed (`pip install 'mosecrot[parsing]'`; its licence is the GPL), else
by networkx, which takes hundreds of times as long; both are exact.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]
Heads = NDArray[np.int64]
IMPOSSIBLE = -1e8
"""An arc with this score, or less, is none."""
_FAST = "ufal.chu_liu_edmonds"


def best_tree(scores: Scores) -> Heads:
    """Return the heads of words 1 to n ``[n]`` in the tree with the largest sum of scores; ROOT is 0.

    One word, and no other, hangs on ROOT.

    Args:
        scores: Of each node, 0 to n, as the dependent (row) of each (column) ``[n + 1, n + 1]``; neither
            ROOT's row nor the diagonal counts, and every word can be reached.

    >>> best_tree(np.array([[0, 0, 0], [2, 0, 3], [1, 3, 0]]))
    array([0, 1])
    """
    arcs = np.array(scores, np.float64)
    np.fill_diagonal(arcs, -np.inf)
    arcs[arcs <= IMPOSSIBLE] = -np.inf
    heads: Heads = arcs[1:].argmax(axis=1)
    if is_tree(heads):
        return heads
    possible = arcs[1:][np.isfinite(arcs[1:])]
    # Each further arc from ROOT would cost more than the other arcs can bring: there is one.
    arcs[1:, 0] -= len(heads) * (np.ptp(possible) + 1)
    return _arborescence()(arcs)


def is_tree(heads: Heads) -> bool:
    """Tell whether heads of words 1 to n make a tree with one word on ROOT.

    >>> is_tree(np.array([2, 0])), is_tree(np.array([0, 0])), is_tree(np.array([0, 3, 2]))
    (True, False, False)
    """
    above = np.concatenate([[0], heads])
    for _ in range(len(heads).bit_length()):
        above = above[above]  # twice as far up each time
    return int((heads == 0).sum()) == 1 and not above.any()


def _arborescence() -> Callable[[Scores], Heads]:
    package = _FAST.split(".", maxsplit=1)[0]
    return _by_ufal if find_spec(package) and find_spec(_FAST) else _by_networkx


def _by_ufal(arcs: Scores) -> Heads:
    heads, _ = import_module(_FAST).chu_liu_edmonds(np.where(np.isfinite(arcs), arcs, np.nan))
    return np.asarray(heads[1:], np.int64)


def _by_networkx(arcs: Scores) -> Heads:
    import networkx

    graph = networkx.DiGraph()
    dependents, heads = np.nonzero(np.isfinite(arcs))
    graph.add_weighted_edges_from(
        (int(head), int(dependent), arcs[dependent, head])
        for dependent, head in zip(dependents, heads, strict=True)
        if dependent
    )
    found = np.zeros(len(arcs), np.int64)
    for head, dependent in networkx.maximum_spanning_arborescence(graph).edges:
        found[dependent] = head
    return found[1:]
