r"""UMSAB: sentiment of tweets in eight languages.

Barbieri et al., "XLM-T: Multilingual Language Models in Twitter for Sentiment Analysis and Beyond" (LREC
2022), https://github.com/cardiffnlp/xlm-t and
https://huggingface.co/datasets/cardiffnlp/tweet_sentiment_multilingual. 1,839 train, 324 dev and 870 test
tweets a language, a third of them each negative, neutral and positive; tweets of two languages are not
translations. English tweets hold escapes such as ``\u2019``, which stay. The source reports macro-F1.
"""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import ClassVar, Literal

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.published import (
    SPLIT_NAMES,
    LabelledText,
    Layout,
    PublishedTask,
    hub_layouts,
    numbered,
)
from mosecrot_core.learning.tasks.tables import checked_text, label_number, read_rows
from mosecrot_core.text_files import read_lines


class UmsabSettings(PublishedTask):
    """UMSAB: 3 sentiments of tweets, 8 languages."""

    name: Literal["umsab"] = "umsab"
    """The reader."""
    source: str = "cardiffnlp/tweet_sentiment_multilingual"
    """A hub id, or a local folder with `LANGUAGE/train_text.txt` and `train_labels.txt` and the same for val
    and test, one tweet and one number (0 to 2) a line; LANGUAGE as `french`."""

    title: ClassVar[str] = "UMSAB"
    label_names: ClassVar[tuple[str, ...]] = ("negative", "neutral", "positive")
    known: ClassVar[Mapping[str, str]] = {
        "ar": "arabic", "en": "english", "fr": "french", "de": "german",
        "hi": "hindi", "it": "italian", "pt": "portuguese", "es": "spanish",
    }  # fmt: skip

    def _layouts(self, name: str, split: str) -> list[Layout]:
        aliases = SPLIT_NAMES[split]
        pairs: list[Layout] = [
            (f"{folder}{name}/{alias}_text.txt", f"{folder}{name}/{alias}_labels.txt")
            for folder in ("", "data/sentiment/", "data/umsab/")  # as on GitHub
            for alias in aliases
        ]
        records: list[Layout] = [
            (f"{folder}{name}/{alias}.jsonl",) for folder in ("data/", "") for alias in aliases
        ]
        return pairs + records + hub_layouts(name, split)

    def _read(self, paths: tuple[Path, ...], name: str) -> Iterator[LabelledText]:
        del name
        numbers = numbered(self.label_names)
        numbers |= {str(number): number for number in numbers.values()}
        if paths[0].name.removesuffix(".gz").endswith(".txt"):
            texts, labels = paths
            for line, text, label in _side_by_side(texts, labels):
                yield checked_text(text, "text", texts, line), label_number(label, numbers, labels, line)
            return
        for path in paths:
            for line, (text, label) in read_rows(path, ("text", "label")):
                yield checked_text(text, "text", path, line), label_number(label, numbers, path, line)


def _side_by_side(texts: Path, labels: Path) -> Iterator[tuple[int, str, str]]:
    """Yield line, text and label.

    Raises:
        InputError: One file has more lines.
    """
    for text, label in zip_longest(read_lines(texts), read_lines(labels)):
        if text is None or label is None:
            short, other, (line, _) = (texts, labels, label) if text is None else (labels, texts, text)
            problem = f"as many lines as in {other.name} were expected, it ends before line {line}"
            raise InputError(problem, path=short, line=line, remedy="Fetch both files again.")
        yield text[0], text[1].strip(), label[1].strip()
