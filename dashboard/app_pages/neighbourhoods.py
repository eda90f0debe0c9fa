"""Any word of either language: which anchors it is made of, as one turns the knobs, and where it lies."""

import components
import data
import space_data
import state
import streamlit as st
import weighing_state
import word_card

from mosecrot_core.display import short
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.word_space import Weighing, WordSpace

_OFFERED, _LABEL = 14, 40


def page(run: Run, language: str | None) -> None:
    (method_place,) = components.heading("Neighbourhoods", run, controls=[1.6])
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
    _look(run, language, space, method, methods[method])


@st.fragment
def _look(run: Run, language: str, space: WordSpace, method: str, own: Weighing) -> None:
    with components.calm():
        names = (data.source_language(run) or "source", language)
        left, right = st.columns([6, 7], gap="medium", vertical_alignment="bottom")
        with left:
            side, text = weighing_state.choose_word(names)
        with right:
            by = weighing_state.choose(method, own, len(space.pairs))
        word = _word(run, language, space, side, text)
        if word is None:
            components.notice(
                "No such word",
                f"Nothing of {len(space.sides[side].names):,} words contains that. The run has kept the most "
                "frequent words of the vectors and those of its texts and anchors.",
            )
            return
        word_card.draw(run, language, space, side, word, by)


def _word(run: Run, language: str, space: WordSpace, side: int, text: str) -> str | None:
    """Return the word that a text names, or the first that it may become; offer the others."""
    if not text.strip():
        return space_data.first_word(run, language, space, side)
    found = space.sides[side].find(text, _OFFERED)
    if not found:
        return None
    with st.container(horizontal=True, gap="small", key="offered"):
        for word in found[1:]:
            st.button(
                components.escaped(short(word, _LABEL)), key=f"offer-{word}", type="tertiary",
                on_click=weighing_state.take, args=(word,),
            )  # fmt: skip
    return found[0]


page(state.selection().run, state.selection().language)
