"""The words of a run with their static rows, and how its methods weigh anchors."""

from pathlib import Path

import data
import numpy as np
import pandas as pd
import state
import stored
import streamlit as st
from stored import Stamp

from mosecrot_core.mapping.relative import Weighting, relative_weights
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.weighing import Weighing, weighings
from mosecrot_core.runs.word_space import Made, WordSpace
from mosecrot_core.words.neighbours import FloatArray

_FIRST = 50
_DEFAULT = {state.RECOMMENDED: {"alignment": {"method": "relative"}}}


def methods(run: Run) -> dict[str, Weighing]:
    """Return how the methods of a run weigh its anchors; what is recommended, if none of them does."""
    listed = stored.experiment(run, "methods")
    return weighings(listed if isinstance(listed, dict) else {}) or weighings(_DEFAULT)


def usual(run: Run) -> tuple[str, Weighing]:
    """Return the method that is looked at where the page does not ask for one, and how it weighs anchors."""
    known = methods(run)
    wanted = [st.session_state.get("method"), state.RECOMMENDED, next(iter(known))]
    method = next(name for name in wanted if name in known)
    return method, known[method]


def space(run: Run, language: str) -> WordSpace | None:
    """Return the words and anchors of a target language; None if the run has kept no rows of theirs.

    It is shared by all sessions, so never changed.
    """
    stamps = tuple(stored.table_stamp(run, name) for name in ("spaces", "words", "anchors"))
    return None if None in stamps else _space(str(run.folder), language, stamps)


def weights(made: Made, by: Weighing, weighting: Weighting) -> FloatArray:
    """Return what another weighting would give the same anchors, in their order."""
    if weighting == by.weighting:
        return made.anchors["weight"].to_numpy(np.float32)
    cosines = made.anchors["cosine"].to_numpy(np.float32)[None]
    return relative_weights(cosines, weighting, by.temperature)[0]


def judged(run: Run, language: str, anchors: pd.DataFrame) -> pd.DataFrame:
    """Return `quality` and `verdict` of anchors (`source`, `target`), missing where there is none."""
    pairs, both = anchors[["source", "target"]], ["source", "target"]
    scored = stored.table(run, "quality")
    scored = scored.loc[(scored["language"] == language) & scored["source"].isin(pairs["source"])]
    standing = data.verdicts(run, language)[[*both, "verdict"]]
    found = pairs.merge(scored[[*both, "quality"]].drop_duplicates(both), how="left", on=both)
    return found.merge(standing, how="left", on=both).set_index(anchors.index)


def first_word(run: Run, language: str, space: WordSpace, side: int) -> str:
    """Return the word to begin with: of the anchors that carry most of the texts."""
    anchors, use = stored.table(run, "anchors"), stored.table(run, "anchor_use")
    anchors, use = anchors[anchors["language"] == language], use[use["language"] == language]
    of_one = use[use["method"] == use["method"].iloc[0]] if len(use) else use
    heaviest = of_one.nlargest(_FIRST, "share")["anchor"].drop_duplicates()
    pairs = anchors.drop_duplicates("anchor").set_index("anchor").reindex(heaviest).dropna(subset="source")
    words = (pairs if len(pairs) else anchors.head(_FIRST))["target" if side else "source"]
    known = (str(word) for word in words if len(word) > 1 and word in space.sides[side].row_of)
    return next(known, str(space.sides[side].names[0]))


@st.cache_resource(max_entries=3, show_spinner="Reading the words")
def _space(folder: str, language: str, stamps: tuple[Stamp, ...]) -> WordSpace | None:  # noqa: ARG001 - the key
    return WordSpace.of(Run(Path(folder)), language)
