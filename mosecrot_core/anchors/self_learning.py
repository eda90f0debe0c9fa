"""Growing a word list: align with the pairs that are known, add mutual nearest neighbours, align again.

The self-learning of Artetxe, Labaka and Agirre (ACL 2018) and the refinement of MUSE (Conneau et al., ICLR
2018), as additions: the pairs that were there stay, and each new one says in which round it came and how sure
it was.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from mosecrot_core.anchors.candidates import IntArray
from mosecrot_core.errors import MosecrotError
from mosecrot_core.settings import Settings
from mosecrot_core.words.neighbours import FloatArray, hubness, nearest, normalise

GROWN_COLUMNS = ("source", "target", "source_row", "target_row", "round", "score", "margin")
_NO_RIVAL = 2.0  # margin of a word that has no second candidate


class Fitted(Protocol):
    """What brings both languages into one space."""

    def map_target(self, rows: FloatArray) -> FloatArray:
        """Map target rows ``[n, d]``."""

    def map_source(self, rows: FloatArray) -> FloatArray:
        """Map source rows ``[n, D]``."""


class Aligner(Protocol):
    """Learns from pairs, as every method in `mapping/alignment` does."""

    def fit(self, source_anchors: FloatArray, target_anchors: FloatArray) -> Fitted:
        """Learn from rows ``[A, D]`` and ``[A, d]``, paired in order."""


class GrowthSettings(Settings):
    """How a word list grows."""

    rounds: int = Field(default=5, ge=1)
    """Times to align and add; fewer if a round adds nothing."""
    most: int | None = Field(default=1000, ge=1)
    """Pairs that a round may add, those with the highest score first; none means all."""
    least_margin: float = Field(default=0.0, ge=0)
    """How much the score must be above that of either word's second choice."""
    ranking: Literal["csls", "cosine"] = "csls"
    """What a word's nearest is: `csls` takes off the mean cosine of either word to its 10 nearest."""


class AnchorGrowth(GrowthSettings):
    """How the anchors of an experiment grow."""

    words: int = Field(default=20_000, ge=1)
    """How many words of the target vectors, the most frequent, may be paired, with any whole word of the
    encoder."""
    alignment: Literal["least_squares", "procrustes", "whitened", "rcsls"] = "least_squares"
    """The linear method, with its defaults, that the words are compared through; what a method of the
    experiment maps with is its own affair."""


def grow_pairs(
    source_words: Sequence[str],
    source_rows: FloatArray,
    target_words: Sequence[str],
    target_rows: FloatArray,
    seeds: IntArray,
    aligner: Aligner,
    settings: GrowthSettings | None = None,
    barred: IntArray | None = None,
) -> pd.DataFrame:
    """Add the pairs of words that are each other's nearest and that the list does not have yet.

    Both words of a pair must be new: each word is added once at most, and no known word gets a rival.

    Args:
        source_words: ``[n]``, distinct; usually the most frequent.
        source_rows: Their rows ``[n, D]``.
        target_words: ``[m]``, distinct.
        target_rows: Their rows ``[m, d]``; a row of zeros is never paired.
        seeds: The known pairs, by the numbers of their words, ``[s, 2]``: source, target.
        aligner: An alignment method, fitted anew in each round to all pairs so far.
        settings: Rounds and how strict they are; None means the defaults.
        barred: Pairs that are known to be wrong and never added, as `seeds`, ``[b, 2]``; None: none are.

    Returns:
        GROWN_COLUMNS, a row a new pair, by round and then by score, highest first: the words, their numbers,
        the `round` from 1, the `score` (2 cos - r(source) - r(target) for `csls`, else the cosine), and its
        `margin` over the better of the two words' second choices.

    Raises:
        MosecrotError: No seeds, a seed names no word, or words and rows differ in number.
    """
    settings = settings or GrowthSettings()
    _check(source_words, source_rows, target_words, target_rows, seeds)
    pairs, rounds = np.asarray(seeds, np.int64), []
    for number in range(1, settings.rounds + 1):
        fitted = aligner.fit(source_rows[pairs[:, 0]], target_rows[pairs[:, 1]])
        found = mutual_nearest(
            normalise(fitted.map_source(source_rows)),
            normalise(fitted.map_target(target_rows)),
            settings.ranking,
            (_others(pairs[:, 0], len(source_rows)), _others(pairs[:, 1], len(target_rows))),
        )
        found = found[~_among(found, barred) & (found["margin"] >= settings.least_margin)]
        found = found.sort_values("score", ascending=False, kind="stable").head(settings.most or len(found))
        if found.empty:
            break
        rounds.append(found.assign(round=number))
        pairs = np.concatenate([pairs, found[["source_row", "target_row"]].to_numpy(np.int64)])
    grown = pd.concat(rounds, ignore_index=True) if rounds else found.assign(round=0)
    for side, words in (("source", source_words), ("target", target_words)):
        grown[side] = [words[row] for row in grown[f"{side}_row"].tolist()]
    return grown[list(GROWN_COLUMNS)]


