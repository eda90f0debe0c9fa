"""Any word of either language: which anchors it is made of, as one turns the knobs, and where words lie."""

import components
import data
import space_data
import state
import streamlit as st
import weighing_state
import word_card
import word_choice
import word_map

from mosecrot_core.runs.store import Run
from mosecrot_core.runs.weighing import Weighing
from mosecrot_core.runs.word_space import WordSpace


def page(run: Run, language: str | None) -> None:
    method_place, view_place = components.heading("Neighbourhoods", run, controls=[1.3, 0.7])
    space = None if language is None else space_data.space(run, language)
    if space is None or language is None or not len(space.pairs):
        components.notice(
            "No words to look up in this run",
            "None of its methods is tied by anchor pairs, or it has not come to them yet, or an older "
            "version made it, which kept no rows of words: run the experiment again, and they are added; "
            "no model is trained again for that.",
            "mosecrot run EXPERIMENT.yaml",
        )
        return
    methods = space_data.methods(run)
    with method_place:
        method = state.choose_method(list(methods))
    with view_place, st.container(horizontal=True, horizontal_alignment="right"):
        view = state.choose_view(word_choice.VIEWS)
    if view == "Map":
        word_map.draw(run, language, space, method)
    else:
        _look(run, language, space, method, methods[method])


@st.fragment
def _look(run: Run, language: str, space: WordSpace, method: str, own: Weighing) -> None:
    with components.calm():
        names = (data.source_language(run) or "source", language)
        left, right = st.columns([6, 7], gap="medium", vertical_alignment="bottom")
        with left:
            side, text = word_choice.choose(names)
        with right:
            by = weighing_state.choose(method, own, len(space.pairs))
        word = word_choice.find(run, language, space, side, text)
        if word is not None:
            word_card.draw(run, language, space, side, word, by)


page(state.selection().run, state.selection().language)
