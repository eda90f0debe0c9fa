"""The pair in focus: its words, why it is suspect, its neighbours on either side, what can be said of it."""

from functools import partial

import components
import data
import numpy as np
import pandas as pd
import state
import streamlit as st
import what_if_card
from ledger import ACCEPTED, CORRECTED, REJECTED, UNDECIDED
from triage import Desk, decide, skip, undo

from mosecrot_core.anchors.signals import SIGNALS
from mosecrot_core.display import short

_WORD, _CELL = 90, 22
_SAID = {"accept": "accepted", "reject": "rejected", "correct": "corrected"}
_VERDICTS = {
    UNDECIDED: ":material/change_history: Undecided",
    ACCEPTED: ":material/check_circle: Accepted",
    CORRECTED: ":material/edit: Corrected",
    REJECTED: ":material/close: Rejected",
}
_EVENTS = 6
_HINT = "Keys act wherever the focus is, except in a text field. Each decision is written at once."


@st.fragment(key="card")
def draw(desk: Desk) -> None:
    """Draw the pair in focus, with the keys."""
    with components.calm():
        desk.ledger.catch_up()
        row = desk.focus()
        with st.container(border=True, key="card"):
            if row is None:
                _nothing(desk)
            else:
                _place(desk, row)
                _words(desk, row)
            _keys(desk, row)
            said = components.escaped(short(desk.message, 400))
            st.caption(f":material/info: **{said}**" if said else _HINT)
            if row is not None:
                _reasons(desk, row)
                _correction(desk, row)
                what_if_card.draw(desk.run, desk.language, desk.pairs.pair(row), _suggestion(desk, row))
                _neighbours(desk, row)
                _history(desk, row)


def _nothing(desk: Desk) -> None:
    st.subheader("Nothing left here", anchor=False)
    if desk.is_narrowed():
        st.text("No pair of this queue is selected: change the search or the lasso, or take another queue.")
    else:
        st.text(f"The queue {state.queue()} is empty. Take another one, or change the threshold.")


def _place(desk: Desk, row: int) -> None:
    work = desk.work()
    at = desk.place(row, work)
    within = at < len(work) and work[at] == row
    text = (
        f"{at + 1:,} of {len(work):,} \u00b7 {state.queue()}, {state.order().lower()}"
        if within
        else "Not in this queue"
    )
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.caption(text)
    verdict = int(desk.ledger.codes[row])
    right.markdown(f"**{_VERDICTS[verdict]}**", text_alignment="right")


def _words(desk: Desk, row: int) -> None:
    source, target = (_isolated(desk.pairs.pair(row)[side], desk.languages[side]) for side in (0, 1))
    st.markdown(f"### {source} \u2192 {target}")
    corrected = desk.ledger.corrections.get(row)
    if corrected:
        st.markdown(f"Corrected to **{components.escaped(short(corrected, _WORD))}**")
    facts = desk.pairs.table.iloc[row]
    known = "" if facts["word"] == facts["target"] else f"known as {short(facts['word'], _CELL)}"
    quality = "quality not known" if pd.isna(facts["quality"]) else f"quality {facts['quality']:.2f}"
    score = "" if pd.isna(facts["score"]) else f"list's score {facts['score']:.3g}"
    used = "an anchor of this run" if facts["anchor"] else "not an anchor of this run"
    line = f"line {facts['line']:,}"
    parts = [quality, line, score, known, used]
    st.caption(components.escaped(" \u00b7 ".join(part for part in parts if part)))


def _isolated(word: str, language: str) -> str:
    """Write a word so that its direction, left or right, does not reach what stands beside it."""
    return (
        f"\u2068{components.escaped(short(word, _WORD))}\u2069 :small[:gray[{components.escaped(language)}]]"
    )


def _keys(desk: Desk, row: int | None) -> None:
    none = row is None
    keys = (
        ("Accept", "check_circle", "A", partial(decide, desk, row, "accept"), none),
        ("Reject", "close", "X", partial(decide, desk, row, "reject"), none),
        ("Skip", "skip_next", "S", partial(skip, desk, row), none),
        ("Undo", "undo", "Z", partial(undo, desk), False),
    )
    for place, (label, icon, shortcut, act, dead) in zip(st.columns(4, gap="xsmall"), keys, strict=True):
        place.button(
            label, key=f"key-{label.lower()}", shortcut=shortcut, icon=f":material/{icon}:", on_click=act,
            disabled=dead, width="stretch",
        )  # fmt: skip


