"""How predictions are scored."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score

Labels = Sequence[int] | NDArray[np.int64]


def macro_f1(gold: Labels, predicted: Labels) -> float:
    """Return the mean F1 over the classes that occur in either, in [0, 1] (section 5.3)."""
    return float(f1_score(gold, predicted, average="macro", zero_division=0))


def accuracy(gold: Labels, predicted: Labels) -> float:
    """Return the share of labels that agree, in [0, 1]."""
    return float(accuracy_score(gold, predicted))


METRICS = {"macro_f1": macro_f1, "accuracy": accuracy}


def text_scores(gold: Labels, predicted: Labels, main_metric: str = "macro_f1") -> dict[str, float]:
    """Return every score of METRICS, the main one first."""
    names = sorted(METRICS, key=lambda name: name != main_metric)
    return {name: METRICS[name](gold, predicted) for name in names}
