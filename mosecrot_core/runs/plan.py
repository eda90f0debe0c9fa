"""What an experiment consists of: steps, each with a key that hashes everything it depends on.

Making a plan reads no vectors and no model, so a finished run is recognised at once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.mapping.alignment import RelativeSettings
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.input_keys import InputKeys
from mosecrot_core.runs.keys import FileHashes, step_key
from mosecrot_core.runs.methods import (
    FineTunedMethod,
    InLanguage,
    LogisticRegressionBaseline,
    MappedMethod,
    Stitched,
    ZeroShot,
)

_M = TypeVar("_M")
StepKind = Literal[
    "anchors", "dropped", "quality", "signals", "grown_anchors", "anchor_use", "examples", "tokens",
    "word_anchors", "averages", "stitched", "raw", "zero_shot", "in_language", "save",
]  # fmt: skip
_OF_EACH_LANGUAGE: tuple[StepKind, ...] = ("anchors", "dropped", "quality", "signals")
OF_PAIRS: tuple[StepKind, ...] = (*_OF_EACH_LANGUAGE, "grown_anchors")
"""The steps that need word pairs only: neither texts to score nor a fine-tuned model."""
_TABLE_OF: dict[StepKind, str] = {
    "anchors": "anchors", "dropped": "dropped", "quality": "quality", "signals": "signals",
    "grown_anchors": "grown_anchors", "anchor_use": "anchor_use", "save": "models",
    "examples": "examples", "tokens": "tokens", "word_anchors": "word_anchors",
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
        return _table_of(self.kind)

    @property
    def beside(self) -> tuple[str, ...]:
        """The other tables that it has rows for."""
        return _beside(self.kind)

    @property
    def title(self) -> str:
        """What the progress bar says."""
        return f"{self.kind} {self.language} {self.method}".rstrip()


@dataclass(frozen=True)
class FineTuning:
    """One fine-tuning and the steps that need it; what is trained and on what, `trainings.py` says."""

    key: str
    seed: int
    method: str | None
    """The method that it is for; none: the source encoder on its own rows, for all that keep them."""
    language: str | None
    """The target language that it is for; none: it serves every language."""
    learns: str
    """The language whose train (and dev) texts it learns from."""
    config: TrainConfig
    """How."""
    steps: tuple[Step, ...]

    @property
    def title(self) -> str:
        """What the progress bar says."""
        what = ", ".join(filter(None, (self.method, self.language))) or "its own rows"
        return f"fine-tuning on {what}, seed {self.seed}"


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
        self._source = experiment.source.language
        self._inputs = InputKeys(experiment, base, hashes)
        self._texts = self._inputs.texts

    def plan(self) -> Plan:
        first = (*self._of_anchors(), *self._grown(), *self._uses(), *self._of_texts(), *self._averages())
        return Plan(first, tuple(self._finetunings()))

    def _of_anchors(self) -> list[Step]:
        sets = {
            language: self._inputs.anchors(language, self._experiment.anchor_settings(language))
            for language in self._languages
        }
        return [
            _step(kind, language, anchors=anchors)
            for language, anchors in sets.items()
            for kind in _OF_EACH_LANGUAGE
        ]

    def _grown(self) -> list[Step]:
        """Of the anchors that the run lists, without a method, and of methods with anchors of their own."""
        own = [name for name, method in self._named(MappedMethod).items() if method.anchors is not None]
        sets = [
            (language, name, self._experiment.anchor_settings(language, name or None))
            for language in self._languages
            for name in ("", *own)
        ]
        return [
            _step("grown_anchors", language, name, anchors=self._inputs.anchors(language, settings))
            for language, name, settings in sets
            if settings.grow is not None
        ]

    def _uses(self) -> list[Step]:
        """Of methods over the anchors that the run lists; those with anchors of their own have other ones."""
        return [
            _step("anchor_use", language, name, **self._inputs.target_rows(name, language))
            for language in self._languages
            for name, method in self._named(Stitched).items()
            if isinstance(method.alignment, RelativeSettings) and method.anchors is None
        ]

    def _of_texts(self) -> list[Step]:
        """The test texts, how each method's tokenizer cuts them, and the anchors behind their words."""
        steps: list[Step] = []
        for language in self._languages:
            steps.append(_step("examples", language, texts=self._texts.of(language, ("test",))))
            reading = {name: self._inputs.reading(name, language) for name in self._experiment.methods}
            if None in reading.values():
                steps.append(_step("tokens", language, **self._inputs.common_reading(language)))
            steps += [
                _step("tokens", language, name, **depends)
                for name, depends in reading.items()
                if depends is not None
            ]
            steps += [
                _step("word_anchors", language, name, **self._inputs.target_rows(name, language))
                for name in self._named(MappedMethod)
            ]
        return steps

    def _averages(self) -> list[Step]:
        return [
            _step("averages", language, name, words=self._inputs.words(language))
            for name in self._named(LogisticRegressionBaseline)
            for language in self._languages
        ]

    def _named(self, kind: type[_M]) -> dict[str, _M]:
        return {name: method for name, method in self._experiment.methods.items() if isinstance(method, kind)}

    def _finetunings(self) -> list[FineTuning]:
        reinitialised = [n for n, method in self._named(Stitched).items() if not method.keeps_source]
        tunings = []
        for seed in self._experiment.seeds:
            tunings += [self._kept(seed, config, *named) for config, named in self._keeping().items()]
            for name in reinitialised:
                tunings += [self._reinitialised(seed, name, language) for language in self._languages]
            tunings += [self._zero_shot(seed, name, method) for name, method in self._named(ZeroShot).items()]
            for name in self._named(InLanguage):
                tunings += [self._in_language(seed, name, language) for language in self._languages]
        return tunings

    def _keeping(self) -> dict[TrainConfig, tuple[list[str], list[str]]]:
        """Group the methods whose encoder learns on its own rows: stitched ones, and raw word pieces."""
        found: dict[TrainConfig, tuple[list[str], list[str]]] = {}
        for name, method in self._named(FineTunedMethod).items():
            if method.keeps_source:
                stitched, raw = found.setdefault(self._experiment.training_for(name), ([], []))
                (stitched if isinstance(method, Stitched) else raw).append(name)
        return found

    def _kept(self, seed: int, config: TrainConfig, stitched: list[str], raw: list[str]) -> FineTuning:
        key = self._tuning_key(seed, config, self._on_source(config))
        steps: list[Step] = []
        for language in self._languages:
            steps += [self._reading("raw", key, seed, name, language) for name in raw]
            for name in stitched:
                steps += self._stitched_steps(key, seed, name, language)
        return FineTuning(key, seed, None, None, self._source, config, tuple(steps))

    def _reinitialised(self, seed: int, name: str, language: str) -> FineTuning:
        config, rows = self._experiment.training_for(name), self._inputs.source_rows(name, language)
        mixed = {"mixed": True} if self._named(Stitched)[name].learns_on == "mixed" else {}
        key = self._tuning_key(seed, config, self._on_source(config), **rows, **mixed)
        steps = self._stitched_steps(key, seed, name, language)
        return FineTuning(key, seed, name, language, self._source, config, tuple(steps))

    def _zero_shot(self, seed: int, name: str, method: ZeroShot) -> FineTuning:
        config, encoder = self._experiment.training_for(name), self._inputs.model(method.encoder)
        key = self._tuning_key(seed, config, self._on_source(config), encoder=encoder)
        steps = [self._reading("zero_shot", key, seed, name, language) for language in self._languages]
        return FineTuning(key, seed, name, None, self._source, config, tuple(steps))

    def _in_language(self, seed: int, name: str, language: str) -> FineTuning:
        config, rows = self._experiment.training_for(name), self._inputs.target_rows(name, language)
        key = self._tuning_key(seed, config, self._texts.of(language, _learned_from(config)), rows=rows)
        step = _step("in_language", language, name, seed, finetuning=key, texts=self._texts.of(language))
        return FineTuning(key, seed, name, language, language, config, (step,))

    def _reading(self, kind: StepKind, tuning: str, seed: int, name: str, language: str) -> Step:
        """A model reads target text through its own tokenizer."""
        depends = {"texts": self._texts.of(language), "source": self._source_test()}
        return _step(kind, language, name, seed, finetuning=tuning, **depends)

    def _stitched_steps(self, tuning: str, seed: int, name: str, language: str) -> list[Step]:
        depends = {"finetuning": tuning, **self._inputs.target_rows(name, language)}
        scored = {"nulls": list(self._experiment.nulls), "source": self._source_test()}
        steps = [_step("stitched", language, name, seed, **scored, **depends)]
        if self._named(Stitched)[name].save and seed == self._experiment.seeds[0]:
            steps.append(_step("save", language, name, seed, **depends))
        return steps

    def _source_test(self) -> str:
        """Key of the texts that every model fine-tuned on the source language is also scored on."""
        return self._texts.of(self._source, ("test",))

    def _on_source(self, config: TrainConfig) -> str:
        """Key of the source texts that a fine-tuning uses."""
        return self._texts.of(self._source, _learned_from(config))

    def _tuning_key(self, seed: int, config: TrainConfig, texts: str, **depends: Any) -> str:
        common = {
            "encoder": self._inputs.encoder, "texts": texts, "training": config.matters(), "seed": seed,
        }  # fmt: skip
        return step_key("fine-tuning", **{**common, **depends})


def _learned_from(config: TrainConfig) -> tuple[str, ...]:
    return ("train", "dev") if config.select == "best_on_dev" else ("train",)


def _step(kind: StepKind, language: str, method: str = "", seed: int = -1, **depends: Any) -> Step:
    if tables := _beside(kind):
        depends["beside"] = tables
    key = step_key(kind, language=language, method=method, seed=seed, **depends)
    return Step(kind, key, language, method, seed)


def _table_of(kind: StepKind) -> str:
    return _TABLE_OF.get(kind, "results")


def _beside(kind: StepKind) -> tuple[str, ...]:
    return ("predictions",) if _table_of(kind) == "results" else ()
