"""The step of a self-training: task fitting, rounds on unlabelled text, and the scores of the last model.

What is trained is given texts without their labels (`tasks/unlabelled.py`). The target's labels are opened
here alone, when all models are trained: to score the last, and to say how right what they learned from was.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from transformers import AutoModelForMaskedLM, PreTrainedModel

from mosecrot_core.learning.dev_sets import Example
from mosecrot_core.learning.encoded_parts import LearnablePart
from mosecrot_core.learning.prediction import encode
from mosecrot_core.learning.pseudo_labels import calibration
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.self_training import SelfTrained, SourceSide, self_train
from mosecrot_core.learning.task_fitting import fit_to_task, put_body
from mosecrot_core.learning.task_fitting_config import TaskFitting
from mosecrot_core.learning.tasks.token_corpus import TokenCorpus
from mosecrot_core.learning.tasks.unlabelled import Unlabelled, without_labels
from mosecrot_core.learning.training import Progress
from mosecrot_core.learning.voting_model import new_voters
from mosecrot_core.runs.evaluation import Evaluation
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.methods import MappedMethod
from mosecrot_core.runs.readers import source_reader, stitched_model, target_reader
from mosecrot_core.runs.schema import CALIBRATION_COLUMNS, STAGE_COLUMNS
from mosecrot_core.runs.steps import Teaching
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.trainings import Training
from mosecrot_core.runs.workbench import Workbench


def teaching_texts(teaching: Teaching, experiment: Experiment) -> set[tuple[str, str]]:
    """Name the texts that a self-training needs, by language and split."""
    rule = experiment.self_trained(teaching.method).self_training.acceptance.rule
    source = {(experiment.source.language, split) for split in ("train", "dev")[: 1 + (rule != "fixed")]}
    return source | {(teaching.language, split) for split in ("train", "test")}


def teaching_tables(
    teaching: Teaching, bench: Workbench, run: Run, evaluation: Evaluation, progress: Progress
) -> dict[str, pd.DataFrame]:
    """Train what is not trained; return the rows of the step's tables."""
    source = source_reader(bench, teaching.method)
    target = target_reader(bench, teaching.language, teaching.method)
    unlabelled = without_labels(bench.corpus.get(teaching.language, "train"))
    pool = _encoded(bench, target, unlabelled)
    folder = run.models_folder(teaching.key)
    build = _initial(teaching, bench, (source, target), unlabelled, folder / "fitting", progress)
    method = bench.experiment.self_trained(teaching.method)
    taught = self_train(
        build, target.tokenizer, _source_side(bench, source), pool, method.self_training, teaching.config,
        teaching.seed, folder / "rounds", progress,
    )  # fmt: skip
    of_teaching: dict[str, Any] = {
        "language": teaching.language, "method": teaching.method, "seed": teaching.seed,
    }  # fmt: skip
    on_source = evaluation.on_source(taught.model, Training(build, source))
    scored = evaluation.with_model(teaching.step, taught.model, Training(build, target), on_source)
    return {
        **scored,
        "stages": _stages(taught, teaching.language, bench).assign(**of_teaching)[STAGE_COLUMNS],
        "calibration": _calibration(taught, teaching.language, bench).assign(**of_teaching)[
            CALIBRATION_COLUMNS
        ],
    }


def _initial(
    teaching: Teaching,
    bench: Workbench,
    readers: tuple[Reader, Reader],
    unlabelled: Unlabelled,
    folder: Path,
    progress: Progress,
) -> Callable[[], PreTrainedModel]:
    """Say how a model is made that has learned no label yet; fit it to the task first, if that is wanted."""
    method = bench.experiment.self_trained(teaching.method)
    place, voters = bench.folder(method.own_encoder), method.self_training.voters
    of_words = isinstance(bench.corpus, TokenCorpus)

    def stitched(model: PreTrainedModel) -> PreTrainedModel:
        if isinstance(method, MappedMethod):
            return stitched_model(bench, model, teaching.language, teaching.method)
        return model

    def plain() -> PreTrainedModel:
        return stitched(new_voters(place, bench.head.label_names, voters, of_words=of_words))

    if method.fitting is None:
        return plain
    fitted = _fitted(
        lambda: stitched(AutoModelForMaskedLM.from_pretrained(place, use_safetensors=True)),
        teaching, bench, readers, unlabelled, method.fitting, folder, progress,
    )  # fmt: skip
    return lambda: put_body(plain(), fitted)


