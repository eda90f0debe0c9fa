"""Wrong pairs planted on purpose: what the quality model learns from and what it is measured by.

A wrong pair keeps its source word and gets another pair's target word:

- `random`: any.
- `near_neighbour`: one of the ten nearest to the right one, as in a slip of meaning.
- `stop_word`: among pairs of stop words only, whose translations are unsteady (section 6).
- `frequency_matched`: one about as frequent as the right one.
- `intermediate_language`: one reached over a shared translation, as where a list goes through another
  language (section 6, PanLex): source - a - b - target, where a and b are each other's translations too.
"""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.anchors.candidates import Candidates, IntArray, Side
from mosecrot_core.anchors.word_forms import stop_words
from mosecrot_core.words.neighbours import nearest

NoiseKind = Literal["random", "near_neighbour", "stop_word", "frequency_matched", "intermediate_language"]
NOISE_KINDS: tuple[NoiseKind, ...] = get_args(NoiseKind)
_NEAREST = 10
_LISTED = 60
_SAME = 0.999
_WINDOW = 20


def plant(
    candidates: Candidates, kind: NoiseKind, rate: float, seed: int
) -> tuple[Candidates, NDArray[np.bool_], NDArray[np.bool_]]:
    """Spoil some of the pairs.

    Args:
        candidates: Pairs taken for right.
        kind: How a wrong target word is chosen.
        rate: Share of the pairs that could be spoiled this way, that are.
        seed: Of the choice.

    Returns:
        The pairs with wrong ones among them, which are wrong ``[n]``, and which could have been ``[n]``.
    """
    rng = np.random.default_rng(seed)
    open_to_it = _open_to(candidates, kind)
    pool = np.flatnonzero(open_to_it)
    drawn = rng.choice(pool, round(rate * len(pool)), replace=False)
    wrong = candidates.target.of_pair.copy()
    wrong[drawn] = _CHOICES[kind](candidates, drawn, rng)
    # What another line of the list says is no mistake.
    n_targets = len(candidates.target.words)
    listed = candidates.source.of_pair * n_targets + candidates.target.of_pair
    spoiled = np.zeros(len(candidates), dtype=bool)
    spoiled[drawn] = ~np.isin(candidates.source.of_pair[drawn] * n_targets + wrong[drawn], listed)
    wrong[~spoiled] = candidates.target.of_pair[~spoiled]
    return _with_targets(candidates, wrong), spoiled, open_to_it


def _with_targets(candidates: Candidates, of_pair: IntArray) -> Candidates:
    """Pair the source words with other target words."""
    target = candidates.target
    used, of_pair = np.unique(of_pair, return_inverse=True)
    side = Side(
        [target.words[i] for i in used.tolist()],
        target.rows[used],
        of_pair.astype(np.int64),
        target.rank[used],
        target.lengths[used],
    )  # fmt: skip
    words = [side.words[i] for i in side.of_pair.tolist()]
    spoiled = [word != known for word, known in zip(words, candidates.pairs["word"], strict=True)]
    written = candidates.pairs["target"].where(~np.array(spoiled), words)
    return replace(candidates, pairs=candidates.pairs.assign(target=written, word=words), target=side)


def _open_to(candidates: Candidates, kind: NoiseKind) -> NDArray[np.bool_]:
    if kind != "stop_word":
        return np.ones(len(candidates), dtype=bool)
    stop = [
        stop_words(list(candidates.pairs[column]), language)
        for column, language in zip(("source", "target"), candidates.languages, strict=True)
    ]
    return np.asarray(np.fmax(*stop) == 1)


def _shuffled(candidates: Candidates, drawn: IntArray, rng: np.random.Generator) -> IntArray:
    shuffled: IntArray = candidates.target.of_pair[rng.permutation(drawn)]
    return shuffled


def _near(candidates: Candidates, drawn: IntArray, rng: np.random.Generator) -> IntArray:
    target = candidates.target
    words, place = np.unique(target.of_pair[drawn], return_inverse=True)
    found = nearest(target.rows[words], target.rows, _LISTED)
    usable = (found.indices != words[:, None]) & (found.cosines < _SAME)
    order = np.argsort(~usable, axis=1, kind="stable")[:, :_NEAREST]  # the usable ones first, nearest first
    choices = np.take_along_axis(found.indices, order, axis=1)[place]
    drawn_choice = rng.integers(0, choices.shape[1], len(drawn))
    return np.asarray(choices[np.arange(len(drawn)), drawn_choice], np.int64)


def _as_frequent(candidates: Candidates, drawn: IntArray, rng: np.random.Generator) -> IntArray:
    """Shuffle within windows of pairs whose target words are about as frequent."""
    by_frequency = drawn[np.argsort(candidates.target.of_pair[drawn], kind="stable")]
    chosen = np.empty(len(candidates), np.int64)
    for start in range(0, len(by_frequency), _WINDOW):
        window = by_frequency[start : start + _WINDOW]
        chosen[window] = candidates.target.of_pair[rng.permutation(window)]
    return chosen[drawn]


def _over_another(candidates: Candidates, drawn: IntArray, rng: np.random.Generator) -> IntArray:
    """Walk from the target word to another of its source words, and on to another target word of that."""
    by_source, by_target = _lists(candidates.source.of_pair), _lists(candidates.target.of_pair)
    chosen = candidates.target.of_pair[drawn].copy()
    for place, pair in enumerate(drawn.tolist()):
        bridge = int(rng.choice(by_target[candidates.target.of_pair[pair]]))
        onward = int(rng.choice(by_source[candidates.source.of_pair[bridge]]))
        chosen[place] = candidates.target.of_pair[onward]
    return chosen


def _lists(of_pair: IntArray) -> list[IntArray]:
    """Return the pairs of each word."""
    order = np.argsort(of_pair, kind="stable")
    return np.split(order, np.cumsum(np.bincount(of_pair))[:-1])


_CHOICES = {
    "random": _shuffled,
    "near_neighbour": _near,
    "stop_word": _shuffled,
    "frequency_matched": _as_frequent,
    "intermediate_language": _over_another,
}
