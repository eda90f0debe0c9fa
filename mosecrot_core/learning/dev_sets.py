"""Dev sets while a model learns: examples in a fixed order, and what predictions for them score.

They are iterable, because the Trainer shuffles what it can index; then nobody knew which prediction is whose.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from mosecrot_core.learning.scores import METRICS
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.learning.token_scores import token_scores
from mosecrot_core.learning.token_windows import IGNORED, Window, labels_of_words

Example = dict[str, Any]
"""What a model takes, with its `labels`."""
Array = NDArray[Any]


class DevSet(IterableDataset[Example], ABC):
    """Labelled examples, by their length."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples

    def __iter__(self) -> Iterator[Example]:
        return iter(self.examples)

    @abstractmethod
    def score(self, labels: Array, predictions: Array) -> dict[str, float]:
        """Score the Trainer's arrays, a row an example."""


class TextDev(DevSet):
    """Texts with a label each; predictions are logits ``[n, labels]``."""

    def __init__(self, examples: Sequence[Example], metric: str = "macro_f1") -> None:
        super().__init__(sorted(examples, key=_length))
        self._metric = metric

    def score(self, labels: Array, predictions: Array) -> dict[str, float]:
        """Return the metric, one of `scores.METRICS`."""
        return {self._metric: METRICS[self._metric](labels, predictions.argmax(-1))}


class WordDev(DevSet):
    """Windows of sentences whose words have a label each; predictions are labels ``[windows, subwords]``."""

    def __init__(self, windows: Sequence[Window], part: LabelledTokens, label_names: Sequence[str]) -> None:
        self._windows = sorted(windows, key=lambda window: _length(window.inputs))
        super().__init__(labelled_windows(self._windows, part))
        self._part, self._label_names = part, label_names

    def score(self, labels: Array, predictions: Array) -> dict[str, float]:
        """Return every metric of the task, for whole sentences."""
        found = []
        for window, own, best in zip(self._windows, labels, predictions, strict=True):
            # Padding may stand on either side: the scored subwords are known by their labels.
            at = dict(zip(sorted(set(window.positions)), best[own != IGNORED], strict=True))
            found.append([at[position] for position in window.positions])
        lengths = [len(words) for words in self._part.sentences]
        predicted = labels_of_words(self._windows, found, lengths, self._label_names)
        return token_scores(self._part.labels, predicted, self._label_names)


class SeveralDevs(DevSet):
    """Dev sets of several languages; their mean score counts (Wu et al. 2022: bilingual models)."""

    def __init__(self, devs: Sequence[DevSet]) -> None:
        super().__init__([example for dev in devs for example in dev.examples])
        self._devs = devs

    def score(self, labels: Array, predictions: Array) -> dict[str, float]:
        """Return the mean over the dev sets of each metric."""
        ends = np.cumsum([len(dev.examples) for dev in self._devs])[:-1]
        parts = zip(self._devs, np.split(labels, ends), np.split(predictions, ends), strict=True)
        scores = [dev.score(*arrays) for dev, *arrays in parts]
        return {name: float(np.mean([each[name] for each in scores])) for name in scores[0]}


def labelled_windows(windows: Sequence[Window], part: LabelledTokens) -> list[Example]:
    """Give windows of labelled sentences their labels, those of first subwords."""
    return [{**window.inputs, "labels": window.labels(part.labels[window.sentence])} for window in windows]


def _length(example: Example) -> int:
    return len(example["input_ids"])
