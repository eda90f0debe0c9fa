"""What the words around a pair say of it: each side's nearest words, within its own space.

The relative representation of a word is its cosines to the anchors (section 4). Without the pair itself, does
the representation of one word still lead to the other?
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mosecrot_core.anchors.candidates import Candidates, IntArray, Side
from mosecrot_core.words.neighbours import FloatArray, nearest

_NEAREST = 30
_SHOWN = 5
_SHARPNESS = 3  # cosines are raised to this power: near anchors count more than far ones
_SAME = 0.999  # a cosine of words that share one vector


@dataclass(frozen=True, eq=False)
class Surroundings:
    """How the two neighbourhoods of each pair agree.

    Attributes:
        reconstruction: Cosine between a word's row and the row that the anchors nearest to its partner give
            for it, the pair's own words left out; the mean of both directions, ``[n]``.
        agreement: Share of the words near the target word whose partners are near the source word, ``[n]``.
        source_near: The pairs of the 5 words nearest to the source word, ``[n, 5]``; -1 for none.
        target_near: The same for the target word.
    """

    reconstruction: FloatArray
    agreement: FloatArray
    source_near: IntArray
    target_near: IntArray


def look_around(candidates: Candidates, most: int) -> Surroundings:
    """Compare the neighbourhoods of the two words of each pair.

    Args:
        candidates: The pairs ``[n]``.
        most: The most frequent words of each side, that neighbours are looked for among.
    """
    source, target = candidates.source, candidates.target
    near_source, near_target = _near(source, most), _near(target, most)
    paired = _partners(source, target)
    translated = near_source @ _rows_to_one(
        paired
    )  # [m_s, m_t]: which target words the anchors near a word give
    translated_back = near_target @ _rows_to_one(paired.T.tocsr())
    reconstruction = _leads_to(translated, source, target) + _leads_to(translated_back, target, source)
    return Surroundings(
        (reconstruction / 2).astype(np.float32),
        _overlap(translated, near_target, candidates),
        _shown(near_source, source),
        _shown(near_target, target),
    )


def _near(side: Side, most: int) -> sparse.csr_array:
    """Return the weights of each word's nearest other words, ``[m, m]``."""
    found = nearest(side.rows, side.rows[:most], _NEAREST + 1)
    weights = np.maximum(found.cosines, 0) ** _SHARPNESS
    itself = found.indices == np.arange(len(side.words))[:, None]
    weights[itself | (found.cosines > _SAME)] = 0
    columns, width = found.indices, found.indices.shape[1]
    starts = np.arange(0, width * len(columns) + 1, width)
    near = sparse.csr_array(
        (weights.ravel(), columns.ravel(), starts), shape=(len(side.words), len(side.words))
    )
    near.eliminate_zeros()
    return near


def _partners(source: Side, target: Side) -> sparse.csr_array:
    """Say which words are paired, ``[m_s, m_t]``."""
    ones = np.ones(len(source.of_pair), np.float32)
    shape = (len(source.words), len(target.words))
    paired = sparse.csr_array((ones, (source.of_pair, target.of_pair)), shape=shape)
    paired.data[:] = 1
    return paired


def _rows_to_one(matrix: sparse.csr_array) -> sparse.csr_array:
    """Divide each row by its sum."""
    sums = matrix.sum(axis=1)
    return sparse.csr_array(matrix.multiply(1 / np.where(sums > 0, sums, 1)[:, None]))


def _leads_to(translated: sparse.csr_array, start: Side, end: Side) -> FloatArray:
    """Return the cosine of each end word to the blend that its start word's surroundings give, ``[n]``.

    The end word's own part in the blend is taken off: cos(g - c t, t) with |t| = 1.
    """
    blend = translated @ end.rows  # g, [m_start, d]
    own = _entries(translated, start.of_pair, end.of_pair)  # c
    along = np.einsum("nd,nd->n", blend[start.of_pair], end.rows[end.of_pair])
    squared = np.einsum("nd,nd->n", blend, blend)[start.of_pair]
    left = squared - 2 * own * along + own**2
    unit = np.linalg.norm(end.rows, axis=1)[end.of_pair]  # 1, or 0 for a word that is the mean of all
    cosine = (along - own * unit) / np.sqrt(np.maximum(left, 1e-12))
    return np.where(left > 1e-12, np.clip(cosine, -1, 1), 0).astype(np.float32)


def _entries(matrix: sparse.csr_array, rows: IntArray, columns: IntArray) -> FloatArray:
    """Return the entries at (row, column), ``[n]``."""
    n = len(rows)
    chosen = sparse.csr_array((np.ones(n, np.float32), columns, np.arange(n + 1)), shape=(n, matrix.shape[1]))
    return np.asarray(matrix[rows].multiply(chosen).sum(axis=1), np.float32)


def _overlap(
    translated: sparse.csr_array, near_target: sparse.csr_array, candidates: Candidates
) -> FloatArray:
    """Return the share of each target word's surroundings that the source word's also lead to."""
    reached = translated.astype(bool).astype(np.float32)[candidates.source.of_pair]
    surroundings = _rows_to_one(near_target.astype(bool).astype(np.float32))[candidates.target.of_pair]
    return np.asarray(reached.multiply(surroundings).sum(axis=1), np.float32)


def _shown(near: sparse.csr_array, side: Side) -> IntArray:
    """Return the first pair of each of the 5 nearest words, by pair ``[n, 5]``, nearest first."""
    first_pair = np.full(len(side.words), -1, np.int64)
    first_pair[side.of_pair[::-1]] = np.arange(len(side.of_pair))[::-1]
    listed = np.full((len(side.words), _SHOWN), -1, np.int64)
    for word, (start, end) in enumerate(zip(near.indptr[:-1], near.indptr[1:], strict=True)):
        order = np.argsort(-near.data[start:end], kind="stable")[:_SHOWN]
        listed[word, : len(order)] = first_pair[near.indices[start:end][order]]
    return listed[side.of_pair]
