"""The router: `streamlit run dashboard/streamlit_app.py -- RUNS`, or `mosecrot dashboard RUNS`."""

import gc
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Thread

import access
import components
import job_list
import state
import streamlit as st

ICON = str(Path(__file__).with_name("icon.svg"))
LOGO = str(Path(__file__).with_name("logo.svg"))
NEW = "new"
STYLE = Path(__file__).with_name("style.css")
PAGES = [
    st.Page("app_pages/overview.py", title="Overview", icon=":material/dashboard:", default=True),
    st.Page("app_pages/results.py", title="Results", icon=":material/scatter_plot:"),
    st.Page("app_pages/compare.py", title="Compare", icon=":material/compare_arrows:"),
    st.Page("app_pages/predictions.py", title="Predictions", icon=":material/grid_on:"),
    st.Page("app_pages/neighbourhoods.py", title="Neighbourhoods", icon=":material/hub:"),
    st.Page("app_pages/surfaces.py", title="Surfaces", icon=":material/landscape:"),
    st.Page("app_pages/self_training.py", title="Self-training", icon=":material/school:"),
    st.Page("app_pages/anchors.py", title="Anchors", icon=":material/link:"),
    st.Page("app_pages/new_run.py", title="New run", icon=":material/add_circle:", url_path=NEW),
]
LATER = ("space_data", "surface_lines", "surface_plane", "surface_shapes", "word_map", "what_if_card")


def main() -> None:
    """Draw the frame and the page in it."""
    st.set_page_config(page_title="MoSECroT", page_icon=ICON, layout="wide", initial_sidebar_state=230)
    page = st.navigation(PAGES)
    st.html(STYLE)
    st.logo(LOGO, size="large", icon_image=ICON)
    with components.calm():
        if not access.granted():
            return
        if state.choose() is None and page.url_path != NEW:
            _no_run()
        else:
            page.run()
        job_list.draw()
        _get_ready()
        if access.is_private():
            st.sidebar.caption("Nothing leaves this machine.")


@st.cache_resource(show_spinner=False)
def _get_ready() -> None:
    """Import what other pages will need while the first one is looked at: a second of theirs.

    Streamlit collects all garbage after each run of a script, and nobody is answered meanwhile; what is
    imported is let off that for good: a quarter of a second of each answer.
    """

    def get() -> None:
        with suppress(ImportError):  # whoever needs it will say so
            for name in LATER:
                import_module(name)
        gc.freeze()

    Thread(target=get, daemon=True).start()


def _no_run() -> None:
    folder = state.runs_folder()
    st.title("No run yet", anchor=False)
    there = "has no run in it" if folder.is_dir() else "is not there"
    components.notice(
        "Make the first one",
        f"The folder of runs {there}: {folder.absolute()}\nThis command makes a run, in minutes; then load "
        "this page again. Name another folder with: mosecrot dashboard RUNS",
        components.MAKE_ONE,
    )
    components.link_to_new_run()


main()
