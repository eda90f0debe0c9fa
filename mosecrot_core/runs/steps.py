"""What an experiment consists of: steps, each with the key of everything it depends on, and fine-tunings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.runs.input_files import InputFile
from mosecrot_core.runs.keys import step_key

StepKind = Literal[
    "anchors", "dropped", "quality", "signals", "grown_anchors", "anchor_use", "examples", "tokens",
    "word_anchors", "words", "word_map", "averages", "stitched", "raw", "zero_shot", "in_language", "save",
    "point_examples", "surface", "self_trained", "taught",
]  # fmt: skip
OF_EACH_LANGUAGE: tuple[StepKind, ...] = ("anchors", "dropped", "quality", "signals")
OF_PAIRS: tuple[StepKind, ...] = (*OF_EACH_LANGUAGE, "grown_anchors")
"""The steps that need word pairs only: neither texts to score nor a fine-tuned model."""
SOURCE_SCORES = "source_scores.json"
"""Within the folder of a fine-tuned model, written last: what it scores on the source language."""
_TABLE_OF: dict[StepKind, str] = {
    "anchors": "anchors", "dropped": "dropped", "quality": "quality", "signals": "signals",
    "grown_anchors": "grown_anchors", "anchor_use": "anchor_use", "save": "models",
    "examples": "examples", "tokens": "tokens", "word_anchors": "word_anchors", "words": "words",
    "word_map": "word_map",
    "surface": "points", "point_examples": "point_examples", "taught": "stages",
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
    def file(self) -> str:
        """The file of tensors that it may write, within the run's folder."""
        return f"steps/{self.key}.safetensors"

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
class OfTwoLanguages:
    """Models that learn from the source and a target language, and the one step that they are for."""

    key: str
    seed: int
    method: str
    language: str
    config: TrainConfig
    """How each of them learns labels."""
    step: Step


class Triple(OfTwoLanguages):
    """Three fine-tunings from one initialisation and the step that walks between them (`triple_steps.py`)."""

    @property
    def title(self) -> str:
        """What the progress bar says."""
        return f"three models and all between them, {self.method}, {self.language}, seed {self.seed}"


@dataclass(frozen=True)
class Teaching(OfTwoLanguages):
    """A model that teaches itself a language, and the step that scores it (`self_training_steps.py`).

    The step is `taught` where there are no test texts to score it on.
    """

    saved: bool = False
    """Whether it is kept."""
    fitting: str = ""
    """Key of the task fitting, which other self-training may share."""
    first: Mapping[str, str] = field(default_factory=dict)
    """Keys of the models of its first stages, by stage, which other self-training may share."""

    @property
    def models(self) -> tuple[str, ...]:
        """Every key under which models are kept while it goes on."""
        return (self.key, self.fitting, *self.first.values())

    @property
    def title(self) -> str:
        """What the progress bar says."""
        return f"self-training, {self.method}, {self.language}, seed {self.seed}"


@dataclass(frozen=True)
class Plan:
    """Everything to do: steps that need no fine-tuning, then the fine-tunings."""

    first: tuple[Step, ...]
    finetunings: tuple[FineTuning, ...]
    triples: tuple[Triple, ...] = ()
    teachings: tuple[Teaching, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    """What all of it is made of."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in the order of the tables."""
        of_tunings = (step for tuning in self.finetunings for step in tuning.steps)
        of_triples = (triple.step for triple in self.triples)
        return (*self.first, *of_tunings, *of_triples, *(teaching.step for teaching in self.teachings))

    @property
    def trained(self) -> list[str]:
        """The keys under which models are kept while steps need them."""
        of_tunings = [tuning.key for tuning in self.finetunings]
        of_triples = [triple.key for triple in self.triples]
        of_teachings = (key for own in self.teachings for key in own.models)
        return [*of_tunings, *of_triples, *dict.fromkeys(of_teachings)]


def make_step(kind: StepKind, language: str, method: str = "", seed: int = -1, **depends: Any) -> Step:
    """Make a step with the key of what it is and all that it depends on."""
    if tables := _beside(kind):
        depends["beside"] = tables
    key = step_key(kind, language=language, method=method, seed=seed, **depends)
    return Step(kind, key, language, method, seed)


def _table_of(kind: StepKind) -> str:
    return _TABLE_OF.get(kind, "results")


def _beside(kind: StepKind) -> tuple[str, ...]:
    if kind == "words":
        return ("spaces", "missing")
    if kind == "surface":
        return ("deltas", "point_predictions")
    if kind == "taught":
        return ("calibration", "models")
    if kind == "self_trained":
        return ("predictions", "stages", "calibration", "models")
    return ("predictions",) if _table_of(kind) == "results" else ()
