"""The selection that all pages share (run, language) and the choices of single pages, all in the link.

A value from a link counts only where it is one of the choices, so that no link names a path. The first
choice is the default and not written into the link: a link without a run opens the newest one.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import data
import streamlit as st

from mosecrot_core.figures import metric_title
from mosecrot_core.runs.store import Run

DEFAULT_RUNS = Path("runs")


@dataclass(frozen=True)
class Selection:
    """What the sidebar says."""

    run: Run
    language: str | None
    """None as long as the run has not come to any."""


def runs_folder() -> Path:
    """Return the folder of runs named on the command line: ``streamlit run ... -- RUNS``."""
    return Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_RUNS


def choose() -> Selection | None:
    """Offer runs and languages in the sidebar, once for all pages; None if there is no run."""
    runs = data.runs_in(runs_folder())
    if not runs:
        return None
    with st.sidebar:
        run = runs[_choose("Run", "run", list(runs), "The newest stands first.")]
        languages = data.languages(run)
        language = _choose("Language", "language", languages) if languages else None
    st.session_state["selection"] = Selection(run, language)
    return selection()


def selection() -> Selection:
    """Return what the sidebar says; pages are only opened when there is a run."""
    chosen: Selection = st.session_state["selection"]
    return chosen


def choose_method(methods: list[str]) -> str:
    """Offer the methods."""
    return _choose("Method", "method", methods)


def choose_metric(metrics: list[str]) -> str:
    """Offer the metrics."""
    # The link holds what the field shows, so the titles are the choices.
    titles = {metric_title(name): name for name in metrics}
    return titles[_choose("Metric", "metric", list(titles))]


def search_text() -> str:
    """Offer the search field, which answers as one types."""
    text = st.text_input(
        "Search the anchors",
        key="find",
        type="search",
        live=True,
        bind="query-params",
        placeholder="Part of a word of either language",
        max_chars=200,
    )
    return text or ""


def _choose(label: str, key: str, options: list[str], help_text: str | None = None) -> str:
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = options[0]
    return str(st.selectbox(label, options, key=key, bind="query-params", help=help_text))
