"""What the two embedding spaces say of each pair, none of them having seen the pair itself.

Pairs are divided into folds by their source word. For each fold, both spaces are brought into a joint one
learned from the other folds alone: whitened with a ridge, rotated onto each other (orthogonal Procrustes on
the whitened rows, which is canonical correlation analysis), and its directions weighted by the root of their
correlation (Artetxe et al., 2018, "Generalizing and Improving Bilingual Word Embedding Mappings with a
Multi-Step Framework of Linear Transformations"). Similarities are given in standard deviations above those of
pairs drawn at random, so that they mean the same in every language and however many pairs are bad.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, svd

from mosecrot_core.anchors.candidates import Candidates, IntArray
from mosecrot_core.words.neighbours import HUBNESS_K, FloatArray, hubness, nearest, normalise

_RIDGE = 1.0  # of the mean variance: what whitening adds to every direction
_LISTED = 20  # nearest candidates that a rank is counted in: beyond them it is "20 or more"
_MOST_DIRECTIONS = 150
_TIE = 1e-5  # words with the same vector are no nearer than each other


@dataclass(frozen=True, eq=False)
class Crossing:
    """How each pair stands between the spaces; every array is ``[n]``, a pair each.

    Attributes:
        similarity: Cosine in the joint space, in standard deviations above random pairs.
        csls: The same for CSLS, which takes the words' hubness off.
        source_rank: How many target words are nearer (CSLS) to the source word, at most 20.
        target_rank: How many source words are nearer (CSLS) to the target word, at most 20.
        hubness: Mean cosine of both words to the 10 nearest of the other side.
        best_target: The target word nearest (CSLS) to the source word, by its number.
    """

    similarity: FloatArray
    csls: FloatArray
    source_rank: FloatArray
    target_rank: FloatArray
    hubness: FloatArray
    best_target: IntArray


@dataclass(frozen=True, eq=False)
class _Joint:
    source_mean: FloatArray
    source_map: FloatArray  # [D, r]
    target_mean: FloatArray
    target_map: FloatArray  # [d, r]

    def source(self, rows: FloatArray) -> FloatArray:
        return normalise(np.asarray((rows - self.source_mean) @ self.source_map, np.float32))

    def target(self, rows: FloatArray) -> FloatArray:
        return normalise(np.asarray((rows - self.target_mean) @ self.target_map, np.float32))


def cross(candidates: Candidates, *, folds: int, most: int, seed: int) -> Crossing:
    """Place every pair in a joint space that was learned without it.

    Args:
        candidates: The pairs ``[n]``.
        folds: Parts that the source words are divided into, at least 2.
        most: The most frequent words of each side, that ranks and hubness are counted among.
        seed: Of the division and of the random pairs.
    """
    rng = np.random.default_rng(seed)
    source = candidates.source
    fold = (rng.permutation(len(source.words)) % folds)[source.of_pair]
    everywhere = np.arange(len(candidates))
    hubs = _key_hubness(candidates, _fit(candidates, everywhere), most)
    found = {name: np.zeros(len(candidates), np.float32) for name in _FIELDS}
    for number in np.unique(fold).tolist():
        inside, outside = everywhere[fold == number], everywhere[fold != number]
        joint = _fit(candidates, outside if len(outside) else inside)
        for name, values in _measure(candidates, joint, inside, hubs, rng).items():
            found[name][inside] = values
    best = found.pop("best_target").astype(np.int64)
    return Crossing(**found, best_target=best)


_FIELDS = ("similarity", "csls", "source_rank", "target_rank", "hubness", "best_target")


def _fit(candidates: Candidates, pairs: IntArray) -> _Joint:
    """Learn the joint space from some of the pairs."""
    source = candidates.source.rows[candidates.source.of_pair[pairs]]
    target = candidates.target.rows[candidates.target.of_pair[pairs]]
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    source, target = source - source_mean, target - target_mean
    whiten_source, whiten_target = _whitening(source), _whitening(target)
    left, correlation, right = svd(
        whiten_source @ (source.T @ target).astype(np.float64) / len(pairs) @ whiten_target,
        full_matrices=False,
    )
    weights = np.sqrt(correlation[:_MOST_DIRECTIONS])
    return _Joint(
        source_mean, (whiten_source @ left[:, :_MOST_DIRECTIONS] * weights).astype(np.float32),
        target_mean, (whiten_target @ right.T[:, :_MOST_DIRECTIONS] * weights).astype(np.float32),
    )  # fmt: skip


def _whitening(rows: FloatArray) -> NDArray[np.float64]:
    """Return (C + ridge)^-1/2 of the covariance C of centred rows ``[n, d]``: ``[d, d]``."""
    values, vectors = eigh((rows.T @ rows).astype(np.float64) / len(rows))
    values = np.maximum(values, 0)
    ridge = _RIDGE * values.mean() or 1.0
    whitening: NDArray[np.float64] = (vectors / np.sqrt(values + ridge)) @ vectors.T
    return whitening


def _key_hubness(candidates: Candidates, joint: _Joint, most: int) -> tuple[FloatArray, FloatArray]:
    """Return CSLS's r of the most frequent source and target words: their mean cosine to the other side's."""
    source, target = _keys(candidates, joint, most)
    return hubness(source, target), hubness(target, source)


def _keys(candidates: Candidates, joint: _Joint, most: int) -> tuple[FloatArray, FloatArray]:
    return joint.source(candidates.source.rows[:most]), joint.target(candidates.target.rows[:most])


def _measure(
    candidates: Candidates, joint: _Joint, inside: IntArray, hubs: tuple[FloatArray, FloatArray],
    rng: np.random.Generator,
) -> dict[str, NDArray[np.generic]]:  # fmt: skip
    """Measure the pairs of one fold in their joint space."""
    sources, source = np.unique(candidates.source.of_pair[inside], return_inverse=True)
    targets, target = np.unique(candidates.target.of_pair[inside], return_inverse=True)
    source_rows = joint.source(candidates.source.rows[sources])
    target_rows = joint.target(candidates.target.rows[targets])
    source_keys, target_keys = _keys(candidates, joint, len(hubs[0]))
    forward, backward = nearest(source_rows, target_keys, _LISTED), nearest(target_rows, source_keys, _LISTED)
    source_hub = forward.cosines[:, :HUBNESS_K].mean(axis=1)[source]
    target_hub = backward.cosines[:, :HUBNESS_K].mean(axis=1)[target]
    cosine = _rowwise(source_rows[source], target_rows[target])
    other = rng.permutation(len(inside))
    random = _rowwise(source_rows[source], target_rows[target[other]])
    from_source = 2 * forward.cosines - hubs[1][forward.indices]  # CSLS but for the query's own hubness
    from_target = 2 * backward.cosines - hubs[0][backward.indices]
    # The pair's own words are measured as the others are: else they could be nearer than themselves.
    from_itself = 2 * cosine - _listed_hubness(hubs[1], targets, target_hub, target)
    to_itself = 2 * cosine - _listed_hubness(hubs[0], sources, source_hub, source)
    return {
        "similarity": _above_chance(cosine, random),
        "csls": _above_chance(
            2 * cosine - source_hub - target_hub, 2 * random - source_hub - target_hub[other]
        ),
        "source_rank": (from_source[source] > (from_itself + _TIE)[:, None]).sum(axis=1),
        "target_rank": (from_target[target] > (to_itself + _TIE)[:, None]).sum(axis=1),
        "hubness": (source_hub + target_hub) / 2,
        "best_target": np.take_along_axis(forward.indices, from_source.argmax(axis=1)[:, None], 1)[source, 0],
    }  # fmt: skip


def _listed_hubness(hubs: FloatArray, words: IntArray, own: FloatArray, of_pair: IntArray) -> FloatArray:
    """Return the hubness of each pair's word: that of the list if it is listed, else the pair's own, ``[n]``.

    Args:
        hubs: Of the most frequent words ``[most]``.
        words: The words of this fold, by number ``[m]``.
        own: What was measured in this fold ``[n]``.
        of_pair: Which of `words` each pair has ``[n]``.
    """
    number = words[of_pair]
    return np.where(number < len(hubs), hubs[np.minimum(number, len(hubs) - 1)], own)


def _rowwise(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return the inner product of row i with row i, ``[n]``."""
    product: FloatArray = np.einsum("nd,nd->n", left, right)
    return product


def _above_chance(values: FloatArray, random: FloatArray) -> FloatArray:
    """Say how many standard deviations of random pairs a value lies above their mean."""
    spread = float(random.std())
    return np.asarray((values - random.mean()) / (spread if spread > 0 else 1.0), np.float32)
