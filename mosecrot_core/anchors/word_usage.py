"""What the use of a pair's words says of it: how frequent they are, and with what else they are paired."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.anchors.candidates import Candidates, Side
from mosecrot_core.words.neighbours import FloatArray

_LEAST_ZIPF = 1.0  # of words that a frequency list lacks: below its rarest


def frequency_gap(candidates: Candidates) -> FloatArray:
    """Return how many powers of ten lie between the frequencies of the two words, ``[n]``.

    Frequencies are those of `wordfreq` where it has the language. Elsewhere a word's place in its vocabulary
    stands for its frequency (Zipf's law).
    """
    source, target = (
        _log_frequency(side, language)[side.of_pair]
        for side, language in zip((candidates.source, candidates.target), candidates.languages, strict=True)
    )
    # The lists differ in how much text they count: what most pairs differ by is taken off.
    gap = source - target
    return np.abs(gap - np.median(gap)).astype(np.float32)


def _log_frequency(side: Side, language: str) -> NDArray[np.float64]:
    import wordfreq

    if language not in wordfreq.available_languages("best"):
        return -np.log10(side.rank + 1)
    table = wordfreq.get_frequency_dict(language, "best")
    floor = 10 ** (_LEAST_ZIPF - 9)
    return np.log10([max(table.get(word.lower(), 0), floor) for word in side.words])


def spread(own: Side, other: Side) -> FloatArray:
    """Return how near the pair's `other` word is to the further partners of its `own` word, ``[n]``.

    It is their mean cosine in standard deviations of that of random words. Low for a word whose partners mean
    different things (polysemy); NaN where it has only this one.
    """
    sums = np.zeros((len(own.words), other.rows.shape[1]), np.float32)
    np.add.at(sums, own.of_pair, other.rows[other.of_pair])
    rows = other.rows[other.of_pair]
    others = sums[own.of_pair] - rows
    further = own.partners - 1
    mean = np.einsum("nd,nd->n", others, rows) / np.maximum(further, 1)
    return np.where(further > 0, mean / _chance(other.rows), np.nan).astype(np.float32)


def _chance(rows: FloatArray) -> float:
    """Return the standard deviation of the cosine of two random words: sqrt(tr C^2), C = E[x x']."""
    return float(np.linalg.norm(rows.T @ rows / len(rows))) or 1.0


def lead(own: Side, fit: FloatArray) -> FloatArray:
    """Return how much better the pair fits than the best other pair of its `own` word; NaN for the only one.

    Args:
        own: The side whose word is shared.
        fit: How well each pair fits, ``[n]``.
    """
    order = np.lexsort((-fit, own.of_pair))
    words, values = own.of_pair[order], fit[order]
    first = np.r_[True, words[1:] != words[:-1]]
    starts = np.flatnonzero(first)
    place = np.cumsum(first) - 1  # number of the word, by position
    best = values[starts]
    many = np.diff(np.r_[starts, len(values)]) > 1
    second = np.where(many, values[np.minimum(starts + 1, len(values) - 1)], np.nan)
    rival = np.where(first, second[place], best[place])
    leads = np.empty(len(fit), np.float32)
    leads[order] = values - rival
    return leads


def listed_score(pairs: pd.DataFrame) -> FloatArray:
    """Return the rank of each pair's translation score among the list's, 0 to 1; NaN where it has none."""
    return pairs["score"].rank(pct=True).to_numpy(np.float32)
