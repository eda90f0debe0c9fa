"""Ties the panels of a chart together in the browser, by `linked_panels.js` as a component of Streamlit's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def link(key: str, clicked: Callable[[Any, Any], None]) -> None:
    """Turn all scenes of a chart when one is turned, and show in all what is pointed at in one.

    Args:
        key: The chart's; before it was drawn.
        clicked: Called with a1 and a2 when a surface is clicked, which Streamlit itself does not tell.
    """
    own = f"{key}-links"

    def answer() -> None:
        place = st.session_state[own].get("point")
        if isinstance(place, dict):
            clicked(place.get("a1"), place.get("a2"))

    mount = st.components.v2.component("linked_panels", js=_SCRIPT)
    mount(key=own, data={"chart": key}, on_point_change=answer)
