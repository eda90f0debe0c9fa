"""The anchors as a table: how much each carries, and which pairs of the list were left out."""

import components
import data
import pandas as pd
import state
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mosecrot_core.runs.store import Run

_SHOWN = 2_000  # so many rows go to the browser at once; searching narrows them, the download has them all
_TOP = 100
_WORD_WIDTH = 135
_TEXT = ["source", "target", "word"]


def draw(run: Run, language: str, place: DeltaGenerator) -> None:
    """Draw key figures, the table of anchors, and why pairs were left out.

    Args:
        run: The run.
        language: Target language.
        place: Where the method is chosen.
    """
    methods = data.anchor_methods(run, language)
    with place:
        method = state.choose_method(methods) if methods else None
    table = data.anchors(run, language, method)
    left_out = data.dropped(run, language)
    _key_figures(table, left_out, method)
    if table.empty:
        components.notice("No anchor is left", "Every pair of the word list was left out; see why below.")
    else:
        _pairs(run, language, method)
    _left_out(left_out)


def _key_figures(table: pd.DataFrame, left_out: pd.DataFrame, method: str | None) -> None:
    n, n_out = len(table), int(left_out["pairs"].sum())
    n_grown = int(table["round"].notna().sum()) if "round" in table else 0
    n_listed = n - n_grown + n_out
    cells = st.columns(4)
    cells[0].metric(
        "Anchors (pairs)", f"{n:,}" + (f" \u00b7 {n_grown:,} grown" if n_grown else ""), border=True,
        help="Pairs known to both vocabularies, one per target word",
    )  # fmt: skip
    cells[1].metric("Pairs in the list", f"{n_listed:,}", border=True)
    cells[2].metric(
        "Left out (pairs)", f"{n_out:,} \u00b7 {100 * n_out / max(1, n_listed):.0f} %", border=True,
        help="See why below",
    )  # fmt: skip
    top = min(_TOP, n)
    carried = table["share"].head(_TOP).sum() if n and table["share"].notna().any() else None
    cells[3].metric(
        f"Carried by the top {top}", "\u2013" if carried is None else f"{100 * carried:.1f} %", border=True,
        help="Share of the mapped text that the anchors used most carry together"
        + ("" if method else "; not recorded in this run"),
    )  # fmt: skip
    if len(left_out):
        reasons = [f"{r} {pairs:,}" for r, pairs in left_out.itertuples(index=False)]
        st.caption(components.escaped("Left out: " + " \u00b7 ".join(reasons)))


@st.fragment
def _pairs(run: Run, language: str, method: str | None) -> None:
    """Search and table, redrawn alone while one types."""
    with components.calm():
        table = data.anchors(run, language, method)
        field, button = st.columns([3, 1], vertical_alignment="bottom")
        with field:
            found = data.search(table, state.search_text())
        with button:
            components.download(
                f"Download {len(found):,} as CSV", lambda: found.drop(columns="find"),
                f"{run.name}-{language}-anchors.csv", "csv-anchors",
            )  # fmt: skip
        if found.empty:
            components.notice(
                "No anchor contains that", "Search looks in both words of each pair, whatever the case."
            )
            return
        shown = components.visible_columns(found.head(_SHOWN), _TEXT)
        shown["share"] = shown["share"] * 100
        st.dataframe(
            shown.drop(columns="find"), hide_index=True, height=460, key="pairs", placeholder="\u2013",
            column_config=_columns(table),
            alt=f"{len(found)} anchor pairs, those that carry most first",
        )  # fmt: skip
        more = f" The first {_SHOWN:,} are shown; search narrows them." if len(found) > _SHOWN else ""
        order = "those that carry most first" if table["share"].notna().any() else "in the order of the list"
        st.caption(f"{len(found):,} of {len(table):,} pairs, {order}.{more}")


def _columns(table: pd.DataFrame) -> dict[str, object]:
    column = st.column_config
    most = table["share"].max()
    return {
        "source": column.TextColumn("Source word", width=_WORD_WIDTH),
        "target": column.TextColumn("Target word", width=_WORD_WIDTH),
        "word": column.TextColumn(
            "In the vectors as", width=_WORD_WIDTH, help="The target word as the vectors know it"
        ),
        "composed": column.CheckboxColumn("Composed", width=85, help="Its vector is made of subwords"),
        "score": column.NumberColumn("Score", width=70, format="%.3g", help="Of the translation, if listed"),
        "line": column.NumberColumn(
            "Line", width=70, format="%d", help="Line of the word list, from 1; 0 for a pair it does not have"
        ),
        "round": column.NumberColumn(
            "Round", width=70, format="%d", help="In which the pair was grown; none for a pair of the list"
        ),
        "share": column.ProgressColumn(
            "Share of the text (%)", width=150, format="%.3f", min_value=0,
            max_value=100 * float(most) if most > 0 else 1.0,
            help="How much of the mapped text's weight rests on this anchor",
        ),
    }  # fmt: skip


def _left_out(left_out: pd.DataFrame) -> None:
    st.subheader("Left out, and why", anchor=False)
    if left_out.empty:
        st.caption("No pair of the list was left out.")
        return
    n = left_out["pairs"].sum()
    table = components.visible_columns(left_out, ["reason"]).assign(share=100 * left_out["pairs"] / max(1, n))
    st.dataframe(
        table, hide_index=True, key="left-out", width=640, alt="Why pairs were left out, with counts",
        column_config={
            "reason": st.column_config.TextColumn("Reason", width="medium"),
            "pairs": st.column_config.NumberColumn("Pairs (n)", format="%,d"),
            "share": st.column_config.NumberColumn("Of those left out (%)", format="%.1f"),
        },
    )  # fmt: skip
