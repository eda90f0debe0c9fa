"""How predictions for words are scored: entities by their spans, tags word by word."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.learning.bio import is_bio, repair_bio
from mosecrot_core.learning.scores import Labels, accuracy, macro_f1

TokenLabels = Sequence[Labels]
"""One label a word, sentence by sentence."""
TokenMetric = Callable[[TokenLabels, TokenLabels], float]
"""Called with gold and predicted labels; the score is in [0, 1]."""


def token_metrics(label_names: Sequence[str]) -> dict[str, TokenMetric]:
    """Return the metrics of a task by name; the first is the one that a model is chosen by.

    Entities (BIO) are scored by `span_f1` and the accuracy of words, tags by accuracy and macro-F1.
    """
    if is_bio(label_names):
        return {"span_f1": partial(span_f1, label_names=label_names), "accuracy": _by_word(accuracy)}
    return {"accuracy": _by_word(accuracy), "macro_f1": _by_word(macro_f1)}


def token_scores(gold: TokenLabels, predicted: TokenLabels, label_names: Sequence[str]) -> dict[str, float]:
    """Score predictions by every metric of the task.

    Raises:
        ValueError: A sentence has not as many predictions as words.
    """
    return {name: metric(gold, predicted) for name, metric in token_metrics(label_names).items()}


def span_f1(gold: TokenLabels, predicted: TokenLabels, label_names: Sequence[str]) -> float:
    """Return the F1 of entities, in [0, 1]: a hit has the same first and last word and the same type.

    Both sides are repaired first (`repair_bio`); all types count together (micro), as in CoNLL's own
    script. Without any entity it is 0.

    Raises:
        ValueError: A sentence has not as many predictions as words.
    """
    from seqeval.metrics import f1_score

    _check(gold, predicted)
    names = [
        [repair_bio([label_names[label] for label in sentence]) for sentence in side]
        for side in (gold, predicted)
    ]
    return float(f1_score(*names, average="micro", zero_division=0))


def _by_word(metric: Callable[[Labels, Labels], float]) -> TokenMetric:
    def score(gold: TokenLabels, predicted: TokenLabels) -> float:
        _check(gold, predicted)
        return metric(_words(gold), _words(predicted))

    return score


def _words(labels: TokenLabels) -> NDArray[np.int64]:
    return np.fromiter(chain.from_iterable(labels), dtype=np.int64)


def _check(gold: TokenLabels, predicted: TokenLabels) -> None:
    if [len(sentence) for sentence in gold] != [len(sentence) for sentence in predicted]:
        raise ValueError("one predicted label for each word of each sentence expected")
