"""The words that a language's texts use most and that neither its vectors nor its word list know.

Stitching reads them by what they look like. A pair for each, appended to the word list or accepted among the
decisions, gives them their translation's own row (`listed` in `anchors/anchor_set.py`).
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


def missing_words(bench: Workbench, language: str) -> pd.DataFrame:
    """Count the words of a target's texts that nothing says more of, columns MISSING_COLUMNS.

    Raises:
        MosecrotError: The language has no word vectors or no word list, or an input cannot be used.
    """
    target, head = bench.target(language), bench.head
    by_pair = list(target.anchors.listed["word"])
    words = target.knowing(by_pair).all_words
    parts = [part for (known, _), part in bench.corpus.splits.items() if known == language]
    texts = [text for part in parts for text in head.texts(part, joined=words.joined)]
    used = _used(words, [*texts, *bench.unlabelled(language)])
    normalise = words.vocabulary.segmentation.normalise
    listed = {normalise(form) for word in by_pair for form in all_scripts(word)}
    read_as = dict(zip(words.vocabulary.entries, np.where(words.forms == "", "composed", ""), strict=True))
    rows = [
        (language, word, count, count / used.total(), how)
        for word, count in sorted(used.items(), key=lambda item: (-item[1], item[0]))
        if word not in listed and (how := read_as.get(word, "spelled"))
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
    composed, spelled = shares.get("composed", 0), shares.get("spelled", 0)
    console.print(
        f"{short(language)}: {composed + spelled:.1%} of the words in its texts, {len(found):,} different "
        f"ones, have neither a vector nor a pair; {composed:.1%} are composed, {spelled:.1%} spelled.",
        markup=False, highlight=False,
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
    if not texts:
        return Counter()
    cut = words.tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    normalise = words.vocabulary.segmentation.normalise
    used = Counter(
        normalise(text[start:end])
        for text, offsets in zip(texts, cut["offset_mapping"], strict=True)
        for start, end in offsets
    )
    return Counter({word: count for word, count in used.items() if word and not is_sign(word)})
