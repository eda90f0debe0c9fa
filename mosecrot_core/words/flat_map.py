"""Rows of many numbers as places in the plane: near rows lie near each other."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from scipy.linalg import eigh

from mosecrot_core.words.neighbours import FloatArray, nearest, normalise

FEW = 500
"""Below so many rows their two main directions are the map."""
NEIGHBOURS = 15
"""How many nearest rows UMAP holds together."""
_EPOCHS = 200


def flat_map(rows: FloatArray, seed: int = 0) -> FloatArray:
    """Lay rows out in two dimensions by their directions.

    UMAP (McInnes et al., 2018) of the exact nearest rows by cosine, from the two main directions. It keeps
    who is near to whom; how far groups lie from each other, how large and how dense they are tells nothing.
    Below 500 rows that differ the two main directions themselves are the map.

    Args:
        rows: ``[n, d]``; n may be 0.
        seed: The same seed gives the same map.

    Returns:
        ``[n, 2]``, centred, most places within -1 to 1. Equal rows have the same place; NaN where a row is
        zero or not finite.
    """
    places = np.full((len(rows), 2), np.nan, np.float32)
    known = directed(rows)
    if known.any():
        units, number = np.unique(normalise(rows[known]), axis=0, return_inverse=True)
        main = main_directions(units - units.mean(axis=0), 2)
        places[known] = centred(main if len(units) < FEW else _umap(units, main, seed))[number]
    return places


def directed(rows: FloatArray) -> np.ndarray:
    """Mark the rows that have a direction ``[n]``: they are finite and not zero."""
    return np.asarray(np.isfinite(rows).all(axis=1) & (rows != 0).any(axis=1))


def main_directions(rows: FloatArray, most: int) -> FloatArray:
    """Return the coordinates along the directions of largest variance, largest first ``[n, 2 to most]``."""
    width = rows.shape[1]
    _, vectors = eigh(rows.T @ rows, subset_by_index=[max(0, width - most), width - 1])
    vectors = vectors[:, ::-1]
    # An eigenvector's sign is arbitrary: its largest entry is made positive.
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    if width < 2:
        vectors = np.hstack([vectors, np.zeros((width, 1))])
    return np.asarray(rows @ vectors, np.float32)


def fit_umap(rows: FloatArray, **settings: Any) -> FloatArray:
    """Flatten rows with UMAP, whose `settings` these are, in a thread of its own ``[n, 2]``."""
    from umap import UMAP  # seconds

    umap = UMAP(n_neighbors=NEIGHBOURS, n_jobs=1, **settings)
    # Numba gives all cores to OpenMP, and so to PyTorch, in the thread that it is called in, for good.
    with ThreadPoolExecutor(1) as own_thread:
        return np.asarray(own_thread.submit(umap.fit_transform, rows).result(), np.float32)


def centred(places: FloatArray) -> FloatArray:
    """Put the median of places ``[n, 2]`` at 0 and most of them within -1 to 1."""
    places = np.asarray(places - np.median(places, axis=0), np.float32)
    return np.asarray(places / (float(np.quantile(np.abs(places), 0.99)) or 1.0), np.float32)


def _umap(units: FloatArray, start: FloatArray, seed: int) -> FloatArray:
    near = nearest(units, units, NEIGHBOURS)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="precomputed_knn")  # no row will be added later
        return fit_umap(
            units, metric="cosine", init=start, random_state=seed, n_epochs=_EPOCHS,
            precomputed_knn=(near.indices, np.maximum(1 - near.cosines, 0)),
        )  # fmt: skip
