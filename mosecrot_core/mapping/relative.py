"""Relative representations: cosines to the anchors, the top k of them, and their weights (section 4).

r(i, j) = cos(E[x_i], E[a_j]);  N(x) = the k nearest anchors;  F[x] = sum over n in N(x) of w_n E_s[n].
The rows summed are always the source anchors', whichever language x is from.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import MosecrotError
from mosecrot_core.words.neighbours import FloatArray, Neighbours

Weighting = Literal["standard", "softmax", "sparsemax"]
_LEAST_SUM = 1e-6  # a smaller sum of cosines cannot be divided by
_CHUNK_ROWS = 65_536


def relative_weights(cosines: FloatArray, weighting: Weighting, temperature: float = 1.0) -> FloatArray:
    """Turn the cosines to the k nearest anchors into weights that sum to 1.

    Args:
        cosines: ``[n, k]``, nearest first.
        weighting: `standard` divides by their sum, so that the temperature cancels; where the cosines sum
            to nothing positive (all anchors point away) the k anchors weigh the same. `softmax` and
            `sparsemax` (Martins and Astudillo, 2016) act on cosines / temperature.
        temperature: tau > 0; smaller is sharper.

    Returns:
        ``[n, k]`` float32.

    Raises:
        MosecrotError: The temperature is not positive.

    >>> relative_weights(np.array([[0.6, 0.2]], dtype="f4"), "standard").round(2).tolist()
    [[0.75, 0.25]]
    """
    if not temperature > 0:
        raise MosecrotError(f"relative_weights: a temperature above 0 expected, got {temperature}.")
    if weighting == "standard":
        return _standard(cosines)
    import torch

    logits = torch.from_numpy(np.ascontiguousarray(cosines)) / temperature
    if weighting == "softmax":
        return np.asarray(torch.softmax(logits, dim=-1).numpy(), dtype=np.float32)
    from entmax import sparsemax

    return np.asarray(sparsemax(logits, dim=-1).numpy(), dtype=np.float32)


def _standard(cosines: FloatArray) -> FloatArray:
    total = cosines.sum(axis=1, keepdims=True)
    usable = total > _LEAST_SUM * cosines.shape[1]
    even = np.float32(1 / cosines.shape[1])
    return np.where(usable, cosines / np.where(usable, total, 1), even).astype(np.float32)


def combine(neighbours: Neighbours, weights: FloatArray, anchor_rows: FloatArray) -> FloatArray:
    """Sum the anchors' rows by weight: F ``[n, D]`` from weights ``[n, k]`` and anchor rows ``[A, D]``."""
    import torch
    from torch.nn.functional import embedding_bag

    table = torch.from_numpy(np.ascontiguousarray(anchor_rows, dtype=np.float32))
    out = np.empty((len(weights), anchor_rows.shape[1]), dtype=np.float32)
    for start in range(0, len(weights), _CHUNK_ROWS):
        rows = slice(start, start + _CHUNK_ROWS)
        out[rows] = embedding_bag(
            torch.from_numpy(neighbours.indices[rows]),
            table,
            mode="sum",
            per_sample_weights=torch.from_numpy(weights[rows]),
        ).numpy()
    return out


def match_norms(
    mapped: FloatArray, neighbours: Neighbours, weights: FloatArray, anchor_rows: FloatArray
) -> FloatArray:
    """Scale each mapped row to the weighted mean length of the anchors that it was made of.

    Averaging many rows that differ shortens the result; this undoes it. A zero row stays zero.
    """
    lengths: NDArray[np.float32] = np.linalg.norm(anchor_rows, axis=1)
    wanted = np.abs((weights * lengths[neighbours.indices]).sum(axis=1, keepdims=True))
    found = np.linalg.norm(mapped, axis=1, keepdims=True)
    return np.asarray(mapped * wanted / np.where(found > 0, found, 1), dtype=np.float32)
