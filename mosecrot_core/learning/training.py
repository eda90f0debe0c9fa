"""Fine-tuning an encoder on the source language with the Hugging Face Trainer, resumable after a kill."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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

from mosecrot_core.files import remove_folder
from mosecrot_core.learning.batch_order import BatchOrder
from mosecrot_core.learning.checkpoints import last_whole_checkpoint, remove_unfinished
from mosecrot_core.learning.dev_sets import Example, TextDev
from mosecrot_core.learning.either_rows import with_own_rows
from mosecrot_core.learning.imprecise_rows import imprecise_rows
from mosecrot_core.learning.prediction import encode
from mosecrot_core.learning.tasks.corpus import LabelledTexts
from mosecrot_core.learning.tracking import run_name, told, trackers
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training_task import TrainingTask, check_sizes, selects
from mosecrot_core.words.rough_cosines import has_bfloat16

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
        train: Labelled training texts, or pairs of texts.
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
    task = text_task(tokenizer, train, dev, config)
    return train_model(build_model, tokenizer, task, config, seed, work, progress)


def text_task(
    tokenizer: PreTrainedTokenizerBase,
    train: LabelledTexts,
    dev: LabelledTexts | None,
    config: TrainConfig,
    metric: str = "macro_f1",
) -> TrainingTask:
    """Make texts, or pairs of texts, with a label each ready to be learned from.

    Args:
        tokenizer: As for `fine_tune`.
        train: As for `fine_tune`.
        dev: As for `fine_tune`.
        config: As for `fine_tune`.
        metric: Which of `scores.METRICS` the dev texts choose by.

    Raises:
        MosecrotError: No training texts, or dev texts are needed and missing.
    """
    check_sizes(len(train), len(dev) if dev else 0, config)
    return TrainingTask(
        train=_encoded(tokenizer, train, config.max_length),
        dev=TextDev(_encoded(tokenizer, dev, config.max_length), metric) if dev and selects(config) else None,
        collator=DataCollatorWithPadding(tokenizer),
        metric=metric,
    )


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
    dev = task.dev
    trainer = _Trainer(
        order=BatchOrder(_lengths(task.train), task.sizes, config.batch_size, seed) if task.sizes else None,
        model=model,
        args=_arguments(config, seed, work, task.metric),
        train_dataset=task.train,
        eval_dataset=dev,
        processing_class=tokenizer,
        data_collator=task.collator,
        compute_metrics=dev and (lambda found: dev.score(found.label_ids, found.predictions)),
        preprocess_logits_for_metrics=task.reduce_logits,
        callbacks=_callbacks(config, progress),
    )
    trainer.remove_callback(PrinterCallback)
    try:
        read = (i for example in task.train for i in example["input_ids"])
        with (
            imprecise_rows(model, config, tokenizer.all_special_ids, read),
            told(trainer, trackers(config)),
        ):
            trainer.train(resume_from_checkpoint=last_whole_checkpoint(work))
    except Exception:
        remove_unfinished(work)  # on a full disk, half a checkpoint takes the room
        raise
    trainer.accelerator.wait_for_everyone()  # another process may still be looking into the folder
    remove_folder(work)
    with_own_rows(model)
    model.requires_grad_(True)
    model.train(False)
    return model


def _arguments(config: TrainConfig, seed: int, work: Path, metric: str = "macro_f1") -> TrainingArguments:
    import torch

    cuda = torch.cuda.is_available()
    looks = "steps" if config.dev_checks else "epoch"
    native = torch.cuda.is_bf16_supported() if cuda else has_bfloat16()
    return TrainingArguments(
        output_dir=str(work),
        learning_rate=config.learning_rate,
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=4 * config.batch_size,
        warmup_steps=config.warmup,
        weight_decay=config.weight_decay,
        adam_beta2=config.adam_beta2,
        train_sampling_strategy="group_by_length",
        eval_strategy=looks if selects(config) else "no",
        eval_steps=1 / config.dev_checks if config.dev_checks else None,
        save_strategy=looks if selects(config) else "epoch" if config.checkpoint == "epoch" else "no",
        save_steps=1 / config.dev_checks if config.dev_checks else 500,
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
        report_to=list(trackers(config)) or "none",
        run_name=run_name(work),
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


def _encoded(tokenizer: PreTrainedTokenizerBase, part: LabelledTexts, max_length: int) -> list[Example]:
    """Tokenise texts once, and give them their labels."""
    inputs = encode(tokenizer, part.texts, max_length, part.second_texts)
    return [{**each, "labels": label} for each, label in zip(inputs, part.labels, strict=True)]


def _lengths(examples: Sequence[Example]) -> list[int]:
    return [len(example["input_ids"]) for example in examples]


class _Trainer(Trainer):
    """Takes the examples in an order of ours, if there is one."""

    def __init__(self, *, order: BatchOrder | None, **settings: Any) -> None:
        super().__init__(**settings)
        self._order = order

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return self._order or super()._get_train_sampler(train_dataset)


class _Report(TrainerCallback):
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        del args, control
        self._progress(state.global_step, state.max_steps)
