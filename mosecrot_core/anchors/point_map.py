"""Where each pair lies on a map: pairs whose two words are alike lie near each other."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.linalg import eigh

from mosecrot_core.anchors.candidates import Candidates
from mosecrot_core.words.neighbours import FloatArray

_DIRECTIONS = 50
_FEW = 500
_NEIGHBOURS = 15


def point_map(candidates: Candidates, seed: int = 0) -> FloatArray:
    """Lay the pairs out in two dimensions.

    Each pair is its two words' vectors side by side, cut to their 50 main directions; UMAP (McInnes et al.,
    2018) flattens those. Below 500 pairs the two main directions themselves are the map.

    Args:
        candidates: The pairs.
        seed: The same seed gives the same map.

    Returns:
        ``[n, 2]``, centred, most points within -1 to 1.
    """
    source, target = candidates.source, candidates.target
    rows = np.hstack([source.rows[source.of_pair], target.rows[target.of_pair]])
    rows = _main_directions(rows - rows.mean(axis=0))
    if len(rows) >= _FEW:
        from umap import UMAP  # seconds

        umap = UMAP(n_neighbors=_NEIGHBOURS, init="pca", random_state=seed, n_jobs=1)
        # Numba gives all cores to OpenMP, and so to PyTorch, in the thread that it is called in, for good.
        with ThreadPoolExecutor(1) as own_thread:
            flat = own_thread.submit(umap.fit_transform, rows).result()
    else:
        flat = rows[:, :2]
    flat = np.asarray(flat - np.median(flat, axis=0), np.float32)
    return np.asarray(flat / (float(np.quantile(np.abs(flat), 0.99)) or 1.0), np.float32)


def _main_directions(rows: FloatArray) -> FloatArray:
    """Return the coordinates along the directions of largest variance, largest first, at least two."""
    width = rows.shape[1]
    _, vectors = eigh(rows.T @ rows, subset_by_index=[max(0, width - _DIRECTIONS), width - 1])
    vectors = vectors[:, ::-1]
    # An eigenvector's sign is arbitrary: its largest entry is made positive.
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    return np.asarray(rows @ vectors, np.float32)
