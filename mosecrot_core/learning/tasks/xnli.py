"""XNLI: does a premise entail a hypothesis, contradict it, or neither? Pairs of sentences in 15 languages.

Conneau et al., "XNLI: Evaluating Cross-lingual Sentence Representations" (EMNLP 2018),
https://github.com/facebookresearch/XNLI and https://huggingface.co/datasets/facebook/xnli, CC BY-NC 4.0.
2,490 dev and 5,010 test pairs a language, translated by people, a third of each label; 392,702 train pairs,
those of MultiNLI (Williams et al. 2018), translated by machine (XNLI-MT-1.0). The source reports accuracy.

A machine may leave nothing of a sentence: such a pair stays, as in other readers of these files.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.base import SentenceTask
from mosecrot_core.learning.tasks.corpus import LabelledCorpus, LabelledTexts
from mosecrot_core.learning.tasks.own_files import OwnFiles
from mosecrot_core.learning.tasks.published import Layout, hub_layouts, numbered
from mosecrot_core.learning.tasks.tables import (
    Form,
    Row,
    checked_text,
    column_names,
    label_number,
    read_columns,
    read_rows,
)

Pair = tuple[str, str, int]
"""Premise, hypothesis and the number of the label."""

_BARE = ("premise", "hypothesis", "label")
_BY_MACHINE = ("premise", "hypo", "label")
_BY_PEOPLE = ("sentence1", "sentence2", "gold_label", "language")
_MACHINE_FOLDERS = ("", "multinli/", "XNLI-MT-1.0/multinli/")
_LANGUAGES = "ar bg de el en es fr hi ru sw th tr ur vi zh"


class XnliSettings(OwnFiles, SentenceTask):
    """XNLI: 3 labels for pairs of sentences, 15 languages."""

    name: Literal["xnli"] = "xnli"
    """The reader."""
    source: str = "facebook/xnli"
    """A hub id, or a local folder into which XNLI-1.0.zip (`xnli.dev.tsv`, `xnli.test.tsv`) and
    XNLI-MT-1.0.zip (`multinli/multinli.train.LANGUAGE.tsv`) are unpacked; or one with `train-LANGUAGE.tsv`,
    `dev-LANGUAGE.tsv`, `test-LANGUAGE.tsv`: premise, tab, hypothesis, tab, label. LANGUAGE as `fr`."""

    title: ClassVar[str] = "XNLI"
    label_names: ClassVar[tuple[str, ...]] = ("entailment", "neutral", "contradiction")
    known: ClassVar[Mapping[str, str]] = {code: code for code in _LANGUAGES.split()}

    def load(self, languages: Sequence[str], base: Path = Path()) -> LabelledCorpus:
        """Return the pairs of some languages, of every split that there is.

        Raises:
            InputError: A language is unknown or has no file, the hub does not give it, a file is missing,
                damaged or of another layout, or a label is unknown.
        """
        splits = {}
        for key, pairs in self._examples(languages, base, lambda path, name, _: _pairs(path, name)):
            premises, hypotheses, labels = zip(*pairs, strict=True)
            splits[key] = LabelledTexts(premises, labels, hypotheses)
        return LabelledCorpus(self.label_names, splits, main_metric="accuracy")

    def _layouts(self, name: str, split: str) -> list[Layout]:
        archive: list[Layout] = [(f"{folder}xnli.{split}.tsv",) for folder in ("", "XNLI-1.0/")]
        if split == "train":
            archive = [(f"{folder}multinli.train.{name}.tsv",) for folder in _MACHINE_FOLDERS]
        return [*archive, (f"{split}-{name}.tsv",), *hub_layouts(name, split)]


_NUMBERS = numbered(XnliSettings.label_names)
_NUMBERS |= {str(number): number for number in _NUMBERS.values()}  # as on the hub
_NUMBERS |= {"contradictory": _NUMBERS["contradiction"]}  # as in XNLI-MT-1.0


def _pairs(path: Path, language: str) -> Iterator[Pair]:
    """Yield the pairs of a file of any layout, which its first line tells; those of one language."""
    form: Form = "parquet" if path.suffix == ".parquet" else "tsv"  # no file of theirs quotes its cells
    header = set(column_names(path, form))
    if form == "parquet" or header >= {*_BARE}:
        yield from _labelled(read_rows(path, _BARE, form), path, by_machine=form == "parquet")
    elif header >= {*_BY_MACHINE}:
        yield from _labelled(read_rows(path, _BY_MACHINE, form), path, by_machine=True)
    elif header & {*_BY_PEOPLE[:3]}:
        yield from _labelled(_of_language(path, language), path)
    else:
        yield from _labelled(read_columns(path, _BARE), path)


def _of_language(path: Path, language: str) -> Iterator[Row]:
    """Return the rows of one language from a file of all: sentence, sentence, label."""
    rows = list(read_rows(path, _BY_PEOPLE, "tsv"))
    languages = {row.cells[-1] for row in rows}
    if language not in languages:
        problem = f"pairs in language {language!r} were expected, found {', '.join(sorted(languages))}"
        raise InputError(problem, path=path, remedy="Check `languages`.")
    return (Row(row.line, row.cells[:-1]) for row in rows if row.cells[-1] == language)


def _labelled(rows: Iterator[Row], path: Path, *, by_machine: bool = False) -> Iterator[Pair]:
    """Yield pairs with the numbers of their labels.

    Raises:
        InputError: A label is not among the names, or a sentence is empty; of what machines have translated,
            both sentences.
    """
    for line, (premise, hypothesis, label) in rows:
        for column, text in zip(_BARE[:2], (premise, hypothesis), strict=True):
            checked_text(premise + hypothesis if by_machine else text, column, path, line)
        yield premise, hypothesis, label_number(label, _NUMBERS, path, line, "The labels are those of XNLI.")
