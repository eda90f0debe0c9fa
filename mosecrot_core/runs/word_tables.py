"""What a run keeps of the words of a language: their names, and their static rows in a file beside."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.runs.missing_words import missing_words
from mosecrot_core.runs.schema import MISSING_COLUMNS, SPACE_COLUMNS, WORD_COLUMNS
from mosecrot_core.runs.target import Target
from mosecrot_core.runs.unmapped_words import listed_entries
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.neighbours import FloatArray
from mosecrot_core.words.vectors import LoadReport, WordVectors

MOST_FREQUENT = 20_000
"""So many words are kept beside those of texts and anchors: in float16, 12 MB of 300 numbers each."""


def words_tables(bench: Workbench, language: str, run: Path, file: str) -> dict[str, pd.DataFrame]:
    """List the words of a language and those that it lacks, and write their rows to a file of the run.

    Args:
        bench: Inputs.
        language: The source, whose rows are its encoder's own, or a target.
        run: The run's folder.
        file: Where within it the rows go.
    """
    is_source = language == bench.experiment.source.language
    words, rows = _of_source(bench.encoder) if is_source else _of_target(bench.target(language))
    missing = pd.DataFrame(columns=MISSING_COLUMNS) if is_source else missing_words(bench, language)
    WordVectors(list(words["form"]), rows, LoadReport(kept=len(rows))).save(run / file, "float16")
    side = "source" if is_source else "target"
    return {
        "words": words.assign(language=language)[WORD_COLUMNS],
        "missing": missing,
        "spaces": pd.DataFrame([{"language": language, "side": side, "file": file}])[SPACE_COLUMNS],
    }


def _of_source(encoder: SourceEncoder) -> tuple[pd.DataFrame, FloatArray]:
    count = len(encoder.tokenizer)
    whole, ids = encoder.whole_words
    words = np.full(count, "", dtype=object)
    words[ids] = whole
    tokens = encoder.tokenizer.convert_ids_to_tokens(list(range(count)))
    table = pd.DataFrame({"word": words, "form": tokens, "origin": "encoder", "token": np.arange(count)})
    return table, encoder.rows[:count]


def _of_target(target: Target) -> tuple[pd.DataFrame, FloatArray]:
    """Return the entries kept, and behind them, without a name, the anchors' words that are none of them."""
    words, pairs, kept = target.all_words, target.anchors.pairs, _kept(target)
    entries, forms = np.array(words.vocabulary.entries, dtype=object)[kept], words.forms[kept]
    composed = forms == ""
    table = pd.DataFrame({
        "word": [*entries, *[""] * len(pairs)],
        "form": [*np.where(composed, entries, forms), *pairs["word"]],
        "origin": [*np.where(composed, "subwords", "vectors"), *["vectors"] * len(pairs)],
        "token": [*_translations(target)[kept], *[-1] * len(pairs)],
    })  # fmt: skip
    first = ~table["form"].duplicated().to_numpy()
    return table[first], np.concatenate([words.rows[kept], target.anchors.target_rows])[first]


def _translations(target: Target) -> NDArray[np.int64]:
    """Return the source token that the list has for each entry without a vector of its own, else -1."""
    listed = listed_entries(target.all_words, target.anchors.listed)
    tokens = np.full(len(target.all_words.rows), -1, np.int64)
    tokens[listed.index] = listed["token"]
    return tokens


def _kept(target: Target) -> NDArray[np.int64]:
    """Return the entries of anchors and texts, and the most frequent ones, in their order."""
    words = target.all_words
    frequent = np.arange(len(words.rows)) < MOST_FREQUENT
    used = words.counts(target.texts) > 0
    anchors = np.isin(words.forms.astype(str), target.anchors.pairs["word"].to_numpy(dtype=str))
    return np.flatnonzero(frequent | used | anchors)
