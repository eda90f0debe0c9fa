"""Pieces that the pages are made of. Text that comes from files is shown as text, never as markup."""

import logging
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import data
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mosecrot_core.display import short, visible
from mosecrot_core.errors import MosecrotError
from mosecrot_core.runs.store import Run

MAKE_ONE = "mosecrot run experiments/demo.yaml"
_LOG = logging.getLogger("mosecrot.dashboard")
_FINISHED = {"done", "finished"}
_QUIET_MINUTES = 10
_LOOK_AGAIN_SECONDS = 3
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@contextmanager
def calm() -> Iterator[None]:
    """Show whatever goes wrong inside as a message; the traceback goes to the log."""
    try:
        yield
    except MosecrotError as error:
        notice("This cannot be shown", str(error))
    except Exception as error:
        _LOG.error("unexpected error on a page\n%s", traceback.format_exc())
        notice(
            "Something unexpected went wrong here",
            f"{type(error).__name__}. The details are in the terminal that the dashboard was started from; "
            "the other pages and runs are not affected.",
        )


def notice(title: str, message: str, command: str | None = None) -> None:
    """Show a quiet message, and the command that helps."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        for line in message.splitlines():
            st.text(visible(line))
        if command:
            st.code(command, language=None)


def escaped(text: str) -> str:
    r"""Keep text from being read as Markdown where only Markdown can be shown.

    >>> print(escaped("*a* [b](c)"))
    \*a\* \[b\]\(c\)
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", visible(text))


def visible_columns(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Make columns of text visible, and cut what is too long for a cell."""
    return table.assign(**{name: [short(value) for value in table[name]] for name in columns})


def tickable(name: str, n: int, take: Callable[[int], None]) -> tuple[str, Callable[[], None]]:
    """Return key and callback of a table of n rows, of which one can be ticked; then its number is taken.

    The table then forgets which: the link has it, or the selectors of the sidebar.
    """
    clicks = f"{name}-clicks"
    key = f"{name}-{st.session_state.setdefault(clicks, 0)}"

    def ticked() -> None:
        for row in st.session_state[key]["selection"]["rows"]:
            if row < n:
                take(row)
        st.session_state[clicks] += 1

    return key, ticked


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Write a table as CSV that no spreadsheet takes for formulas: those cells start with an apostrophe."""
    safe = table.rename(columns=_unformula)
    for name in safe.select_dtypes(exclude=["number", "bool"]):
        safe[name] = [_unformula(value) for value in safe[name]]
    # The mark at the start tells spreadsheets that this is UTF-8.
    return safe.to_csv(index=False).encode("utf-8-sig", errors="replace")


def _unformula(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def download(label: str, make: Callable[[], pd.DataFrame], file_name: str, key: str) -> None:
    """Offer a table as CSV; it is made when it is asked for."""
    st.download_button(
        label, lambda: csv_bytes(make()), file_name, "text/csv", key=key, on_click="ignore",
        icon=":material/download:",
    )  # fmt: skip


def link_to_pages(language: str) -> None:
    """Offer the pages of a language, side by side."""
    pages = (
        ("results", "Scores", "scatter_plot"), ("predictions", "Errors", "grid_on"),
        ("neighbourhoods", "Words", "hub"), ("anchors", "Anchors", "link"),
    )  # fmt: skip
    with st.container(horizontal=True, gap="medium"):
        for name, label, icon in pages:
            title = escaped(f"{label} ({language})")
            st.page_link(f"app_pages/{name}.py", label=title, icon=f":material/{icon}:")


def link_to_predictions() -> None:
    """Offer the page that shows single predictions."""
    st.page_link(
        "app_pages/predictions.py", label="Which classes are confused, and single predictions",
        icon=":material/grid_on:",
    )  # fmt: skip


def link_to_word(run: Run, language: str, word: str) -> None:
    """Offer to look a target word up."""
    st.page_link(
        "app_pages/neighbourhoods.py", label=escaped(f"Look {short(word, 30)} up among all words"),
        icon=":material/hub:", query_params={"run": run.name, "language": language, "word": word},
    )  # fmt: skip


def link_to_pair(run: Run, language: str, pair: tuple[str, str]) -> None:
    """Offer to judge an anchor pair."""
    label = escaped(f"Judge {short(pair[0], 30)} \u2192 {short(pair[1], 30)}")
    link = {"run": run.name, "language": language, "queue": "all", "pair": list(pair)}
    st.page_link("app_pages/anchors.py", label=label, icon=":material/link:", query_params=link)


def link_to_surfaces() -> None:
    """Offer the page of interpolated models."""
    st.page_link(
        "app_pages/surfaces.py", label="Models between one and two languages: lines, planes, what each says",
        icon=":material/landscape:",
    )  # fmt: skip


def link_to_run(run: Run) -> None:
    """Offer to open a run."""
    st.page_link(
        "app_pages/overview.py", label=escaped(f"Open {run.name}"), icon=":material/dashboard:",
        query_params={"run": run.name},
    )  # fmt: skip


def link_to_new_run() -> None:
    """Offer the page that makes a run of one's own files."""
    st.page_link(
        "app_pages/new_run.py", label="Make a run of your own vectors, word list and texts, here",
        icon=":material/add_circle:",
    )  # fmt: skip


def heading(title: str, run: Run, controls: Sequence[float]) -> list[DeltaGenerator]:
    """Put the page's title over the name of the run and how far it is.

    Args:
        title: The page's title.
        run: The run.
        controls: Widths of places for the page's own selectors, of 5 in all.

    Returns:
        Those places, beside the title.
    """
    info = data.info(run)
    state, seen = str(info.get("state", "unknown")), data.info_stamp(run)
    left, *places = st.columns([5 - sum(controls), *controls], vertical_alignment="bottom", gap="medium")
    with left:
        st.title(title, anchor=False)
        written = _as_minute(info.get("updated"))
        st.text(
            visible(f"Run {run.name} \u00b7 {state}" + (f" \u00b7 last written {written}" if written else ""))
        )
    if state not in _FINISHED:
        _progress(str(run.folder), seen)
    return places


def _as_minute(moment: Any) -> str:
    try:
        return f"{datetime.fromisoformat(str(moment)).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return ""


@st.fragment(run_every=_LOOK_AGAIN_SECONDS)
def _progress(folder: str, seen: data.Stamp) -> None:
    """Say how far an unfinished run is; when it has moved on, draw the page again."""
    with calm():
        run = Run(folder)
        if data.info_stamp(run) != seen:
            st.rerun()
        info = data.info(run)
        running = info.get("state") == "running"
        done, total = info.get("done"), info.get("total")
        text = "Still running: what is there so far is shown."
        if not running:
            text = "Stopped before the end: what is there is shown; the same command goes on."
        if isinstance(done, int) and isinstance(total, int) and 0 <= done <= total and total > 0:
            st.progress(done / total, text=f"{text} {done:,} of {total:,} steps done.")
        else:
            st.info(text, icon=":material/hourglass_empty:")
        if info.get("problem"):
            notice("What stopped it", str(info["problem"]))
        since = (_minutes_since(moment) for moment in (run.last_step, info.get("updated")))
        quiet = min((minutes for minutes in since if minutes is not None), default=None)
        if running and quiet is not None and quiet >= _QUIET_MINUTES:
            st.text(
                f"No step ended in the last {quiet:,} minutes. If it was stopped, the same command goes on."
            )


def _minutes_since(moment: Any) -> int | None:
    try:
        then = datetime.fromisoformat(str(moment))
        return int((datetime.now(UTC) - then).total_seconds() // 60)
    except (ValueError, TypeError):
        return None
