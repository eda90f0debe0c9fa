"""Every signal of every pair, as one table."""

import numpy as np
import pandas as pd

from mosecrot_core.anchors import word_forms
from mosecrot_core.anchors.candidates import Candidates
from mosecrot_core.anchors.neighbourhoods import Surroundings, look_around
from mosecrot_core.anchors.signals import SIGNALS
from mosecrot_core.anchors.spaces import Crossing, cross
from mosecrot_core.anchors.word_usage import frequency_gap, lead, listed_score, spread
from mosecrot_core.words.neighbours import FloatArray

FOLDS = 5
MOST_WORDS = 10_000
"""The most frequent words of each side, that ranks, hubness and neighbours are looked for among."""


def measure(candidates: Candidates, seed: int = 0) -> tuple[pd.DataFrame, Crossing, Surroundings]:
    """Measure every signal.

    Args:
        candidates: The pairs ``[n]``.
        seed: Of the division into folds.

    Returns:
        One float32 column a signal (NaN: not known of this pair), and what two of the modules found besides.
    """
    crossing = cross(candidates, folds=FOLDS, most=MOST_WORDS, seed=seed)
    surroundings = look_around(candidates, MOST_WORDS)
    columns = {
        **_of_spaces(crossing),
        "reconstruction": surroundings.reconstruction,
        "agreement": surroundings.agreement,
        **_of_usage(candidates, crossing.csls),
        **_of_forms(candidates),
    }
    return pd.DataFrame({name: columns[name] for name in SIGNALS}, dtype=np.float32), crossing, surroundings


def _of_spaces(crossing: Crossing) -> dict[str, FloatArray]:
    first = (crossing.source_rank == 0) & (crossing.target_rank == 0)
    return {
        "similarity": crossing.similarity,
        "csls": crossing.csls,
        "source_rank": crossing.source_rank,
        "target_rank": crossing.target_rank,
        "mutual": first.astype(np.float32),
        "hubness": crossing.hubness,
    }


def _of_usage(candidates: Candidates, fit: FloatArray) -> dict[str, FloatArray]:
    source, target = candidates.source, candidates.target
    return {
        "frequency": frequency_gap(candidates),
        "source_partners": source.partners.astype(np.float32),
        "target_partners": target.partners.astype(np.float32),
        "source_spread": spread(source, target),
        "target_spread": spread(target, source),
        "source_lead": lead(source, fit),
        "target_lead": lead(target, fit),
        "listed_score": listed_score(candidates.pairs),
        "under_trained": source.lengths[source.of_pair],
    }


def _of_forms(candidates: Candidates) -> dict[str, FloatArray]:
    sources, targets = list(candidates.pairs["source"]), list(candidates.pairs["target"])
    stops = [
        word_forms.stop_words(words, language)
        for words, language in zip((sources, targets), candidates.languages, strict=True)
    ]
    return {
        "spelling": word_forms.spelling(zip(sources, targets, strict=True)),
        "identical": word_forms.identical(sources, targets),
        "casing": word_forms.casing(sources, targets),
        "digits": word_forms.digits(sources, targets),
        "length": _unusual(word_forms.log_length_ratio(sources, targets)),
        "stop_word": np.fmax(*stops),
        "stop_word_mismatch": np.abs(stops[0] - stops[1]),
        "proper_name": word_forms.proper_names(sources, targets),
        "foreign_script": word_forms.foreign_script(targets),
    }


def _unusual(values: FloatArray) -> FloatArray:
    """Return the distance from what is usual in this list."""
    return np.asarray(np.abs(values - np.median(values)), np.float32)
