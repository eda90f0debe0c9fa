"""The words that a language's texts use most and that no pair of its word list translates.

They are read through their mapped vector, or by what they look like. A pair for each, appended to the word
list or accepted among the decisions, makes it an anchor or, where it has no vector, gives it the row of its
translation (`listed` in `anchors/anchor_set.py`).
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mosecrot_core.display import short
from mosecrot_core.mapping.source_pieces import is_sign
from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.runs.schema import MISSING_COLUMNS
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.han import all_scripts

_READ_AS = ("spelled", "composed", "mapped")
_AT_ONCE = 1_000  # texts: where a word begins and ends takes more memory than the text


def missing_words(bench: Workbench, language: str) -> pd.DataFrame:
    """Count the words of a target's texts that no pair translates, columns MISSING_COLUMNS.

    Raises:
        MosecrotError: The language has no word vectors or no word list, or an input cannot be used.
    """
    target = bench.target(language)
    words = target.knowing(list(target.anchors.listed["word"])).all_words
    used = _used(words, [*bench.of_task(language, joined=words.joined), *bench.unlabelled(language)])
    normalise = words.vocabulary.segmentation.normalise
    translated = {normalise(form) for word in target.judged.translated for form in all_scripts(word)}
    read_as = dict(zip(words.vocabulary.entries, np.where(words.forms == "", *_READ_AS[1:]), strict=True))
    rows = [
        (language, word, count, count / used.total(), read_as.get(word, _READ_AS[0]))
        for word, count in sorted(used.items(), key=lambda item: (-item[1], item[0]))
        if word not in translated
    ]
    return pd.DataFrame(rows, columns=MISSING_COLUMNS)


def print_missing_words(
    found: pd.DataFrame, language: str, most: int, console: Console | None = None
) -> None:
    """Print a language's share of words that are missing, and the most frequent of them.

    Args:
        found: Columns MISSING_COLUMNS, of this language alone.
        language: Its code.
        most: How many words are printed.
        console: Where; none: the terminal.
    """
    console = console or Console()
    shares = found.groupby("read_as")["share"].sum()
    how = ", ".join(f"{shares.get(name, 0):.1%} {name}" for name in reversed(_READ_AS))
    console.print(
        f"{short(language)}: {shares.sum():.1%} of the words in its texts, {len(found):,} different ones, "
        f"have no pair: {how}.", markup=False, highlight=False,
    )  # fmt: skip
    if found.empty:
        return
    table = Table(title=f"the {min(most, len(found))} most frequent")
    for name, side in (("word", "left"), ("count", "right"), ("share", "right"), ("read as", "left")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in found.head(most).to_dict("records"):
        word = Text(short(row["word"]))  # never markup: it comes from a file
        table.add_row(word, f"{row['count']:,}", f"{row['share']:.2%}", row["read_as"])
    console.print(table)


def _used(words: TargetWords, texts: Sequence[str]) -> Counter[str]:
    """Count the words that the texts are cut into, known or not; signs and numbers are none."""
    normalise, used = words.vocabulary.segmentation.normalise, Counter[str]()
    for first in range(0, len(texts), _AT_ONCE):
        some = list(texts[first : first + _AT_ONCE])
        cut = words.tokenizer(some, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        used.update(
            text[start:end]
            for text, offsets in zip(some, cut["offset_mapping"], strict=True)
            for start, end in offsets
        )
    found = Counter[str]()
    for form, count in used.items():
        if (word := normalise(form)) and not is_sign(word):
            found[word] += count
    return found
