"""All runs of the folder, what is in the one that is selected, language by language, and how to make one."""

import components
import data
import overview_data
import pandas as pd
import state
import streamlit as st

from mosecrot_core.display import short, visible
from mosecrot_core.figures import metric_title
from mosecrot_core.runs.store import Run

_MISSING = "\u2013"
_COLUMNS = [
    "language", "best", "score", "shuffled", "source", "coverage", "texts", "anchors", "suspect",
]  # fmt: skip
_WAYS = (
    ("The demo: French and Finnish, minutes", components.MAKE_ONE),
    (
        "Your own vectors, word list and texts; every key of the file: mosecrot settings",
        "mosecrot run my.yaml",
    ),
    ("The paper's Table 2 on smaller data", "mosecrot run experiments/table2.yaml --profile here"),
)


def page(run: Run, language: str | None) -> None:
    components.heading("Overview", run, controls=[])
    about = data.setting(run, "description")
    if about:
        st.text(visible(about))
    if language is None:
        components.notice("Nothing yet", "The first language shows here as soon as its anchors are chosen.")
    else:
        _languages(run, language)
    _runs(run)
    _more()


def _languages(run: Run, language: str) -> None:
    table = overview_data.languages_table(run)
    shares = ["coverage", "score", "shuffled", "source"]
    shown = table.assign(**{name: 100 * table[name].astype(float) for name in shares})
    metrics = [metric_title(name) for name in table["metric"].dropna().unique()]
    shown = components.visible_columns(shown, ["language"]).assign(
        at=["\u25b6" if name == language else "" for name in table["language"]],
        best=[_MISSING if pd.isna(name) else short(name) for name in table["best"]],
    )
    key, ticked = components.tickable(
        "languages", len(table), lambda row: state.open_language(str(table["language"].iloc[row]))
    )

    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    st.dataframe(
        shown[["at", *_COLUMNS]],
        hide_index=True, key=key, on_select=ticked, selection_mode="single-row", placeholder=_MISSING,
        alt="The languages of the run: best stitched method, its score beside its nulls, anchors",
        column_config={
            "at": text("", width=28), "language": text("Language"),
            "best": text("Best stitched method", help="By its mean over seeds on the test texts"),
            "score": number(f"{' / '.join(metrics) or 'Score'} %", format="%.1f"),
            "shuffled": number("Pairs shuffled %", format="%.1f", help="The same method, its pairs shuffled"),
            "source": number("Source %", format="%.1f", help="The same models in the source language"),
            "coverage": number("Cover %", format="%.1f", help="Share of the texts' tokens that have a row"),
            "texts": number("Test texts (n)", format="%,d"),
            "anchors": number("Anchors (pairs)", format="%,d"),
            "suspect": number("Suspect (pairs)", format="%,d", help="Candidate pairs of a quality below 0.5"),
        },
    )  # fmt: skip
    st.caption("Tick a language to select it for all pages.")
    components.download("Download as CSV", lambda: table, f"{run.name}-languages.csv", "csv-languages")
    components.link_to_pages(language)


def _runs(run: Run) -> None:
    st.subheader("Runs in this folder", anchor=False)
    runs = list(data.runs_in(state.runs_folder()).values())
    table = overview_data.runs_table(runs)
    shown = components.visible_columns(table, ["name", "state", "updated", "languages", "about"])
    shown = shown.assign(at=["\u25b6" if name == run.name else "" for name in table["name"]])
    key, ticked = components.tickable(
        "runs", len(table), lambda row: state.open_run(str(table["name"].iloc[row]))
    )

    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    st.dataframe(
        shown[["at", "name", "state", "updated", "languages", "methods", "models", "about"]], hide_index=True,
        key=key, on_select=ticked, selection_mode="single-row",
        alt=f"{len(runs)} runs, the newest first",
        column_config={
            "at": text("", width=28), "name": text("Run"), "state": text("State", width=80),
            "updated": text("Last written (UTC)", width=130), "languages": text("Languages", width=130),
            "methods": number("Methods (n)", format="%d", width=92),
            "models": number("Models kept (n)", format="%d", width=112),
            "about": text("What it is", width="large"),
        },
    )  # fmt: skip
    st.caption("Tick a run to select it for all pages; the newest stands first.")


def _more() -> None:
    st.subheader("Make another", anchor=False)
    components.link_to_new_run()
    for title, command in _WAYS:
        st.caption(title)
        st.code(command, language=None)


page(state.selection().run, state.selection().language)
