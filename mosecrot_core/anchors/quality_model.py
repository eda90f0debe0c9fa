"""How the signals of a pair become one probability: a small logistic regression.

Its weights were learned from planted noise (`planted_noise.py`) by `experiments/quality/learn_weights.py` and
are stored beside this file. A reviewer's decisions pull them towards the list at hand; without any, the
stored ones are used as they are.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from mosecrot_core.anchors.signals import SIGNALS
from mosecrot_core.errors import MosecrotError
from mosecrot_core.files import atomic_path

STORED = Path(__file__).with_name("quality_weights.json")
_COUNTS = ("source_rank", "target_rank", "source_partners", "target_partners")
_LIMIT = 4.0  # standard deviations: what lies beyond them counts as much
NOT_PLANTED = ("listed_score", "source_spread", "target_spread")
"""Signals whose weights stay 0 until a reviewer decides. A planted pair has no score of its own; and how
alike a word's translations are differs so much between lists that a weight learned on one harmed the
others."""
_BOUNDS = {"for": (0.0, None), "against": (None, 0.0), "either": (None, None)}

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class QualityModel:
    """P(pair is right) = logistic(intercept + weights . (signals - centre) / scale).

    Counts (ranks, partners) enter as log2(1 + count); a signal that is not known counts as its centre.
    """

    names: tuple[str, ...]
    """Signals, in order ``[m]``."""
    centre: Array
    """Mean of each in the pairs it was learned from ``[m]``."""
    scale: Array
    """Standard deviation of each ``[m]``."""
    weights: Array
    """``[m]``, per standard deviation, in units of log odds."""
    intercept: float
    share_right: float
    """Share of right pairs among those it was learned from."""

    @classmethod
    def learn(cls, signals: pd.DataFrame, right: NDArray[np.bool_], strength: float = 10.0) -> "QualityModel":
        """Learn from pairs known to be right or wrong.

        Args:
            signals: One row a pair, one column a signal.
            right: Which pairs are right ``[n]``.
            strength: Of the ridge penalty on the weights.

        Raises:
            MosecrotError: All pairs are right, or all are wrong.
        """
        if right.all() or not right.any():
            raise MosecrotError("a quality model needs right pairs and wrong ones to learn from.")
        names = tuple(signals.columns)
        values = _transformed(signals, names)
        known = ~np.isnan(values)
        centre = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        scale = np.sqrt(
            np.where(known, (values - centre) ** 2, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        )
        scale = np.where(scale > 0, scale, 1.0)
        signals = signals.assign(**dict.fromkeys(set(NOT_PLANTED) & set(names), np.nan))
        blank = cls(names, centre, scale, np.zeros(len(names)), 0.0, float(right.mean()))
        return blank.updated(signals, right, strength, intercept_strength=0.0)

    def updated(
        self, signals: pd.DataFrame, right: NDArray[np.bool_], strength: float = 10.0,
        intercept_strength: float | None = None,
    ) -> "QualityModel":  # fmt: skip
        """Learn from further pairs, holding on to the present weights where they say nothing.

        The weights minimise logistic loss + strength / 2 |weights - present weights|^2.

        Args:
            signals: The pairs' signals.
            right: Which of them are right ``[n]``.
            strength: How hard the present weights are held on to.
            intercept_strength: The same for the intercept; `strength` if left out.
        """
        if not len(right):
            return self
        design = np.column_stack([self.standardised(signals), np.ones(len(right))])
        start = np.append(self.weights, self.intercept)
        hold = np.append(
            np.full(len(self.names), strength), strength if intercept_strength is None else intercept_strength
        )
        sign = np.where(right, 1.0, -1.0)

        def loss(theta: Array) -> tuple[float, Array]:
            margin = sign * (design @ theta)
            value = np.logaddexp(0, -margin).sum() + 0.5 * (hold * (theta - start) ** 2).sum()
            slope = -(sign * expit(-margin)) @ design + hold * (theta - start)
            return float(value), slope

        bounds = [*(_BOUNDS[SIGNALS[name].speaks] for name in self.names), (None, None)]
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
        return QualityModel(
            self.names, self.centre, self.scale, found[:-1], float(found[-1]), self.share_right
        )

    def probability(self, signals: pd.DataFrame) -> Array:
        """Return P(right) of each pair at the share of right ones it was learned from, ``[n]``."""
        return np.asarray(expit(self.log_odds(signals)), np.float64)

    def log_odds(self, signals: pd.DataFrame) -> Array:
        """Return the log odds of the same, ``[n]``."""
        log_odds: Array = self.standardised(signals) @ self.weights + self.intercept
        return log_odds

    def contributions(self, signals: pd.DataFrame) -> Array:
        """Return what each signal adds to the log odds of each pair, ``[n, m]``; below 0: against it."""
        contributions: Array = self.standardised(signals) * self.weights
        return contributions

    def information(self, signals: pd.DataFrame, strength: float = 10.0) -> Array:
        """Return how much a decision on each pair would tell the model, ``[n]``; ask the largest first.

        p (1 - p) x' S x: the pair's own uncertainty times that of its log odds, S being the weights'
        covariance at their present strength (D-optimal design for logistic regression).
        """
        design = self.standardised(signals)
        p = self.probability(signals)
        doubt = p * (1 - p)
        curvature = (design * doubt[:, None]).T @ design + strength * np.eye(design.shape[1])
        leverage = np.einsum("nm,nm->n", design @ np.linalg.inv(curvature), design)
        return np.asarray(doubt * leverage, np.float64)

    def standardised(self, signals: pd.DataFrame) -> Array:
        """Return the signals in standard deviations from their centre, 0 where not known, ``[n, m]``."""
        values = (_transformed(signals, self.names) - self.centre) / self.scale
        return np.clip(np.nan_to_num(values), -_LIMIT, _LIMIT)

    def save(self, path: Path) -> None:
        """Write the model as JSON."""
        content = {
            "share_right": self.share_right,
            "intercept": self.intercept,
            "signals": {
                name: {"weight": float(w), "centre": float(c), "scale": float(s)}
                for name, w, c, s in zip(self.names, self.weights, self.centre, self.scale, strict=True)
            },
        }
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


@cache
def stored_model() -> QualityModel:
    """Return the model whose weights come with the package."""
    content = json.loads(STORED.read_text(encoding="utf-8"))
    signals = content["signals"]
    weights, centre, scale = (
        np.array([signal[key] for signal in signals.values()]) for key in ("weight", "centre", "scale")
    )
    return QualityModel(tuple(signals), centre, scale, weights, content["intercept"], content["share_right"])


def _transformed(signals: pd.DataFrame, names: tuple[str, ...]) -> Array:
    values = signals[list(names)].to_numpy(np.float64, copy=True)
    counts = [names.index(name) for name in _COUNTS if name in names]
    values[:, counts] = np.log2(1 + values[:, counts])
    return values
