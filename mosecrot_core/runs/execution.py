"""Doing what a plan says: fine-tune and evaluate; all of it, or a part that a worker asks for."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from transformers import PreTrainedModel

from mosecrot_core.files import atomic_path
from mosecrot_core.learning.heads import Scores
from mosecrot_core.learning.tracking import check_trackers, tracked_as
from mosecrot_core.runs.evaluation import Evaluation, Tables
from mosecrot_core.runs.quiet import quieten
from mosecrot_core.runs.report import ProgressBar
from mosecrot_core.runs.self_training_steps import teaching_tables, teaching_texts
from mosecrot_core.runs.steps import (
    OF_PAIRS,
    SOURCE_SCORES,
    FineTuning,
    OfTwoLanguages,
    Plan,
    Step,
    Teaching,
    Triple,
)
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.tables import write_tables
from mosecrot_core.runs.trainings import Training, tracking_of, training_of
from mosecrot_core.runs.triple_steps import triple_tables, triple_texts
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.text_files import read_json_object


class Execution:
    """Runs the missing steps of a plan.

    Args:
        run: Where steps and tables are kept.
        plan: What there is to do.
        bench: Inputs.
        progress: Told what is being done.
        may_keep: Called before a step is kept; raises if that has become another process's work.
    """

    def __init__(
        self,
        run: Run,
        plan: Plan,
        bench: Workbench,
        progress: ProgressBar,
        may_keep: Callable[[], None] = lambda: None,
    ) -> None:
        self._run, self._plan, self._bench, self._progress = run, plan, bench, progress
        self._may_keep = may_keep
        self._held: tuple[str, PreTrainedModel, Training] | None = None
        self._evaluation = Evaluation(bench, run)
        quieten()

    def look_at_pairs(self) -> None:
        """Run the missing steps that need word pairs only."""
        steps = [step for step in self._plan.first if step.kind in OF_PAIRS]
        self._progress.start(sum(not self._run.has_step(step.key) for step in steps))
        for step in steps:
            self.do_step(step)
        write_tables(self._run, self._plan)

    def work(self) -> None:
        """Run every missing step and write the tables as they grow."""
        missing = [step for step in self._plan.steps if not self._run.has_step(step.key)]
        tunings = [t for t in self._plan.finetunings if any(step in missing for step in t.steps)]
        triples = [triple for triple in self._plan.triples if triple.step in missing]
        teachings = [teaching for teaching in self._plan.teachings if teaching.step in missing]
        trainings: list[FineTuning | OfTwoLanguages] = [*tunings, *triples, *teachings]
        for training in trainings:
            check_trackers(training.config.report_to)
        self.check_texts()
        self._progress.start(len(missing) + len(tunings))
        for step in self._plan.first:
            self.do_step(step)
        write_tables(self._run, self._plan)
        for tuning in tunings:
            self.do_tuning(tuning)
            for step in tuning.steps:
                self.do_step_of(tuning, step)
            self.drop(tuning.key)
            write_tables(self._run, self._plan)
        for triple in triples:
            self.do_triple(triple)
            write_tables(self._run, self._plan)
        for teaching in teachings:
            self.do_teaching(teaching)
            write_tables(self._run, self._plan)
        for key in self._plan.trained:  # also those that a killed run left behind
            self.drop(key)

    def check_texts(self) -> None:
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

    def do_step(self, step: Step) -> None:
        """Do a step that needs no fine-tuned model."""
        self._do(step, partial(self._evaluation.without_model, step))

    def do_tuning(self, tuning: FineTuning) -> None:
        """Fine-tune a model and score it on the source language; both are kept for its steps."""
        self._progress.step(tuning.title)
        self._ready(tuning)
        self._progress.done()

    def do_step_of(self, tuning: FineTuning, step: Step) -> None:
        """Do a step of a fine-tuning."""
        self._do(step, lambda: self._evaluation.with_model(step, *self._ready(tuning)))

    def do_triple(self, triple: Triple) -> None:
        """Do the step of a triple."""
        compute = partial(triple_tables, triple, self._bench, self._run, self._progress.part)
        with tracked_as(tracking_of(triple, self._run)):
            self._do(triple.step, compute)

    def do_teaching(self, teaching: Teaching) -> None:
        """Do the step of a self-training."""
        given = (teaching, self._bench, self._run, self._evaluation, self._progress.part)
        with tracked_as(tracking_of(teaching, self._run)):
            self._do(teaching.step, partial(teaching_tables, *given))

    def drop(self, key: str) -> None:
        """Remove a model that no step needs any more."""
        if self._held and self._held[0] == key:
            self._held = None
        self._run.drop_tuning(key)

    def _do(self, step: Step, compute: Callable[[], Tables]) -> None:
        if self._run.has_step(step.key):
            return
        self._progress.step(step.title)
        found = compute()
        self._may_keep()
        self._run.write_step(step.key, found[step.table], {name: found[name] for name in step.beside})
        self._progress.done()

    def _ready(self, tuning: FineTuning) -> tuple[PreTrainedModel, Training, Scores]:
        """Return a fine-tuned model, how it reads, and its scores on the source language if it learned it."""
        if self._held is None or self._held[0] != tuning.key:
            self._held = None  # room for the next
            training = training_of(tuning, self._bench)
            self._held = tuning.key, self._fine_tuned(tuning, training), training
        _, model, training = self._held
        file = self._source_scores(tuning)
        if not file.exists():
            on_source = tuning.learns == self._bench.experiment.source.language
            scores = self._evaluation.on_source(model, training) if on_source else {}
            with atomic_path(file) as temporary:
                temporary.write_text(json.dumps(scores), encoding="utf-8")
        return model, training, read_json_object(file, "Run the experiment again.")

    def _source_scores(self, tuning: FineTuning) -> Path:
        return self._run.model_folder(tuning.key) / SOURCE_SCORES

    def _fine_tuned(self, tuning: FineTuning, training: Training) -> PreTrainedModel:
        """Load the fine-tuned model if a stopped run left it, else train it."""
        folder = self._run.model_folder(tuning.key)
        if not folder.exists():
            with tracked_as(tracking_of(tuning, self._run)):
                trained = self._train(tuning, training)
            self._may_keep()
            self._run.write_model(tuning.key, trained.save_pretrained)
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
