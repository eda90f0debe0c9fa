"""What the readers of labelled words share: where the files lie, and a word a line in columns."""

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.base import TokenTask
from mosecrot_core.learning.tasks.corpus import Split
from mosecrot_core.learning.tasks.published import Files, PublishedFiles, numbered
from mosecrot_core.learning.tasks.sampling import SampleSizes
from mosecrot_core.learning.tasks.tables import label_number
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens, TokenCorpus
from mosecrot_core.locations import resolve_path

Row = tuple[int, str, str]
"""Line, word, label."""

_BLANKS = re.compile(r"[ \t]+")


class SentenceFiles(PublishedFiles):
    """A published data set of sentences, whatever is labelled in them; a language may lack a split."""

    files: Mapping[str, Mapping[Split, str]] = {}
    """Language -> split -> path, plain or .gz, relative to the experiment file; for languages whose files are
    called otherwise or whose splits are to be others. Nothing of these languages is read from `source`."""
    sample: SampleSizes = SampleSizes()
    """How many sentences to use in each language."""

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

    def _files_of_source(self, languages: Sequence[str], base: Path) -> Files:
        return super()._files(languages, base)


class TokenFiles(SentenceFiles, TokenTask):
    """A published data set of labelled words.

    A subclass also says how a file is read (`_sentences`).
    """

    def load(self, languages: Sequence[str], base: Path = Path()) -> TokenCorpus:
        """Return the sentences of some languages, of every split that there is.

        Raises:
            InputError: A language is unknown or has no file, the hub does not give it, a file is missing,
                damaged or of another layout, or a label is unknown.
        """
        splits = {}
        for (language, split), paths in self._files(languages, base).items():
            found = [
                labelled
                for path in paths
                for labelled in _labelled(
                    self._sentences(path, self._name(language), split), self.label_names, path
                )
            ]
            words, labels = zip(*self.sample.draw(found, self._name(language), split), strict=True)
            splits[language, split] = LabelledTokens(words, labels)
        return TokenCorpus(self.label_names, splits)

    @abstractmethod
    def _sentences(self, path: Path, name: str, split: str) -> Iterable[Sequence[Row]]:
        """Yield the sentences of a file, by what the data set calls its language."""


def sentences_of_columns(
    lines: Iterable[tuple[int, str]], path: Path, columns: Sequence[int], *, tabs: bool
) -> Iterator[list[Row]]:
    """Yield sentences: a line a word, first column the word, last column the label, a blank line between.

    A line that starts with ``-DOCSTART-`` parts articles and is no word.

    Args:
        lines: Numbered lines without their ends.
        path: The file, for messages.
        columns: How many columns there may be; every line has as many as the first.
        tabs: Columns are parted by tabs; else by any blanks.

    Raises:
        InputError: A line has another number of columns, or an empty word or label.
    """
    sentence: list[Row] = []
    expected = tuple(columns)
    for number, line in lines:
        if not line.strip(" \t\r") or line.startswith("-DOCSTART-"):
            if sentence:
                yield sentence
            sentence = []
            continue
        cells = line.rstrip("\r").split("\t") if tabs else _BLANKS.split(line.strip(" \t\r"))
        if len(cells) not in expected:
            raise _misfit(len(cells), expected, tabs, path, number)
        expected = (len(cells),)
        word, label = cells[0].strip(), cells[-1].strip()
        if not word or not label:
            raise InputError(f"the {'label' if word else 'word'} is empty", path=path, line=number)
        sentence.append((number, word, label))
    if sentence:
        yield sentence


def _labelled(
    sentences: Iterable[Sequence[Row]], label_names: Sequence[str], path: Path
) -> Iterator[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Yield the words of each sentence, and the numbers of their labels.

    Raises:
        InputError: There is no sentence, or a label is not among the names.
    """
    numbers, empty = numbered(label_names), True
    remedy = "Is this the file of another task?"
    for sentence in sentences:
        empty = False
        yield (
            tuple(word for _, word, _ in sentence),
            tuple(label_number(label, numbers, path, line, remedy) for line, _, label in sentence),
        )
    if empty:
        raise InputError("labelled sentences were expected, the file holds none", path=path)


def _misfit(found: int, expected: Sequence[int], tabs: bool, path: Path, line: int) -> InputError:
    parted = "tabs" if tabs else "blanks"
    wanted = " or ".join(map(str, expected))
    return InputError(
        f"{wanted} columns parted by {parted} expected, {found} found",
        path=path,
        line=line,
        remedy="One word a line, its label last, and a blank line between sentences.",
    )
