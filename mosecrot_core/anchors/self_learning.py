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


def grow_pairs(
    source_words: Sequence[str],
    source_rows: FloatArray,
    target_words: Sequence[str],
    target_rows: FloatArray,
    seeds: IntArray,
    aligner: Aligner,
    settings: GrowthSettings | None = None,
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
        )
        new = ~found["source_row"].isin(pairs[:, 0]) & ~found["target_row"].isin(pairs[:, 1])
        found = found[new & (found["margin"] >= settings.least_margin)]
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
    source: FloatArray, target: FloatArray, ranking: Literal["csls", "cosine"] = "csls"
) -> pd.DataFrame:
    """Find the pairs of rows of one space that are each other's nearest.

    Args:
        source: ``[n, D]``.
        target: ``[m, D]``.
        ranking: As in `GrowthSettings`.

    Returns:
        `source_row`, `target_row`, `score` and `margin`, a row a pair, in the order of the source rows.
    """
    hubs = None
    if ranking == "csls":
        hubs = hubness(source, target), hubness(target, source)
    to_target, forward = _best_two(source, target, hubs)
    to_source, backward = _best_two(target, source, hubs and hubs[::-1])
    paired = (to_source[to_target] == np.arange(len(source))) & source.any(axis=1)
    paired &= target[to_target].any(axis=1)
    rows = np.flatnonzero(paired)
    chosen, score = to_target[rows], forward[rows, 0]
    margin = score - np.maximum(forward[rows, 1], backward[chosen, 1])
    return pd.DataFrame({"source_row": rows, "target_row": chosen, "score": score, "margin": margin})


def _best_two(
    queries: FloatArray, keys: FloatArray, hubs: tuple[FloatArray, FloatArray] | None
) -> tuple[NDArray[np.int32], FloatArray]:
    """Return the best key of each query ``[n]``, and the scores of the best and the second ``[n, 2]``."""
    if hubs is None:
        found = nearest(queries, keys, 2)
        scores = found.cosines
    else:
        own, of_keys = hubs
        found = nearest(queries, keys, 2, penalties=of_keys / np.float32(2))
        scores = 2 * found.cosines - of_keys[found.indices] - own[:, None]
    if found.k == 1:
        scores = np.hstack([scores, scores - np.float32(_NO_RIVAL)])
    return found.indices[:, 0], scores


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
