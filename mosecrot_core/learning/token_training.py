"""Fine-tuning an encoder to label words: as `training`, with the loss on each word's first subword only."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset, IterableDataset
from transformers import DataCollatorForTokenClassification, PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.learning.token_scores import token_metrics, token_scores
from mosecrot_core.learning.token_windows import IGNORED, Window, encode_words, labels_of_words
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import Progress, TrainingTask, check_sizes, selects, train_model


def fine_tune_tokens(
    build_model: Callable[[], PreTrainedModel],
    tokenizer: PreTrainedTokenizerBase,
    train: LabelledTokens,
    dev: LabelledTokens | None,
    label_names: Sequence[str],
    config: TrainConfig,
    seed: int,
    work: Path,
    progress: Progress | None = None,
    *,
    joined: bool = False,
) -> PreTrainedModel:
    """Fine-tune a token classifier.

    `select: best_on_dev` goes by the first of `token_metrics`: span F1 for entities, accuracy for tags.

    Args:
        build_model: Makes the model; called after seeding, so that a new head is the same for a seed.
        tokenizer: Its tokenizer, a fast one.
        train: Labelled training sentences.
        dev: Labelled sentences for `select: best_on_dev`.
        label_names: The name of each label.
        config: Hyperparameters; `max_length` is the length of a window.
        seed: Seeds head, order and dropout.
        work: Folder for checkpoints, as for `fine_tune`.
        progress: Told after each step.
        joined: As for `encode_words`.

    Returns:
        The fine-tuned model, in evaluation mode.

    Raises:
        MosecrotError: No training words, or dev sentences are needed and missing.
    """
    windows = encode_words(tokenizer, train.sentences, config.max_length, joined=joined)
    check_sizes(len(windows), len(dev) if dev else 0, config)
    chosen_by = _Dev(tokenizer, dev, label_names, config, joined) if dev and selects(config) else None
    task = TrainingTask(
        train=_EncodedWords(windows, train),
        dev=chosen_by,
        collator=DataCollatorForTokenClassification(tokenizer, label_pad_token_id=IGNORED),
        dev_score=chosen_by.score if chosen_by else None,
        metric=next(iter(token_metrics(label_names))),
        reduce_logits=_best,
    )
    return train_model(build_model, tokenizer, task, config, seed, work, progress)


class _EncodedWords(Dataset[dict[str, Any]]):
    """Windows of labelled sentences."""

    def __init__(self, windows: Sequence[Window], part: LabelledTokens) -> None:
        self._examples = [
            {**window.inputs, "labels": window.labels(part.labels[window.sentence])} for window in windows
        ]

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, i: int) -> dict[str, Any]:
        return self._examples[i]


class _Dev(IterableDataset[dict[str, Any]]):
    """Windows of the dev set, by length, and the score of the predictions for them as whole sentences.

    Iterable, because the Trainer shuffles what it can index; then nobody knew which window is which.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        part: LabelledTokens,
        label_names: Sequence[str],
        config: TrainConfig,
        joined: bool,
    ) -> None:
        windows = encode_words(tokenizer, part.sentences, config.max_length, joined=joined)
        self._windows = sorted(windows, key=lambda window: len(window.inputs["input_ids"]))
        self._examples = _EncodedWords(self._windows, part)
        self._part, self._label_names = part, label_names

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self._examples[i] for i in range(len(self._examples)))

    def score(self, outcome: Any) -> dict[str, float]:
        """Return every metric of the Trainer's predictions ``[windows, subwords]``."""
        found = []
        for window, labels, best in zip(self._windows, outcome.label_ids, outcome.predictions, strict=True):
            # Padding may stand on either side: the scored subwords are known by their labels.
            at = dict(zip(sorted(set(window.positions)), best[labels != IGNORED], strict=True))
            found.append([at[position] for position in window.positions])
        lengths = [len(words) for words in self._part.sentences]
        predicted = labels_of_words(self._windows, found, lengths, self._label_names)
        return token_scores(self._part.labels, predicted, self._label_names)


def _best(logits: torch.Tensor, _: Any) -> torch.Tensor:
    """Keep the best label of each subword: one number instead of one a label."""
    return logits.argmax(dim=-1)
