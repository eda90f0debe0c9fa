"""The quality model fitted to the very list at hand, which nobody has labelled.

On a copy of the list a fifth of the pairs is spoiled (`planted_noise.py`). The spoiled ones are wrong; the
others are as right as the list is. What tells them apart pulls the stored weights towards this list, and
gives LR(x) = p(x | pair of the list) / p(x | wrong pair). With a share a of the list wrong,

    p(x | list) = (1 - a) p(x | right) + a p(x | wrong),   so   P(right | x) = 1 - a / LR(x),

and over wrong pairs LR is about a (learning from positive and unlabelled examples; Elkan and Noto, 2008,
"Learning classifiers from only positive and unlabeled data"). So a is the median of LR over planted pairs.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from mosecrot_core.anchors.candidates import Candidates
from mosecrot_core.anchors.measuring import measure
from mosecrot_core.anchors.planted_noise import NoiseKind, plant
from mosecrot_core.anchors.quality_model import Array, QualityModel

RATE = 0.2
FEW = 100
"""Shorter lists are not fitted: the stored model is used as it is."""
MANY = 20_000
"""Of longer lists so many pairs are fitted, drawn at random."""
_FEW_PLANTED = 10  # as where one word has all the translations: hardly another one would be wrong
_OWN_DRAWS = 0x11  # a list that `plant` itself spoiled with this seed must not get the same pairs again
_BOUNDS = (1e-3, 0.95)
_LEAST = 0.02  # what lies below zero is kept in order beneath this


@dataclass(frozen=True, eq=False)
class ListModel:
    """A model fitted to one list.

    Attributes:
        model: Tells pairs of the list from wrong ones.
        share_wrong: a, the share of the list that seems to be wrong; None where nothing could be fitted.
        planted_odds: Pairs of the list to a planted one when it was fitted, log.
    """

    model: QualityModel
    share_wrong: float | None = None
    planted_odds: float = 0.0

    def quality(self, signals: pd.DataFrame) -> Array:
        """Return P(right) of each pair ``[n]``."""
        if self.share_wrong is None:
            return self.model.probability(signals)
        above = self.model.log_odds(signals) - self._offset()  # log LR - log a
        quality = np.maximum(1 - np.exp(-np.maximum(above, 0)), _LEAST * expit(above))
        return np.asarray(quality, np.float64)

    def updated(self, signals: pd.DataFrame, right: NDArray[np.bool_]) -> "ListModel":
        """Learn from decided pairs.

        A decision tells right from wrong, the model the list from planted pairs: log LR - log a stands for
        the log odds of the former.
        """
        offset = self._offset()
        as_decided = replace(self.model, intercept=self.model.intercept - offset).updated(signals, right)
        return replace(self, model=replace(as_decided, intercept=as_decided.intercept + offset))

    def _offset(self) -> float:
        """Return log a and the log odds of planting; 0 where nothing was fitted."""
        return 0.0 if self.share_wrong is None else self.planted_odds + float(np.log(self.share_wrong))


def fit_to_list(
    candidates: Candidates, model: QualityModel, seed: int, kind: NoiseKind = "random"
) -> ListModel:
    """Plant noise in the list and learn from it.

    Args:
        candidates: The list as it is.
        model: Where to start from.
        seed: Of the planting.
        kind: Which noise.
    """
    if len(candidates) < FEW:
        return ListModel(model)
    rng = np.random.default_rng([seed, _OWN_DRAWS])
    if len(candidates) > MANY:
        candidates = candidates.subset(np.sort(rng.choice(len(candidates), MANY, replace=False)))
    spoiled, wrong, _ = plant(candidates, kind, RATE, int(rng.integers(2**32)))
    if wrong.sum() < _FEW_PLANTED:
        return ListModel(model)
    signals = measure(spoiled, seed)[0]
    fitted = model.updated(signals, ~wrong, intercept_strength=0.0)
    planted_odds = float(np.log((~wrong).sum() / wrong.sum()))
    log_ratio = np.median(fitted.log_odds(signals[wrong])) - planted_odds
    return ListModel(fitted, float(np.clip(np.exp(log_ratio), *_BOUNDS)), planted_odds)
