"""The map of all pairs: three charts on top of each other, so that a key press sends a handful of points.

    base    every pair in grey, with the words that the pointer shows; takes lasso and click; sent once
    lit     the pairs that are worked on and the verdicts, in shape and colour; sent when those change
    marks   what was decided since, and a ring around the pair in focus; sent with each key press

ECharts draws 100,000 points in one path in its `large` mode, which cannot dim single points: so what is not
selected stays grey underneath. The outline of a lasso lies on a canvas of its own (`zlevel`); otherwise every
step of the pointer would draw all points again.
"""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from lasso_chart import BRUSH, frame, toolbox
from ledger import ACCEPTED, CORRECTED, REJECTED, UNDECIDED
from triage import ON_SCOPE, Desk, look_at

from mosecrot_core.display import short

HEIGHT = 440
_GREY, _UNSURE, _SUSPECT, _ACCEPT, _REJECT = "#9AA3AB", "#5B6670", "#AA4499", "#0072B2", "#D55E00"
_CROSS = "path://M2,0 L5,3 L8,0 L10,2 L7,5 L10,8 L8,10 L5,7 L2,10 L0,8 L3,5 L0,2 Z"
_MANY = 20_000
_NO_SHAPES_IN_LARGE = 3_000  # ECharts' large mode knows no crosses; so many it draws one by one
_WORD = 40
_LEGEND = (
    ("\u25b2", _SUSPECT, "suspect"),
    ("\u25c6", _UNSURE, "undecided"),
    ("\u25cf", _ACCEPT, "accepted"),
    ("\u25a0", _ACCEPT, "corrected"),
    ("\u2716", _REJECT, "rejected"),
    ("\u25cb", "inherit", "in focus"),
    ("\u25aa", _GREY, "grey: others"),
)


def draw(desk: Desk) -> None:
    """Draw the map with its legend."""
    with st.container(key="map", gap=None):
        _base(desk)
        with st.container(key="map-lit"):
            _lit(desk)
        with st.container(key="map-marks"):
            _marks(desk)
    signs = (f'<span><b style="color:{colour}">{sign}</b> {words}</span>' for sign, colour, words in _LEGEND)
    st.html(f'<div class="legend">{" ".join(signs)}</div>')


@st.fragment(key="base")
def _base(desk: Desk) -> None:
    key = f"points-{desk.drawings}"
    pairs = desk.pairs
    rows = np.flatnonzero(pairs.placed)

    def answer() -> None:
        _selected(desk, rows, key)

    st.echarts_chart(
        _base_spec(desk, rows), key=key, on_select=answer, height=HEIGHT, theme=None,
        alt=f"Map of {len(rows):,} word pairs; pairs of like meaning lie close together. "
        "The list below offers the same pairs to the keyboard.",
    )  # fmt: skip


@st.fragment(key="lit")
def _lit(desk: Desk) -> None:
    """Draw what is worked on, and all verdicts among what is selected."""
    codes = desk.ledger.codes
    desk.lit_codes = codes.copy()
    shown = desk.selected() & (codes != UNDECIDED)
    shown[desk.work()] = True
    rows = np.flatnonzero(shown & desk.pairs.placed)
    size = 3 if len(desk.pairs) > _MANY else 7
    spec = frame(desk.window) | _series(desk, rows, size, {})
    st.echarts_chart(
        spec, key="lit", height=HEIGHT, theme=None, alt=f"{len(rows):,} of them are selected or decided"
    )


@st.fragment(key="marks")
def _marks(desk: Desk) -> None:
    """Draw what has changed since the lit points were drawn, and where the focus is."""
    changed = np.flatnonzero((desk.ledger.codes != desk.lit_codes) & desk.pairs.placed)
    size = 6 if len(desk.pairs) > _MANY else 9
    spec = frame(desk.window) | _series(desk, changed, size, {"borderColor": "#FFFFFF", "borderWidth": 1})
    focus = desk.focus()
    if focus is not None and desk.pairs.placed[focus]:
        place = [[int(desk.pairs.x[focus]), int(desk.pairs.y[focus])]]
        for width, colour in ((5, "#FFFFFF"), (2, "#000000")):
            ring = {"color": "transparent", "borderColor": colour, "borderWidth": width}
            spec["series"].append(
                {"type": "scatter", "data": place, "symbolSize": 18, "itemStyle": ring, "silent": True}
            )
    st.echarts_chart(spec, key="marks", height=HEIGHT, theme=None, alt="The pair in focus has a ring")


