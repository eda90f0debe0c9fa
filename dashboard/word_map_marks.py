"""Where a word and its nearest anchors lie on the map: drawn on top of it, anew with each word."""

from typing import Any

import numpy as np
import streamlit as st
from lasso_chart import frame
from triage import WHOLE
from word_map_view import HEIGHT, LONGEST, View

from mosecrot_core.display import short

_ANCHORS, _LABEL = 8, 20


def draw(view: View, side: int, word: str | None) -> str:
    """Draw where a word and its nearest anchors lie; say which."""
    row = None if word is None else view.map.row_of(side, word)
    series: list[dict[str, Any]] = []
    said = "" if word is None or row is not None else f"{short(word, LONGEST)} is not on the map. "
    if row is not None and side in view.shown:
        place = [[int(view.map.x[row]), int(view.map.y[row])]]
        for width, colour in ((5, "#FFFFFF"), (2, "#000000")):
            ring = {"color": "transparent", "borderColor": colour, "borderWidth": width}
            series.append(
                {"type": "scatter", "data": place, "symbolSize": 20, "itemStyle": ring, "silent": True}
            )
        said = f"Ring: {short(word, LONGEST)}. "
    if word is not None:
        near = _near_anchors(view, side, word)
        places = [found for pair in near for found in _places(view, pair)]
        if places:
            series.append(_diamonds(places))
        told = ", ".join(f"{short(source, LONGEST)} / {short(target, LONGEST)}" for source, target in near)
        said += f"Diamonds: the words of its nearest anchors, by vectors alone: {told}."
    st.echarts_chart(
        frame(WHOLE) | {"series": series, "aria": {"enabled": False}}, key="word-map-signs", height=HEIGHT,
        theme=None, alt=said or "No word is marked",
    )  # fmt: skip
    return said


def _near_anchors(view: View, side: int, word: str) -> list[tuple[str, str]]:
    """Return both words of the anchors that weigh most, as the space names them."""
    made = view.space.made_of(side, word, view.by.model_copy(update={"spelling": 0.0}))
    chosen = made.anchors.loc[made.anchors["weight"] != 0, "anchor"].head(_ANCHORS).to_numpy(np.int64)
    names = [
        view.space.sides[own].words["word"].to_numpy(object)[view.space.places[chosen, own]] for own in (0, 1)
    ]
    return [(str(source), str(target)) for source, target in zip(*names, strict=True)]


def _places(view: View, pair: tuple[str, str]) -> list[dict[str, Any]]:
    rows = [view.map.row_of(side, pair[side]) for side in view.shown]
    known = [row for row in rows if row is not None]
    return [
        {"name": short(view.map.words[row], _LABEL), "value": [int(view.map.x[row]), int(view.map.y[row])]}
        for row in known
    ]


def _diamonds(places: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "scatter", "data": places, "symbol": "diamond", "symbolSize": 12, "silent": True,
        "itemStyle": {"color": "#000000", "borderColor": "#FFFFFF", "borderWidth": 1.5},
        "label": {
            "show": True, "formatter": "{b}", "position": "top", "fontSize": 11, "color": "#222222",
            "backgroundColor": "rgba(255,255,255,.85)", "padding": [1, 3], "borderRadius": 2,
        },
        "labelLayout": {"hideOverlap": True},
    }  # fmt: skip
