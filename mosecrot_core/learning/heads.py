"""A task's head: the model for it, how it is fine-tuned, how it reads labelled texts, how it is scored.

There is one for texts with a label each, one for words with a label each, and one for trees over words
(`tree_head.py`); what works on an experiment holds a `Head` and need not know which (`task_heads.py`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedModel,
)

from mosecrot_core.learning.encoded_parts import EncodedPart, EncodedTexts, EncodedWords
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.scores import METRICS
from mosecrot_core.learning.tasks.corpus import Corpus, LabelledTexts
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees
from mosecrot_core.learning.token_scores import token_scores
from mosecrot_core.learning.token_training import word_task
from mosecrot_core.learning.token_windows import join_words
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import Progress, TrainingTask, text_task, train_model
from mosecrot_core.mapping.tokenizer import coverage

P = TypeVar("P", LabelledTexts, LabelledTokens, LabelledTrees)
S = TypeVar("S", LabelledTokens, LabelledTrees)
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
    whole: ClassVar[bool]
    """Whether a long text is read to its end, in windows, or cut where the model's longest text ends."""

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

    @abstractmethod
    def units(self, part: P) -> Sequence[str]:
        """Return what has a label in a part: its texts, or its words."""

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
    def unit_ends(self, part: P, *, joined: bool = False) -> list[list[int]]:
        """Return where the units of each of `texts` end, in characters, in order."""


class TextHead(Head[LabelledTexts]):
    """One label a text, scored by macro-F1 and accuracy."""

    auto_class = AutoModelForSequenceClassification
    whole = False

    def task(
        self, reader: Reader, parts: tuple[LabelledTexts, LabelledTexts | None], config: TrainConfig
    ) -> TrainingTask:
        """Tokenise texts."""
        return text_task(reader.tokenizer, *parts, config)

    def encoded(self, reader: Reader, part: LabelledTexts) -> EncodedPart:
        """Tokenise the texts."""
        return EncodedTexts(reader.tokenizer, part.texts, reader.max_length)

    def texts(self, part: LabelledTexts, *, joined: bool = False) -> Sequence[str]:
        """Return the texts."""
        del joined  # running text is running text
        return part.texts

    def units(self, part: LabelledTexts) -> Sequence[str]:
        """Return the texts."""
        return part.texts

    def unit_labels(self, part: LabelledTexts) -> Sequence[int]:
        """Return their labels."""
        return part.labels

    def unit_scores(self, part: LabelledTexts, predicted: NDArray[np.int64]) -> Scores:
        """Score a label for each text."""
        return {name: metric(part.labels, predicted) for name, metric in METRICS.items()}

    def unit_places(self, part: LabelledTexts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the number of each text, and 0."""
        return np.arange(len(part)), np.zeros(len(part), np.int64)

    def unit_ends(self, part: LabelledTexts, *, joined: bool = False) -> list[list[int]]:
        """Return the length of each text."""
        del joined
        return [[len(text)] for text in part.texts]


class SentenceHead(Head[S]):
    """What has labels are the words of sentences."""

    whole = True

    def texts(self, part: S, *, joined: bool = False) -> Sequence[str]:
        """Return the words, which a tokenizer cuts one by one; joined: the sentences as running text."""
        return [join_words(words)[0] for words in part.sentences] if joined else self.units(part)

    def units(self, part: S) -> Sequence[str]:
        """Return the words of all sentences."""
        return list(chain.from_iterable(part.sentences))

    def unit_places(self, part: S) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the number of each word's sentence, and its place in the sentence."""
        lengths = np.fromiter(map(len, part.sentences), np.int64)
        before = np.repeat(np.cumsum(lengths) - lengths, lengths)
        return np.repeat(np.arange(len(part)), lengths), np.arange(lengths.sum()) - before

    def unit_ends(self, part: S, *, joined: bool = False) -> list[list[int]]:
        """Return the length of each word; joined: where in its sentence each word ends."""
        if not joined:
            return [[len(word)] for word in self.units(part)]
        return [[end for _, end in join_words(words)[1]] for words in part.sentences]


class WordHead(SentenceHead[LabelledTokens]):
    """One label a word, scored as `token_metrics` says: spans of entities, or tags."""

    auto_class = AutoModelForTokenClassification

    def task(
        self, reader: Reader, parts: tuple[LabelledTokens, LabelledTokens | None], config: TrainConfig
    ) -> TrainingTask:
        """Cut sentences into windows."""
        return word_task(reader.tokenizer, *parts, self.label_names, config, joined=reader.joined)

    def encoded(self, reader: Reader, part: LabelledTokens) -> EncodedPart:
        """Cut the sentences into windows."""
        names = self.label_names
        return EncodedWords(reader.tokenizer, part.sentences, names, reader.max_length, joined=reader.joined)

    def unit_labels(self, part: LabelledTokens) -> Sequence[int]:
        """Return their labels."""
        return list(chain.from_iterable(part.labels))

    def unit_scores(self, part: LabelledTokens, predicted: NDArray[np.int64]) -> Scores:
        """Score a label for each word."""
        ends = np.cumsum([len(words) for words in part.sentences])
        by_sentence = np.split(predicted, ends[:-1])[: len(part)]
        return token_scores(part.labels, by_sentence, self.label_names)
