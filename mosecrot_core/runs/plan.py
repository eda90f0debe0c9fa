"""Laying out the steps of an experiment.

Making a plan reads no vectors and no model, so a finished run is recognised at once.
"""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.mapping.alignment import RelativeSettings
from mosecrot_core.runs.bilingual_plan import BilingualPlan
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.input_files import input_files
from mosecrot_core.runs.input_keys import InputKeys
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.mapped_method import FineTunedMethod, MappedMethod
from mosecrot_core.runs.methods import (
    InLanguage,
    Interpolated,
    LogisticRegressionBaseline,
    Stitched,
    ZeroShot,
)
from mosecrot_core.runs.steps import (
    OF_EACH_LANGUAGE,
    FineTuning,
    Plan,
    Step,
    StepKind,
    Teaching,
    Triple,
    make_step,
)
from mosecrot_core.runs.tuning_keys import learned_from, tuning_key
from mosecrot_core.runs.weighing import distinct, weighings

_M = TypeVar("_M")


def make_plan(experiment: Experiment, base: Path, hashes: FileHashes) -> Plan:
    """Lay out the steps of an experiment.

    Args:
        experiment: What to run.
        base: Folder that its relative paths start from.
        hashes: Gives the hash of each input file.

    Raises:
        InputError: An input file is not there.
    """
    planner = _Planner(experiment, base, hashes)
    return replace(planner.plan(), inputs=input_files(experiment, base, hashes, planner.texts.inputs))


