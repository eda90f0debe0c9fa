"""Which of a model's own labels are trusted in self-training: those it is sure of and its voters agree on.

A reconstruction of "Zero-shot Cross-lingual Transfer without Parallel Corpus" (arXiv:2310.04726), whose text
was not at hand: it chooses the threshold on the source language's dev set and lets an ensemble vote. What
`harmonic_mean` is the mean of, and that more than half of the voters must agree, are assumptions.
"""

import math
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from mosecrot_core.errors import MosecrotError
from mosecrot_core.settings import Settings
from mosecrot_core.words.neighbours import FloatArray

REJECTED = -100
"""In place of a label that is not trusted; PyTorch's cross-entropy ignores it."""


class Acceptance(Settings):
    """Which of a model's own labels are accepted."""

    rule: Literal["harmonic_mean", "target_accuracy", "fixed", "share"] = "harmonic_mean"
    """Where the threshold on confidence comes from, the probability of the likeliest label. On the source's
    dev set, harmonic_mean: the one with the largest harmonic mean of the accuracy above it and the share of
    all right labels that are above it; target_accuracy: the lowest with at least `accuracy` above it. fixed:
    `threshold`. share: for each label the `share` of the target units given it that is most confident, as in
    class-balanced self-training (Zou et al., 2018), which asks nothing of the source."""
    accuracy: float = Field(default=0.9, gt=0, le=1)
    """What target_accuracy asks for."""
    threshold: float = Field(default=0.9, ge=0, le=1)
    """What fixed sets."""
    share: float = Field(default=0.5, gt=0, le=1)
    """What share accepts."""
    per_class: bool = False
    """A threshold for each label of its own, among the dev units that are given that label."""
    agreement: Literal["majority", "unanimity", "none"] = "majority"
    """How many voters must agree with the label: more than half, all, or any number."""

    @property
    def asks_source(self) -> bool:
        """Whether the source's dev set is what the threshold is chosen on."""
        return self.rule in ("harmonic_mean", "target_accuracy")


def thresholds(
    probabilities: FloatArray,
    right: NDArray[np.int64],
    acceptance: Acceptance,
    target: FloatArray | None = None,
) -> NDArray[np.float64]:
    """Choose the least confidence of each label ``[C]``; infinity where none can be trusted.

    Args:
        probabilities: Of units of the source language's dev set ``[n, C]``.
        right: Their labels ``[n]``.
        acceptance: The rule.
        target: Probabilities of the units that are to be labelled ``[m, C]``, which a share is of.

    Raises:
        MosecrotError: The dev set is empty and the rule needs one, or there is no target and it needs that.
    """
    n_labels = probabilities.shape[1]
    if acceptance.rule == "share":
        if target is None:
            raise MosecrotError("thresholds: probabilities of the target expected for share, got none")
        return thresholds_of_share(target, acceptance.share)
    if acceptance.rule == "fixed":
        return np.full(n_labels, acceptance.threshold)
    if not len(right):
        raise MosecrotError(
            f"thresholds: a dev set in the source language expected for {acceptance.rule}, got none: give "
            "one, or set `rule: fixed`."
        )
    labels, confidences = probabilities.argmax(axis=1), probabilities.max(axis=1)
    correct = labels == right
    if not acceptance.per_class:
        return np.full(n_labels, _threshold(confidences, correct, acceptance))
    of_label = [labels == label for label in range(n_labels)]
    return np.array([_threshold(confidences[own], correct[own], acceptance) for own in of_label])


def _threshold(confidences: FloatArray, correct: NDArray[np.bool_], acceptance: Acceptance) -> float:
    """Choose among the confidences; infinity if none will do. Of equally good ones, the highest."""
    order = np.argsort(-confidences, kind="stable")
    ordered, right = confidences[order], np.cumsum(correct[order])
    last = np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)]  # of equally confident units
    above = np.arange(1, len(ordered) + 1)[last]
    candidates, right_above = ordered[last], right[last]
    if not len(candidates) or not right_above[-1]:
        return np.inf
    if acceptance.rule == "harmonic_mean":  # of right / above and right / all right
        means = 2 * right_above / (above + right_above[-1])
        return float(candidates[means.argmax()])
    enough = np.flatnonzero(right_above >= acceptance.accuracy * above)
    return float(candidates[enough[-1]]) if len(enough) else np.inf


