"""Which word is looked at: asked for as one types, offered where several may be meant, in the link."""

import components
import space_data
import streamlit as st

from mosecrot_core.display import short
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.word_space import WordSpace

VIEWS = ["Word", "Map"]
SIDES = ("source", "target")
_OFFERED, _LABEL = 14, 40


def choose(side_names: tuple[str, str]) -> tuple[int, str]:
    """Offer a language, the target first, and ask for a word of it; return its side and the text."""
    language, field = st.columns([1, 2.4], vertical_alignment="bottom")
    names = {name: number for number, name in reversed(list(enumerate(SIDES)))}
    with language:
        side = st.segmented_control(
            "Language", list(names), default="target", key="side", required=True, bind="query-params",
            format_func=lambda name: side_names[names[name]],
        )  # fmt: skip
    text = field.text_input(
        "Word", key="word", type="search", live=True, bind="query-params", max_chars=200,
        placeholder="Any word; the list below answers as you type",
    )  # fmt: skip
    return names[side or "target"], text or ""


def find(run: Run, language: str, space: WordSpace, side: int, text: str) -> str | None:
    """Return the word that a text names, or the first that it may become; offer the others.

    None, and a message, where it can become none.
    """
    if not text.strip():
        return space_data.first_word(run, language, space, side)
    found = space.sides[side].find(text, _OFFERED)
    if not found:
        components.notice(
            "No such word",
            f"Nothing of {len(space.sides[side].names):,} words contains that. The run has kept the most "
            "frequent words of the vectors and those of its texts and anchors; what only the list has is "
            "read through its translation and has no row here.",
        )
        return None
    with st.container(horizontal=True, gap="small", key="offered"):
        for word in found[1:]:
            st.button(
                components.escaped(short(word, _LABEL)), key=f"offer-{word}", type="tertiary",
                on_click=take, args=(side, word),
            )  # fmt: skip
    return found[0]


def take(side: int, word: str) -> None:
    """Put a word of a side into the field; for callbacks."""
    st.session_state["side"], st.session_state["word"] = SIDES[side], word


def look_up(side: int, word: str) -> None:
    """Show a word, wherever on the page one is; for callbacks."""
    take(side, word)
    st.session_state["view"] = VIEWS[0]
    st.rerun()