def _selected(desk: Desk, rows: np.ndarray, key: str) -> None:
    """Take over a lasso, or a click on a point."""
    selection = st.session_state[key]["selection"]
    areas = [dict(area) for area in selection["areas"]]
    if areas != desk.areas:
        desk.select(areas)
        work = desk.work()
        desk.message = "" if len(work) or not areas else "No pair of this queue lies in the lasso."
        desk.focus_on(None)
    else:
        clicked = [i for group in selection["selected"] for i in group["data_indices"] if i < len(rows)]
        look_at(desk, rows[clicked[:1]])
    st.rerun(scope=ON_SCOPE)


def _base_spec(desk: Desk, rows: np.ndarray) -> dict[str, Any]:
    pairs = desk.pairs
    words = [f"{short(pairs.source[row], _WORD)} \u2192 {short(pairs.target[row], _WORD)}" for row in rows]
    percent = np.nan_to_num(np.round(100 * pairs.quality[rows]), nan=0).astype(np.int8)
    columns = {"x": pairs.x[rows], "y": pairs.y[rows], "pair": words, "quality": percent}
    many = len(rows) > _MANY
    series = {
        "type": "scatter", "symbol": "rect", "symbolSize": 3 if many else 4, "zlevel": -1,
        "itemStyle": {"color": _GREY, "opacity": 0.55}, "large": True, "largeThreshold": 0, "progressive": 0,
        "encode": {"x": "x", "y": "y", "itemName": "pair", "tooltip": ["quality"]},
        "selectedMode": "single",
    }  # fmt: skip
    return frame(desk.window) | {
        "aria": {"enabled": False},
        "dataset": {"source": pd.DataFrame(columns)},
        "series": [series],
        # No formatter of our own: ECharts then escapes the words.
        "tooltip": {
            "confine": True, "transitionDuration": 0, "padding": [4, 8], "textStyle": {"fontSize": 12},
            "valueFormatter": "quality %d %%",
        },
        "toolbox": toolbox(),
        "brush": BRUSH,
    }  # fmt: skip


def _series(desk: Desk, rows: np.ndarray, size: int, border: dict[str, Any]) -> dict[str, Any]:
    """Return one series a kind of point; shapes tell them apart as colours do."""
    codes, suspect = desk.ledger.codes[rows], desk.is_suspect(rows)
    kinds = (
        (rows[(codes == UNDECIDED) & ~suspect], "diamond", size, _UNSURE),
        (rows[(codes == UNDECIDED) & suspect], "triangle", size + 1, _SUSPECT),
        (rows[codes == ACCEPTED], "circle", size + 1, _ACCEPT),
        (rows[codes == CORRECTED], "rect", size + 1, _ACCEPT),
        (rows[codes == REJECTED], _CROSS, size + 2, _REJECT),
    )
    series, datasets = [], []
    for members, symbol, extent, colour in kinds:
        if not len(members):
            continue
        datasets.append({"source": pd.DataFrame({"x": desk.pairs.x[members], "y": desk.pairs.y[members]})})
        series.append({
            "type": "scatter", "datasetIndex": len(datasets) - 1, "symbol": symbol, "symbolSize": extent,
            "itemStyle": {"color": colour, "opacity": 0.9, **border}, "silent": True,
            "large": symbol != _CROSS, "largeThreshold": _NO_SHAPES_IN_LARGE,
        })  # fmt: skip
    return {"series": series, "dataset": datasets} if datasets else {"series": series}
