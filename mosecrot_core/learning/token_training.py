"""Fine-tuning an encoder to label words: as `training`, with the loss on each word's first subword only."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset
from transformers import DataCollatorForTokenClassification, PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.learning.token_scores import token_metrics
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

    def encode(part: LabelledTokens) -> "_EncodedWords":
        return _EncodedWords(encode_words(tokenizer, part.sentences, config.max_length, joined=joined), part)

    encoded = encode(train)
    check_sizes(len(encoded), len(dev) if dev else 0, config)
    encoded_dev = encode(dev) if dev and selects(config) else None
    score = _DevScore(encoded_dev, label_names)
    task = TrainingTask(
        train=encoded,
        dev=encoded_dev,
        collator=DataCollatorForTokenClassification(tokenizer, label_pad_token_id=IGNORED),
        dev_score=score,
        metric=next(iter(score.metrics)),
        reduce_logits=_best,
    )
    return train_model(build_model, tokenizer, task, config, seed, work, progress)


class _EncodedWords(Dataset[dict[str, Any]]):
    """Windows of labelled sentences."""

    def __init__(self, windows: Sequence[Window], part: LabelledTokens) -> None:
        self.windows, self.part = windows, part

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, i: int) -> dict[str, Any]:
        window = self.windows[i]
        return {**window.inputs, "labels": window.labels(self.part.labels[window.sentence])}


class _DevScore:
    """Scores predictions for windows as whole sentences."""

    def __init__(self, dev: _EncodedWords | None, label_names: Sequence[str]) -> None:
        self.metrics = token_metrics(label_names)
        self._dev, self._label_names = dev, label_names

    def __call__(self, outcome: Any) -> dict[str, float]:
        if self._dev is None:
            return {}
        found = []
        for window, labels, best in zip(
            self._dev.windows, outcome.label_ids, outcome.predictions, strict=True
        ):
            # Padding may stand on either side: the scored subwords are known by their labels.
            at = dict(zip(sorted(set(window.positions)), best[labels != IGNORED], strict=True))
            found.append([at[position] for position in window.positions])
        part = self._dev.part
        predicted = labels_of_words(
            self._dev.windows, found, [len(words) for words in part.sentences], self._label_names
        )
        return {name: metric(part.labels, predicted) for name, metric in self.metrics.items()}


def _best(logits: torch.Tensor, _: Any) -> torch.Tensor:
    """Keep the best label of each subword: one number instead of one a label."""
    return logits.argmax(dim=-1)