def _reasons(desk: Desk, row: int) -> None:
    facts = desk.pairs.table.iloc[row]
    values = data.signals(desk.run, desk.language, int(facts["pair"]))
    lines = [_reason(str(name), values.get(str(name), float("nan"))) for name in facts["reasons"]]
    against = "Why it is suspect" if desk.is_suspect(row) else "What speaks against it"
    st.markdown(f"**{against if lines else 'Nothing measured speaks against it'}**")
    st.markdown("\n".join(f"- {components.escaped(line)}" for line in lines))


def _reason(name: str, value: float) -> str:
    signal = SIGNALS.get(name)
    if signal is None:
        return short(name)
    sentence = signal.title if pd.isna(value) else signal.sentence(value)
    return sentence[:1].upper() + sentence[1:]


def _correction(desk: Desk, row: int) -> None:
    """Offer the suggestion, or any other word."""
    suggestion = _suggestion(desk, row)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if suggestion:
            label = f"Correct to {components.escaped(short(suggestion, _CELL))}"
            st.button(
                label, key="key-suggestion", shortcut="F",
                icon=":material/auto_fix_high:", on_click=partial(decide, desk, row, "correct", suggestion),
            )  # fmt: skip
        with (
            st.popover("Another word", icon=":material/edit:"),
            st.form("correction", clear_on_submit=True, border=False),
        ):
            st.text_input("The right word", key="typed", max_chars=200)
            st.form_submit_button("Correct", on_click=_typed, args=(desk, row))


def _suggestion(desk: Desk, row: int) -> str:
    """Return the other target word that is suggested; empty: none."""
    suggestion = str(desk.pairs.table["suggestion"].iloc[row] or "")
    return "" if suggestion == desk.pairs.target[row] else suggestion


def _typed(desk: Desk, row: int) -> None:
    word = str(st.session_state.get("typed") or "").strip()
    if not word:
        desk.message = "No word was typed."
    elif word == desk.pairs.target[row]:
        desk.message = "That is the word it has: accept it (A) if it is right."
    else:
        decide(desk, row, "correct", word)


def _neighbours(desk: Desk, row: int) -> None:
    facts = desk.pairs.table.iloc[row]
    near = [desk.pairs.rows_of_numbers(facts[side]) for side in ("source_near", "target_near")]
    common = set(near[0]) & set(near[1])
    for place, rows, column in zip(st.columns(2), near, (0, 1), strict=True):
        with place:
            word = components.escaped(short(desk.pairs.pair(row)[column], _CELL))
            st.markdown(_table(desk, rows, column, common, f"Nearest to {word}"))
    both = f"{len(common)} of them on both sides (marked \u2713)" if common else "none of them on both sides"
    st.caption(f"Each with its partner and quality; {both}.")


def _table(desk: Desk, rows: list[int], column: int, common: set[int], title: str) -> str:
    lines = [f"| {title} | partner | quality |", "|:--|:--|--:|"]
    for row in rows:
        words = desk.pairs.pair(row)
        cells = [components.escaped(short(word, _CELL)) for word in (words[column], words[1 - column])]
        quality = desk.pairs.quality[row]
        shown = "\u2013" if np.isnan(quality) else f"{quality:.2f}"
        mark = "**\u2713**\u00a0" if row in common else ""
        lines.append(f"| {mark}{cells[0]} | {cells[1]} | {shown} |")
    return "\n".join(lines) if rows else f"{title}: not known."


def _history(desk: Desk, row: int) -> None:
    events = desk.ledger.history(row)
    if events.empty:
        return
    lines = []
    for event in events.head(_EVENTS).itertuples():
        said = _SAID.get(event.verdict, event.verdict) + (
            f" to {short(event.correction, _CELL)}" if event.correction else ""
        )
        when = str(event.time)[:16].replace("T", " ")
        undone = "" if event.stands else " \u00b7 undone since"
        lines.append(f"{when} UTC: {said} by {short(event.author, 40)}{undone}")
    more = [f"and {len(events) - _EVENTS} earlier"] if len(events) > _EVENTS else []
    st.caption("History\\\n" + "\\\n".join(components.escaped(line) for line in [*lines, *more]))