def _fitted(
    build: Callable[[], PreTrainedModel],
    teaching: Teaching,
    bench: Workbench,
    readers: tuple[Reader, Reader],
    unlabelled: Unlabelled,
    settings: TaskFitting,
    folder: Path,
    progress: Progress,
) -> PreTrainedModel:
    source, target = readers
    language = bench.experiment.source.language
    sides = (
        _texts(bench, source, without_labels(bench.corpus.get(language, "train")), language),
        _texts(bench, target, unlabelled, teaching.language),
    )
    method = bench.experiment.methods[teaching.method]
    mapped: list[int] = []
    if isinstance(method, MappedMethod):
        mapped = bench.words(teaching.language, teaching.method).ids.tolist()
    return fit_to_task(build, target.tokenizer, *sides, mapped, settings, teaching.seed, folder, progress)


def _texts(bench: Workbench, reader: Reader, unlabelled: Unlabelled, language: str) -> list[Example]:
    """Encode the task's texts of a language, and what text is there beside them."""
    beside = encode(reader.tokenizer, bench.unlabelled(language), reader.max_length)
    return [*_encoded(bench, reader, unlabelled).inputs, *beside]


def _encoded(bench: Workbench, reader: Reader, unlabelled: Unlabelled) -> LearnablePart:
    encoded = bench.head.encoded(reader, unlabelled)
    if not isinstance(encoded, LearnablePart):
        raise TypeError("texts or words expected")
    return encoded


def _source_side(bench: Workbench, reader: Reader) -> SourceSide:
    language, head = bench.experiment.source.language, bench.head

    def encoded(split: str) -> tuple[LearnablePart, NDArray[np.int64]]:
        part = bench.corpus.get(language, split)
        return _encoded(bench, reader, without_labels(part)), np.asarray(head.unit_labels(part), np.int64)

    dev = encoded("dev") if (language, "dev") in bench.corpus.splits else (None, None)
    return SourceSide(*encoded("train"), *dev)


def _stages(taught: SelfTrained, language: str, bench: Workbench) -> pd.DataFrame:
    """Say with how many labels it was right to learn them, now that all models are trained."""
    right = np.asarray(bench.head.unit_labels(bench.corpus.get(language, "train")))
    counts = {
        (stage, label): int((right[labels == label] == label).sum())
        for stage, labels in taught.learned.items()
        for label in range(len(bench.head.label_names))
    }
    stages, names = taught.stages, np.array(bench.head.label_names, dtype=object)
    keys = zip(stages["stage"], stages["label"], strict=True)
    return stages.assign(right=[counts[key] for key in keys], label=names[stages["label"].to_numpy(int)])


def _calibration(taught: SelfTrained, language: str, bench: Workbench) -> pd.DataFrame:
    """Compare how sure the models were and how right, now that all of them are trained."""
    source = bench.experiment.source.language
    right = {
        read: np.asarray(bench.head.unit_labels(bench.corpus.get(read, split)))
        for read, split in ((language, "train"), (source, "dev"))
        if (read, split) in bench.corpus.splits
    }
    last = taught.stages["stage"].iloc[-1] if len(taught.stages) else "source"
    tables = []
    for stage, answers in taught.answers.items():
        read = source if stage == "dev" else language
        answered = ~np.isnan(answers).any(axis=1)
        found = calibration(answers[answered], right[read][answered])
        tables.append(found.assign(stage=last if stage == "dev" else stage, read=read))
    return pd.concat(tables, ignore_index=True)
