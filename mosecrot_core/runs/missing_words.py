"""The words that a language's texts use most and that no pair of its word list translates.

They are read through their mapped vector, or by what they look like, or, where vectors lack what is
frequent, as source words as frequent are. A pair for each, appended to the word list or accepted among the
decisions, makes it an anchor or, where it has no vector, gives it the row of its translation (`listed` in
`anchors/anchor_set.py`).
"""

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mosecrot_core.display import short
from mosecrot_core.mapping.frequent_words import FREQUENT_FROM
from mosecrot_core.runs.schema import MISSING_COLUMNS
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.han import all_scripts

_READ_AS = ("mapped", "composed", "spelled", "frequent")


def missing_words(bench: Workbench, language: str) -> pd.DataFrame:
    """Count the words of a target's texts that no pair translates, columns MISSING_COLUMNS.

    Raises:
        MosecrotError: The language has no word vectors or no word list, or an input cannot be used.
    """
    target = bench.listed_target(language)
    words, used = target.all_words, target.used
    normalise = words.vocabulary.segmentation.normalise
    translated = {normalise(form) for word in target.judged.translated for form in all_scripts(word)}
    read_as = dict(
        zip(words.vocabulary.entries, np.where(words.forms == "", "composed", "mapped"), strict=True)
    )
    read_as |= dict.fromkeys(target.lacked(FREQUENT_FROM), "frequent")
    rows = [
        (language, word, count, count / used.total(), read_as.get(word, "spelled"))
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
    how = ", ".join(f"{shares.get(name, 0):.1%} {name}" for name in _READ_AS)
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
