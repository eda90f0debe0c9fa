"""Fine-tuning an encoder to label words: as `training`, with the loss on each word's first subword only."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import DataCollatorForTokenClassification, PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.learning.dev_sets import WordDev, labelled_windows
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.learning.token_scores import token_metrics
from mosecrot_core.learning.token_windows import IGNORED, Window, encode_words
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import Progress, train_model
from mosecrot_core.learning.training_task import TrainingTask, check_sizes, selects


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
    task = word_task(tokenizer, train, dev, label_names, config, joined=joined)
    return train_model(build_model, tokenizer, task, config, seed, work, progress)


def word_task(
    tokenizer: PreTrainedTokenizerBase,
    train: LabelledTokens,
    dev: LabelledTokens | None,
    label_names: Sequence[str],
    config: TrainConfig,
    *,
    joined: bool = False,
) -> TrainingTask:
    """Make words with a label each ready to be learned from; for the arguments see `fine_tune_tokens`.

    Raises:
        MosecrotError: No training words, or dev sentences are needed and missing.
    """

    def windows_of(part: LabelledTokens) -> list[Window]:
        return encode_words(tokenizer, part.sentences, config.max_length, joined=joined)

    windows = windows_of(train)
    check_sizes(len(windows), len(dev) if dev else 0, config)
    return TrainingTask(
        train=labelled_windows(windows, train),
        dev=WordDev(windows_of(dev), dev, label_names) if dev and selects(config) else None,
        collator=DataCollatorForTokenClassification(tokenizer, label_pad_token_id=IGNORED),
        metric=next(iter(token_metrics(label_names))),
        reduce_logits=_best,
    )


def _best(logits: torch.Tensor, _: Any) -> torch.Tensor:
    """Keep the best label of each subword: one number instead of one a label."""
    return logits.argmax(dim=-1)
