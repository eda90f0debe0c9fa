"""Experiment: one validated YAML file that says what is compared, on what data, with which seeds."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator, model_validator

from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.base import TaskSettings, TreeTask
from mosecrot_core.learning.tasks.catalogue import Task
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.mapping.alignment import Wechsel
from mosecrot_core.mapping.null_baselines import NULL_BASELINES, NullBaseline
from mosecrot_core.mapping.target_vocabulary import TokenizerSettings
from mosecrot_core.runs.languages import Name, SourceSettings, TargetSettings, UnlabelledText
from mosecrot_core.runs.mapped_method import FineTunedMethod, MappedMethod
from mosecrot_core.runs.methods import (
    Interpolated,
    LogisticRegressionBaseline,
    Method,
    SelfTrained,
    Stitched,
)
from mosecrot_core.runs.settings_file import line_of, read_settings, validated
from mosecrot_core.settings import Settings


class WordMap(Settings):
    """The map of both vocabularies that the dashboard shows."""

    words: int = Field(default=5_000, ge=0)
    """How many words of each language are on it, the most frequent ones; 0: no map."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """The same seed gives the same map."""


class Experiment(Settings):
    """What `mosecrot run` runs."""

    name: Name
    """Name of the run folder."""
    description: str = ""
    """One line on what it asks."""
    seeds: tuple[int, ...] = Field(default=(0, 1, 2), min_length=1)
    """One fine-tuning a seed."""
    source: SourceSettings
    targets: dict[Name, TargetSettings] = Field(min_length=1)
    """Target languages by code."""
    task: Task
    anchors: AnchorSettings = AnchorSettings()
    """Which pairs of a word list become anchors; a language or a method may say otherwise."""
    tokenizer: TokenizerSettings = TokenizerSettings()
    training: TrainConfig = TrainConfig()
    """How encoders are fine-tuned; a method may change some of it."""
    methods: dict[Name, Method] = Field(min_length=1)
    """What is compared, by name."""
    nulls: tuple[NullBaseline, ...] = NULL_BASELINES
    """The null baselines evaluated beside every stitched method."""
    licences: Mapping[str, str] = {}
    """Licence of each input, for the model card (`mosecrot export`), by its path as it stands above; of the
    task's texts also by its `source` or `name`."""
    word_map: WordMap = WordMap()

    @property
    def languages(self) -> tuple[str, ...]:
        """The source language and the targets."""
        return (self.source.language, *self.targets)

    @property
    def inputs(self) -> set[str]:
        """What it reads, each as it is named here."""
        sides: list[SourceSettings | TargetSettings] = [self.source, *self.targets.values()]
        files = [path for splits in getattr(self.task, "files", {}).values() for path in splits.values()]
        named = [self.source.encoder, self.task.name, getattr(self.task, "source", None), *files]
        named += [getattr(method, "own_encoder", None) for method in self.methods.values()]
        for vectors in (side.vectors for side in sides if side.vectors):
            named += [vectors.path, *vectors.train_on]
        named += [path for side in sides if side.unlabelled for path in side.unlabelled.files]
        named += [own.lexicon.path for own in self.targets.values() if own.lexicon]
        return {name for name in named if name is not None}

    def mapped(self, name: str) -> MappedMethod:
        """Return a method by name that must be one that maps target rows."""
        method = self.methods[name]
        if not isinstance(method, MappedMethod):
            raise TypeError(f"{name} maps no target rows")
        return method

    def unlabelled(self, language: str) -> UnlabelledText | None:
        """Return the text of a language that is there beside the task's, if there is any."""
        own = self.source if language == self.source.language else self.targets[language]
        return own.unlabelled

    def self_trained(self, name: str) -> SelfTrained:
        """Return a method by name that must be one of self-training."""
        method = self.methods[name]
        if not isinstance(method, SelfTrained):
            raise TypeError(f"{name} teaches itself nothing")
        return method

    def interpolated(self, name: str) -> Interpolated:
        """Return a method by name that must be one of interpolated models."""
        method = self.methods[name]
        if not isinstance(method, Interpolated):
            raise TypeError(f"{name} interpolates nothing")
        return method

    def anchor_settings(self, language: str, method: str | None = None) -> AnchorSettings:
        """Say which pairs become anchors: as the method has it, else the language, else the experiment."""
        own = None if method is None else self.mapped(method).anchors
        return own or self.targets[language].anchors or self.anchors

    def training_for(self, method: str) -> TrainConfig:
        """Say how a method's encoder is fine-tuned: as the experiment has it but for what it sets."""
        chosen = self.methods[method]
        config = _changed(self.training, chosen)
        if config.freeze_embeddings is not None:
            return config
        frozen = isinstance(chosen, FineTunedMethod) and chosen.own_rows_stay
        return config.model_copy(update={"freeze_embeddings": frozen})

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) != len(seeds):
            raise ValueError("seeds must differ from each other")
        return seeds

    @field_validator("targets")
    @classmethod
    def _not_the_source(
        cls, targets: dict[str, TargetSettings], info: ValidationInfo
    ) -> dict[str, TargetSettings]:
        source = info.data.get("source")
        if source is not None and source.language in targets:
            raise ValueError(f"{source.language} is the source and cannot be a target too")
        return targets

    @field_validator("methods")
    @classmethod
    def _words_are_there(cls, methods: dict[str, Method], info: ValidationInfo) -> dict[str, Method]:
        through_words = [name for name, own in methods.items() if isinstance(own, _THROUGH_WORDS)]
        targets: dict[str, TargetSettings] = info.data.get("targets", {})
        for language, target in targets.items():
            if through_words and not target.has_words:
                first = through_words[0]
                raise ValueError(f"{first} reads through word vectors: set vectors and lexicon of {language}")
        return methods

    @field_validator("methods")
    @classmethod
    def _averages_can_tell(cls, methods: dict[str, Method], info: ValidationInfo) -> dict[str, Method]:
        task = info.data.get("task")
        for name, method in methods.items():
            averages = isinstance(method, LogisticRegressionBaseline)
            if averages and isinstance(task, TaskSettings) and not task.labels_stand_alone:
                raise ValueError(
                    f"{name} labels each word by its own vector, and a head lies in another: leave it out"
                )
        return methods

    @field_validator("methods")
    @classmethod
    def _labels_have_shares(cls, methods: dict[str, Method], info: ValidationInfo) -> dict[str, Method]:
        for name, method in methods.items():
            counts = isinstance(method, Stitched) and method.class_priors
            if counts and isinstance(info.data.get("task"), TreeTask):
                raise ValueError(f"{name} counts labels, and trees have none of their own: no class_priors")
        return methods

    @field_validator("methods")
    @classmethod
    def _trainings_fit(cls, methods: dict[str, Method], info: ValidationInfo) -> dict[str, Method]:
        if isinstance(whole := info.data.get("training"), TrainConfig):
            for method in methods.values():
                _changed(whole, method)
        return methods

    @model_validator(mode="after")
    def _licences_are_of_inputs(self) -> "Experiment":
        if odd := sorted(self.licences.keys() - self.inputs):
            raise ValueError(f"licences: {odd[0]!r} is none of its inputs: {', '.join(sorted(self.inputs))}")
        return self

    @field_validator("methods")
    @classmethod
    def _statics_are_named(cls, methods: dict[str, Method], info: ValidationInfo) -> dict[str, Method]:
        source = info.data.get("source")
        for name, method in methods.items():
            through_statics = isinstance(method, MappedMethod) and isinstance(method.alignment, Wechsel)
            if through_statics and source is not None and source.vectors is None:
                raise ValueError(f"{name} goes through static vectors of the source: set source.vectors")
        return methods


EXPECTED = "an experiment (a mapping with name, source, targets, task, methods)"
_THROUGH_WORDS = (MappedMethod, LogisticRegressionBaseline)


def _changed(training: TrainConfig, method: Method) -> TrainConfig:
    own = method.training if isinstance(method, FineTunedMethod) else None
    if own is None:
        return training
    changes = {name: getattr(own, name) for name in own.model_fields_set}
    return TrainConfig.model_validate({**training.model_dump(), **changes})


def load_experiment(path: Path, profile: str | None = None) -> Experiment:
    """Read and validate an experiment file.

    Args:
        path: The file.
        profile: One of the file's `profiles`, whose keys take the place of the file's own.

    Raises:
        InputError: The file is missing, not YAML, does not describe an experiment (with the line), or has no
            such profile.
    """
    read = read_settings(path, EXPECTED, profile)
    if "sweep" in read.content:
        raise InputError(
            "an experiment expected, this is a sweep of several",
            path=path,
            line=line_of(read, "sweep"),
            remedy="Run all of them: mosecrot sweep FILE.",
        )
    return validated(Experiment, read)
