"""Jobs that run experiments: asked for on a page, followed in the sidebar, whatever page is open."""

import components
import data
import state
import streamlit as st

from mosecrot_core.display import short
from mosecrot_core.runs.jobs import ACTIVE, Job, Jobs, jobs_folder
from mosecrot_core.runs.store import Run

_SHOWN, _LOOK_SECONDS, _NAME = 3, 2, 28
_ENDED = {
    "done": ":material/check_circle: ended",
    "failed": ":material/error: failed",
    "cancelled": ":material/cancel: cancelled",
}


def draw() -> None:
    """Draw the newest jobs in the sidebar, and keep them up to date while one waits or runs."""
    with components.calm():
        jobs = _queue().newest(_SHOWN)
    if jobs:
        with st.sidebar:
            st.fragment(_jobs, run_every=_LOOK_SECONDS if any(job.state in ACTIVE for job in jobs) else None)(
                [(job.number, job.state) for job in jobs]
            )


def offer(run: Run, n_decisions: int) -> None:
    """Offer to run an experiment again with the decisions that hold."""
    pressed = st.button(
        "Run again", key="run-again", icon=":material/replay:", disabled=not n_decisions, width="stretch",
        help="With the decisions that hold, as a run of its own, by a worker on this machine; what they do "
        "not touch is not done again" if n_decisions else "Reject or correct a pair first",
    )  # fmt: skip
    if pressed:
        with components.calm():
            _queue().put(run.name)
            st.rerun()


def _queue() -> Jobs:
    return Jobs(jobs_folder(state.runs_folder()))


def _jobs(seen: list[tuple[int, str]]) -> None:
    with components.calm():
        jobs = _queue().newest(_SHOWN)
        if [(job.number, job.state) for job in jobs] != seen:
            st.rerun()  # a new run may be there, and nothing needs to be looked at again and again
        st.markdown("**Jobs**")
        for job in jobs:
            _job(job, newest=job is jobs[0])


def _job(job: Job, *, newest: bool) -> None:
    run = Run(job.writes(_queue().runs))
    name = components.escaped(short(run.name, _NAME))
    if job.state == "queued":
        st.caption(f"{name}: waits")
    elif job.state == "running":
        done, total = _progress(run)
        st.progress(done / total if total else 0.0, text=f"{name}: {done:,} of {total:,} steps")
    else:
        st.caption(f"{_ENDED[job.state]}: {name}")
        if job.message and newest:
            components.notice("What stopped it", job.message)
    if job.state in ACTIVE:
        if st.button("Cancel", key=f"cancel-{job.number}", type="tertiary", icon=":material/cancel:"):
            _queue().cancel(job.number)
            st.rerun()
    elif job.state == "done" and run.name in _others():
        key = f"open-{job.number}"
        st.button(f"Open {name}", key=key, type="tertiary", on_click=_open, args=(run.name,))


def _others() -> set[str]:
    """Name the runs that can be opened and are not."""
    return set(data.runs_in(state.runs_folder())) - {state.selection_name()}


def _open(name: str) -> None:
    state.open_run(name)
    st.rerun(scope="app")  # and not the list of jobs alone


def _progress(run: Run) -> tuple[int, int]:
    """Return the steps done and all; of a run that is not begun, or half-written, none."""
    if run.state is None:
        return 0, 0
    info = run.info()
    done, total = info.get("done"), info.get("total")
    known = info.get("state") == "running" and isinstance(done, int) and isinstance(total, int)
    return (min(done, total), total) if known else (0, 0)
