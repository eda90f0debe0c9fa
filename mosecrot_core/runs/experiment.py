"""Experiment: one validated YAML file that says what is compared, on what data, with which seeds."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Discriminator, Field, StringConstraints, Tag, ValidationError, model_validator

from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.intents import IntentSettings
from mosecrot_core.learning.tasks.text_files import TextFileSettings
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.mapping.alignment import Alignment
from mosecrot_core.mapping.null_baselines import NULL_BASELINES, NullBaseline
from mosecrot_core.mapping.tokenizer import TokenizerSettings
from mosecrot_core.settings import Settings
from mosecrot_core.words.lexicon import LexiconSettings

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""A name that is also a safe file name."""


class SourceSettings(Settings):
    """The language that has a model."""

    language: Name = "en"
    """Its code."""
    encoder: str
    """A hub id, a folder, or `package:NAME/SUBPATH`."""


class VectorSettings(Settings):
    """Static word vectors of a target language."""

    path: str
    """A file (.vec, .bin, .npz; .gz too), a spaCy package folder, or `package:NAME`."""
    format: str = "auto"
    """As `WordVectors.load` takes it."""
    limit: int | None = Field(default=200_000, ge=1)
    """How many words to read, most frequent first; none means all."""


class TargetSettings(Settings):
    """A language to be read without training data in it."""

    vectors: VectorSettings
    lexicon: LexiconSettings


class Stitched(Settings):
    """A model whose embedding is swapped for mapped target rows (section 4)."""

    kind: Literal["stitched"] = "stitched"
    alignment: Alignment
    """How the target rows are mapped."""
    source_rows: Literal["reinitialised", "kept"] = "reinitialised"
    """Whether the encoder is fine-tuned on F_s, as in the paper, or on its own rows."""
    save: bool = False
    """Keep the stitched model of the first seed, one folder a language."""

    @model_validator(mode="after")
    def _least_squares_keeps(self) -> "Stitched":
        if self.alignment.method == "least_squares" and self.source_rows != "kept":
            raise ValueError("least squares leaves the source rows alone: set source_rows: kept")
        return self


class LogisticRegressionBaseline(Settings):
    """LR on averaged target vectors, trained on the target language's own training set (5.2)."""

    kind: Literal["logistic_regression"]


class RawWordPieces(Settings):
    """The fine-tuned source model reading target text through its own tokenizer: no stitching."""

    kind: Literal["raw_word_pieces"]


def _kind(method: Any) -> str | None:
    return method.get("kind", "stitched") if isinstance(method, dict) else getattr(method, "kind", None)


Method = Annotated[
    Annotated[Stitched, Tag("stitched")]
    | Annotated[LogisticRegressionBaseline, Tag("logistic_regression")]
    | Annotated[RawWordPieces, Tag("raw_word_pieces")],
    Discriminator(_kind),
]
Task = Annotated[IntentSettings | TextFileSettings, Field(discriminator="name")]


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
    tokenizer: TokenizerSettings = TokenizerSettings()
    training: TrainConfig = TrainConfig()
    methods: dict[Name, Method] = Field(min_length=1)
    """What is compared, by name."""
    nulls: tuple[NullBaseline, ...] = NULL_BASELINES
    """The null baselines evaluated beside every stitched method."""

    @model_validator(mode="after")
    def _distinct(self) -> "Experiment":
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds must differ from each other, got {list(self.seeds)}")
        if self.source.language in self.targets:
            raise ValueError(f"{self.source.language} is the source and cannot be a target too")
        return self


def load_experiment(path: Path) -> Experiment:
    """Read and validate an experiment file.

    Raises:
        InputError: The file is missing, not YAML, or does not describe an experiment; with the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except FileNotFoundError:
        raise InputError("no such experiment file", path=path, remedy="See experiments/demo.yaml.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 text ({error.reason})", path=path) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=path) from error
    except yaml.YAMLError as error:
        raise _not_yaml(error, path) from error
    if not isinstance(content, dict):
        raise InputError(
            "an experiment (a mapping with name, source, targets, task, methods) expected",
            path=path,
            line=1,
            remedy="See experiments/demo.yaml.",
        )
    try:
        return Experiment.model_validate(content)
    except ValidationError as error:
        raise _invalid(error, tree, path) from None


def _not_yaml(error: yaml.YAMLError, path: Path) -> InputError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "unreadable characters"
    return InputError(
        f"not valid YAML: {problem}", path=path, line=mark.line + 1 if mark else None, remedy="Correct it."
    )


def _invalid(error: ValidationError, tree: yaml.Node | None, path: Path) -> InputError:
    """Turn pydantic's first finding into one line that names the place in the file."""
    found = error.errors(include_url=False)[0]
    place, line = _place(tree, found["loc"])
    if found["type"] == "extra_forbidden":
        problem = f"unknown key {place!r}"
    elif found["type"] == "missing":
        problem = f"{place!r} is missing"
    else:
        came = f", got {found['input']!r}"[:120] if not isinstance(found["input"], dict) else ""
        problem = f"{place or 'the experiment'}: {found['msg'].removeprefix('Value error, ')}{came}"
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return InputError(problem + more, path=path, line=line, remedy="See `mosecrot settings` for every key.")


def _place(tree: yaml.Node | None, location: tuple[int | str, ...]) -> tuple[str, int]:
    """Walk pydantic's location through the YAML nodes; tags of unions are not in the file and skipped."""
    node: Any = tree
    line, names = tree.start_mark.line + 1 if tree else 1, []
    for step in location:
        child = None
        if isinstance(node, yaml.MappingNode):
            child = next(((k, v) for k, v in node.value if k.value == str(step)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            child = (node.value[step], node.value[step])
        if child is not None:
            line, node = child[0].start_mark.line + 1, child[1]
            names.append(str(step))
        elif step == location[-1]:
            names.append(str(step))
    return ".".join(names), line
