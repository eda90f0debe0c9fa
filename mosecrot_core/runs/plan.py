"""What an experiment consists of: steps, each with a key that hashes everything it depends on.

Making a plan reads no vectors and no model, so a finished run is recognised at once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mosecrot_core.anchors.decisions import read_decisions
from mosecrot_core.anchors.verdict import decisions_digest as verdicts_digest
from mosecrot_core.locations import model_folder, resolve_path
from mosecrot_core.mapping.alignment import Wechsel
from mosecrot_core.runs.experiment import (
    Experiment,
    LogisticRegressionBaseline,
    RawWordPieces,
    Stitched,
    TargetSettings,
    VectorSettings,
)
from mosecrot_core.runs.keys import FileHashes, step_key
from mosecrot_core.runs.text_keys import TextKeys

StepKind = Literal[
    "anchors", "dropped", "quality", "signals", "anchor_use", "averages", "stitched", "raw", "save"
]  # fmt: skip
OF_PAIRS: tuple[StepKind, ...] = ("anchors", "dropped", "quality", "signals")
"""The steps that need word pairs only: neither texts to score nor a fine-tuned model."""
_TABLE_OF: dict[StepKind, str] = {
    "anchors": "anchors", "dropped": "dropped", "quality": "quality", "signals": "signals",
    "anchor_use": "anchor_use", "save": "models",
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
        self._experiment, self._languages = experiment, tuple(experiment.targets)
        self._encoder = hashes.of(model_folder(experiment.source.encoder, base))
        self._texts = TextKeys(experiment, base, hashes)
        self._words = {language: self._words_key(language, base, hashes) for language in self._languages}
        self._anchors = {language: self._anchors_key(language, base, hashes) for language in self._languages}
        statics = experiment.source.vectors
        self._statics = None if statics is None else _vectors(statics, base, hashes)

    def _words_key(self, language: str, base: Path, hashes: FileHashes) -> str:
        """Key of what a stitched model knows: target words, their static rows, how text is cut."""
        vectors = self._experiment.targets[language].vectors
        return step_key(
            "words",
            vectors=_vectors(vectors, base, hashes),
            tokenizer=self._experiment.tokenizer.model_dump(),
            encoder=self._encoder,
            texts=self._texts.of(language),
        )

    def _anchors_key(self, language: str, base: Path, hashes: FileHashes) -> str:
        """Key of an anchor set."""
        target = self._experiment.targets[language]
        return step_key(
            "anchors",
            vectors=_vectors(target.vectors, base, hashes),
            lexicon=[hashes.of(resolve_path(target.lexicon.path, base)), target.lexicon.model_dump()],
            decisions=self._decided(target, language, base),
            anchors=self._experiment.anchors.model_dump(),
            encoder=self._encoder,
            languages=[self._experiment.source.language, language],
        )

    def _decided(self, target: TargetSettings, language: str, base: Path) -> str | None:
        """Key of what reviewers decided: the verdicts that stand, whoever made them and whenever."""
        if target.decisions is None:
            return None
        languages = (self._experiment.source.language, language)
        return verdicts_digest(read_decisions(resolve_path(target.decisions, base), languages))

    def plan(self) -> Plan:
        return Plan((*self._of_anchors(), *self._uses(), *self._averages()), tuple(self._finetunings()))

    def _of_anchors(self) -> list[Step]:
        return [
            _step(kind, language, anchors=self._anchors[language])
            for language in self._languages
            for kind in OF_PAIRS
        ]

    def _uses(self) -> list[Step]:
        return [
            _step("anchor_use", language, name, **self._mapping(method, language))
            for language in self._languages
            for name, method in self._stitched().items()
            if method.alignment.method == "relative"
        ]

    def _averages(self) -> list[Step]:
        return [
            _step("averages", language, name, words=self._words[language])
            for name, method in self._experiment.methods.items()
            if isinstance(method, LogisticRegressionBaseline)
            for language in self._languages
        ]

    def _mapping(self, method: Stitched, language: str) -> dict[str, Any]:
        """What mapped target rows depend on."""
        statics = {"statics": self._statics} if isinstance(method.alignment, Wechsel) else {}
        return {
            **statics,
            "alignment": method.alignment.model_dump(),
            "anchors": self._anchors[language],
            "words": self._words[language],
        }

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
                        self._reinitialised(seed, name, method, language) for language in self._languages
                    ]
        return tunings

    def _kept(self, seed: int, methods: dict[str, Stitched], raw: list[str]) -> FineTuning:
        key = self._finetuning_key(seed)
        steps: list[Step] = []
        for language in self._languages:
            depends = {"finetuning": key, "texts": self._texts.of(language), "source": self._source_test()}
            steps += [_step("raw", language, name, seed, **depends) for name in raw]
            for name, method in methods.items():
                steps += self._stitched_steps(key, seed, name, method, language)
        return FineTuning(key, seed, None, None, tuple(steps))

    def _reinitialised(self, seed: int, name: str, method: Stitched, language: str) -> FineTuning:
        rows = {"alignment": method.alignment.model_dump(), "anchors": self._anchors[language]}
        key = self._finetuning_key(seed, **rows)
        steps = self._stitched_steps(key, seed, name, method, language)
        return FineTuning(key, seed, name, language, tuple(steps))

    def _stitched_steps(
        self, finetuning: str, seed: int, name: str, method: Stitched, language: str
    ) -> list[Step]:
        depends = {"finetuning": finetuning, **self._mapping(method, language)}
        scored = {"nulls": list(self._experiment.nulls), "source": self._source_test()}
        steps = [_step("stitched", language, name, seed, **scored, **depends)]
        if method.save and seed == self._experiment.seeds[0]:
            steps.append(_step("save", language, name, seed, **depends))
        return steps

    def _source_test(self) -> str:
        """Key of the texts that every fine-tuned model is also scored on."""
        return self._texts.of(self._experiment.source.language, ("test",))

    def _finetuning_key(self, seed: int, **rows: Any) -> str:
        config = self._experiment.training
        splits = ("train", "dev") if config.select == "best_on_dev" else ("train",)
        return step_key(
            "fine-tuning",
            encoder=self._encoder,
            texts=self._texts.of(self._experiment.source.language, splits),
            training=config.model_dump(exclude={"report_to", "checkpoint"}),
            seed=seed,
            **rows,
        )


def _vectors(vectors: VectorSettings, base: Path, hashes: FileHashes) -> list[Any]:
    """What a table of vectors depends on: where its rows lie meanwhile changes none of them."""
    return [hashes.of(resolve_path(vectors.path, base)), vectors.model_dump(exclude={"memory_mapped"})]


def _step(kind: StepKind, language: str, method: str = "", seed: int = -1, **depends: Any) -> Step:
    key = step_key(kind, language=language, method=method, seed=seed, **depends)
    return Step(kind, key, language, method, seed)
