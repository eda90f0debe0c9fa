"""The head of a task whose sentences have a tree over their words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel

from mosecrot_core.learning.encoded_parts import EncodedPart
from mosecrot_core.learning.heads import Scores
from mosecrot_core.learning.parser_model import Compat, load_parser, new_parser
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.tasks.corpus import Corpus
from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees, TreeCorpus
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training_task import TrainingTask
from mosecrot_core.learning.tree_parts import EncodedTrees, tree_task
from mosecrot_core.learning.tree_scores import tree_labels, tree_scores
from mosecrot_core.learning.word_head import SentenceHead


class TreeHead(SentenceHead[LabelledTrees]):
    """A head and a relation for each word, scored by LAS and UAS.

    The label of a word is head x R + relation; its name is such as ``3:nsubj``.

    Args:
        label_names: The relations.
        longest: The most words that a sentence has.
        compat: Whose parser it is (`parser_model`).
    """

    def __init__(self, label_names: Sequence[str], longest: int = 128, compat: Compat = None) -> None:
        super().__init__(label_names)
        self._longest, self._compat = longest, compat

    @classmethod
    def of(cls, corpus: Corpus[Any]) -> Self:
        """Make the head for a corpus of trees."""
        trees = cast("TreeCorpus", corpus)
        return cls(trees.label_names, trees.longest, trees.compat)

    @property
    def unit_names(self) -> tuple[str, ...]:
        """Heads with relations; the last head is any word that was cut off."""
        return tuple(f"{head}:{name}" for head in range(self._longest + 2) for name in self.label_names)

    def new_model(self, folder: Path) -> PreTrainedModel:
        """Load an encoder with a new head."""
        return new_parser(folder, self.label_names, self._compat)

    def load(self, folder: Path) -> PreTrainedModel:
        """Load a fine-tuned parser."""
        return load_parser(folder)

    def task(
        self, reader: Reader, parts: tuple[LabelledTrees, LabelledTrees | None], config: TrainConfig
    ) -> TrainingTask:
        """Encode sentences."""
        return tree_task(reader, *parts, self.label_names, config, self._compat)

    def encoded(self, reader: Reader, part: LabelledTrees) -> EncodedPart:
        """Encode the sentences."""
        return EncodedTrees(reader, part, self.label_names, self._compat)

    def unit_labels(self, part: LabelledTrees) -> Sequence[int]:
        """Return the labels of all words."""
        return cast("list[int]", tree_labels(part, len(self.label_names)).tolist())

    def scoring(self, part: LabelledTrees) -> list[Any]:
        """Return which words count, and whose parser it is."""
        return [part.counted, self._compat]

    def unit_scores(self, part: LabelledTrees, predicted: NDArray[np.int64]) -> Scores:
        """Score a label for each word."""
        return tree_scores(part, predicted, len(self.label_names), self._compat)
