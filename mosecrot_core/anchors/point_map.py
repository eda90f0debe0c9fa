"""Where each pair lies on a map: pairs whose two words are alike lie near each other."""

import numpy as np

from mosecrot_core.anchors.candidates import Candidates
from mosecrot_core.words.flat_map import FEW, centred, fit_umap, main_directions
from mosecrot_core.words.neighbours import FloatArray

_DIRECTIONS = 50


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
    rows = main_directions(rows - rows.mean(axis=0), _DIRECTIONS)
    few = len(rows) < FEW
    return centred(rows[:, :2] if few else fit_umap(rows, init="pca", random_state=seed))
