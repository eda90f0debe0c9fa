"""The map of both languages' words: before they are brought together and after, with a lasso to a table.

Two charts lie on top of each other, as on the map of pairs (`point_map.py`): all words, sent once, and the
marks of the word under study (`word_map_marks.py`), sent with each word. The sides are dots and upright bars:
ECharts draws many points as one path, and for that Chromium takes 14 s with 50,000 triangles, 0.25 s with
circles; rectangles narrower than 4 pixels ECharts fills one by one, in 0.04 s.
"""

from html import escape
from typing import Any

import components
import data
import numpy as np
import pandas as pd
import space_data
import state
import stored
import streamlit as st
import word_choice
import word_map_data
import word_map_list
import word_map_marks
from lasso_chart import BRUSH, frame, toolbox
from streamlit.delta_generator import DeltaGenerator
from triage import WHOLE
from word_map_view import HEIGHT, LONGEST, View

from mosecrot_core.display import short
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.word_space import WordSpace

STAGES = ("After mapping", "Before")
_BOTH = "Both"
_SIGNS, _COLOURS = ("\u25aa", "\u25ae"), ("#0072B2", "#D55E00")
_SYMBOLS = ({"symbol": "rect", "symbolSize": [3.5, 3.5]}, {"symbol": "rect", "symbolSize": [2.5, 7]})
_POINTS, _LIVE = "word-map-points", "word-map-live"


def draw(run: Run, language: str, space: WordSpace, method: str) -> None:
    """Draw the map of a language as a method maps it, or before."""
    with components.calm():
        codes = (data.source_language(run) or "source", language)
        field, choices = st.columns([6, 7], gap="medium")
        with choices, st.container(horizontal=True, gap="medium"):
            stage = state.one_of("Space", "space", STAGES)
            sides = {_BOTH: (0, 1), f"{codes[0]} (source)": (0,), f"{codes[1]} (target)": (1,)}
            shown = sides[state.one_of("Words of", "words-of", tuple(sides))]
        drawn_by = word_map_data.drawn_by(run, method) if stage == STAGES[0] else ""
        found = word_map_data.word_map(run, language, drawn_by, space)
        if found is None:
            _nothing(run)
            return
        by = space_data.methods(run)[method]
        view = View(run, language, space, found, by, drawn_by, codes, shown)
        left, table = st.columns([10, 11], gap="medium")
        with left:
            with st.container(key="word-map", gap=None):
                _points(view)
                marks = st.container(key="word-map-marks")
            _legend(view)
            told = st.container()
            st.caption(components.escaped(view.explained))
        _live(view, field, marks, told, table)


def _nothing(run: Run) -> None:
    if stored.experiment(run, "word_map", "words") == 0:
        components.notice("This run has no map", "Its experiment file asks for none: word_map: {words: 0}.")
        return
    components.notice(
        "This run has no map of these words yet",
        "It has not come to it, or an older version made it, or no method of it weighs anchors: run the "
        "experiment again, and it is added; no model is trained again for that.",
        "mosecrot run EXPERIMENT.yaml",
    )


@st.fragment(key=_POINTS)
def _points(view: View) -> None:
    rows = view.rows

    def answer() -> None:
        """Take a lasso over, which the table shows, or a click on a word."""
        selection = st.session_state[view.key]["selection"]
        clicked = [
            int(rows[group["series_index"]][i])
            for group in selection["selected"]
            for i in group["data_indices"]
            if group["series_index"] < len(rows) and i < len(rows[group["series_index"]])
        ]
        if clicked and not selection["areas"]:
            word_choice.take(int(view.map.side[clicked[0]]), view.map.words[clicked[0]])
        st.rerun(scope=_LIVE)

    st.echarts_chart(
        _spec(view, rows), key=view.key, on_select=answer, height=HEIGHT, theme=None,
        alt=f"Map of {view.counted}. {view.explained} The list offers the same words to the keyboard.",
    )  # fmt: skip


@st.fragment(key=_LIVE)
def _live(
    view: View, field: DeltaGenerator, marks: DeltaGenerator, told: DeltaGenerator, table: DeltaGenerator
) -> None:
    """Draw what a word or a lasso changes."""
    with components.calm():
        with field:
            side, text = word_choice.choose(view.codes)
            word = word_choice.find(view.run, view.language, view.space, side, text)
        with marks:
            said = word_map_marks.draw(view, side, word)
        with told:
            st.caption(components.escaped(said))
        with table:
            word_map_list.draw(view)


def _spec(view: View, rows: list[np.ndarray]) -> dict[str, Any]:
    datasets, series = [], []
    for number, (side, own) in enumerate(zip(view.shown, rows, strict=True)):
        columns = {"x": view.map.x[own], "y": view.map.y[own], "word": view.map.labels[own]}
        datasets.append({"source": pd.DataFrame(columns)})
        series.append({
            "type": "scatter", "datasetIndex": number, **_SYMBOLS[side], "zlevel": -1,
            "itemStyle": {"color": _COLOURS[side], "opacity": 0.75},
            "large": True, "largeThreshold": 0, "progressive": 0, "selectedMode": "single",
            "encode": {"x": "x", "y": "y", "itemName": "word", "tooltip": []},
        })  # fmt: skip
    return frame(WHOLE) | {
        "aria": {"enabled": False}, "dataset": datasets, "series": series,
        # No formatter of our own: ECharts then escapes the words.
        "tooltip": {
            "confine": True, "transitionDuration": 0, "padding": [4, 8], "textStyle": {"fontSize": 12},
        },
        "toolbox": toolbox(saveAsImage={"title": "Save as PNG", "name": view.file_name}),
        "brush": BRUSH,
    }  # fmt: skip


def _legend(view: View) -> None:
    signs = [(_SIGNS[side], _COLOURS[side], view.codes[side]) for side in view.shown]
    signs += [("\u25cb", "inherit", "the word"), ("\u25c6", "inherit", "its anchors")]
    parts = (
        f'<span><b style="color:{colour}">{sign}</b> {escape(short(name, LONGEST))}</span>'
        for sign, colour, name in signs
    )
    st.html(f'<div class="legend">{" ".join(parts)}</div>')
