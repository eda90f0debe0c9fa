"""A task's head: the model for it, how it is fine-tuned, how it reads labelled texts, how it is scored.

There is one for texts, or pairs of texts, with a label each (`text_head.py`), one for words with a label each
(`word_head.py`), and one for trees over words (`tree_head.py`); what works on an experiment holds a `Head`
and need not know which (`task_heads.py`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from transformers import (
    PreTrainedModel,
)

from mosecrot_core.learning.encoded_parts import EncodedPart
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.tasks.corpus import Corpus, LabelledTexts
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import Progress, train_model
from mosecrot_core.learning.training_task import TrainingTask
from mosecrot_core.mapping.tokenizer import coverage
from mosecrot_core.words.neighbours import FloatArray

P = TypeVar("P", LabelledTexts, LabelledTokens, LabelledTrees)
UnitEnd = tuple[int, int]  # where a unit ends in a text, in characters, and its number
Averages = Callable[[Sequence[str]], FloatArray]  # the mean word vector of each text ``[n, d]``
Scores = dict[str, float]
"""Score by metric, the main one first."""
BuildModel = Callable[[], PreTrainedModel]


class Head(ABC, Generic[P]):
    """What a task asks of a model.

    Args:
        label_names: The labels.
    """

    auto_class: ClassVar[Any]
    """Which model of Transformers has this head."""

    def __init__(self, label_names: Sequence[str]) -> None:
        self.label_names = tuple(label_names)

    @classmethod
    def of(cls, corpus: Corpus[Any]) -> Self:
        """Make the head for a corpus."""
        return cls(corpus.label_names)

    @property
    def unit_names(self) -> tuple[str, ...]:
        """The name of each label that a unit may be given."""
        return self.label_names

    def new_model(self, folder: Path) -> PreTrainedModel:
        """Load an encoder with a new head."""
        names = dict(enumerate(self.label_names))
        model: PreTrainedModel = self.auto_class.from_pretrained(
            folder, num_labels=len(names), id2label=names,
            label2id={name: label for label, name in names.items()}, use_safetensors=True,
        )  # fmt: skip
        return model

    def load(self, folder: Path) -> PreTrainedModel:
        """Load a fine-tuned model."""
        model: PreTrainedModel = self.auto_class.from_pretrained(folder, use_safetensors=True)
        return model

    @abstractmethod
    def task(self, reader: Reader, parts: tuple[P, P | None], config: TrainConfig) -> TrainingTask:
        """Make train texts, and dev texts if there are any, ready to be learned from."""

    def fine_tune(
        self,
        build_model: BuildModel,
        reader: Reader,
        parts: tuple[P, P | None],
        config: TrainConfig,
        seed: int,
        work: Path,
        progress: Progress | None = None,
    ) -> PreTrainedModel:
        """Fine-tune a model on train texts, and dev texts if there are any; see `training.fine_tune`."""
        task = self.task(reader, parts, config)
        return train_model(build_model, reader.tokenizer, task, config, seed, work, progress)

    @abstractmethod
    def encoded(self, reader: Reader, part: P) -> EncodedPart:
        """Tokenise a part of the corpus."""

    def predict(self, model: PreTrainedModel, reader: Reader, part: P) -> NDArray[np.int64]:
        """Let a model read a part of the corpus: the best label of each unit ``[n]``."""
        encoded = self.encoded(reader, part)
        return encoded.labels(encoded.read(model, reader.tokenizer))

    def scores(self, model: PreTrainedModel, reader: Reader, part: P) -> Scores:
        """Let a model read a part of the corpus, and score what it says."""
        return self.unit_scores(part, self.predict(model, reader, part))

    def coverage(self, reader: Reader, part: P) -> float:
        """Return the share of a part's tokens that have a row of their own, in [0, 1]."""
        return coverage(reader.tokenizer, self.texts(part, joined=reader.joined))

    @abstractmethod
    def texts(self, part: P, *, joined: bool = False) -> Sequence[str]:
        """Return what a tokenizer is given of a part, each text cut by itself; `joined`: see `Reader`."""

    def tokens_read(self, reader: Reader, part: P) -> list[int] | None:
        """Return how many tokens of each of `texts` a model is given; none: all, in windows."""
        del reader, part
        return None

    @abstractmethod
    def units(self, part: P) -> Sequence[str]:
        """Return what has a label in a part, to be shown: its texts, its pairs of texts, or its words."""

    def features(self, part: P, averages: Averages) -> FloatArray:
        """Return what the averaged-vectors baseline classifies units by ``[n, f]``."""
        return averages(self.units(part))

    @abstractmethod
    def unit_labels(self, part: P) -> Sequence[int]:
        """Return the label of each unit."""

    @abstractmethod
    def unit_scores(self, part: P, predicted: NDArray[np.int64]) -> Scores:
        """Score a label for each unit ``[n]``."""

    def scoring(self, part: P) -> list[Any]:
        """Return what scores of a part depend on beside its labels and their names, as JSON values."""
        del part
        return []

    @abstractmethod
    def unit_places(self, part: P) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return of each unit the number of its example ``[n]`` and its place in it ``[n]``, from 0."""

    @abstractmethod
    def unit_ends(self, part: P, *, joined: bool = False) -> list[list[UnitEnd]]:
        """Return where the units in each of `texts` end, in order."""
