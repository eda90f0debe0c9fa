"""Fitting a bilingual model to a task: it guesses masked words in unlabelled text of both languages.

    FOLDER/rows/   the model after the epochs in which only mapped rows learn, if there are any
    FOLDER/all/    the fitted model

See `task_fitting_config.TaskFitting` for the paper and for what is assumed.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import cast

import torch
from transformers import (
    AutoModelForMaskedLM,
    DataCollatorForLanguageModeling,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from mosecrot_core.errors import MosecrotError
from mosecrot_core.files import atomic_path
from mosecrot_core.learning.dev_sets import Example
from mosecrot_core.learning.masked_only import masked_only
from mosecrot_core.learning.task_fitting_config import TaskFitting
from mosecrot_core.learning.training import Progress, train_model
from mosecrot_core.learning.training_task import TrainingTask


def fit_to_task(
    build: Callable[[], PreTrainedModel],
    tokenizer: PreTrainedTokenizerBase,
    source: Sequence[Example],
    target: Sequence[Example],
    mapped: Iterable[int],
    settings: TaskFitting,
    seed: int,
    folder: Path,
    progress: Progress | None = None,
) -> PreTrainedModel:
    """Fit a masked language model to text of two languages, or go on where a stopped fitting was.

    Args:
        build: Makes a masked language model that knows both vocabularies; called after seeding.
        tokenizer: The target's, which has the source's ids too.
        source: Encoded texts of the source language, without labels.
        target: The same of the target; either may be empty, not both.
        mapped: Token ids of the mapped rows, which learn first if any do.
        settings: How.
        seed: Of a new head, order, masks and dropout.
        folder: Where models are kept, of this fitting only.
        progress: Told after each step of each stage.

    Raises:
        MosecrotError: There is no text, or the tokenizer has no mask.
    """
    if not source and not target:
        raise MosecrotError("fit_to_task: unlabelled text of a language expected, got none.")
    if tokenizer.mask_token is None:
        raise MosecrotError("fit_to_task: a tokenizer with a mask token expected.")
    task = _task(tokenizer, source, target, settings)

    def stage(name: str, start: Callable[[], PreTrainedModel], epochs: int) -> Path:
        place, config = folder / name, settings.training.model_copy(update={"epochs": epochs})
        if not place.exists():
            work = folder / f"{name}.work"
            model = train_model(lambda: masked_only(start()), tokenizer, task, config, seed, work, progress)
            with atomic_path(place) as temporary:
                model.save_pretrained(temporary)
        return place

    start = build
    if settings.rows_first:
        rows = stage("rows", lambda: _only_rows(build(), mapped), settings.rows_first)
        start = partial(_loaded, rows)
    return _loaded(stage("all", start, settings.training.epochs))


def put_body(model: PreTrainedModel, fitted: PreTrainedModel) -> PreTrainedModel:
    """Give a model, in place, the encoder of another of its family, embeddings included; its head stays.

    What the other's encoder lacks, such as BERT's pooler, stays too.

    Raises:
        MosecrotError: The encoders differ in names or shapes.
    """
    body, own = fitted.base_model.state_dict(), model.base_model.state_dict()
    if odd := [name for name in body if name not in own or own[name].shape != body[name].shape]:
        raise MosecrotError(f"put_body: an encoder of the same family and sizes expected; {odd[0]} differs.")
    model.base_model.load_state_dict(body, strict=False)
    return model


def _task(
    tokenizer: PreTrainedTokenizerBase,
    source: Sequence[Example],
    target: Sequence[Example],
    settings: TaskFitting,
) -> TrainingTask:
    sides = [list(side) for side in (source, target) if side]
    if settings.balanced:
        most = max(map(len, sides))
        sides = [list(islice(cycle(side), most)) for side in sides]
    return TrainingTask(
        train=[example for side in sides for example in side],
        dev=None,
        collator=DataCollatorForLanguageModeling(tokenizer, mlm_probability=settings.masked),
        sizes=tuple(map(len, sides)),
    )


def _only_rows(model: PreTrainedModel, mapped: Iterable[int]) -> PreTrainedModel:
    """Let nothing of the encoder learn but these rows of its embedding, until `train_model` frees it."""
    model.base_model.requires_grad_(False)
    weight = model.get_input_embeddings().get_parameter("weight").requires_grad_(True)
    learns = torch.zeros(len(weight), 1)
    learns[list(mapped)] = 1
    weight.register_hook(lambda gradient: gradient * learns.to(gradient))  # type: ignore[no-untyped-call]
    return model


def _loaded(folder: Path) -> PreTrainedModel:
    return cast("PreTrainedModel", AutoModelForMaskedLM.from_pretrained(folder, use_safetensors=True))
