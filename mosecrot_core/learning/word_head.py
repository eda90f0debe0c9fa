"""The heads of tasks that label the words of sentences: what all have in common, and one label a word."""

from collections.abc import Sequence
from itertools import chain, count
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from transformers import AutoModelForTokenClassification

from mosecrot_core.learning.encoded_parts import EncodedPart, EncodedWords
from mosecrot_core.learning.heads import Head, Scores, UnitEnd
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees
from mosecrot_core.learning.token_scores import token_scores
from mosecrot_core.learning.token_training import word_task
from mosecrot_core.learning.token_windows import join_words
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training_task import TrainingTask

S = TypeVar("S", LabelledTokens, LabelledTrees)


class SentenceHead(Head[S]):
    """What has labels are the words of sentences."""

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

    def unit_ends(self, part: S, *, joined: bool = False) -> list[list[UnitEnd]]:
        """Return the length of each word; joined: where in its sentence each word ends."""
        if not joined:
            return [[(len(word), unit)] for unit, word in enumerate(self.units(part))]
        units = count()
        return [[(end, next(units)) for _, end in join_words(words)[1]] for words in part.sentences]


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
