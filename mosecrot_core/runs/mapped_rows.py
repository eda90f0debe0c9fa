"""Target rows of an experiment's methods: what goes into a mapping, and what comes out of it."""

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.neighbours import FloatArray

_AT_ONCE = 20_000  # words whose spelling is held: 100 MB


def static_rows(
    bench: Workbench, words: TargetWords, language: str, name: str, entries: NDArray[np.int64] | slice
) -> FloatArray:
    """Return what a method's mapping is given of some entries of a vocabulary: static rows, maybe spelled."""
    rows, spelling = words.rows[entries], bench.spelling(language, name)
    if spelling is None:
        return rows
    chosen = np.array(words.vocabulary.entries, dtype=object)[entries]
    return spelling.extend(chosen.tolist(), rows)


def mapped_rows(
    bench: Workbench, words: TargetWords, language: str, name: str, order: NDArray[np.int64] | None = None
) -> FloatArray:
    """Return F_t of a vocabulary ``[V_t, D]`` by a method; `order` re-pairs the target side of anchors."""
    mapping, n = bench.mapping(language, name, order), len(words.rows)
    if bench.spelling(language, name) is None:
        return mapping.map_target(words.rows)
    parts = [slice(start, start + _AT_ONCE) for start in range(0, n, _AT_ONCE)]
    return np.concatenate(
        [mapping.map_target(static_rows(bench, words, language, name, part)) for part in parts]
    )