def thresholds_of_share(probabilities: FloatArray, share: float) -> NDArray[np.float64]:
    """Choose the least confidence of each label ``[C]`` so that a share of the units given it have it.

    Zou et al. (2018), "Unsupervised Domain Adaptation for Semantic Segmentation via Class-Balanced
    Self-Training", section 4.2: what is hard to tell is not crowded out by what is easy.

    Args:
        probabilities: Of units of the target ``[n, C]``; those without an answer, rows of NaN, are left out.
        share: Above 0, at most 1; rounded up to whole units.

    Returns:
        Infinity of a label that no unit is given.

    >>> thresholds_of_share(np.array([[0.9, 0.1], [0.7, 0.3], [0.6, 0.4]], "f4"), 0.5).round(1).tolist()
    [0.7, inf]
    """
    answered = probabilities[np.isfinite(probabilities).all(axis=1)]
    labels, confidences = answered.argmax(axis=1), answered.max(axis=1)
    least = np.full(probabilities.shape[1], np.inf)
    for label in np.unique(labels):
        own = np.sort(confidences[labels == label])[::-1]
        least[label] = own[math.ceil(share * len(own)) - 1]
    return least


def accepted_labels(
    probabilities: FloatArray,
    least: NDArray[np.float64],
    votes: NDArray[np.int64] | None = None,
    agreement: Literal["majority", "unanimity", "none"] = "majority",
) -> NDArray[np.int64]:
    """Label the units that are trusted, and all others REJECTED, ``[n]``.

    Args:
        probabilities: Mean over the voters ``[n, C]``; a unit without an answer, a row of NaN, is rejected.
        least: The least confidence of each label ``[C]``.
        votes: The label that each voter gives ``[n, K]``; none: there is one voter.
        agreement: How many of them must agree with the likeliest label.

    >>> accepted_labels(np.array([[0.9, 0.1], [0.4, 0.6]], "f4"), np.array([0.8, 0.8])).tolist()
    [0, -100]
    """
    answered: NDArray[np.bool_] = np.asarray(np.isfinite(probabilities).all(axis=1))
    known = np.where(answered[:, None], probabilities, 0)
    labels, confidences = known.argmax(axis=1), known.max(axis=1)
    trusted = answered & (confidences >= least[labels])
    if votes is not None and agreement != "none":
        share = (votes == labels[:, None]).mean(axis=1)
        trusted &= share == 1 if agreement == "unanimity" else share > 1 / 2
    return np.where(trusted, labels, REJECTED)


def calibration(probabilities: FloatArray, right: NDArray[np.int64], n_bins: int = 10) -> pd.DataFrame:
    """Compare confidence and accuracy: one row a bin of equal width between 0 and 1 that has units.

    The expected calibration error (Naeini et al., 2015) is the mean of ``abs(confidence - accuracy)``,
    weighted by ``n``.

    Args:
        probabilities: ``[n, C]``.
        right: The labels ``[n]``.
        n_bins: How many bins.

    Returns:
        Columns `low`, `high` (the bin's ends), `confidence` and `accuracy` (means), `n`.
    """
    confidences = probabilities.max(axis=1).astype(np.float64)
    bins = np.minimum((confidences * n_bins).astype(int), n_bins - 1)
    units = pd.DataFrame(
        {"bin": bins, "confidence": confidences, "accuracy": probabilities.argmax(axis=1) == right}
    )
    found = units.groupby("bin").agg(
        confidence=("confidence", "mean"), accuracy=("accuracy", "mean"), n=("bin", "size")
    )
    ends = found.index.to_numpy() / n_bins
    found.insert(0, "low", ends)
    found.insert(1, "high", ends + 1 / n_bins)
    return found.reset_index(drop=True)


def calibration_error(table: pd.DataFrame) -> float:
    """Return the expected calibration error of what `calibration` found; NaN of no units."""
    if table.empty:
        return float("nan")
    return float(np.average((table["confidence"] - table["accuracy"]).abs(), weights=table["n"]))
