"""The words that a language's texts use most and that neither its vectors nor its word list know.

Stitching reads them by what they look like. A pair for each, appended to the word list, gives them their
translation's own row (`listed` in `anchors/anchor_set.py`).
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mosecrot_core.display import short
from mosecrot_core.errors import InputError
from mosecrot_core.mapping.source_pieces import is_sign
from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.quiet import quieten
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.han import all_scripts

COLUMNS = ["language", "word", "count", "share", "read_as"]


def missing_words(
    experiment: Experiment, base: Path, trained: Path, language: str | None = None
) -> pd.DataFrame:
    """Count the words of the targets' texts, the task's and the unlabelled ones, that nothing says more of.

    Args:
        experiment: What is to be run.
        base: Folder that its relative paths start from.
        trained: Folder that vectors trained on text are kept in.
        language: A target language; none: all that have vectors and a word list.

    Returns:
        COLUMNS, each language's most frequent first: the word as the tokenizer cuts and normalises it; how
        often it is used; its share of all words used, signs and numbers apart; `composed` if it is read as
        what the vectors compose of its subwords or characters, `spelled` if as the encoder's own pieces.

    Raises:
        InputError: There is no such language with vectors and a word list.
        MosecrotError: An input cannot be used.
    """
    stitched = [code for code, own in experiment.targets.items() if own.vectors and own.lexicon]
    asked = [code for code in stitched if language in (None, code)]
    if not asked:
        raise InputError(
            "no target with word vectors and a word list" + (f" is {language!r}" if language else ""),
            remedy=f"Those that have both: {', '.join(stitched) or 'none'}.",
        )
    quieten()
    bench = Workbench(experiment, base, trained)
    return pd.concat([_missing(bench, code) for code in asked], ignore_index=True)


def print_missing_words(found: pd.DataFrame, most: int, console: Console | None = None) -> None:
    """Print a language's share of words that are missing, and the most frequent of them."""
    console = console or Console()
    for language, words in found.groupby("language", sort=False):
        shares = words.groupby("read_as")["share"].sum()
        composed, spelled = shares.get("composed", 0), shares.get("spelled", 0)
        console.print(
            f"{language}: {composed + spelled:.1%} of the words in its texts, {len(words):,} different ones, "
            f"have neither a vector nor a pair; {composed:.1%} are composed, {spelled:.1%} spelled.",
            markup=False, highlight=False,
        )  # fmt: skip
        table = Table(title=f"the {min(most, len(words))} most frequent")
        for name, side in (("word", "left"), ("count", "right"), ("share", "right"), ("read as", "left")):
            table.add_column(name, justify=side)  # type: ignore[arg-type]
        for row in words.head(most).to_dict("records"):
            word = Text(short(row["word"]))  # never markup: it comes from a file
            table.add_row(word, f"{row['count']:,}", f"{row['share']:.2%}", row["read_as"])
        console.print(table)


def _missing(bench: Workbench, language: str) -> pd.DataFrame:
    target = bench.target(language)
    by_pair, head = list(target.anchors.listed["word"]), bench.head
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
    return pd.DataFrame(rows, columns=COLUMNS)


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