class _Planner:
    def __init__(self, experiment: Experiment, base: Path, hashes: FileHashes) -> None:
        self._experiment, self._languages = experiment, tuple(experiment.targets)
        self._with_words = [language for language, own in experiment.targets.items() if own.has_words]
        self._source = experiment.source.language
        self._inputs = InputKeys(experiment, base, hashes)
        self.texts = self._inputs.texts
        keeping = any(getattr(method, "save", False) for method in experiment.methods.values())
        self._scored = [own for own in self._languages if not (keeping and self.texts.lack(own, "test"))]

    def plan(self) -> Plan:
        of_words = (*self._of_anchors(), *self._grown(), *self._uses(), *self._words(), *self._maps())
        first = (*of_words, *self._of_texts(), *self._of_points(), *self._averages())
        return Plan(first, tuple(self._finetunings()), *self._bilingual())

    def _bilingual(self) -> tuple[tuple[Triple, ...], tuple[Teaching, ...]]:
        bilingual = BilingualPlan(self._experiment, self._inputs, self._scored)
        return tuple(bilingual.triples()), tuple(bilingual.teachings())

    def _of_anchors(self) -> list[Step]:
        sets = {
            language: self._inputs.anchors(language, self._experiment.anchor_settings(language))
            for language in self._with_words
        }
        return [
            make_step(kind, language, anchors=anchors)
            for language, anchors in sets.items()
            for kind in OF_EACH_LANGUAGE
        ]

    def _grown(self) -> list[Step]:
        """Of the anchors that the run lists, without a method, and of methods with anchors of their own."""
        own = [name for name, method in self._named(MappedMethod).items() if method.anchors is not None]
        sets = [
            (language, name, self._experiment.anchor_settings(language, name or None))
            for language in self._with_words
            for name in ("", *own)
        ]
        return [
            make_step("grown_anchors", language, name, anchors=self._inputs.anchors(language, settings))
            for language, name, settings in sets
            if settings.grow is not None
        ]

    def _uses(self) -> list[Step]:
        """Of methods over the anchors that the run lists; those with anchors of their own have other ones."""
        return [
            make_step("anchor_use", language, name, **self._inputs.target_rows(name, language))
            for language in self._scored
            for name, method in self._named(Stitched).items()
            if isinstance(method.alignment, RelativeSettings) and method.anchors is None
        ]

    def _words(self) -> list[Step]:
        """The words of either side with their static rows, which neighbourhoods are looked up in."""
        if not self._with_words:
            return []
        of_targets = [
            make_step(
                "words",
                language,
                words=self._inputs.words(language),
                anchors=self._inputs.anchors(language, self._experiment.anchor_settings(language)),
            )
            for language in self._with_words
        ]
        return [make_step("words", self._source, encoder=self._inputs.encoder), *of_targets]

    def _maps(self) -> list[Step]:
        """Each language by itself, and both by each way of weighing anchors that methods have."""
        if not self._with_words or not self._experiment.word_map.words:
            return []
        drawn = self._experiment.word_map.model_dump()
        ways = distinct(weighings(self._experiment.model_dump()["methods"]))
        steps = [make_step("word_map", self._source, encoder=self._inputs.encoder, drawn=drawn)]
        for language in self._with_words:
            words = self._inputs.words(language)
            anchors = self._inputs.anchors(language, self._experiment.anchor_settings(language))
            steps.append(make_step("word_map", language, words=words, drawn=drawn))
            steps += [
                make_step(
                    "word_map", language, name, words=words, anchors=anchors, by=by.model_dump(), drawn=drawn
                )
                for name, by in ways.items()
            ]
        return steps

    def _of_texts(self) -> list[Step]:
        """The test texts, how each method's tokenizer cuts them, and the anchors behind their words."""
        steps: list[Step] = []
        for language in self._scored:
            steps.append(make_step("examples", language, texts=self.texts.of(language, ("test",))))
            reading = {
                name: self._inputs.reading(name, language)
                for name, method in self._experiment.methods.items()
                if not isinstance(method, Interpolated)  # no text of theirs is looked at by itself
            }
            if None in reading.values():
                steps.append(make_step("tokens", language, **self._inputs.common_reading(language)))
            steps += [
                make_step("tokens", language, name, **depends)
                for name, depends in reading.items()
                if depends is not None
            ]
            steps += [
                make_step("word_anchors", language, name, **self._inputs.target_rows(name, language))
                for name in self._named(MappedMethod)
                if name in reading
            ]
        return steps

    def _of_points(self) -> list[Step]:
        """The texts that interpolated models are scored on."""
        return [
            make_step("point_examples", side, name, texts=self.texts.of(side, (method.read,)))
            for name, method in self._named(Interpolated).items()
            for side in (self._source, *self._languages)
        ]

    def _averages(self) -> list[Step]:
        return [
            make_step("averages", language, name, words=self._inputs.words(language))
            for name in self._named(LogisticRegressionBaseline)
            for language in self._scored
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
                tunings += [self._in_language(seed, name, language) for language in self._scored]
        return [tuning for tuning in tunings if tuning.steps]

    def _keeping(self) -> dict[TrainConfig, tuple[list[str], list[str]]]:
        """Group the methods whose encoder learns on its own rows: stitched ones, and raw word pieces."""
        found: dict[TrainConfig, tuple[list[str], list[str]]] = {}
        for name, method in self._named(FineTunedMethod).items():
            if method.keeps_source:
                stitched, raw = found.setdefault(self._experiment.training_for(name), ([], []))
                (stitched if isinstance(method, Stitched) else raw).append(name)
        return found

    def _kept(self, seed: int, config: TrainConfig, stitched: list[str], raw: list[str]) -> FineTuning:
        key = tuning_key(self._inputs, seed, config, self._on_source(config))
        steps: list[Step] = []
        for language in self._languages:
            if language in self._scored:
                steps += [self._reading("raw", key, seed, name, language) for name in raw]
            for name in stitched:
                steps += self._stitched_steps(key, seed, name, language)
        return FineTuning(key, seed, None, None, self._source, config, tuple(steps))

    def _reinitialised(self, seed: int, name: str, language: str) -> FineTuning:
        config, rows = self._experiment.training_for(name), self._inputs.source_rows(name, language)
        mixed = {"mixed": True} if self._named(Stitched)[name].learns_on == "mixed" else {}
        key = tuning_key(self._inputs, seed, config, self._on_source(config), **rows, **mixed)
        steps = self._stitched_steps(key, seed, name, language)
        return FineTuning(key, seed, name, language, self._source, config, tuple(steps))

    def _zero_shot(self, seed: int, name: str, method: ZeroShot) -> FineTuning:
        config, encoder = self._experiment.training_for(name), self._inputs.encoder_of(method)
        key = tuning_key(self._inputs, seed, config, self._on_source(config), encoder=encoder)
        steps = [self._reading("zero_shot", key, seed, name, language) for language in self._scored]
        return FineTuning(key, seed, name, None, self._source, config, tuple(steps))

    def _in_language(self, seed: int, name: str, language: str) -> FineTuning:
        config, rows = self._experiment.training_for(name), self._inputs.target_rows(name, language)
        key = tuning_key(self._inputs, seed, config, self.texts.of(language, learned_from(config)), rows=rows)
        step = make_step("in_language", language, name, seed, finetuning=key, texts=self.texts.of(language))
        return FineTuning(key, seed, name, language, language, config, (step,))

    def _reading(self, kind: StepKind, tuning: str, seed: int, name: str, language: str) -> Step:
        """A model reads target text through its own tokenizer."""
        depends = {"texts": self.texts.of(language), "source": self._source_test()}
        return make_step(kind, language, name, seed, finetuning=tuning, **depends)

    def _stitched_steps(self, tuning: str, seed: int, name: str, language: str) -> list[Step]:
        depends = {"finetuning": tuning, **self._inputs.target_rows(name, language)}
        if share := self._named(Stitched)[name].class_priors:
            counted = self.texts.of(self._source, ("train",)), self.texts.of(language)
            depends |= {"class_priors": share, "counted": list(counted)}
        scored = {"nulls": list(self._experiment.nulls), "source": self._source_test()}
        steps = []
        if language in self._scored:
            steps.append(make_step("stitched", language, name, seed, **scored, **depends))
        if self._named(Stitched)[name].save and seed == self._experiment.seeds[0]:
            steps.append(make_step("save", language, name, seed, **depends))
        return steps

    def _source_test(self) -> str:
        """Key of the texts that every model fine-tuned on the source language is also scored on."""
        return self.texts.of(self._source, ("test",))

    def _on_source(self, config: TrainConfig) -> str:
        """Key of the source texts that a fine-tuning uses."""
        return self.texts.of(self._source, learned_from(config))