def mutual_nearest(
    source: FloatArray,
    target: FloatArray,
    ranking: Literal["csls", "cosine"] = "csls",
    asked: tuple[IntArray, IntArray] | None = None,
) -> pd.DataFrame:
    """Find the pairs of rows of one space that are each other's nearest.

    Args:
        source: ``[n, D]``.
        target: ``[m, D]``.
        ranking: As in `GrowthSettings`.
        asked: Row numbers, ascending, of either side; only pairs of these are given, and nearest they are
            among all rows. None: all.

    Returns:
        `source_row`, `target_row`, `score` and `margin`, a row a pair, in the order of the source rows.
    """
    hubs = None
    if ranking == "csls":
        hubs = hubness(source, target), hubness(target, source)
    sources, targets = asked or (np.arange(len(source)), np.arange(len(target)))
    sources = sources[source[sources].any(axis=1)]
    targets = targets[target[targets].any(axis=1)]
    best, forward = _best_two(source, target, sources, hubs)
    usable = np.isin(best, targets)
    sources, best, forward = sources[usable], best[usable], forward[usable]
    chosen, place = np.unique(best, return_inverse=True)  # so that only they look back
    back, backward = _best_two(target, source, chosen, hubs and hubs[::-1])
    mutual = back[place] == sources
    score = forward[mutual, 0]
    margin = score - np.maximum(forward[mutual, 1], backward[place[mutual], 1])
    return pd.DataFrame(
        {"source_row": sources[mutual], "target_row": best[mutual], "score": score, "margin": margin}
    )


def _best_two(
    rows: FloatArray, keys: FloatArray, asked: IntArray, hubs: tuple[FloatArray, FloatArray] | None
) -> tuple[IntArray, FloatArray]:
    """Return the best key of each row asked for ``[n]``, and the scores of best and second ``[n, 2]``."""
    if hubs is None:
        found = nearest(rows[asked], keys, 2)
        scores = found.cosines
    else:
        own, of_keys = hubs
        found = nearest(rows[asked], keys, 2, penalties=of_keys / np.float32(2))
        scores = 2 * found.cosines - of_keys[found.indices] - own[asked, None]
    if found.k == 1:
        scores = np.hstack([scores, scores - np.float32(_NO_RIVAL)])
    return found.indices[:, 0].astype(np.int64), scores


def _others(known: IntArray, n: int) -> IntArray:
    """Return the numbers below n that are not known, ascending."""
    return np.setdiff1d(np.arange(n), known)


def _among(found: pd.DataFrame, barred: IntArray | None) -> NDArray[np.bool_]:
    """Say which pairs are barred."""
    if barred is None:
        return np.zeros(len(found), dtype=bool)
    pairs = pd.MultiIndex.from_frame(found[["source_row", "target_row"]])
    return np.asarray(pairs.isin(list(map(tuple, barred.tolist()))), dtype=bool)


def _check(
    source_words: Sequence[str], source_rows: FloatArray, target_words: Sequence[str],
    target_rows: FloatArray, seeds: IntArray,
) -> None:  # fmt: skip
    sizes = len(source_words), len(source_rows), len(target_words), len(target_rows)
    if sizes[0] != sizes[1] or sizes[2] != sizes[3]:
        raise MosecrotError(
            f"grow_pairs: a row for each word expected, got {sizes} words, rows, words, rows."
        )
    if seeds.ndim != 2 or seeds.shape[1] != 2 or not len(seeds):
        raise MosecrotError(f"grow_pairs: pairs [s, 2], at least one, expected, got {seeds.shape}.")
    if seeds.min() < 0 or (seeds.max(axis=0) >= (sizes[0], sizes[2])).any():
        raise MosecrotError(
            f"grow_pairs: seeds by number of word, below {sizes[0]} and {sizes[2]}, expected, got "
            f"{seeds.min()} to {seeds.max(axis=0).tolist()}."
        )
