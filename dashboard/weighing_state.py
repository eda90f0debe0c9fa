"""How a word becomes a sum of anchors: chosen on the page, in the link, at first as the method does it."""

from typing import get_args

import state
import streamlit as st

from mosecrot_core.mapping.relative import Weighting
from mosecrot_core.runs.weighing import Weighing

WEIGHTINGS: tuple[Weighting, ...] = get_args(Weighting)
_OF = "weighing-of"  # the method that the fields were filled for
_TAU, _SPELLING = (0.01, 10.0), (0.0, 5.0)


def choose(method: str, own: Weighing, n_anchors: int) -> Weighing:
    """Offer weighting, k, temperature and spelling; another method brings its own."""
    k = n_anchors if own.k == "all" else min(own.k, n_anchors)
    changed = st.session_state.get(_OF, method) != method
    st.session_state[_OF] = method
    if changed:
        st.session_state["weighting"] = own.weighting
    _fill("k", k, (1, n_anchors), anew=changed)
    _fill("tau", own.temperature, _TAU, anew=changed)
    _fill("spelling", own.spelling, _SPELLING, anew=changed)
    weights, anchors, temperature, letters = st.columns([2.2, 1, 1, 1], vertical_alignment="bottom")
    others = [name for name in WEIGHTINGS if name != own.weighting]
    with weights:
        weighting = state.choose_one(
            "Weights", "weighting", [own.weighting, *others],
            "How the cosines to the nearest anchors become weights; first: as the method does it",
        )  # fmt: skip
    chosen = {
        "k": anchors.number_input(
            "k (anchors)", 1, n_anchors, key="k", bind="query-params", help="How many nearest anchors count"
        ),
        "temperature": temperature.number_input(
            "Temperature", *_TAU, step=0.05, key="tau", format="%.2f", bind="query-params",
            help="Divides the cosines before softmax or sparsemax; standard has none",
        ),
        "spelling": letters.number_input(
            "Spelling", *_SPELLING, step=0.25, key="spelling", format="%.2f", bind="query-params",
            help="What the spelling of target words counts beside their vectors; 0: nothing",
        ),
    }  # fmt: skip
    return Weighing.model_validate({"weighting": weighting, **chosen})


def _fill(name: str, default: float, within: tuple[float, float], *, anew: bool) -> None:
    """Give a field its default where neither the session nor the link has a value that it can take."""
    given = st.session_state.get(name, st.query_params.get(name))
    if anew or not _is_within(given, within):
        st.session_state[name] = default


def _is_within(value: object, within: tuple[float, float]) -> bool:
    try:
        return within[0] <= float(str(value)) <= within[1]
    except ValueError:
        return False
