"""Target rows of an experiment's methods: what goes into a mapping, and what comes out of it."""

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.mapping.frequent_words import rows_as_frequent
from mosecrot_core.mapping.null_baselines import shuffle_pairs
from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.runs.methods import Stitched
from mosecrot_core.runs.unmapped_words import unmapped_words
from mosecrot_core.runs.workbench import Workbench
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
    unmapped = unmapped_words(bench, words, language, name)
    tokens = unmapped.listed["token"].to_numpy(np.int64)
    if shuffled is not None:
        tokens = tokens[shuffle_pairs(len(tokens), shuffled)]
    wanted = unmapped.listed.index.isin(chosen)
    rows[np.searchsorted(chosen, unmapped.listed.index[wanted])] = source[tokens[wanted]]
    frequent = unmapped.among(chosen).frequent
    if len(frequent):
        ids, shares = bench.source_shares
        places = np.searchsorted(chosen, frequent.index)
        rows[places] = rows_as_frequent(frequent.to_numpy(), shares, source[ids])
    return rows


def rows_of_source(bench: Workbench, language: str, name: str) -> FloatArray:
    """Return the rows ``[V_s, D]`` that a method's encoder reads the source language through."""
    method = bench.experiment.methods[name]
    reinitialised = isinstance(method, Stitched) and not method.own_rows_stay
    return bench.source_rows(language, name) if reinitialised else bench.encoder.rows
