"""The selection that all pages share (run, language) and the choices of single pages, all in the link.

A value from a link counts only where it is one of the choices, so that no link names a path. The first
choice is the default and not written into the link: a link without a run opens the newest one.
"""

import getpass
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import data
import streamlit as st

from mosecrot_core.figures import metric_title
from mosecrot_core.runs.store import Run

DEFAULT_RUNS = Path("runs")
THRESHOLD = 0.5
ORDERS = ("Worst first", "Most telling first")
RECOMMENDED = "recommended"
"""The method that experiments call so: what the library recommends."""
QUEUES = ("All", "Suspect", "Undecided", "Accepted", "Rejected")
CELLS = ("Counts", "Row shares, %")
SHOWN = ("Errors", "Right", "All")
ANY = "any"
_NOBODY = "reviewer"


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
        run = runs[choose_one("Run", "run", list(runs), "The newest stands first.")]
        languages = data.languages(run)
        language = choose_one("Language", "language", languages) if languages else None
    st.session_state["selection"] = Selection(run, language)
    return selection()


def selection() -> Selection:
    """Return what the sidebar says; pages are only opened when there is a run."""
    chosen: Selection = st.session_state["selection"]
    return chosen


def selection_name() -> str:
    """Return the name of the run that is selected; empty if there is none."""
    chosen: Selection | None = st.session_state.get("selection")
    return "" if chosen is None else chosen.run.name


def open_run(name: str) -> None:
    """Select a run; for callbacks, before the selector is drawn."""
    st.session_state["run"] = name


def open_language(name: str) -> None:
    """Select a language; for callbacks, as `open_run`."""
    st.session_state["language"] = name


def choose_one(
    label: str, key: str, options: list[str], help_text: str | None = None, preset: str = ""
) -> str:
    """Offer some choices, in the link under their key; what is not among them becomes the preset or first."""
    first = options.index(preset) if preset in options else 0
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = options[first]
    return str(st.selectbox(label, options, first, key=key, bind="query-params", help=help_text))


def one_of(
    label: str, key: str, options: Sequence[str], help_text: str | None = None, *, labelled: bool = True
) -> str:
    """Offer a few choices side by side, in the link under their key."""
    if st.session_state.get(key, options[0]) not in options:
        st.session_state.pop(key)
    chosen = st.segmented_control(
        label, options, default=options[0], key=key, required=True, bind="query-params", help=help_text,
        label_visibility="visible" if labelled else "collapsed",
    )  # fmt: skip
    return str(chosen or options[0])


def choose_method(methods: list[str]) -> str:
    """Offer the methods; where the link names none, what the library recommends is looked at."""
    return choose_one("Method", "method", methods, preset=RECOMMENDED)


def choose_stage(stages: list[str]) -> str:
    """Choose a stage of self-training."""
    return choose_one("Stage", "stage", stages)


def choose_metric(metrics: list[str]) -> str:
    """Offer the metrics."""
    # The link holds what the field shows, so the titles are the choices.
    titles = {metric_title(name): name for name in metrics}
    return titles[choose_one("Metric", "metric", list(titles))]


def choose_seed(seeds: list[int]) -> int:
    """Offer the seeds; -1 stands for a method that no seed matters to."""
    titles = {"alike for all" if seed == -1 else str(seed): seed for seed in seeds}
    return titles[choose_one("Seed", "seed", list(titles))]


def choose_cells() -> bool:
    """Offer what the cells of a confusion matrix tell; whether it is shares."""
    return one_of("Cells", "cells", CELLS, "The colour is the share of the row in either case") == CELLS[1]


def choose_shown() -> str:
    """Offer which examples are listed."""
    return one_of("Examples", "shown", SHOWN)


def choose_class(label: str, key: str, classes: list[str]) -> str | None:
    """Offer to list only the examples of a class; None: of any."""
    # The link holds what the field shows; no class is named as the first choice is.
    chosen = choose_one(label, key, [ANY, *classes])
    return None if chosen == ANY else chosen


def choose_paper() -> bool:
    """Offer the paper's numbers as a layer."""
    return bool(
        st.toggle(
            "The paper's numbers", value=True, key="paper", bind="query-params", help="Stars in the chart"
        )
    )


def number(name: str) -> int | None:
    """Return the number, from 0, that the link names under a name counting from 1; None if it names none."""
    text = st.query_params.get(name, "")
    return int(text) - 1 if text.isdecimal() and len(text) < 10 and int(text) > 0 else None


def name_number(name: str, value: int) -> None:
    """Name a number, from 0, in the link, where people count from 1."""
    st.query_params[name] = str(value + 1)


def choose_view(views: list[str]) -> str:
    """Offer the ways of looking at the anchors."""
    return one_of("View", "view", views, labelled=False)


def choose_threshold(changed: Callable[[], None]) -> None:
    """Offer the quality below which a pair is suspect."""
    st.number_input(
        "Suspect below", min_value=0.0, max_value=1.0, value=THRESHOLD, step=0.05, key="below", format="%.2f",
        bind="query-params", on_change=changed, help="Undecided pairs of a lower quality are suspect",
    )  # fmt: skip


def threshold() -> float:
    """Return the quality below which a pair is suspect."""
    return float(st.session_state.get("below", THRESHOLD))


def choose_order(changed: Callable[[], None]) -> None:
    """Offer the orders in which pairs are worked on."""
    st.selectbox(
        "Order", ORDERS, key="order", bind="query-params", on_change=changed,
        help="Most telling first asks for the pairs whose verdicts would teach the quality model most",
    )  # fmt: skip


def order() -> str:
    """Return the order in which pairs are worked on."""
    return str(st.session_state.get("order") or ORDERS[0])


def choose_author() -> None:
    """Ask for the name that decisions are signed with."""
    st.session_state.setdefault("author", _login_name())
    st.sidebar.text_input(
        "Your name", key="author", max_chars=80, persist_state="session",
        help="Decisions are signed with it, and Undo takes back only your own",
    )  # fmt: skip


def author() -> str:
    """Return the name that decisions are signed with."""
    return str(st.session_state.get("author") or "").strip() or _login_name()


def queue() -> str:
    """Return the queue that the link names, else what is suspect."""
    named = st.query_params.get("queue", "").capitalize()
    return named if named in QUEUES else QUEUES[1]


def choose_queue(name: str) -> None:
    """Work on another queue, from its top."""
    st.query_params["queue"] = name.lower()
    focus_on(())


def focused() -> list[str]:
    """Return source and target word of the pair that the link names; none if it names none."""
    return list(st.query_params.get_all("pair"))


def focus_on(pair: Sequence[str]) -> None:
    """Name a pair in the link."""
    if list(pair) != focused():
        if pair:
            st.query_params["pair"] = list(pair)
        else:
            st.query_params.pop("pair", None)


def searched() -> str:
    """Return what is searched for."""
    return str(st.session_state.get("find") or "")


def search_text(changed: Callable[[], None] | None = None) -> str:
    """Offer the search field, which answers as one types."""
    text = st.text_input(
        "Search the anchors",
        key="find",
        type="search",
        live=True,
        bind="query-params",
        placeholder="Part of a word of either language",
        max_chars=200,
        on_change=changed,
    )
    return text or ""


def _login_name() -> str:
    try:
        return getpass.getuser() or _NOBODY
    except (OSError, KeyError):
        return _NOBODY
