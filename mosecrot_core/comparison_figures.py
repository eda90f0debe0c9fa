"""DataFrame -> plotly Figure: what sets methods apart from one that they are compared with."""

from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mosecrot_core.figures import GRID_COLOUR, METHOD_COLOUR, NEUTRAL_COLOUR
from mosecrot_core.runs.comparison import EVERY
from mosecrot_core.series import marker_of

_ROW_HEIGHT, _FRAME_HEIGHT = 24, 150


def differences_figure(comparison: pd.DataFrame, title: str) -> go.Figure:
    """Draw how far each method is above or below the one that all are compared with.

    Args:
        comparison: As `runs.comparison.compare_methods` returns it, at least one row.
        title: What is scored.

    Returns:
        Methods from the top in the order of the table, in points; a disc with its 95 % interval for all
        languages together (or for the only one), a hollow mark of its own for each language.
    """
    methods = [escape(method) for method in dict.fromkeys(comparison["method"])]
    languages = list(dict.fromkeys(comparison["language"]))
    whole = EVERY if EVERY in languages else languages[0]
    figure = go.Figure()
    for place, language in enumerate(name for name in languages if name != whole):
        part = comparison[comparison["language"] == language]
        look = marker_of(place + 1)  # 0 looks like the disc
        figure.add_trace(_marks(part, language, f"{look['symbol']}-open", look["color"]))
    part = comparison[comparison["language"] == whole]
    disc = _marks(part, f"{whole}, 95 % interval", "circle", METHOD_COLOUR)
    disc.error_x = interval_bars(part, "difference")
    figure.add_trace(disc)
    figure.add_vline(0, line={"width": 1, "dash": "dot", "color": NEUTRAL_COLOUR})
    against = escape(str(comparison["against"].iloc[0]))
    figure.update_xaxes(
        title=f"{escape(title)}, points above {against}", gridcolor=GRID_COLOUR, zeroline=False
    )
    figure.update_yaxes(
        categoryorder="array", categoryarray=methods, range=[len(methods) - 0.4, -0.6], gridcolor=GRID_COLOUR,
        automargin=True,
    )  # fmt: skip
    figure.update_layout(
        height=_ROW_HEIGHT * len(methods) + _FRAME_HEIGHT, margin={"l": 8, "r": 16, "t": 60, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
    )  # fmt: skip
    return figure


def describe_differences(comparison: pd.DataFrame, title: str) -> str:
    """Say in words what `differences_figure` shows: each method over all languages, or in the only one."""
    languages = list(dict.fromkeys(comparison["language"]))
    whole = EVERY if EVERY in languages else languages[0]
    rows = comparison[comparison["language"] == whole]
    points = 100 * rows[["difference", "low", "high"]].to_numpy(float)
    told = [
        f"{method} {mean:+.1f}" + ("" if np.isnan(low) else f" ({low:.1f} to {high:.1f})")
        for method, (mean, low, high) in zip(rows["method"], points, strict=True)
    ]
    against = comparison["against"].iloc[0]
    return f"{title}, points above {against}: {'; '.join(told)}."


def interval_bars(table: pd.DataFrame, middle: str) -> dict[str, Any]:
    """Describe bars from `low` to `high` around a column, in percent; of no length where they are missing."""
    return {
        "type": "data", "symmetric": False, "thickness": 2, "width": 4,
        "array": (100 * (table["high"] - table[middle])).fillna(0).tolist(),
        "arrayminus": (100 * (table[middle] - table["low"])).fillna(0).tolist(),
    }  # fmt: skip


def _marks(part: pd.DataFrame, name: str, symbol: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=(100 * part["difference"]).tolist(), y=[escape(method) for method in part["method"]],
        mode="markers", name=escape(name), hovertemplate="%{y}: %{x:+.1f}",
        marker={"symbol": symbol, "size": 9, "color": colour},
    )  # fmt: skip
