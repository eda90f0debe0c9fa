"""Fine-tuning an encoder on the source language with the Hugging Face Trainer, resumable after a kill."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset
from transformers import (
    DataCollatorWithPadding,
    EarlyStoppingCallback,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from mosecrot_core.errors import MosecrotError
from mosecrot_core.files import atomic_path, remove_folder
from mosecrot_core.learning.either_rows import with_own_rows
from mosecrot_core.learning.imprecise_rows import imprecise_rows
from mosecrot_core.learning.prediction import encode
from mosecrot_core.learning.scores import macro_f1
from mosecrot_core.learning.tasks.corpus import LabelledTexts
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.words.rough_cosines import has_bfloat16

_STATE = "trainer_state.json"
Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""


def fine_tune(
    build_model: Callable[[], PreTrainedModel],
    tokenizer: PreTrainedTokenizerBase,
    train: LabelledTexts,
    dev: LabelledTexts | None,
    config: TrainConfig,
    seed: int,
    work: Path,
    progress: Progress | None = None,
) -> PreTrainedModel:
    """Fine-tune a sequence classifier.

    Args:
        build_model: Makes the model; called after seeding, so that a new head is the same for a seed.
        tokenizer: Its tokenizer.
        train: Labelled training texts.
        dev: Labelled texts for `select: best_on_dev`.
        config: Hyperparameters.
        seed: Seeds head, order and dropout.
        work: Folder for checkpoints. If it holds a whole one, training goes on from there; it is
            removed when training has finished.
        progress: Told after each step.

    Returns:
        The fine-tuned model, in evaluation mode.

    Raises:
        MosecrotError: No training texts, or dev texts are needed and missing.
    """
    check_sizes(len(train), len(dev) if dev else 0, config)
    task = TrainingTask(
        train=_Encoded(tokenizer, train, config.max_length),
        dev=_Encoded(tokenizer, dev, config.max_length) if dev and selects(config) else None,
        collator=DataCollatorWithPadding(tokenizer),
        dev_score=_dev_score,
    )
    return train_model(build_model, tokenizer, task, config, seed, work, progress)


@dataclass(frozen=True)
class TrainingTask:
    """What differs between fine-tuning for sentences and for words."""

    train: Dataset[dict[str, Any]]
    """Encoded examples with their labels."""
    dev: Dataset[dict[str, Any]] | None
    """The same for `select: best_on_dev`."""
    collator: Callable[[list[Any]], Any]
    """Makes a batch of examples."""
    dev_score: Callable[[Any], dict[str, float]] | None
    """Scores the Trainer's predictions on `dev`."""
    metric: str = "macro_f1"
    """Which of these scores chooses the model."""
    reduce_logits: Callable[[Any, Any], Any] | None = None
    """Makes of a batch's logits what is kept for `dev_score`."""


def train_model(
    build_model: Callable[[], PreTrainedModel],
    tokenizer: PreTrainedTokenizerBase,
    task: TrainingTask,
    config: TrainConfig,
    seed: int,
    work: Path,
    progress: Progress | None = None,
) -> PreTrainedModel:
    """Train a model on encoded examples; for the other arguments see `fine_tune`."""
    set_seed(seed)
    model = build_model()
    model.get_input_embeddings().requires_grad_(not config.freeze_embeddings)
    trainer = Trainer(
        model=model,
        args=_arguments(config, seed, work, task.metric),
        train_dataset=task.train,
        eval_dataset=task.dev,
        processing_class=tokenizer,
        data_collator=task.collator,
        compute_metrics=task.dev_score,
        preprocess_logits_for_metrics=task.reduce_logits,
        callbacks=_callbacks(config, progress),
    )
    trainer.remove_callback(PrinterCallback)
    try:
        with imprecise_rows(model, config, tokenizer.all_special_ids):
            trainer.train(resume_from_checkpoint=_last_whole_checkpoint(work))
    except Exception:
        _remove_unfinished(work)  # on a full disk, half a checkpoint takes the room
        raise
    remove_folder(work)
    with_own_rows(model)
    model.requires_grad_(True)
    model.train(False)
    return model


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


def _arguments(config: TrainConfig, seed: int, work: Path, metric: str = "macro_f1") -> TrainingArguments:
    import torch

    cuda = torch.cuda.is_available()
    native = torch.cuda.is_bf16_supported() if cuda else has_bfloat16()
    return TrainingArguments(
        output_dir=str(work),
        learning_rate=config.learning_rate,
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=4 * config.batch_size,
        warmup_steps=config.warmup,
        weight_decay=config.weight_decay,
        train_sampling_strategy="group_by_length",
        eval_strategy="epoch" if selects(config) else "no",
        save_strategy="epoch" if selects(config) or config.checkpoint == "epoch" else "no",
        save_total_limit=1,
        load_best_model_at_end=selects(config),
        restore_callback_states_from_checkpoint=True,  # how patient early stopping still is
        metric_for_best_model=metric if selects(config) else None,
        greater_is_better=True if selects(config) else None,
        bf16=native and config.precision in (("auto", "bfloat16") if cuda else ("bfloat16",)),
        use_cpu=not cuda,
        dataloader_pin_memory=cuda,
        seed=seed,
        data_seed=seed,
        report_to=list(config.report_to) or "none",
        disable_tqdm=True,
        logging_strategy="epoch",
        log_level="error",
    )


def _callbacks(config: TrainConfig, progress: Progress | None) -> list[TrainerCallback]:
    callbacks: list[TrainerCallback] = []
    if config.patience:
        callbacks.append(EarlyStoppingCallback(config.patience))
    if progress:
        callbacks.append(_Report(progress))
    return callbacks


def _last_whole_checkpoint(work: Path) -> str | None:
    """Return the newest checkpoint that was written to its end, and remove those that were not."""
    _remove_unfinished(work)
    last = max(_checkpoints(work), key=_number, default=None)
    if last is None:
        return None
    state = _state(last) or {}
    if best := state.get("best_model_checkpoint"):
        # It is found by its path, and the run may have been started from, or moved to, another folder.
        state["best_model_checkpoint"] = str(work / Path(best).name)
        with atomic_path(last / _STATE) as temporary:
            temporary.write_text(json.dumps(state, indent=2), encoding="utf-8")
    return str(last)


def _remove_unfinished(work: Path) -> None:
    for folder in _checkpoints(work):
        if _state(folder) is None:
            shutil.rmtree(folder, ignore_errors=True)


def _checkpoints(work: Path) -> list[Path]:
    return [folder for folder in work.glob("checkpoint-*/") if _number(folder) >= 0]


def _number(folder: Path) -> int:
    number = folder.name.removeprefix("checkpoint-")
    return int(number) if number.isdecimal() else -1


def _state(folder: Path) -> dict[str, Any] | None:
    """Return what the Trainer writes into a checkpoint last; None if it is not there or not whole."""
    try:
        state = json.loads((folder / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None


def _dev_score(outcome: Any) -> dict[str, float]:
    return {"macro_f1": macro_f1(outcome.label_ids, outcome.predictions.argmax(-1))}


class _Encoded(Dataset[dict[str, Any]]):
    """Texts tokenised once, with their labels."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, data: LabelledTexts, max_length: int) -> None:
        self._inputs = encode(tokenizer, data.texts, max_length)
        self._labels: Sequence[int] = data.labels

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, i: int) -> dict[str, Any]:
        return {**self._inputs[i], "labels": self._labels[i]}


class _Report(TrainerCallback):
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        del args, control
        self._progress(state.global_step, state.max_steps)
