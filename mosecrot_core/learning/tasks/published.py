"""What the published data sets share: a hub id or a folder, names of languages, files of known layouts."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import StringConstraints

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.base import SentenceTask, TaskInputs, TaskSettings
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


Files = dict[tuple[str, str], tuple[Path, ...]]
"""Language and split -> the files that its texts are read from."""


class PublishedFiles(TaskSettings):
    """Where a published data set with fixed labels lies, whatever is labelled in it.

    A subclass says what the labels are (`label_names`), which languages there are (`known`) and where files
    lie (`_layouts`).
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
    has_all_splits: ClassVar[bool] = True
    """Whether every language has train, dev and test."""
    places: ClassVar[frozenset[str]] = frozenset({"source", "revision", "languages"})
    """Settings that say where files lie: the texts depend on what is in the files instead."""

    def inputs(self, languages: Sequence[str], base: Path = Path()) -> TaskInputs:
        """Return what the texts depend on: their files, and what the data set calls the language."""
        return TaskInputs(
            settings=self.model_dump(mode="json", exclude=set(self.places)),
            languages={language: self._name(language) for language in languages},
            files=self._files(languages, base),
        )

    @abstractmethod
    def _layouts(self, name: str, split: str) -> list[Layout]:
        """Return where a split of a language may lie, by what the data set calls the language."""

    def _name(self, language: str) -> str:
        """Return what the data set calls a language."""
        if language in self.languages:
            return self.languages[language]
        if language in self.known:
            return self.known[language]
        if language in self.known.values():
            return language
        raise InputError(
            f"language {language!r} is not among those of {self.title}: {', '.join(self.known)}"
            if self.known
            else f"{self.title}: what the files of language {language!r} are called is not known",
            remedy=f"Remove it, or say what the data set calls it: languages: {{{language}: NAME}}.",
        )

    def _files(self, languages: Sequence[str], base: Path) -> Files:
        """Find the files of every language and split; from the hub, only these are fetched."""
        wanted = {
            (language, split): self._layouts(self._name(language), split)
            for language in dict.fromkeys(languages)
            for split in SPLITS
        }
        patterns = dict.fromkeys(p for layouts in wanted.values() for layout in layouts for p in layout)
        folder = dataset_folder(self.source, list(patterns), base, self.revision)
        found: Files = {}
        for language in dict.fromkeys(languages):
            for split in SPLITS:
                layouts, what = wanted[language, split], f"{self.title}, {language} {split}"
                if self.has_all_splits or any_files(folder, layouts):
                    found[language, split] = find_files(folder, layouts, what)
            if not any((language, split) in found for split in SPLITS):
                find_files(folder, wanted[language, "train"], f"{self.title}, {language}")
        return found


class PublishedTask(PublishedFiles, SentenceTask):
    """A published data set of labelled texts, with the same splits in every language.

    A subclass also says how the files are read (`_read`).
    """

    def load(self, languages: Sequence[str], base: Path = Path()) -> LabelledCorpus:
        """Return train, dev and test texts of some languages.

        Raises:
            InputError: The data set does not have a language, the hub does not give it, a file is missing,
                damaged or of another layout, or a label is unknown.
        """
        splits = {}
        for (language, split), paths in self._files(languages, base).items():
            name = self._name(language)
            found = self._chosen(list(self._read(paths, name)), name, split)
            if not found:
                raise InputError(f"labelled texts in {language!r} were expected, found none", path=paths[0])
            texts, labels = zip(*found, strict=True)
            splits[language, split] = LabelledTexts(texts, labels)
        return LabelledCorpus(self.label_names, splits)

    @abstractmethod
    def _read(self, paths: tuple[Path, ...], name: str) -> Iterator[LabelledText]:
        """Yield the texts of a split from its files."""

    def _chosen(self, texts: list[LabelledText], name: str, split: str) -> list[LabelledText]:
        """Leave out what the settings do not ask for."""
        del name, split
        return texts


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
        found = [_matching(folder, pattern) for pattern in layout]
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


def any_files(folder: Path, layouts: Sequence[Layout]) -> bool:
    """Tell whether a folder has any file of some layouts."""
    return any(_matching(folder, pattern) for layout in layouts for pattern in layout)


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


def _matching(folder: Path, pattern: str) -> list[Path]:
    plain, packed = (
        [path for path in sorted(folder.glob(p)) if path.is_file()] for p in (pattern, f"{pattern}.gz")
    )
    return plain or packed
