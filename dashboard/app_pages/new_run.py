"""A run of one's own: files come in and are checked, an experiment comes of them, and the worker runs it."""

from pathlib import Path

import components
import data
import own_files
import state
import streamlit as st

from mosecrot_core.display import visible
from mosecrot_core.runs import own_inputs
from mosecrot_core.runs.jobs import Jobs, jobs_folder
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.uploads import experiment_file, prepared

_LOOKED_AT = 50


def page() -> None:
    st.title("New run", anchor=False)
    runs = state.runs_folder()
    if jobs_folder(runs) != runs:
        components.notice(
            "This is one run, not a folder of runs",
            "New runs would not be seen here. Serve the folder around it:",
            f"mosecrot dashboard {runs.absolute().parent}",
        )
        return
    st.text("Vectors of a language, a word list and labelled texts in, a model that reads the language out.")
    left, right = st.columns([3, 2], gap="large")
    with left:
        if name := own_files.draw(runs):
            st.session_state["prepared"] = name
            st.rerun()
    with right:
        _ready()


def _ready() -> None:
    st.subheader("Checked and ready", anchor=False)
    runs = state.runs_folder()
    names = prepared(runs)
    if not names:
        st.caption("None yet. What passes the check stands here, with the command that runs it.")
        return
    name = state.choose_one("Experiment", "prepared", names, "The newest stands first.")
    with st.container(border=True, gap="small"):
        for row in own_inputs.found_in(runs, name):
            st.text(visible(f"{row['language']} \u00b7 {row['what']}: {row['found']}"))
    with st.expander("experiment.yaml"):
        st.code(_written(experiment_file(runs, name)), language="yaml")
    st.caption("To run it by hand:")
    st.code(own_inputs.command(runs, name), language=None, wrap_lines=True)
    _buttons(name)


def _written(file: Path) -> str:
    """Read a file whatever is in it; characters that act are made seen."""
    text = file.read_text(encoding="utf-8", errors="replace")
    return "\n".join(visible(line) for line in text.split("\n"))


def _buttons(name: str) -> None:
    runs, jobs = state.runs_folder(), Jobs(state.runs_folder())
    run, active = Run(runs / name), jobs.is_active(name)
    done = run.state == "done"
    with st.container(horizontal=True):
        start = st.button(
            "Run it", key="run-own", type="primary", icon=":material/play_arrow:", disabled=active or done,
            help="By a worker on this machine; it goes on while you look elsewhere",
        )  # fmt: skip
        gone = st.button(
            "Remove these files", key="remove-own", icon=":material/delete:", disabled=active,
            help="The run stays, and can no longer be run again with decisions",
        )  # fmt: skip
    if start:
        jobs.put_experiment(name)
        st.rerun()
    if gone:
        own_inputs.remove(runs, name)
        st.rerun()
    _how_far(run, jobs, active=active)


def _how_far(run: Run, jobs: Jobs, *, active: bool) -> None:
    if active:
        st.caption("It waits or runs: Jobs, in the sidebar, tells how far it is and can cancel it.")
    else:
        last = next((job for job in jobs.newest(_LOOKED_AT) if job.writes(jobs.runs) == run.folder), None)
        if last is not None and last.state == "failed":
            components.notice("What stopped it", last.message)
    if run.name in data.runs_in(state.runs_folder()):
        components.link_to_run(run)


page()
