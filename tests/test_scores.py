"""Scores against their definitions, spelled out."""

import numpy as np
import pytest

from mosecrot_core.learning.scores import METRICS, accuracy, macro_f1


def slow_macro_f1(gold, predicted):
    scores = []
    for label in sorted(set(gold) | set(predicted)):
        hits = sum(g == label and p == label for g, p in zip(gold, predicted, strict=True))
        found, there = sum(p == label for p in predicted), sum(g == label for g in gold)
        precision = hits / found if found else 0.0
        recall = hits / there if there else 0.0
        scores.append(2 * precision * recall / (precision + recall) if hits else 0.0)
    return sum(scores) / len(scores)


@pytest.mark.parametrize("labels", [2, 3, 12])
@pytest.mark.parametrize("seed", range(5))
def test_against_the_definition(labels, seed):
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, labels, 40)
    predicted = np.where(rng.random(40) < 0.6, gold, rng.integers(0, labels, 40))
    assert macro_f1(gold, predicted) == pytest.approx(slow_macro_f1(gold.tolist(), predicted.tolist()))
    assert accuracy(gold, predicted) == pytest.approx(np.mean(gold == predicted))


@pytest.mark.parametrize(
    ("gold", "predicted", "f1"),
    [
        ([0, 1, 2], [0, 1, 2], 1.0),
        ([0, 0, 1], [1, 1, 0], 0.0),
        ([0, 0, 0, 1], [0, 0, 0, 0], (6 / 7 + 0) / 2),  # a class that is never predicted counts
        ([0, 0], [0, 2], (2 / 3 + 0) / 2),  # so does one that is only predicted
        ([1, 1], [1, 1], 1.0),  # classes that occur in neither do not
    ],
)
def test_by_hand(gold, predicted, f1):
    assert macro_f1(gold, predicted) == pytest.approx(f1)


def test_plain_floats_without_warnings(recwarn):
    assert all(type(score([0, 1], [1, 1])) is float for score in METRICS.values())
    assert not recwarn.list
