"""PAN-X (WikiANN): named entities in Wikipedia, labelled by machine (Pan et al. 2017, Rahimi et al. 2019).

Chinese, Japanese and Thai sentences are cut into characters there, and each is a word here.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.corpus import SPLITS, Split
from mosecrot_core.learning.tasks.hub_files import hub_parquet_files, read_parquet
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens, TokenCorpus
from mosecrot_core.learning.tasks.token_files import (
    Paths,
    Row,
    TokenFileSettings,
    find_files,
    number_labels,
    sentences_of_columns,
)
from mosecrot_core.locations import read_lines, resolve_path

PANX_LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
"""In the order of the numbers that the hub's files hold."""
_HUB_SPLITS: dict[Split, str] = {"train": "train", "dev": "validation", "test": "test"}
_LAYOUT = "{train,dev,test}-LANGUAGE.tsv[.gz] or LANGUAGE/{train,dev,test}"
_INSTEAD = f"Or fetch the files and set `folder` to where they lie ({_LAYOUT})."


class PanxSettings(TokenFileSettings):
    """Where PAN-X lies: exactly one of `folder`, `files` and `dataset` is given."""

    name: Literal["panx"] = "panx"
    """The reader."""
    dataset: str | None = None
    """Hub id, such as `unimelb-nlp/wikiann`; its configurations are the languages."""
    revision: str | None = None
    """Commit of the data set; None = the newest."""
    splits: tuple[Split, ...] = SPLITS
    """Splits that are fetched from the hub."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.folder, self.files, self.dataset)) != 1:
            raise ValueError("exactly one of `folder`, `files` and `dataset` is expected")
        return self

    def paths(self, languages: Sequence[str], base: Path = Path()) -> Paths:
        """Return the file of each language and split.

        Raises:
            InputError: A language has none, or the hub does not give it.
        """
        if self.files is not None:
            return self.named_files(languages, base)
        if self.dataset is not None:
            return {
                (language, split): self._hub_file(self.dataset, language, split)
                for language in languages
                for split in self.splits
            }
        patterns: dict[tuple[str, str], list[str]] = {
            (language, split): [
                f"{name}{suffix}"
                for name in (f"{split}-{language}", f"{language}/{split}")
                for suffix in (".tsv", ".tsv.gz", "", ".gz")
            ]
            for language in languages
            for split in SPLITS
        }
        return find_files(resolve_path(self.folder or "", base), patterns, _LAYOUT)

    def _hub_file(self, dataset: str, language: str, split: Split) -> Path:
        hub_split = _HUB_SPLITS[split]
        files = hub_parquet_files(dataset, language, hub_split, revision=self.revision, instead=_INSTEAD)
        if len(files) != 1:
            raise InputError(f"one Parquet file of {language} {hub_split} expected, {len(files)} found")
        return files[0]


def load_panx(settings: PanxSettings, languages: Sequence[str], base: Path = Path()) -> TokenCorpus:
    """Read the sentences of every language; labels stay as published, also an ``I-X`` without its ``B-X``.

    Args:
        settings: Where the files lie.
        languages: Codes as the files have them, such as `en`, `zh`, `zh-min-nan`.
        base: Folder that relative paths start from.

    Raises:
        InputError: A file is missing or damaged, or a line is not word, tab, label.
    """
    paths = settings.paths(tuple(dict.fromkeys(languages)), base)
    return TokenCorpus(PANX_LABELS, {key: _read(path, key[0]) for key, path in paths.items()})


def _read(path: Path, language: str) -> LabelledTokens:
    if path.suffix == ".parquet":
        return number_labels(_parquet_sentences(path), PANX_LABELS, path)
    sentences = list(sentences_of_columns(read_lines(path), path, [2], tabs=True))
    return number_labels(_without_prefix(sentences, f"{language}:"), PANX_LABELS, path)


def _without_prefix(sentences: list[list[Row]], prefix: str) -> list[list[Row]]:
    """Take ``en:`` off the words if all have it; a word such as ``de:bug`` in a file without it stays."""
    if not all(word.startswith(prefix) for sentence in sentences for _, word, _ in sentence):
        return sentences
    bare = [
        [(line, word.removeprefix(prefix), label) for line, word, label in sentence] for sentence in sentences
    ]
    # The published files hold a few prefixes with nothing behind them: white space that was a word.
    return [kept for sentence in bare if (kept := [row for row in sentence if row[1]])]


def _parquet_sentences(path: Path) -> Iterator[list[Row]]:
    for number, (words, tags) in enumerate(read_parquet(path, ("tokens", "ner_tags")), 1):
        if not (isinstance(words, list) and isinstance(tags, list) and len(words) == len(tags)):
            raise InputError("as many `ner_tags` as `tokens` expected", path=path, line=number)
        if not all(isinstance(word, str) for word in words):
            raise InputError("`tokens` of text expected", path=path, line=number)
        known = range(len(PANX_LABELS))
        yield [
            (number, word, PANX_LABELS[tag] if tag in known else str(tag))
            for word, tag in zip(words, tags, strict=True)
            if word
        ]
