"""Experiment: one validated YAML file that says what is compared, on what data, with which seeds."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.learning.tasks.base import TaskSettings
from mosecrot_core.learning.tasks.catalogue import Task
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.locations import resolve_path
from mosecrot_core.mapping.alignment import Wechsel
from mosecrot_core.mapping.null_baselines import NULL_BASELINES, NullBaseline
from mosecrot_core.mapping.target_vocabulary import TokenizerSettings
from mosecrot_core.runs.methods import (
    FineTunedMethod,
    Interpolated,
    LogisticRegressionBaseline,
    MappedMethod,
    Method,
)
from mosecrot_core.runs.settings_file import load_settings
from mosecrot_core.settings import Settings
from mosecrot_core.words.lexicon import LexiconSettings
from mosecrot_core.words.vector_training import VectorTraining

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""A name that is also a safe file name."""


class VectorSettings(Settings):
    """Static word vectors of a language: a file, or text to train them on."""

    path: str | None = None
    """A file (.vec, .bin, their .gz, .npz, .safetensors), a spaCy package folder, or `package:NAME`."""
    train_on: tuple[str, ...] = ()
    """Text files, plain or .gz, one text a line, to train vectors on with gensim; trained once and kept."""
    column: int | None = Field(default=None, ge=1)
    """Which column of the text files is the text, from 1, where tabs divide lines; none: the whole line."""
    training: VectorTraining = VectorTraining()
    """How vectors are trained."""
    format: str = "auto"
    """As `WordVectors.load` takes it."""
    limit: int | None = Field(default=200_000, ge=1)
    """How many words to read, most frequent first; none means all."""
    precision: Literal["float32", "float16"] | None = None
    """float16 keeps rows in half the memory, with 3 digits; none: as a .safetensors file, else float32."""
    memory_mapped: bool = False
    """Leave the rows of a .safetensors file (`mosecrot vectors convert`) on the disk until they are used."""

    @model_validator(mode="after")
    def _one_way(self) -> "VectorSettings":
        if (self.path is None) == (not self.train_on):
            raise ValueError("either path (a file of vectors) or train_on (text files) expected")
        return self

    def files(self, base: Path) -> list[Path]:
        """Return what they are made of.

        Raises:
            InputError: A file is not there.
        """
        return [resolve_path(spec, base) for spec in self.train_on or (self.path or "",)]


class SourceSettings(Settings):
    """The language that has a model."""

    language: Name = "en"
    """Its code."""
    encoder: str
    """A hub id, a folder, or `package:NAME/SUBPATH`."""
    vectors: VectorSettings | None = None
    """Its own static vectors, which the alignment method `wechsel` goes through; no other needs them."""


class TargetSettings(Settings):
    """A language to be read without training data in it.

    Vectors and word list go together; what reads through an encoder's own pieces only needs neither.
    """

    vectors: VectorSettings | None = None
    lexicon: LexiconSettings | None = None
    anchors: AnchorSettings | None = None
    """Which pairs of its list become anchors; none: as for every language."""
    decisions: str | None = None
    """Reviewers' decisions on its pairs: a `reviews.sqlite` or an exported table; none: the list as it is."""

    @property
    def has_words(self) -> bool:
        """Whether there are vectors and a word list."""
        return self.vectors is not None

    @model_validator(mode="after")
    def _both_or_none(self) -> "TargetSettings":
        if (self.vectors is None) != (self.lexicon is None):
            raise ValueError("vectors and lexicon go together: set both, or none")
        return self


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

    @property
    def languages(self) -> tuple[str, ...]:
        """The source language and the targets."""
        return (self.source.language, *self.targets)

    def mapped(self, name: str) -> MappedMethod:
        """Return a method by name that must be one that maps target rows."""
        method = self.methods[name]
        if not isinstance(method, MappedMethod):
            raise TypeError(f"{name} maps no target rows")
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
    def _trainings_fit(cls, methods: dict[str, Method], info: ValidationInfo) -> dict[str, Method]:
        if isinstance(whole := info.data.get("training"), TrainConfig):
            for method in methods.values():
                _changed(whole, method)
        return methods

    @field_validator("methods")
    @classmethod
    def _statics_are_named(cls, methods: dict[str, Method], info: ValidationInfo) -> dict[str, Method]:
        source = info.data.get("source")
        for name, method in methods.items():
            through_statics = isinstance(method, MappedMethod) and isinstance(method.alignment, Wechsel)
            if through_statics and source is not None and source.vectors is None:
                raise ValueError(f"{name} goes through static vectors of the source: set source.vectors")
        return methods


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
    return load_settings(
        Experiment,
        path,
        expected="an experiment (a mapping with name, source, targets, task, methods)",
        profile=profile,
    )
