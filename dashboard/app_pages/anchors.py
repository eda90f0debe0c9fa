"""Which word pairs tie two languages: the doubtful ones one by one, all as a table, words without any."""

import anchor_table
import components
import data
import exchange
import focus_card
import missing_list
import point_map
import state
import streamlit as st
import work_list
from triage import Desk, desk

from mosecrot_core.runs.store import Run

_VIEWS = ["Triage", "Missing", "Table", "Decisions"]


def page(run: Run, language: str | None) -> None:
    method_place, view_place = components.heading("Anchors", run, controls=[1, 2])
    scored = language is not None and data.has_quality(run) and len(data.pairs(run, language)) > 0
    if language is None or not (scored or data.has_anchors(run)):
        components.notice(
            "No anchors in this run",
            "It has none yet, or none of its methods is stitched: only those are tied by anchor pairs.",
        )
        return
    if not scored:
        anchor_table.draw(run, language, method_place)
        st.caption(
            "The pairs of this run have no scores, so there is nothing to triage: an older version made it."
        )
        return
    state.choose_author()
    with view_place, st.container(horizontal=True, horizontal_alignment="right"):
        view = state.choose_view(_VIEWS)
    if view == "Table":
        anchor_table.draw(run, language, method_place)
    elif view == "Missing":
        missing_list.draw(run, language)
    elif view == "Decisions":
        exchange.draw(desk(run, language))
    else:
        _triage(desk(run, language))


def _triage(at: Desk) -> None:
    at.ledger.catch_up()
    with st.container(key="triage"):
        _draw(at)


def _draw(at: Desk) -> None:
    work_list.draw_bar(at)
    left, right = st.columns([10, 11], gap="medium")
    with right:
        focus_card.draw(at)
    with left:
        point_map.draw(at)
    work_list.draw_list(at)


page(state.selection().run, state.selection().language)
