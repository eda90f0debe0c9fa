"""How likely each word pair is to be right, why it is suspect, and what would fit better.

`score_pairs` measures the signals (`measuring.py`), has a model weigh them (`quality_model.py`) that is first
fitted to this very list (`list_model.py`), and puts the outcome into words. It needs no labelled pairs; a
reviewer's decisions, where there are any, make it better.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.anchors.candidates import Candidates
from mosecrot_core.anchors.list_model import ListModel, fit_to_list
from mosecrot_core.anchors.measuring import measure
from mosecrot_core.anchors.planted_noise import NoiseKind
from mosecrot_core.anchors.quality_model import QualityModel, stored_model
from mosecrot_core.anchors.signals import SIGNALS, SUSPECT

_MOST_REASONS = 6
_WEIGHTY = -0.25  # log odds that a reason must take off at least
_UNUSUAL = 1.5  # standard deviations from which a signal without weight is worth telling
_FLAGS = ("stop_word", "stop_word_mismatch", "casing", "digits", "foreign_script", "proper_name", "identical")


@dataclass(frozen=True, eq=False)
class Quality:
    """What was found of each candidate pair.

    Attributes:
        table: The candidates' `pairs` with `quality` in [0, 1], `reasons` (names of signals, strongest
            first), `suggestion` (a target word that fits better, or empty), `source_near`, `target_near` (row
            numbers of the nearest pairs) and `information` (how much a decision on the pair would tell).
        signals: The measured values, a column a signal; NaN: not known.
        model: What weighed them, fitted to this list.
    """

    table: pd.DataFrame
    signals: pd.DataFrame
    model: ListModel


def score_pairs(
    candidates: Candidates,
    decisions: pd.DataFrame | None = None,
    model: QualityModel | None = None,
    seed: int = 0,
    planted: NoiseKind = "random",
) -> Quality:
    """Score the pairs of a word list.

    Args:
        candidates: Pairs that both vocabularies know ``[n]``.
        decisions: A reviewer's verdicts (`source`, `target`, `verdict`): what was accepted is right, what was
            rejected or corrected is wrong.
        model: Weighs the signals, fitted to the list first; the stored one if left out.
        seed: Of the division into folds, and of the noise planted in a copy of the list.
        planted: Which noise that is.
    """
    signals, crossing, surroundings = measure(candidates, seed)
    fitted = fit_to_list(candidates, model or stored_model(), seed, planted)
    if decisions is not None and len(decisions):
        decided, right = _decided(candidates.pairs, decisions)
        fitted = fitted.updated(signals[decided], right[decided])
    model, quality = fitted.model, fitted.quality(signals)
    suggested = np.array(candidates.target.words, dtype=object)[crossing.best_target]
    own = candidates.pairs["word"].to_numpy(object)
    table = candidates.pairs.assign(
        quality=quality.astype(np.float32),
        reasons=pd.Series(explain(signals, quality, model), dtype=object),
        suggestion=np.where((suggested != own) & (quality < SUSPECT), suggested, ""),
        source_near=_as_lists(surroundings.source_near),
        target_near=_as_lists(surroundings.target_near),
        information=model.information(signals).astype(np.float32),
    )
    return Quality(table, signals, fitted)


def explain(signals: pd.DataFrame, quality: NDArray[np.float64], model: QualityModel) -> list[list[str]]:
    """Name the signals that speak against each pair, strongest first.

    First come those that lowered its score. For suspect pairs there follow those which planted noise gives no
    weight but which a reader wants to know of: flags that are raised, and values far on the wrong side.
    """
    lowered = model.contributions(signals)
    order = np.argsort(lowered, axis=1, kind="stable")[:, :_MOST_REASONS]
    values = np.take_along_axis(lowered, order, axis=1)
    named = [
        [model.names[i] for i, value in zip(row, line, strict=True) if value < _WEIGHTY]
        for row, line in zip(order.tolist(), values.tolist(), strict=True)
    ]
    noted = _noted(signals, model)
    for pair in np.flatnonzero(quality < SUSPECT).tolist():
        further = [name for name, raised in noted.items() if raised[pair] and name not in named[pair]]
        named[pair] = (named[pair] + further)[:_MOST_REASONS]
    return named


def _noted(signals: pd.DataFrame, model: QualityModel) -> dict[str, NDArray[np.bool_]]:
    """Say which pairs a reader should be told of, signal by signal."""
    noted = {name: signals[name].to_numpy() == 1 for name in _FLAGS}
    sign = {"for": -1, "against": 1}
    for name, distance in zip(model.names, model.standardised(signals).T, strict=True):
        if name not in noted and SIGNALS[name].speaks in sign:
            noted[name] = distance * sign[SIGNALS[name].speaks] > _UNUSUAL
    return noted


def _decided(pairs: pd.DataFrame, decisions: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say which pairs a reviewer decided on, and which of them are right."""
    verdicts = decisions.drop_duplicates(["source", "target"]).set_index(["source", "target"])["verdict"]
    found = verdicts.reindex(pd.MultiIndex.from_frame(pairs[["source", "target"]]))
    return found.notna().to_numpy(bool), (found == "accept").to_numpy(bool)


def _as_lists(near: NDArray[np.int64]) -> "pd.Series[Any]":
    return pd.Series([[pair for pair in row if pair >= 0] for row in near.tolist()], dtype=object)
