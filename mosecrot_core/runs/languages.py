"""What an experiment reads of a language: word vectors, a word list, an encoder, running text."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.locations import resolve_path
from mosecrot_core.settings import Settings
from mosecrot_core.words.lexicon import LexiconSettings
from mosecrot_core.words.raw_text import read_texts
from mosecrot_core.words.vector_formats import detect_format
from mosecrot_core.words.vector_training import VectorTraining
from mosecrot_core.words.vectors import WordVectors

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

    def compose(self, base: Path) -> bool:
        """Tell whether they may have rows for words that they do not list, composed of subwords.

        Raises:
            InputError: A file is not there, or damaged.
        """
        if self.train_on:
            return self.training.model == "fasttext"
        return detect_format(self.files(base)[0], self.format) in ("fasttext", "spacy")

    def files(self, base: Path) -> list[Path]:
        """Return what they are made of.

        Raises:
            InputError: A file is not there.
        """
        return [resolve_path(spec, base) for spec in self.train_on or (self.path or "",)]

    def load(self, path: Path) -> WordVectors:
        """Read them from their file, or from the one that they were trained into.

        Raises:
            InputError: As `WordVectors.load`.
        """
        return WordVectors.load(
            path, format=self.format, limit=self.limit, precision=self.precision,
            memory_mapped=self.memory_mapped,
        )  # fmt: skip


class UnlabelledText(Settings):
    """Running text of a language without labels, for task fitting and self-training."""

    files: tuple[str, ...] = Field(min_length=1)
    """Text files, plain or .gz, one text a line."""
    column: int | None = Field(default=None, ge=1)
    """Which column of the files is the text, from 1, where tabs divide lines; none: the whole line."""
    limit: int | None = Field(default=None, ge=1)
    """How many texts at most, evenly spread over the files; none means all."""

    def texts(self, base: Path) -> list[str]:
        """Read them.

        Raises:
            InputError: A file is missing, damaged, or has no text or no such column.
        """
        found = list(read_texts([resolve_path(spec, base) for spec in self.files], self.column))
        n = min(len(found), self.limit or len(found))
        return [found[i * len(found) // n] for i in range(n)]


class SourceSettings(Settings):
    """The language that has a model."""

    language: Name = "en"
    """Its code."""
    encoder: str
    """A hub id (`org/model`, or `org/model@REVISION` for a branch, tag or commit), a folder, or
    `package:NAME/SUBPATH`."""
    vectors: VectorSettings | None = None
    """Its own static vectors, which the alignment method `wechsel` goes through; no other needs them."""
    unlabelled: UnlabelledText | None = None
    """Text for task fitting beside the task's own; none: only that."""


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
    unlabelled: UnlabelledText | None = None
    """Text for task fitting beside the task's own, and for self-training in its place; none: only that."""

    @property
    def has_words(self) -> bool:
        """Whether there are vectors and a word list."""
        return self.vectors is not None

    @model_validator(mode="after")
    def _both_or_none(self) -> "TargetSettings":
        if (self.vectors is None) != (self.lexicon is None):
            raise ValueError("vectors and lexicon go together: set both, or none")
        return self
