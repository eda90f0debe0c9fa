"""Queues, search, threshold and the buttons for all that is selected, over the map; the list under it."""

from functools import partial
from typing import Any

import components
import job_list
import pandas as pd
import state
import streamlit as st
from ledger import ACCEPTED, CORRECTED, REJECTED, UNDECIDED
from triage import ON_SCOPE, WHOLE, Desk, decide_on_all, look_at

from mosecrot_core.anchors.signals import SIGNALS
from mosecrot_core.display import visible

_SHOWN = 100
_BEFORE = 3
_MARKS = {ACCEPTED: "\u25cf accepted", CORRECTED: "\u25a0 corrected", REJECTED: "\u2716 rejected"}


@st.fragment(key="bar")
def draw_bar(desk: Desk) -> None:
    """Offer queues with their counts, order, search, threshold, and decisions on all that is selected."""
    with components.calm():
        desk.ledger.catch_up()
        places = st.columns([15, 4, 4], vertical_alignment="bottom")
        with places[1]:
            state.choose_order(partial(_changed, desk))
        with places[2]:
            state.choose_threshold(partial(_changed, desk))  # first: the counts depend on it
        with places[0], st.container(horizontal=True, gap="small", key="queues"):
            _queues(desk)
        field, *buttons = st.columns([6, 4, 4, 3, 3, 3], vertical_alignment="bottom")
        with field:
            state.search_text(partial(_changed, desk))
        _all_selected(desk, buttons)
        with buttons[-1]:
            job_list.offer(desk.run, int((desk.ledger.codes != UNDECIDED).sum()))


def _queues(desk: Desk) -> None:
    chosen = state.queue()
    for name, mask in desk.queue_masks().items():
        taken = name == chosen
        st.button(
            f"{name} **{mask.sum():,}**", key=f"queue-{name}", on_click=partial(_take, desk, name),
            type="primary" if taken else "secondary",
            icon=f":material/radio_button_{'checked' if taken else 'unchecked'}:",
        )  # fmt: skip


def _all_selected(desk: Desk, places: list[Any]) -> None:
    n = len(desk.work())
    dead = not desk.is_narrowed() or n == 0
    number = "" if dead else f" {n:,}"
    reason = "Search, or draw a lasso on the map, to select pairs of this queue"
    for place, label, verdict, icon in (
        (places[0], f"Accept all{number}", "accept", "done_all"),
        (places[1], f"Reject all{number}", "reject", "remove_done"),
    ):
        place.button(
            label, key=f"all-{verdict}", disabled=dead, icon=f":material/{icon}:", width="stretch",
            on_click=partial(decide_on_all, desk, verdict), help=reason if dead else "One batch: Z undoes it",
        )  # fmt: skip
    zoomed, lassoed = desk.window != WHOLE, desk.lasso is not None
    places[2].button(
        "Whole map" if zoomed else "Zoom in", key="zoom", disabled=not (zoomed or lassoed), width="stretch",
        icon=f":material/{'zoom_out_map' if zoomed else 'zoom_in'}:", on_click=partial(_zoom, desk),
        help="Draw only the part of the map around the lasso",
    )  # fmt: skip
    places[3].button(
        "Drop lasso", key="drop-lasso", disabled=not lassoed, width="stretch", icon=":material/deselect:",
        on_click=partial(_drop, desk),
    )  # fmt: skip


def _take(desk: Desk, name: str) -> None:
    state.choose_queue(name)
    _changed(desk)


def _changed(desk: Desk) -> None:
    """Begin at the top of what is now to work on."""
    desk.message = ""
    desk.focus_on(None)
    st.rerun(scope=ON_SCOPE)


def _zoom(desk: Desk) -> None:
    desk.zoom()
    st.rerun(scope=[*ON_SCOPE, "base"])


def _drop(desk: Desk) -> None:
    desk.select([])
    desk.drawings += 1
    desk.focus_on(None)
    st.rerun(scope=[*ON_SCOPE, "base"])


@st.fragment(key="list")
def draw_list(desk: Desk) -> None:
    """List the pairs around the focus, in the order in which they are worked on."""
    with components.calm():
        work, focus = desk.work(), desk.focus()
        start = 0 if focus is None else max(0, desk.place(focus, work) - _BEFORE)
        rows = work[start : start + _SHOWN]
        if not len(rows):
            return
        key = f"work-{desk.clicks}"

        def chosen() -> None:
            picked = st.session_state[key]["selection"]["rows"]
            look_at(desk, [rows[i] for i in picked if i < len(rows)])
            desk.clicks += 1
            st.rerun(scope=["marks", "card", "list"])

        st.dataframe(
            _table(desk, rows, focus), hide_index=True, height=318, key=key, placeholder="\u2013",
            on_select=chosen, selection_mode="single-row", column_config=_columns(desk),
            alt=f"Pairs to work on, {state.order().lower()}, from number {start + 1:,} of {len(work):,}",
        )  # fmt: skip
        selected = " that are selected" if desk.is_narrowed() else ""
        st.caption(
            f"Numbers {start + 1:,} to {start + len(rows):,} of {len(work):,} pairs in this queue{selected}, "
            f"{state.order().lower()}. Tick a row to bring it into focus."
        )


def _table(desk: Desk, rows: Any, focus: int | None) -> pd.DataFrame:
    facts = desk.pairs.table.iloc[rows]
    verdicts = [_verdict(desk, int(row)) for row in rows]
    reasons = [
        "; ".join(SIGNALS[name].title if name in SIGNALS else name for name in names)
        for names in facts["reasons"]
    ]
    table = pd.DataFrame({
        "at": ["\u25b6" if row == focus else "" for row in rows],
        "quality": facts["quality"].to_numpy(),
        "source": facts["source"].to_numpy(),
        "target": facts["target"].to_numpy(),
        "verdict": verdicts,
        "suggestion": facts["suggestion"].to_numpy(),
        "reasons": reasons,
    })  # fmt: skip
    return components.visible_columns(table, ["source", "target", "verdict", "suggestion", "reasons"])


def _verdict(desk: Desk, row: int) -> str:
    code = int(desk.ledger.codes[row])
    return _MARKS.get(code, "\u25b2 suspect" if desk.is_suspect(row) else "\u25c6 undecided")


def _columns(desk: Desk) -> dict[str, object]:
    column, (source, target) = st.column_config, desk.languages
    return {
        "at": column.TextColumn("", width=28),
        "quality": column.ProgressColumn("Quality", width=84, format="%.2f", min_value=0, max_value=1),
        "source": column.TextColumn(f"Source word ({visible(source)})", width=118),
        "target": column.TextColumn(f"Target word ({visible(target)})", width=118),
        "verdict": column.TextColumn("Verdict", width=92),
        "suggestion": column.TextColumn("Suggestion", width=110),
        "reasons": column.TextColumn("What speaks against it, strongest first", width="large"),
    }
