"""PAN-X (WikiANN): named entities in Wikipedia, labelled by machine (Pan et al. 2017, Rahimi et al. 2019).

Chinese, Japanese and Thai sentences are cut into characters there, and each is a word here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import TypeAdapter, ValidationError

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.parquet_tables import read_parquet
from mosecrot_core.learning.tasks.published import Layout, SourceName, hub_layouts
from mosecrot_core.learning.tasks.token_files import Row, TokenFiles, sentences_of_columns
from mosecrot_core.text_files import read_lines

PANX_LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
"""In the order of the numbers that the hub's files hold."""


class PanxSettings(TokenFiles):
    """PAN-X: persons, organisations and places, 282 languages.

    Labels stay as published, also an ``I-X`` without its ``B-X``.
    """

    name: Literal["panx"] = "panx"
    """The reader."""
    source: str = "unimelb-nlp/wikiann"
    """A hub id, or a local folder with `train-LANGUAGE.tsv` and so on (XTREME) or `LANGUAGE/train` (as
    published); a word, a tab and its label a line. LANGUAGE as `en`, `zh-min-nan`."""

    title: ClassVar[str] = "PAN-X"
    label_names: ClassVar[tuple[str, ...]] = PANX_LABELS
    known: ClassVar[Mapping[str, str]] = {}

    def _name(self, language: str) -> str:
        """Return the code itself: the data set's names are codes of Wikipedias."""
        name = self.languages.get(language, language)
        try:
            return TypeAdapter(SourceName).validate_python(name)
        except ValidationError as error:
            raise InputError(f"the code of a language was expected, {name!r} came") from error

    def _layouts(self, name: str, split: str) -> list[Layout]:
        stems = (f"{split}-{name}", f"{name}/{split}")
        texts: list[Layout] = [(f"{stem}{suffix}",) for stem in stems for suffix in (".tsv", "")]
        return texts + hub_layouts(name, split)

    def _sentences(self, path: Path, name: str, split: str) -> Iterable[Sequence[Row]]:
        del split
        if path.suffix == ".parquet":
            return _parquet_sentences(path)
        return _without_prefix(list(sentences_of_columns(read_lines(path), path, [2], tabs=True)), f"{name}:")


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
    for number, (words, tags) in read_parquet(path, ("tokens", "ner_tags")):
        if not (isinstance(words, list) and isinstance(tags, list) and len(words) == len(tags)):
            raise InputError("as many `ner_tags` as `tokens` expected", path=path, line=number)
        if not all(isinstance(word, str) for word in words):
            raise InputError("`tokens` of text expected", path=path, line=number)
        labels = [PANX_LABELS[tag] if tag in range(len(PANX_LABELS)) else str(tag) for tag in tags]
        if rows := [(number, word, label) for word, label in zip(words, labels, strict=True) if word]:
            yield rows
