"""What every task's settings can do, so that the runs need not know which task they hold."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from mosecrot_core.learning.tasks.corpus import Corpus, LabelledCorpus
from mosecrot_core.learning.tasks.token_corpus import TokenCorpus
from mosecrot_core.learning.tasks.tree_corpus import TreeCorpus
from mosecrot_core.settings import Settings


@dataclass(frozen=True)
class TaskInputs:
    """What the labelled texts of a task depend on: of this, the keys of the steps that use them are made.

    What concerns one language only is kept apart, so that another language can be added without touching it.
    """

    settings: Mapping[str, Any]
    """Settings that matter to every language, as JSON values. Where files lie is not among them."""
    languages: Mapping[str, Any] = field(default_factory=dict)
    """Language -> what else matters to it, as a JSON value."""
    files: Mapping[tuple[str, str], tuple[Path, ...]] = field(default_factory=dict)
    """Language and split -> the files that its texts are read from."""
    shared: tuple[Path, ...] = ()
    """Files that matter to every language, such as the one that names the labels."""
    packages: tuple[str, ...] = ()
    """Installed packages, by their names for pip, that hold data or make it."""


class TaskSettings(Settings):
    """A task: what it reads, and what its texts depend on."""

    name: str
    """The reader."""

    labels_stand_alone: ClassVar[bool] = True
    """Whether a text's or a word's label can be told from it alone, as the baseline of averages does."""

    @abstractmethod
    def load(self, languages: Sequence[str], base: Path = Path()) -> Corpus[Any]:
        """Return what is labelled in some languages; a language may lack a split.

        Args:
            languages: Language codes, the source language first.
            base: Folder that relative paths start from.

        Raises:
            InputError: A language is unknown or has no file, or a file is not there or not as expected.
        """

    @abstractmethod
    def inputs(self, languages: Sequence[str], base: Path = Path()) -> TaskInputs:
        """Return what the texts of some languages depend on; files of the hub are fetched for it.

        Args:
            languages: Language codes, the source language first.
            base: Folder that relative paths start from.

        Raises:
            InputError: A language is unknown, or a file is not there.
        """


class SentenceTask(TaskSettings):
    """A task whose texts have one label each; scored by macro-F1 (section 5.3) and accuracy."""

    @abstractmethod
    def load(self, languages: Sequence[str], base: Path = Path()) -> LabelledCorpus:
        """Return the labelled texts of some languages."""


class TokenTask(TaskSettings):
    """A task whose sentences have a label a word: spans (BIO), scored by span F1, or tags, by accuracy."""

    @abstractmethod
    def load(self, languages: Sequence[str], base: Path = Path()) -> TokenCorpus:
        """Return the labelled sentences of some languages."""


class TreeTask(TaskSettings):
    """A task whose sentences have a tree over their words; scored by LAS and UAS."""

    labels_stand_alone: ClassVar[bool] = False

    @abstractmethod
    def load(self, languages: Sequence[str], base: Path = Path()) -> TreeCorpus:
        """Return the trees of some languages."""
