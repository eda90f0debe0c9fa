"""What the published data sets share: a hub id or a folder, names of languages, files of known layouts."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import StringConstraints

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.base import SentenceTask, TaskInputs
from mosecrot_core.learning.tasks.corpus import SPLITS, LabelledCorpus, LabelledTexts
from mosecrot_core.locations import dataset_folder

SourceName = Annotated[str, StringConstraints(pattern=r"^\w[\w.-]*$")]
"""What a data set calls a language: part of file names."""
Layout = tuple[str, ...]
"""The files of one split, as patterns relative to the data set's folder; all are needed."""
LabelledText = tuple[str, int]
"""A text and the number of its label."""
SPLIT_NAMES: Mapping[str, tuple[str, ...]] = {
    "train": ("train",),
    "dev": ("dev", "validation", "val"),
    "test": ("test",),
}
"""What publishers call the splits."""


class PublishedTask(SentenceTask):
    """A published data set with fixed labels, and the same splits in every language.

    A subclass says what the labels are (`label_names`), which languages there are (`known`), where files lie
    (`_layouts`) and how they are read (`_read`).
    """

    source: str
    """A hub id (fetched with huggingface_hub, or from its cache where HF_HUB_OFFLINE=1), or a local folder,
    relative to the experiment file."""
    revision: str = "main"
    """Branch, tag or commit on the hub; `refs/convert/parquet` is the hub's own conversion."""
    languages: Mapping[str, SourceName] = {}
    """Language of the experiment -> what the data set calls it, where that is not known already."""

    title: ClassVar[str]
    """The data set's name, for messages."""
    label_names: ClassVar[tuple[str, ...]]
    """The labels in the source's order."""
    known: ClassVar[Mapping[str, str]]
    """Language code -> what the data set calls the language."""

    def load(self, languages: Sequence[str], base: Path = Path()) -> LabelledCorpus:
        """Return train, dev and test texts of some languages.

        Raises:
            InputError: The data set does not have a language, the hub does not give it, a file is missing,
                damaged or of another layout, or a label is unknown.
        """
        splits = {}
        for (language, split), paths in self._files(languages, base).items():
            name = self._name(language)
            found = list(self._chosen(self._read(paths, name), name, split))
            if not found:
                raise InputError(f"labelled texts in {language!r} were expected, found none", path=paths[0])
            texts, labels = zip(*found, strict=True)
            splits[language, split] = LabelledTexts(texts, labels)
        return LabelledCorpus(self.label_names, splits)

    def inputs(self, languages: Sequence[str], base: Path = Path()) -> TaskInputs:
        """Return what the texts depend on: their files, and what the data set calls the language."""
        return TaskInputs(
            settings=self.model_dump(mode="json", exclude={"source", "revision", "languages"}),
            languages={language: self._name(language) for language in languages},
            files=self._files(languages, base),
        )

    @abstractmethod
    def _layouts(self, name: str, split: str) -> list[Layout]:
        """Return where a split of a language may lie, by what the data set calls the language."""

    @abstractmethod
    def _read(self, paths: tuple[Path, ...], name: str) -> Iterator[LabelledText]:
        """Yield the texts of a split from its files."""

    def _chosen(self, texts: Iterator[LabelledText], name: str, split: str) -> Iterator[LabelledText]:
        """Leave out what the settings do not ask for."""
        del name, split
        return texts

    def _name(self, language: str) -> str:
        """Return what the data set calls a language."""
        if language in self.languages:
            return self.languages[language]
        if language in self.known:
            return self.known[language]
        if language in self.known.values():
            return language
        raise InputError(
            f"language {language!r} is not among those of {self.title}: {', '.join(self.known)}",
            remedy=f"Remove it, or say what the data set calls it: languages: {{{language}: NAME}}.",
        )

    def _files(self, languages: Sequence[str], base: Path) -> dict[tuple[str, str], tuple[Path, ...]]:
        """Find the files of every language and split; from the hub, only these are fetched."""
        wanted = {
            (language, split): self._layouts(self._name(language), split)
            for language in dict.fromkeys(languages)
            for split in SPLITS
        }
        patterns = dict.fromkeys(p for layouts in wanted.values() for layout in layouts for p in layout)
        folder = dataset_folder(self.source, list(patterns), base, self.revision)
        return {
            key: find_files(folder, layouts, f"{self.title}, {' '.join(key)}")
            for key, layouts in wanted.items()
        }


def find_files(folder: Path, layouts: Sequence[Layout], what: str) -> tuple[Path, ...]:
    """Return the files of the first layout of which there is any.

    Args:
        folder: Where to look.
        layouts: Patterns of each; a text file may also be packed, with `.gz` after its name.
        what: What is looked for, for messages.

    Raises:
        InputError: There are none, or some of the layout are missing.
    """
    for layout in layouts:
        found = [sorted(folder.glob(pattern)) or sorted(folder.glob(f"{pattern}.gz")) for pattern in layout]
        if all(found):
            return tuple(path for paths in found for path in paths)
        if any(found):
            missing = ", ".join(p for p, paths in zip(layout, found, strict=True) if not paths)
            raise InputError(f"{what}: {missing} is missing", path=folder, remedy="Fetch it again.")
    expected = "; ".join(" with ".join(layout) for layout in layouts)
    raise InputError(
        f"{what}: no files found; expected one of: {expected}",
        path=folder,
        remedy="Check `source` and `languages`.",
    )


def hub_layouts(name: str, split: str) -> list[Layout]:
    """Return the layouts that the hub itself makes: Parquet files of a configuration and split."""
    return [
        layout
        for alias in SPLIT_NAMES[split]
        for layout in ((f"{name}/{alias}-*.parquet",), (f"{name}/{alias}/*.parquet",))
    ]


def numbered(names: Sequence[str]) -> dict[str, int]:
    """Return name -> number."""
    return {name: number for number, name in enumerate(names)}
