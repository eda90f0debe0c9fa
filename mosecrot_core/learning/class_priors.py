"""Labels that come as often in another language as in the one that a model learned from.

A model that reads imprecise rows is drawn to some labels and away from others: of tweets a third each is
negative, neutral and positive, and a stitched model may call an eighth positive. Where labels can be thought
to be as frequent in both languages, unlabelled text shows by how much, and a number a label mends it: over
that text the mean probability of each label becomes its share of the labels that were learned. So Saerens,
Latinne and Decaestecker (2002), "Adjusting the Outputs of a Classifier to New a Priori Probabilities",
equation 2.4, adjust to known priors, and ReMixMatch (Berthelot et al., 2020, section 3.1, "distribution
alignment") the labels that a model gives itself.

The numbers are added to the bias of the head, so that the model stays a plain one.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logsumexp
from torch import nn

from mosecrot_core.errors import MosecrotError
from mosecrot_core.words.neighbours import FloatArray

Offsets = NDArray[np.float64]

_CLOSE = 1e-4
_MOST_ROUNDS = 1_000


def class_shares(labels: NDArray[np.int64], n_labels: int) -> NDArray[np.float64]:
    """Return how often each label comes ``[C]``, half a unit more of each, so that none is impossible.

    >>> class_shares(np.array([0, 0, 1]), 2).tolist()
    [0.625, 0.375]
    """
    counts = np.bincount(labels, minlength=n_labels) + 0.5
    return np.asarray(counts / counts.sum())


def prior_offsets(logits: FloatArray, shares: NDArray[np.float64]) -> Offsets:
    """Find what to add to each label's logit ``[C]`` so that its mean probability is its share.

    The minimum of the convex mean of ``logsumexp(logits + b) - shares @ b``, by Sinkhorn's rounds; of the
    offsets that differ by a constant, those with the mean 0.

    Args:
        logits: Of unlabelled units ``[n, C]``; those without an answer, rows of NaN, are left out.
        shares: How often each label is to come ``[C]``, above 0, together 1.

    Raises:
        MosecrotError: No unit has an answer.

    >>> offsets = prior_offsets(np.array([[2.0, 0.0], [1.0, 0.0]], "f4"), np.array([0.5, 0.5]))
    >>> offsets.round(2).tolist()
    [-0.75, 0.75]
    """
    answered = np.asarray(logits[np.isfinite(logits).all(axis=1)], np.float64)
    if not len(answered):
        raise MosecrotError("class priors: unlabelled texts that the model can read expected, got none")
    offsets = np.zeros(len(shares))
    for _ in range(_MOST_ROUNDS):
        shifted = answered + offsets
        likely = np.exp(shifted - logsumexp(shifted, axis=1, keepdims=True)).mean(axis=0)
        if np.abs(likely - shares).max() < _CLOSE:
            break
        offsets += np.log(shares) - np.log(np.maximum(likely, np.finfo(float).tiny))
    return np.asarray(offsets - offsets.mean())


def add_to_bias(head: nn.Module, offsets: FloatArray | Offsets) -> None:
    """Add a number a label ``[C]`` to what a model, or a head, says of each: to the bias of its last layer.

    Raises:
        MosecrotError: No linear layer has an output a label.
    """
    layers = [each for each in head.modules() if isinstance(each, nn.Linear)]
    fitting = [layer for layer in layers if layer.out_features == len(offsets)]
    if not fitting:
        raise MosecrotError(
            f"class priors: a head with {len(offsets)} outputs expected, {type(head).__name__} has none"
        )
    last = fitting[-1]
    own = torch.zeros(len(offsets)) if last.bias is None else last.bias.detach()
    last.bias = nn.Parameter(own.to(last.weight) + torch.as_tensor(offsets).to(last.weight))
