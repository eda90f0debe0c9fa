"""What an experiment consists of: steps, each with a key that hashes everything it depends on.

Making a plan reads no vectors and no model, so a finished run is recognised at once.
"""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from mosecrot_core.learning.tasks.text_files import TextFileSettings
from mosecrot_core.locations import model_folder, resolve_path
from mosecrot_core.runs.experiment import Experiment, LogisticRegressionBaseline, RawWordPieces, Stitched
from mosecrot_core.runs.keys import FileHashes, step_key

StepKind = Literal["anchors", "dropped", "anchor_use", "averages", "source", "stitched", "raw", "save"]
_TABLE_OF: dict[StepKind, str] = {
    "anchors": "anchors", "dropped": "dropped", "anchor_use": "anchor_use", "save": "models",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One result that is kept by its key."""

    kind: StepKind
    key: str
    language: str
    method: str = ""
    seed: int = -1

    @property
    def table(self) -> str:
        """The table of the run that its rows go into."""
        return _TABLE_OF.get(self.kind, "results")

    @property
    def title(self) -> str:
        """What the progress bar says."""
        return f"{self.kind} {self.language} {self.method}".rstrip()


@dataclass(frozen=True)
class FineTuning:
    """One fine-tuning on the source language and the steps that need it."""

    key: str
    seed: int
    method: str | None
    """The stitched method whose F_s the encoder is fine-tuned on; none: it keeps its own rows."""
    language: str | None
    """The target language whose anchors F_s is made of."""
    steps: tuple[Step, ...]

    @property
    def title(self) -> str:
        """What the progress bar says."""
        rows = f"{self.method}, {self.language} anchors" if self.method else "its own rows"
        return f"fine-tuning on {rows}, seed {self.seed}"


@dataclass(frozen=True)
class Plan:
    """Everything to do: steps that need no fine-tuning, then the fine-tunings."""

    first: tuple[Step, ...]
    finetunings: tuple[FineTuning, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in the order of the tables."""
        return (*self.first, *(step for tuning in self.finetunings for step in tuning.steps))


def make_plan(experiment: Experiment, base: Path, hashes: FileHashes) -> Plan:
    """Lay out the steps of an experiment.

    Args:
        experiment: What to run.
        base: Folder that its relative paths start from.
        hashes: Gives the hash of each input file.

    Raises:
        InputError: An input file is not there.
    """
    return _Planner(experiment, base, hashes).plan()


class _Planner:
    def __init__(self, experiment: Experiment, base: Path, hashes: FileHashes) -> None:
        self._experiment = experiment
        self._encoder = hashes.of(model_folder(experiment.source.encoder, base))
        self._corpus = _corpus_identity(experiment, base, hashes)
        self._target = {
            language: step_key(
                "target",
                vectors=[hashes.of(resolve_path(target.vectors.path, base)), target.vectors.model_dump()],
                lexicon=[hashes.of(resolve_path(target.lexicon.path, base)), target.lexicon.model_dump()],
                anchors=experiment.anchors.model_dump(),
                tokenizer=experiment.tokenizer.model_dump(),
                encoder=self._encoder,
                languages=[experiment.source.language, language],
            )
            for language, target in experiment.targets.items()
        }

    def plan(self) -> Plan:
        first = [
            *(self._step(kind, language) for language in self._target for kind in ("anchors", "dropped")),
            *self._uses(),
            *self._averages(),
        ]
        return Plan(tuple(first), tuple(self._finetunings()))

    def _step(self, kind: StepKind, language: str, method: str = "", seed: int = -1, **depends: Any) -> Step:
        target = self._target.get(language)
        key = step_key(kind, language=language, method=method, seed=seed, target=target, **depends)
        return Step(kind, key, language, method, seed)

    def _uses(self) -> list[Step]:
        return [
            self._step(
                "anchor_use", language, name, alignment=method.alignment.model_dump(), corpus=self._corpus
            )
            for language in self._target
            for name, method in self._stitched().items()
            if method.alignment.method == "relative"
        ]

    def _averages(self) -> list[Step]:
        return [
            self._step("averages", language, name, corpus=self._corpus)
            for name, method in self._experiment.methods.items()
            if isinstance(method, LogisticRegressionBaseline)
            for language in self._target
        ]

    def _stitched(self) -> dict[str, Stitched]:
        return {n: m for n, m in self._experiment.methods.items() if isinstance(m, Stitched)}

    def _finetunings(self) -> list[FineTuning]:
        kept = {n: m for n, m in self._stitched().items() if m.source_rows == "kept"}
        raw = [n for n, m in self._experiment.methods.items() if isinstance(m, RawWordPieces)]
        tunings = []
        for seed in self._experiment.seeds:
            if kept or raw:
                tunings.append(self._kept(seed, kept, raw))
            for name, method in self._stitched().items():
                if method.source_rows == "reinitialised":
                    tunings += [
                        self._reinitialised(seed, name, method, language) for language in self._target
                    ]
        return tunings

    def _kept(self, seed: int, methods: dict[str, Stitched], raw: list[str]) -> FineTuning:
        key = self._finetuning_key(seed)
        steps = [self._source_step(key, "kept_rows", seed)]
        for language in self._target:
            steps += [self._step("raw", language, name, seed, finetuning=key) for name in raw]
            for name, method in methods.items():
                steps += self._stitched_steps(key, seed, name, method, language)
        return FineTuning(key, seed, None, None, tuple(steps))

    def _reinitialised(self, seed: int, name: str, method: Stitched, language: str) -> FineTuning:
        key = self._finetuning_key(
            seed, alignment=method.alignment.model_dump(), target=self._target[language]
        )
        steps = [self._source_step(key, f"{name}_{language}_anchors", seed)]
        steps += self._stitched_steps(key, seed, name, method, language)
        return FineTuning(key, seed, name, language, tuple(steps))

    def _stitched_steps(
        self, finetuning: str, seed: int, name: str, method: Stitched, language: str
    ) -> list[Step]:
        depends = {"finetuning": finetuning, "alignment": method.alignment.model_dump()}
        nulls = list(self._experiment.nulls)
        steps = [self._step("stitched", language, name, seed, nulls=nulls, **depends)]
        if method.save and seed == self._experiment.seeds[0]:
            steps.append(self._step("save", language, name, seed, **depends))
        return steps

    def _source_step(self, finetuning: str, method: str, seed: int) -> Step:
        return self._step("source", self._experiment.source.language, method, seed, finetuning=finetuning)

    def _finetuning_key(self, seed: int, **rows: Any) -> str:
        training = self._experiment.training.model_dump(exclude={"report_to", "checkpoint"})
        return step_key(
            "fine-tuning", encoder=self._encoder, corpus=self._corpus, training=training, seed=seed, **rows
        )


def _corpus_identity(experiment: Experiment, base: Path, hashes: FileHashes) -> str:
    task = experiment.task
    inputs: Any
    if isinstance(task, TextFileSettings):
        inputs = [[*names, hashes.of(path)] for names, path in task.paths(base).items()]
    else:
        inputs = [[name, metadata.version(name)] for name in ("home-assistant-intents", "hassil")]
    languages = [experiment.source.language, *experiment.targets]
    return step_key("corpus", task=task.model_dump(mode="json"), inputs=inputs, languages=languages)
