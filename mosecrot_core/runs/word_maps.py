"""The map of both vocabularies that a run keeps: before they are brought together, and after.

Before, a source row and a target row have no numbers in common, often not even as many: each language is laid
out by itself, and no place of one is near a place of the other. After, the target's words are rows of the
encoder's space: one map holds the encoder's own rows E_s and the mapped rows F_t.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.anchors.word_forms import foreign_script
from mosecrot_core.runs.mapped_rows import mapped_rows
from mosecrot_core.runs.schema import WORD_MAP_COLUMNS
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.flat_map import directed, flat_map
from mosecrot_core.words.neighbours import FloatArray, nearest

AROUND = 10
"""Of so many nearest words it is counted how many are of the other language."""


@dataclass(frozen=True, eq=False)
class Words:
    """Words of one side that are on the map.

    Attributes:
        names: ``[n]``, most frequent first, or by token.
        entries: Their numbers in the vocabulary ``[n]``.
        ranks: Their places among all words, from 1, ``[n]``.
        rows: ``[n, d]``.
    """

    names: NDArray[np.object_]
    entries: NDArray[np.int64]
    ranks: NDArray[np.int64]
    rows: FloatArray


def word_map_table(bench: Workbench, language: str, method: str) -> pd.DataFrame:
    """Lay words out, columns WORD_MAP_COLUMNS.

    Args:
        bench: Inputs; `word_map` of its experiment says how many words and by which seed.
        language: The source or a target, by its static rows; with a method, a target beside the source.
        method: What maps the target's rows; empty: nothing.
    """
    settings, is_source = bench.experiment.word_map, language == bench.experiment.source.language
    if not method:
        own = _of_source(bench) if is_source else _of_target(bench, language)
        table = _table(own, "source" if is_source else "target", flat_map(own.rows, settings.seed))
    else:
        source, target = _of_source(bench), _of_target(bench, language)
        words = bench.target(language).all_words
        target = replace(target, rows=mapped_rows(bench, words, language, method, entries=target.entries))
        table = joint_map(source, target, settings.seed)
    return table.assign(language=language, method=method)[WORD_MAP_COLUMNS]


def joint_map(source: Words, target: Words, seed: int) -> pd.DataFrame:
    """Lay both sides out in one space; say what each word is near to there, which the map cannot show."""
    both = np.concatenate([source.rows, target.rows])
    places, first = flat_map(both, seed), len(source.rows)
    parts = [_table(source, "source", places[:first]), _table(target, "target", places[first:])]
    known, is_source = directed(both), np.arange(len(both)) < first
    names = np.concatenate([source.names, target.names])
    table = pd.concat(parts, ignore_index=True)
    for side in (is_source & known, ~is_source & known):
        other = known & ~side
        if side.any() and other.any():
            found = nearest(both[side], both[other], 1)
            table.loc[side, "near"] = names[other][found.indices[:, 0]]
            table.loc[side, "cosine"] = found.cosines[:, 0]
    if known.sum() > 1:
        table.loc[known, "other"] = _others(both[known], is_source[known])
    return table


def chosen_words(names: list[str], most: int) -> NDArray[np.int64]:
    """Return which are the first words of letters; single letters of other scripts than most are no words.

    >>> chosen_words([",", "a", "\u8a9e", "the", "1990", "dog"], 2).tolist()
    [1, 3]
    """
    wanted = np.array([any(map(str.isalpha, name)) for name in names], bool)
    single = np.array([len(name) == 1 for name in names], bool)
    return np.flatnonzero(wanted & ~(single & (foreign_script(names) == 1)))[:most]


def _others(rows: FloatArray, is_source: NDArray[np.bool_]) -> FloatArray:
    """Return the share of the other language among the words nearest to each ``[n]``."""
    near = nearest(rows, rows, min(AROUND + 1, len(rows))).indices
    itself = near == np.arange(len(rows))[:, None]
    itself[~itself.any(axis=1), -1] = True  # of equal rows another may have come first
    around = near[~itself].reshape(len(rows), -1)
    return np.asarray((is_source[around] != is_source[:, None]).mean(axis=1), np.float32)


def _of_source(bench: Workbench) -> Words:
    names, ids = bench.encoder.whole_words
    chosen = chosen_words(names, bench.experiment.word_map.words)
    entries = ids[chosen]
    return Words(np.array(names, dtype=object)[chosen], entries, chosen + 1, bench.encoder.rows[entries])


def _of_target(bench: Workbench, language: str) -> Words:
    words = bench.target(language).all_words
    entries, ranks = np.array(words.vocabulary.entries, dtype=object), words.vocabulary.ranks
    chosen = chosen_words(entries.tolist(), bench.experiment.word_map.words)
    return Words(entries[chosen], chosen, ranks[chosen] + 1, words.rows[chosen])


def _table(words: Words, side: str, places: FloatArray) -> pd.DataFrame:
    return pd.DataFrame({
        "side": side, "word": words.names, "rank": words.ranks.astype(np.int32),
        "x": places[:, 0], "y": places[:, 1], "near": "",
        "cosine": np.full(len(places), np.nan, np.float32),
        "other": np.full(len(places), np.nan, np.float32),
    })  # fmt: skip
