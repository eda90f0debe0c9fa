"""The part of a plan whose models learn from two languages: triples and self-training."""

from collections.abc import Sequence
from typing import Any

from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.input_keys import InputKeys
from mosecrot_core.runs.keys import step_key
from mosecrot_core.runs.mapped_method import MappedMethod
from mosecrot_core.runs.methods import Checkpoints, Interpolated, SelfTrained
from mosecrot_core.runs.steps import StepKind, Teaching, Triple, make_step
from mosecrot_core.runs.tuning_keys import learned_from, tuning_key

_ORDER = "batches of like length"
"""How examples are ordered (`batch_order`), which once was another way: what learned in that learns again."""


class BilingualPlan:
    """Lays out triples and self-training.

    Args:
        experiment: What to run.
        inputs: Keys of what it reads.
        scored: The target languages that have test texts.
    """

    def __init__(self, experiment: Experiment, inputs: InputKeys, scored: Sequence[str]) -> None:
        self._experiment, self._inputs, self._texts = experiment, inputs, inputs.texts
        self._scored = scored
        self._source = experiment.source.language

    def triples(self) -> list[Triple]:
        """One for each seed, method and language; for one seed only where the seed changes nothing."""
        return [
            self._triple(seed, name, method, language)
            for seed in self._experiment.seeds
            for name, method in self._experiment.methods.items()
            if isinstance(method, Interpolated)
            and (method.hangs_on_seed or seed == self._experiment.seeds[0])
            for language in self._experiment.targets
        ]

    def teachings(self) -> list[Teaching]:
        """One for each seed, method and language."""
        return [
            self._teaching(seed, name, method, language)
            for seed in self._experiment.seeds
            for name, method in self._experiment.methods.items()
            if isinstance(method, SelfTrained)
            for language in self._experiment.targets
        ]

    def _triple(self, seed: int, name: str, method: Interpolated, language: str) -> Triple:
        config = self._experiment.training_for(name)
        key = self._triple_key(seed, name, method, language, config)
        read = [self._texts.of(side, (method.read,)) for side in (self._source, language)]
        what = {"scopes": method.scopes, "points": method.points, "precision": method.precision}
        random = {} if method.corners == "trained" else {"corners": method.corners}
        step = make_step("surface", language, name, seed, triple=key, texts=read, **what, **random)
        return Triple(key, seed, name, language, config, step)

    def _triple_key(
        self, seed: int, name: str, method: Interpolated, language: str, config: TrainConfig
    ) -> str:
        """Key of the three models, and of how they read."""
        if isinstance(method, Checkpoints):
            models = [self._inputs.model(spec) for spec in method.models]
            own = method.source_tokenizer
            read = {} if own is None else {"source_tokenizer": self._inputs.model(own)}
            return step_key("checkpoints", models=models, max_length=config.max_length, seed=seed, **read)
        learned = learned_from(config)
        return tuning_key(
            self._inputs, seed, config, self._texts.of(self._source, learned), order=_ORDER,
            target=self._texts.of(language, learned), encoder=self._inputs.encoder_of(method),
            **self._rows(name, language),
        )  # fmt: skip

    def _teaching(self, seed: int, name: str, method: SelfTrained, language: str) -> Teaching:
        config, how = self._experiment.training_for(name), method.model_dump(mode="json")
        if not how["self_training"]["class_priors"]:
            del how["self_training"]["class_priors"]  # keys are what they were
        if how["fitting"] is not None:
            how["fitting"]["training"]["report_to"] = []  # whoever is told changes nothing
        beside = {side: self._inputs.unlabelled(side) for side in (self._source, language)}
        common = {
            "order": _ORDER,
            "unlabelled": [self._texts.of(language, ("train",)), beside],
            "encoder": self._inputs.encoder_of(method),
            **self._rows(name, language),
        }

        def key_of(**depends: Any) -> str:
            texts = self._texts.of(self._source, ("train", "dev"))
            return tuning_key(self._inputs, seed, config, texts, **common, **depends)

        key = key_of(fitting=how["fitting"], self_training=how["self_training"])
        fitting = key_of(fitting=how["fitting"])
        stages = method.self_training.first_stages()
        first = {stage: key_of(fitting=how["fitting"], stage=what) for stage, what in stages.items()}
        texts = [self._texts.of(language, ("train", "test")), self._texts.of(self._source, ("test",))]
        saved = method.save and seed == self._experiment.seeds[0]
        kind: StepKind = "self_trained" if language in self._scored else "taught"
        kept = {"saved": True} if saved else {}
        step = make_step(kind, language, name, seed, models=key, texts=texts, **kept)
        return Teaching(key, seed, name, language, config, step, saved, fitting, first)

    def _rows(self, name: str, language: str) -> dict[str, Any]:
        """Return what mapped rows depend on, where a method has some."""
        mapped = isinstance(self._experiment.methods[name], MappedMethod)
        return self._inputs.target_rows(name, language) if mapped else {}
