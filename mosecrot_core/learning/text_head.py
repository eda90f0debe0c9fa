"""The head of a task whose texts, or pairs of texts, have a label each."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from transformers import AutoModelForSequenceClassification

from mosecrot_core.display import PAIR_MARK
from mosecrot_core.learning.averaged_vectors import compare_averages
from mosecrot_core.learning.encoded_parts import EncodedPart, EncodedTexts
from mosecrot_core.learning.heads import Averages, Head, Scores, UnitEnd
from mosecrot_core.learning.prediction import tokens_read
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.scores import text_scores
from mosecrot_core.learning.tasks.corpus import Corpus, LabelledCorpus, LabelledTexts
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import text_task
from mosecrot_core.learning.training_task import TrainingTask
from mosecrot_core.words.neighbours import FloatArray


class TextHead(Head[LabelledTexts]):
    """One label a text, or a pair of texts, scored by macro-F1 and accuracy, one of them first."""

    auto_class = AutoModelForSequenceClassification

    def __init__(self, label_names: Sequence[str], main_metric: str = "macro_f1") -> None:
        super().__init__(label_names)
        self._main_metric = main_metric

    @classmethod
    def of(cls, corpus: Corpus[Any]) -> Self:
        """Make the head for a corpus of texts."""
        return cls(corpus.label_names, cast("LabelledCorpus", corpus).main_metric)

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
