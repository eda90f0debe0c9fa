"""Target rows of an experiment's methods: what goes into a mapping, and what comes out of it.

A word of the list that has no vector of its own need not be mapped: the list says what it means. It has the
row of its translation, as the encoder reads that, where a method has it so (`listed`). A frequent word that
the list lacks, too, has the row of words as frequent (`frequent`).
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.mapping.frequent_words import rows_as_frequent
from mosecrot_core.mapping.null_baselines import shuffle_pairs
from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.runs.methods import Stitched
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.han import all_scripts
from mosecrot_core.words.neighbours import FloatArray

_AT_ONCE = 20_000  # words whose spelling is held: 100 MB


def static_rows(
    bench: Workbench, words: TargetWords, language: str, name: str, entries: NDArray[np.int64] | slice
) -> FloatArray:
    """Return what a method's mapping is given of some entries of a vocabulary: static rows, maybe spelled."""
    rows, spelling = words.rows[entries], bench.spelling(language, name)
    if spelling is None:
        return rows
    chosen = np.array(words.vocabulary.entries, dtype=object)[entries]
    return spelling.extend(chosen.tolist(), rows)


def mapped_rows(
    bench: Workbench,
    words: TargetWords,
    language: str,
    name: str,
    *,
    entries: NDArray[np.int64] | None = None,
    shuffled: int | None = None,
) -> FloatArray:
    """Return F_t of a vocabulary by a method.

    Args:
        bench: Inputs.
        words: The vocabulary.
        language: Its language.
        name: The method.
        entries: Which of its entries ``[n]``, ascending; none: all.
        shuffled: Seed of an order in which the target words of all pairs are paired anew: the null baseline.

    Returns:
        ``[n, D]``.
    """
    order = None if shuffled is None else shuffle_pairs(len(bench.anchors(language, name)), shuffled)
    mapping = bench.mapping(language, name, order)
    chosen = np.arange(len(words.rows)) if entries is None else entries
    parts = [chosen[start : start + _AT_ONCE] for start in range(0, len(chosen), _AT_ONCE)]
    rows = np.concatenate(
        [mapping.map_target(static_rows(bench, words, language, name, part)) for part in parts]
    )
    source = rows_of_source(bench, language, name)
    listed = listed_words(bench, words, language, name)
    tokens = listed["token"].to_numpy(np.int64)
    if shuffled is not None:
        tokens = tokens[shuffle_pairs(len(tokens), shuffled)]
    wanted = listed.index.isin(chosen)
    rows[np.searchsorted(chosen, listed.index[wanted])] = source[tokens[wanted]]
    frequent = frequent_words(bench, words, language, name)
    frequent = frequent[frequent.index.isin(chosen)]
    if len(frequent):
        ids, shares = bench.source_shares
        places = np.searchsorted(chosen, frequent.index)
        rows[places] = rows_as_frequent(frequent.to_numpy(), shares, source[ids])
    return rows


def frequent_words(bench: Workbench, words: TargetWords, language: str, name: str) -> pd.Series:
    """Return the entries that a method reads as source words as frequent: shares, by number, ascending."""
    frequent = bench.frequent_words(language, name)
    place_of = {entry: place for place, entry in enumerate(words.vocabulary.entries) if entry in frequent}
    listed = set(listed_words(bench, words, language, name).index)
    found = {place: frequent[entry] for entry, place in place_of.items() if place not in listed}
    return pd.Series(found, dtype=float).sort_index()


def listed_words(bench: Workbench, words: TargetWords, language: str, name: str) -> pd.DataFrame:
    """Return the pairs whose words a method reads through their translation, as `listed_entries` does."""
    listed = bench.anchors(language, name).listed
    return listed_entries(words, listed if bench.experiment.mapped(name).takes_listed else listed[:0])


def listed_entries(words: TargetWords, listed: pd.DataFrame) -> pd.DataFrame:
    """Find the entries of a vocabulary that have no vector of their own among pairs.

    Args:
        words: The vocabulary.
        listed: Columns LISTED_COLUMNS.

    Returns:
        The pairs found, by the number of the entry, ascending.
    """
    normalise, place_of = words.vocabulary.segmentation.normalise, dict[str, int]()
    written = [(word, place) for place, word in enumerate(listed["word"])]
    other = [(form, place) for word, place in written for form in all_scripts(word)]
    for form, place in written + other:
        place_of.setdefault(normalise(form), place)
    places = np.array([place_of.get(entry, -1) for entry in words.vocabulary.entries], np.int64)
    found = np.flatnonzero((places >= 0) & (words.forms == ""))
    return listed.iloc[places[found]].set_axis(found)


def rows_of_source(bench: Workbench, language: str, name: str) -> FloatArray:
    """Return the rows ``[V_s, D]`` that a method's encoder reads the source language through."""
    method = bench.experiment.methods[name]
    reinitialised = isinstance(method, Stitched) and not method.own_rows_stay
    return bench.source_rows(language, name) if reinitialised else bench.encoder.rows
