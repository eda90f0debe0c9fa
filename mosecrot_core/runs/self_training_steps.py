"""The step of a self-training: task fitting, rounds on unlabelled text, and the scores of the last model.

What is trained is given texts without their labels (`tasks/unlabelled.py`). The target's labels are opened
here alone, when all models are trained: to score the last, and to say how right what they learned from was.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.learning.encoded_parts import LearnablePart
from mosecrot_core.learning.pseudo_labels import calibration
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.self_training import self_train
from mosecrot_core.learning.tasks.unlabelled import without_labels
from mosecrot_core.learning.teaching import PlainModel, SelfTrained, SourceSide
from mosecrot_core.learning.training import Progress
from mosecrot_core.runs.evaluation import Evaluation, Tables
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.readers import source_reader, target_reader
from mosecrot_core.runs.schema import CALIBRATION_COLUMNS, MODEL_COLUMNS, STAGE_COLUMNS
from mosecrot_core.runs.steps import Teaching
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.taught_models import encoded, initial_models, of_whole_vocabulary
from mosecrot_core.runs.trainings import Training
from mosecrot_core.runs.unlabelled_pools import pool, pool_labels
from mosecrot_core.runs.workbench import Workbench

Labels = NDArray[np.int64]


def teaching_texts(teaching: Teaching, experiment: Experiment) -> set[tuple[str, str]]:
    """Name the labelled parts that a self-training needs, by language and split."""
    settings = experiment.self_trained(teaching.method).self_training
    on_dev = settings.acceptance.asks_source
    source = {(experiment.source.language, split) for split in ("train", "dev")[: 1 + on_dev]}
    own = settings.pool == "task" or experiment.unlabelled(teaching.language) is None
    return source | {(teaching.language, "train")} if own else source


def teaching_tables(
    teaching: Teaching, bench: Workbench, run: Run, evaluation: Evaluation, progress: Progress
) -> Tables:
    """Train what is not trained; return the rows of the step's tables."""
    language, settings = teaching.language, bench.experiment.self_trained(teaching.method).self_training
    readers = source_reader(bench, teaching.method), target_reader(bench, language, teaching.method)
    folder, fitting = map(run.models_folder, (teaching.key, teaching.fitting))
    first = {stage: run.models_folder(key) for stage, key in teaching.first.items()}
    voters, plain = initial_models(teaching, bench, fitting, progress)
    taught = self_train(
        voters, readers[1].tokenizer, source_side(bench, readers[0]),
        encoded(bench, readers[1], pool(bench, language, settings)), settings, teaching.config,
        teaching.seed, folder, progress,
        PlainModel(plain, bench.head.load) if settings.result == "plain" else None, first,
    )  # fmt: skip
    scored: Tables = {}
    if teaching.step.kind == "self_trained":
        on_source = evaluation.on_source(taught.model, Training(voters, readers[0]))
        scored = evaluation.with_model(teaching.step, taught.model, Training(voters, readers[1]), on_source)
    kept = pd.DataFrame(columns=MODEL_COLUMNS)
    if teaching.saved:
        kept = evaluation.keep(teaching.step, *of_whole_vocabulary(taught.model, teaching, bench))
    right = pool_labels(bench, language, settings)
    of_teaching: dict[str, Any] = {"language": language, "method": teaching.method, "seed": teaching.seed}
    return {
        **scored,
        "stages": _stages(taught, bench, right).assign(**of_teaching)[STAGE_COLUMNS],
        "calibration": _calibration(taught, language, bench, right).assign(**of_teaching)[
            CALIBRATION_COLUMNS
        ],
        "models": kept,
    }


def source_side(bench: Workbench, reader: Reader) -> SourceSide:
    """Return the labelled language as a method's tokenizer reads it."""
    language, head = bench.experiment.source.language, bench.head

    def both(split: str) -> tuple[LearnablePart, Labels]:
        part = bench.corpus.get(language, split)
        return encoded(bench, reader, without_labels(part)), np.asarray(head.unit_labels(part), np.int64)

    dev = both("dev") if (language, "dev") in bench.corpus.splits else (None, None)
    return SourceSide(*both("train"), *dev)


def _stages(taught: SelfTrained, bench: Workbench, right: Labels | None) -> pd.DataFrame:
    """Say with how many labels it was right to learn them, now that all models are trained."""
    stages, names = taught.stages, np.array(bench.head.label_names, dtype=object)
    found: list[float] = [
        np.nan if right is None else (right[taught.learned[stage] == label] == label).sum()
        for stage, label in zip(stages["stage"], stages["label"], strict=True)
    ]
    return stages.assign(right=found, label=names[stages["label"].to_numpy(int)])


def _calibration(taught: SelfTrained, language: str, bench: Workbench, right: Labels | None) -> pd.DataFrame:
    """Compare how sure the models were and how right, now that all of them are trained."""
    source = bench.experiment.source.language
    last = taught.stages["stage"].iloc[-1] if len(taught.stages) else "source"
    told = {} if right is None else {(stage, language): right for stage in taught.answers if stage != "dev"}
    if "dev" in taught.answers:
        told["dev", source] = np.asarray(bench.head.unit_labels(bench.corpus.get(source, "dev")), np.int64)
    tables = []
    for (stage, read), labels in told.items():
        answers = taught.answers[stage]
        answered = ~np.isnan(answers).any(axis=1)
        found = calibration(answers[answered], labels[answered])
        tables.append(found.assign(stage=last if stage == "dev" else stage, read=read))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=CALIBRATION_COLUMNS)
