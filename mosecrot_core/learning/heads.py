"""A task's head: the model for it, how it is fine-tuned, how it reads labelled texts, how it is scored.

There is one for texts, or pairs of texts, with a label each and one for words with a label each; what works
on an experiment holds a `Head` and need not know which.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedModel,
)

from mosecrot_core.display import PAIR_MARK
from mosecrot_core.learning.averaged_vectors import compare_averages
from mosecrot_core.learning.encoded_parts import EncodedPart, EncodedTexts, EncodedWords
from mosecrot_core.learning.prediction import tokens_read
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.scores import text_scores
from mosecrot_core.learning.tasks.corpus import LabelledCorpus, LabelledTexts
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens, TokenCorpus
from mosecrot_core.learning.token_scores import token_scores
from mosecrot_core.learning.token_training import word_task
from mosecrot_core.learning.token_windows import join_words
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import Progress, TrainingTask, text_task, train_model
from mosecrot_core.mapping.tokenizer import coverage
from mosecrot_core.words.neighbours import FloatArray

P = TypeVar("P", LabelledTexts, LabelledTokens)
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

    @abstractmethod
    def unit_places(self, part: P) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return of each unit the number of its example ``[n]`` and its place in it ``[n]``, from 0."""

    @abstractmethod
    def unit_ends(self, part: P, *, joined: bool = False) -> list[list[UnitEnd]]:
        """Return where the units in each of `texts` end, in order."""


class TextHead(Head[LabelledTexts]):
    """One label a text, or a pair of texts, scored by macro-F1 and accuracy, one of them first."""

    auto_class = AutoModelForSequenceClassification

    def __init__(self, label_names: Sequence[str], main_metric: str = "macro_f1") -> None:
        super().__init__(label_names)
        self._main_metric = main_metric

    def task(
        self, reader: Reader, parts: tuple[LabelledTexts, LabelledTexts | None], config: TrainConfig
    ) -> TrainingTask:
        """Tokenise texts."""
        return text_task(reader.tokenizer, *parts, config, self._main_metric)

    def encoded(self, reader: Reader, part: LabelledTexts) -> EncodedPart:
        """Tokenise the texts."""
        return EncodedTexts(reader.tokenizer, part.texts, reader.max_length, part.second_texts)

    def texts(self, part: LabelledTexts, *, joined: bool = False) -> Sequence[str]:
        """Return the texts; those of a pair one behind the other."""
        del joined  # running text is running text
        return list(chain.from_iterable(part.rows))

    def tokens_read(self, reader: Reader, part: LabelledTexts) -> list[int]:
        """Return how many tokens are left of each text where the model's longest input ends."""
        return tokens_read(reader.tokenizer, part.texts, reader.max_length, part.second_texts)

    def units(self, part: LabelledTexts) -> Sequence[str]:
        """Return the texts, or the pairs with a mark between."""
        return [PAIR_MARK.join(row) for row in part.rows]

    def features(self, part: LabelledTexts, averages: Averages) -> FloatArray:
        """Return the average of each text; of pairs, a comparison of both."""
        first, *second = map(averages, part.columns)
        return compare_averages(first, *second) if second else first

    def unit_labels(self, part: LabelledTexts) -> Sequence[int]:
        """Return their labels."""
        return part.labels

    def unit_scores(self, part: LabelledTexts, predicted: NDArray[np.int64]) -> Scores:
        """Score a label for each text."""
        return text_scores(part.labels, predicted, self._main_metric)

    def unit_places(self, part: LabelledTexts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the number of each text, and 0."""
        return np.arange(len(part)), np.zeros(len(part), np.int64)

    def unit_ends(self, part: LabelledTexts, *, joined: bool = False) -> list[list[UnitEnd]]:
        """Return the length of each text; both of a pair are of one unit."""
        del joined
        return [[(len(text), unit)] for unit, row in enumerate(part.rows) for text in row]


class WordHead(Head[LabelledTokens]):
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

    def texts(self, part: LabelledTokens, *, joined: bool = False) -> Sequence[str]:
        """Return the words, which a tokenizer cuts one by one; joined: the sentences as running text."""
        return [join_words(words)[0] for words in part.sentences] if joined else self.units(part)

    def units(self, part: LabelledTokens) -> Sequence[str]:
        """Return the words of all sentences."""
        return list(chain.from_iterable(part.sentences))

    def unit_labels(self, part: LabelledTokens) -> Sequence[int]:
        """Return their labels."""
        return list(chain.from_iterable(part.labels))

    def unit_scores(self, part: LabelledTokens, predicted: NDArray[np.int64]) -> Scores:
        """Score a label for each word."""
        ends = np.cumsum([len(words) for words in part.sentences])
        by_sentence = np.split(predicted, ends[:-1])[: len(part)]
        return token_scores(part.labels, by_sentence, self.label_names)

    def unit_places(self, part: LabelledTokens) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the number of each word's sentence, and its place in the sentence."""
        lengths = [len(words) for words in part.sentences]
        places = [np.empty(0, np.int64), *(np.arange(length) for length in lengths)]
        return np.repeat(np.arange(len(part)), lengths), np.concatenate(places)

    def unit_ends(self, part: LabelledTokens, *, joined: bool = False) -> list[list[UnitEnd]]:
        """Return the length of each word; joined: where in its sentence each word ends."""
        if not joined:
            return [[(len(word), unit)] for unit, word in enumerate(self.units(part))]
        units = count()
        return [[(end, next(units)) for _, end in join_words(words)[1]] for words in part.sentences]


def head_of(corpus: LabelledCorpus | TokenCorpus) -> Head[Any]:
    """Choose the head for what a task labels."""
    if isinstance(corpus, TokenCorpus):
        return WordHead(corpus.label_names)
    return TextHead(corpus.label_names, corpus.main_metric)
