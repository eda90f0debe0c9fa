"""Relative representations: cosines to the anchors, the top k of them, and their weights (section 4).

r(i, j) = cos(E[x_i], E[a_j]);  N(x) = the k nearest anchors;  F[x] = sum over n in N(x) of w_n E_s[n].
The rows summed are always the source anchors', whichever language x is from.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np

from mosecrot_core.errors import MosecrotError
from mosecrot_core.threads import over_chunks
from mosecrot_core.words.neighbours import FloatArray, Neighbours

Weighting = Literal["standard", "softmax", "sparsemax"]
_LEAST_SUM = 1e-6  # a smaller sum of cosines cannot be divided by
_CHUNK_ROWS = 2048


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
    logits = (cosines - cosines.max(axis=1, keepdims=True)) / np.float32(temperature)
    return _softmax(logits) if weighting == "softmax" else _sparsemax(logits)


def _standard(cosines: FloatArray) -> FloatArray:
    total = cosines.sum(axis=1, keepdims=True)
    usable = total > _LEAST_SUM * cosines.shape[1]
    even = np.float32(1 / cosines.shape[1])
    return np.where(usable, cosines / np.where(usable, total, 1), even).astype(np.float32)


def _softmax(logits: FloatArray) -> FloatArray:
    shares = np.exp(logits)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float32)


def _sparsemax(logits: FloatArray) -> FloatArray:
    """Project each row onto the simplex (Martins and Astudillo, 2016, Algorithm 1); the largest are 0."""
    logits = np.maximum(logits, -1)  # further below the largest there is no support
    ordered = -np.sort(-logits, axis=1)
    sums = np.cumsum(ordered, axis=1)
    places = np.arange(1, logits.shape[1] + 1, dtype=np.float32)
    support = (1 + places * ordered > sums).sum(axis=1, keepdims=True)
    threshold = (np.take_along_axis(sums, support - 1, axis=1) - 1) / support.astype(np.float32)
    return np.asarray(np.maximum(logits - threshold, 0), dtype=np.float32)


def combine(
    neighbours: Neighbours,
    weights: FloatArray | Callable[[FloatArray], FloatArray],
    anchor_rows: FloatArray,
    *,
    match_norms: bool = False,
    out: FloatArray | None = None,
) -> FloatArray:
    """Sum the anchors' rows by weight, F ``[n, D]``, on all cores.

    Args:
        neighbours: The anchors of each row, ``[n, k]``.
        weights: ``[n, k]``, or what turns cosines ``[m, k]`` into them, as `relative_weights` does.
        anchor_rows: E_s of the anchors, ``[A, D]``.
        match_norms: Scale each sum to the weighted mean length of the rows it is made of: averaging rows that
            differ shortens them. A zero sum stays zero.
        out: Array to write F into, ``[n, D]`` float32, memory-mapped or used before: the first use of new
            memory can take as long as the sums. None: a new one.

    Raises:
        MosecrotError: `out` has another shape or type.
    """
    from mosecrot_core.mapping.weighted_sum import weighted_sum

    table = np.ascontiguousarray(anchor_rows, dtype=np.float32)
    lengths = np.linalg.norm(table, axis=1) if match_norms else None
    shape = (len(neighbours.indices), table.shape[1])
    if out is None:
        out = np.empty(shape, np.float32)
    elif out.shape != shape or out.dtype != np.float32:
        raise MosecrotError(
            f"combine: out {list(shape)} float32 expected, got {list(out.shape)} {out.dtype}."
        )

    def fill(rows: slice, _: None) -> None:
        found = weights(neighbours.cosines[rows]) if callable(weights) else weights[rows]
        chosen = np.ascontiguousarray(found, np.float32)
        indices = np.ascontiguousarray(neighbours.indices[rows], np.int32)
        weighted_sum(indices, chosen, table, out[rows])
        if lengths is not None:
            scale_to(out[rows], (chosen * lengths[indices]).sum(axis=1))

    over_chunks(len(out), _CHUNK_ROWS, fill, lambda: None)
    return out


def scale_to(rows: FloatArray, lengths: FloatArray) -> None:
    """Give the rows ``[n, D]`` these lengths ``[n]``, in place; a zero row stays zero."""
    found = np.linalg.norm(rows, axis=1)
    rows *= (np.abs(lengths) / np.where(found > 0, found, 1))[:, None]
