"""A published data set of which a user may put own files, or other splits, in the place of some."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

from mosecrot_core.learning.tasks.corpus import Split
from mosecrot_core.learning.tasks.published import Files, PublishedFiles
from mosecrot_core.learning.tasks.sampling import SampleSizes
from mosecrot_core.locations import resolve_path

_E = TypeVar("_E")


class OwnFiles(PublishedFiles):
    """Where a published data set lies, or own files of its layout; a language may lack a split."""

    files: Mapping[str, Mapping[Split, str]] = {}
    """Language -> split -> path, plain or .gz, relative to the experiment file; for languages whose files are
    called otherwise or whose splits are to be others. Nothing of these languages is read from `source`."""
    sample: SampleSizes = SampleSizes()
    """How many examples to use in each language."""

    has_all_splits: ClassVar[bool] = False
    places: ClassVar[frozenset[str]] = PublishedFiles.places | {"files"}

    def _name(self, language: str) -> str:
        named = language in self.files and language not in {**self.languages, **self.known}
        return language if named else super()._name(language)

    def _files(self, languages: Sequence[str], base: Path) -> Files:
        """Find the files of every language: those that `files` names, and the others in the source."""
        elsewhere = [language for language in languages if language not in self.files]
        found = self._files_of_source(elsewhere, base) if elsewhere else {}
        named: Files = {
            (language, split): (resolve_path(spec, base),)
            for language in languages
            for split, spec in self.files.get(language, {}).items()
        }
        return {**found, **named}

    def _examples(
        self, languages: Sequence[str], base: Path, read: Callable[[Path, str, str], Iterable[_E]]
    ) -> Iterator[tuple[tuple[str, str], list[_E]]]:
        """Yield the sample of each language and split that there is.

        Args:
            languages: Language codes.
            base: Folder that relative paths start from.
            read: Yields the examples of a file, given what the data set calls its language, and its split.
        """
        for (language, split), paths in self._files(languages, base).items():
            name = self._name(language)
            found = [example for path in paths for example in read(path, name, split)]
            yield (language, split), self.sample.draw(found, name, split)

    def _files_of_source(self, languages: Sequence[str], base: Path) -> Files:
        return super()._files(languages, base)
