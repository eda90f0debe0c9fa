"""Charts that can be taken away: as a picture, as a page that needs no network, as a table."""

from collections.abc import Callable
from functools import partial
from typing import Any

import components
import pandas as pd
import plotly.graph_objects as go
import state
import streamlit as st

_FORMATS = ("SVG", "PNG")


def choose_format() -> str:
    """Offer what the camera button of charts saves."""
    return state.one_of(
        "Pictures as", "picture", _FORMATS, "What the camera button above a chart saves"
    ).lower()


def name_file(*parts: str) -> str:
    """Begin the name of a file: letters, digits, hyphens and dots, not too long."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in "-".join(parts)[:120])


def chart(
    figure: go.Figure,
    key: str,
    alt: str,
    file_name: str,
    kind: str = "svg",
    on_select: Callable[[], None] | None = None,
    *,
    tools: bool = False,
) -> None:
    """Draw a chart whose camera button saves it, as the browser sees it.

    Args:
        figure: The chart.
        key: Its key.
        alt: What it shows, in words.
        file_name: Of the picture, without its end.
        kind: `svg` or `png`.
        on_select: Called when a point is clicked.
        tools: Offer to zoom and turn, too, and always show the buttons; else the camera alone shows where the
            pointer is.
    """
    config: dict[str, Any] = {
        "displaylogo": False, "displayModeBar": True if tools else "hover", "scrollZoom": False,
        "toImageButtonOptions": {
            "format": kind, "filename": name_file(file_name), "scale": 2 if kind == "png" else 1,
        },
    }  # fmt: skip
    if not tools:
        config["modeBarButtons"] = [["toImage"]]
    answer: Any = on_select or "ignore"
    st.plotly_chart(figure, key=key, alt=alt, config=config, on_select=answer, selection_mode="points")


def offers(
    figures: dict[str, Callable[[], go.Figure]], table: Callable[[], pd.DataFrame], file_name: str, key: str
) -> None:
    """Offer what is drawn as CSV, and figures as pages with plotly.js inside (5 MB); made when asked for."""
    with st.container(horizontal=True):
        components.download("What is drawn, as CSV", table, f"{file_name}.csv", f"csv-{key}")
        for name, make in figures.items():
            st.download_button(
                f"{name} as HTML", partial(_page, make), f"{file_name}-{name.lower().replace(' ', '-')}.html",
                "text/html", key=f"html-{key}-{name}", on_click="ignore", icon=":material/download:",
                help="Interactive, opens without a network (5 MB)",
            )  # fmt: skip


def _page(make: Callable[[], go.Figure]) -> bytes:
    return make().to_html(include_plotlyjs=True, config={"displaylogo": False}).encode()
