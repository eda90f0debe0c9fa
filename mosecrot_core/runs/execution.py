"""Doing what a plan says: fine-tune, evaluate, and put the finished steps together into tables."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import torch
from transformers import PreTrainedModel
from transformers.utils import logging as transformers_logging

from mosecrot_core.learning.tracking import check_trackers, tracked_as
from mosecrot_core.runs.evaluation import Evaluation, Tables
from mosecrot_core.runs.report import ProgressBar
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.self_training_steps import teaching_tables, teaching_texts
from mosecrot_core.runs.steps import OF_PAIRS, FineTuning, OfTwoLanguages, Plan, Step
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.trainings import Training, tracking_of, training_of
from mosecrot_core.runs.triple_steps import triple_tables, triple_texts
from mosecrot_core.runs.workbench import Workbench


class Execution:
    """Runs the missing steps of a plan.

    Args:
        run: Where steps and tables are kept.
        plan: What there is to do.
        bench: Inputs.
        progress: Told what is being done.
    """

    def __init__(self, run: Run, plan: Plan, bench: Workbench, progress: ProgressBar) -> None:
        self._run, self._plan, self._bench, self._progress = run, plan, bench, progress
        self._evaluation = Evaluation(bench, run)

    def look_at_pairs(self) -> None:
        """Run the missing steps that need word pairs only."""
        steps = [step for step in self._plan.first if step.kind in OF_PAIRS]
        self._progress.start(sum(not self._run.has_step(step.key) for step in steps))
        for step in steps:
            self._do(step, partial(self._evaluation.without_model, step))
        self._write_tables()

    def work(self) -> None:
        """Run every missing step and write the tables as they grow."""
        transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        missing = [step for step in self._plan.steps if not self._run.has_step(step.key)]
        tunings = [t for t in self._plan.finetunings if any(step in missing for step in t.steps)]
        triples = [triple for triple in self._plan.triples if triple.step in missing]
        teachings = [teaching for teaching in self._plan.teachings if teaching.step in missing]
        trainings: list[FineTuning | OfTwoLanguages] = [*tunings, *triples, *teachings]
        for training in trainings:
            check_trackers(training.config.report_to)
        self._check_texts()
        self._progress.start(len(missing) + len(tunings))
        for step in self._plan.first:
            self._do(step, partial(self._evaluation.without_model, step))
        self._write_tables()
        for tuning in tunings:
            with tracked_as(tracking_of(tuning, self._run)):
                self._do_tuning(tuning)
            self._write_tables()
        for triple in triples:
            compute = partial(triple_tables, triple, self._bench, self._run, self._progress.part)
            with tracked_as(tracking_of(triple, self._run)):
                self._do(triple.step, compute)
            self._write_tables()
        for teaching in teachings:
            compute = partial(
                teaching_tables, teaching, self._bench, self._run, self._evaluation, self._progress.part
            )
            with tracked_as(tracking_of(teaching, self._run)):
                self._do(teaching.step, compute)
            self._write_tables()
        for key in self._plan.trained:  # also those that a killed run left behind
            self._run.drop_tuning(key)

    def _check_texts(self) -> None:
        """Miss a file now and not after the first fine-tuning."""
        needed = {(step.language, "test") for step in self._plan.steps if step.table == "results"}
        needed |= {(step.language, "train") for step in self._plan.steps if step.kind == "averages"}
        for tuning in self._plan.finetunings:
            needed.add((tuning.learns, "train"))
            if tuning.config.select == "best_on_dev":
                needed.add((tuning.learns, "dev"))
        for triple in self._plan.triples:
            needed |= triple_texts(triple, self._bench.experiment)
        for teaching in self._plan.teachings:
            needed |= teaching_texts(teaching, self._bench.experiment)
        for language, split in sorted(needed):
            self._bench.corpus.get(language, split)

    def _do(self, step: Step, compute: Callable[[], Tables]) -> None:
        if self._run.has_step(step.key):
            return
        self._progress.step(step.title)
        found = compute()
        self._run.write_step(step.key, found[step.table], {name: found[name] for name in step.beside})
        self._progress.done()

    def _do_tuning(self, tuning: FineTuning) -> None:
        self._progress.step(tuning.title)
        training = training_of(tuning, self._bench)
        model = self._fine_tuned(tuning, training)
        on_source = tuning.learns == self._bench.experiment.source.language
        source = self._evaluation.on_source(model, training) if on_source else {}
        self._progress.done()
        for step in tuning.steps:
            self._do(step, partial(self._evaluation.with_model, step, model, training, source))
        self._run.drop_tuning(tuning.key)

    def _fine_tuned(self, tuning: FineTuning, training: Training) -> PreTrainedModel:
        """Load the fine-tuned model if a stopped run left it, else train it."""
        folder = self._run.model_folder(tuning.key)
        if not folder.exists():
            self._run.write_model(tuning.key, self._train(tuning, training).save_pretrained)
        model = self._bench.head.load(folder)
        torch.nn.Module.to(model, "cuda" if torch.cuda.is_available() else "cpu")
        return model

    def _train(self, tuning: FineTuning, training: Training) -> PreTrainedModel:
        corpus = self._bench.corpus
        return self._bench.head.fine_tune(
            training.build,
            training.reader,
            (corpus.get(tuning.learns, "train"), corpus.splits.get((tuning.learns, "dev"))),
            tuning.config,
            tuning.seed,
            self._run.work_folder(tuning.key),
            self._progress.part,
        )

    def _write_tables(self) -> None:
        """Put the finished steps together, in the order of the plan."""
        done = [step for step in self._plan.steps if self._run.has_step(step.key)]
        for name, columns in TABLES.items():
            parts = [self._run.step(step.key) for step in done if step.table == name]
            parts += [self._run.step(step.key, name) for step in done if name in step.beside]
            parts = [part for part in parts if len(part)]
            whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
            self._run.write_table(name, whole[columns])
        tunings = sum(all(self._run.has_step(s.key) for s in t.steps) for t in self._plan.finetunings)
        self._run.write_info(
            done=len(done), total=len(self._plan.steps),
            finetunings_done=tunings, finetunings_total=len(self._plan.finetunings),
        )  # fmt: skip
