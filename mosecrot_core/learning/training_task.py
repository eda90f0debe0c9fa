"""What a model is trained on: encoded examples, a dev set, and how they come in batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.dev_sets import DevSet, Example, SeveralDevs
from mosecrot_core.learning.train_config import TrainConfig


@dataclass(frozen=True)
class TrainingTask:
    """What differs between fine-tuning for sentences and for words."""

    train: Sequence[Example]
    """Encoded examples with their labels, one language behind the other."""
    dev: DevSet | None
    """The same for `select: best_on_dev`."""
    collator: Callable[[list[Any]], Any]
    """Makes a batch of examples."""
    metric: str = "macro_f1"
    """Which of the dev set's scores chooses the model."""
    reduce_logits: Callable[[Any, Any], Any] | None = None
    """Makes of a batch's logits what is kept for the dev set."""
    sizes: tuple[int, ...] = ()
    """How many examples each language has, where batches are to be of one language (`batch_order`); none: as
    the Trainer's `group_by_length` has them."""


def bilingual_task(source: TrainingTask, target: TrainingTask) -> TrainingTask:
    """Learn from two languages: batches are of one language, the mean of both dev scores chooses.

    Args:
        source: The one language's.
        target: The other's, of the same task; its tokenizer pads as the first one's.
    """
    devs = [task.dev for task in (source, target) if task.dev is not None]
    return replace(
        source,
        train=[*source.train, *target.train],
        dev=SeveralDevs(devs) if devs else None,
        sizes=(len(source.train), len(target.train)),
    )


def check_sizes(n_train: int, n_dev: int, config: TrainConfig) -> None:
    """Refuse to train on nothing, or to choose by a dev set that is not there.

    Raises:
        MosecrotError: No training texts, or dev texts are needed and missing.
    """
    if not n_train:
        raise MosecrotError("fine_tune: at least one training text expected, got none.")
    if selects(config) and not n_dev:
        raise MosecrotError("fine_tune: `select: best_on_dev` needs a dev set in the source language.")


def selects(config: TrainConfig) -> bool:
    """Tell whether the dev set chooses the model."""
    return config.select == "best_on_dev"
