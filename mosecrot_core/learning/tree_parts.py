"""Sentences with trees, encoded once: to learn from, as a dev set, and to be scored."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from mosecrot_core.learning.dev_sets import DevSet, Example
from mosecrot_core.learning.encoded_parts import EncodedPart
from mosecrot_core.learning.parser_model import Compat
from mosecrot_core.learning.prediction import PADDING, padded
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees
from mosecrot_core.learning.token_windows import Window
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training_task import TrainingTask, check_sizes, selects
from mosecrot_core.learning.tree_scores import tree_scores
from mosecrot_core.learning.tree_windows import (
    Labels,
    best_trees,
    node_labels,
    tree_windows,
    unread_labels,
    word_labels,
)
from mosecrot_core.words.neighbours import FloatArray


class EncodedTrees(EncodedPart):
    """Sentences with a tree each; an answer is a word's label, head x R + relation, and the right one's loss.

    The loss is -log p of head and relation together. It is missing where the right head is not read, and for
    the word on ROOT where arcs from ROOT are masked.

    Args:
        reader: Cuts the sentences; as far as the model can read them, however little it was trained on.
        part: Sentences and their trees.
        label_names: The relations.
        compat: Whose parser it is (`parser_model`).
    """

    def __init__(
        self, reader: Reader, part: LabelledTrees, label_names: Sequence[str], compat: Compat = None
    ) -> None:
        self._windows = tree_windows(reader, part)
        self._compat, self._n_relations = compat, len(label_names)
        self.inputs = [window.inputs for window in self._windows]
        self._right = [node_labels(window, part, self._n_relations) for window in self._windows]
        self._unread = unread_labels(part, label_names)
        self.n_units = len(self._unread)
        first = np.cumsum([0, *map(len, part.sentences)])
        self._units = [first[window.sentence] + np.array(window.words) for window in self._windows]

    def width(self, model: PreTrainedModel) -> int:
        """Return 2."""
        del model
        return 2

    def take(self, logits: torch.Tensor, inputs: Sequence[int], into: FloatArray) -> None:
        """Find the trees of a batch and put them where they belong; `logits` are ``[B, N, N, R]``."""
        windows = [self._windows[number] for number in inputs]
        trees = best_trees(logits, [len(window.words) for window in windows], self._compat)
        for row, (number, window, (heads, relations)) in enumerate(zip(inputs, windows, trees, strict=True)):
            right = torch.tensor(self._right[number][1:], device=logits.device)
            known = right >= (self._n_relations if self._compat else 0)  # what is below has ROOT as head
            of_words = logits[row, 1 : len(right) + 1].flatten(1)
            losses = -of_words.gather(1, right.clamp(min=0)[:, None])[:, 0].masked_fill(~known, torch.nan)
            found = word_labels(window, heads, relations, self._n_relations)
            into[self._units[number]] = np.stack([found, losses.float().cpu().numpy()], axis=1)

    def labels(self, answers: FloatArray) -> Labels:
        """Return the labels; a word that is no node has that of `unread_labels`."""
        found = answers[:, 0]
        return np.where(np.isnan(found), self._unread, np.nan_to_num(found)).astype(np.int64)

    def losses(self, answers: FloatArray, right: Labels) -> NDArray[np.float64]:
        """Return the losses, which are in the answers."""
        del right
        return np.asarray(answers[:, 1], np.float64)


class TreeDev(DevSet):
    """Sentences with a tree each; predictions are of nodes, head x R + relation ``[sentences, nodes]``."""

    def __init__(
        self, reader: Reader, part: LabelledTrees, label_names: Sequence[str], compat: Compat
    ) -> None:
        self._windows = sorted(tree_windows(reader, part), key=lambda window: len(window.inputs["input_ids"]))
        super().__init__(_examples(self._windows, part, len(label_names)))
        self._part, self._label_names, self._compat = part, label_names, compat

    def score(self, labels: NDArray[Any], predictions: NDArray[Any]) -> dict[str, float]:
        """Return LAS and UAS."""
        del labels  # the trees themselves also know what was cut off
        n_relations, found = len(self._label_names), unread_labels(self._part, self._label_names)
        first = np.cumsum([0, *map(len, self._part.sentences)])
        for window, of_nodes in zip(self._windows, predictions, strict=True):
            heads, relations = np.divmod(of_nodes[1 : len(window.words) + 1], n_relations)
            units = first[window.sentence] + np.array(window.words)
            found[units] = word_labels(window, heads, relations, n_relations)
        return tree_scores(self._part, found, n_relations, self._compat)


def tree_task(
    reader: Reader,
    train: LabelledTrees,
    dev: LabelledTrees | None,
    label_names: Sequence[str],
    config: TrainConfig,
    compat: Compat = None,
) -> TrainingTask:
    """Make trees ready to be learned from; what does not fit into `max_length` subwords is not learned from.

    `select: best_on_dev` goes by LAS.

    Raises:
        MosecrotError: No training words, or dev sentences are needed and missing.
    """
    windows = tree_windows(reader, train, config.max_length)
    check_sizes(len(windows), len(dev) if dev else 0, config)

    def labels_of(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Keep the tree of each sentence: one number a node instead of N x R."""
        n_relations = logits.shape[3]
        found = torch.full(labels.shape, PADDING)
        sizes = ((labels != PADDING).sum(dim=1) - 1).tolist()
        for row, (heads, relations) in enumerate(best_trees(logits, sizes, compat)):
            found[row, 1 : len(heads) + 1] = torch.from_numpy(heads * n_relations + relations)
        return found.to(labels.device)

    return TrainingTask(
        train=_examples(windows, train, len(label_names)),
        dev=TreeDev(reader, dev, label_names, compat) if dev and selects(config) else None,
        collator=lambda examples: padded(reader.tokenizer, examples),
        metric="las",
        reduce_logits=labels_of,
    )


def _examples(windows: Sequence[Window], part: LabelledTrees, n_relations: int) -> list[Example]:
    return [{**window.inputs, "labels": node_labels(window, part, n_relations)} for window in windows]
