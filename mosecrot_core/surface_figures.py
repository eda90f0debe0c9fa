"""DataFrame -> plotly Figure: scores of interpolated models on lines and planes (Wu et al., Figures 2, 3)."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots

from mosecrot_core.figures import GRID_COLOUR, METHOD_COLOUR, PAPER_COLOUR

_SCALE = "Cividis"  # read alike with and without colour vision
_LIGHT = sample_colorscale(_SCALE, [0.3, 0.5, 0.7, 0.85, 1.0])  # on which black numbers can be read
_STEP = 5.0  # points between two contours
_LOOKS = {
    "source": {"color": METHOD_COLOUR, "dash": "solid", "symbol": "circle"},
    "target": {"color": PAPER_COLOUR, "dash": "dash", "symbol": "diamond"},
}
_CORNERS = {"bilingual": (0, 0, "circle"), "source": (1, 0, "square"), "target": (0, 1, "triangle-up")}
_HEIGHT, _BAND = 420, 0.18


def line_figure(
    curves: pd.DataFrame, names: Mapping[str, str], title: str, start: str = "source"
) -> go.Figure:
    """Draw normalised scores between a model of one language and the bilingual one, a curve a language.

    Args:
        curves: As `runs.surface_statistics.curves` returns them, of one metric.
        names: What the languages `source` and `target` are called.
        title: What is scored.
        start: From which model the line runs: `source` or `target`.

    Returns:
        Curves over alpha with bands of 95 % (none with one unit), in percent of the bilingual model's score.
    """
    figure = go.Figure()
    for read, part in curves.groupby("read", sort=True):
        look, alpha = _LOOKS[str(read)], part["alpha"] / 1000
        name = escape(names.get(str(read), str(read)))
        if part["low"].notna().any():
            figure.add_trace(_band(part, alpha, look["color"], name))
        figure.add_trace(
            go.Scatter(
                x=alpha, y=100 * part["mean"], mode="lines+markers", name=name,
                line={"color": look["color"], "dash": look["dash"], "width": 2},
                marker={"symbol": look["symbol"], "size": 6},
                hovertemplate="alpha %{x}: %{y:.1f} %",
            )
        )  # fmt: skip
    for place in (0, 1):
        figure.add_vline(place, line={"width": 1, "dash": "dot"})
    alone = escape(names.get(start, start))
    figure.update_xaxes(
        title=f"alpha: 0 is {alone} only, 1 is bilingual", gridcolor=GRID_COLOUR, zeroline=False
    )
    figure.update_yaxes(title=f"{escape(title)}, percent of the bilingual model's", gridcolor=GRID_COLOUR)
    figure.update_layout(height=_HEIGHT, margin={"l": 8, "r": 16, "t": 40, "b": 8}, legend=_legend())
    return figure


def plane_figure(table: pd.DataFrame, names: Mapping[str, str], title: str) -> go.Figure:
    """Draw the plane through three models, a panel a language that is read, with the models marked.

    Args:
        table: `read`, `a1`, `a2` (thousandths) and `mean`, a row a point: normalised scores, as
            `runs.surface_statistics.normalised` returns them, of one unit and metric.
        names: What the languages `source` and `target` are called.
        title: What is scored.

    Returns:
        Contours in percent of the bilingual model's score, on one scale.
    """
    grids = _grids(table)
    lowest, highest = _range(grids)
    levels = {"start": lowest - lowest % _STEP, "end": highest, "size": _STEP, "showlabels": True}
    figure = make_subplots(
        rows=1, cols=max(1, len(grids)), shared_yaxes=True, horizontal_spacing=0.04,
        subplot_titles=[f"read: {escape(names.get(read, read))}" for read in grids],
    )  # fmt: skip
    for column, (read, (a1, a2, scores)) in enumerate(grids.items(), start=1):
        contour = go.Contour(
            x=a1, y=a2, z=scores, coloraxis="coloraxis", contours=levels, name=escape(read),
            hovertemplate="a1 %{x}, a2 %{y}: %{z:.1f} %<extra></extra>",
        )  # fmt: skip
        figure.add_trace(contour, row=1, col=column)
        for model, (x, y, symbol) in _CORNERS.items():
            figure.add_trace(_corner(model, x, y, symbol, names, legend=column == 1), row=1, col=column)
    figure.update_xaxes(title="a1, towards the source model")
    figure.update_yaxes(title="a2, towards the target model", col=1)
    figure.update_layout(
        height=_HEIGHT + 60, margin={"l": 8, "r": 16, "t": 90, "b": 8}, legend=_legend(1.12),
        coloraxis={"colorscale": _LIGHT, "colorbar": {"title": f"{escape(title)}, %"}},
    )  # fmt: skip
    return figure


def surface_figure(table: pd.DataFrame, names: Mapping[str, str], title: str) -> go.Figure:
    """Draw what `plane_figure` draws as surfaces in space, beside each other on one scale."""
    grids = _grids(table)
    figure = make_subplots(
        rows=1, cols=max(1, len(grids)), specs=[[{"type": "surface"}] * max(1, len(grids))],
        horizontal_spacing=0.02, subplot_titles=[f"read: {escape(names.get(read, read))}" for read in grids],
    )  # fmt: skip
    for column, (read, (a1, a2, scores)) in enumerate(grids.items(), start=1):
        surface = go.Surface(
            x=a1, y=a2, z=scores, coloraxis="coloraxis", name=escape(read),
            hovertemplate="a1 %{x}, a2 %{y}: %{z:.1f} %<extra></extra>",
        )  # fmt: skip
        figure.add_trace(surface, row=1, col=column)
    axes = {"xaxis": {"title": "a1"}, "yaxis": {"title": "a2"}}
    figure.update_scenes({**axes, "zaxis": {"title": "%", "range": _range(grids)}})
    figure.update_layout(
        height=_HEIGHT + 80, margin={"l": 8, "r": 16, "t": 40, "b": 8},
        coloraxis={"colorscale": _SCALE, "colorbar": {"title": f"{escape(title)}, %"}},
    )  # fmt: skip
    return figure


Grid = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _grids(table: pd.DataFrame) -> dict[str, Grid]:
    """Return by language a1 ``[n]``, a2 ``[m]`` and scores in percent ``[m, n]``; NaN where none is known.

    The points between tenths, which only lines have, are left out.
    """
    plane = table[(table["a1"] % 100 == 0) & (table["a2"] % 100 == 0)]
    found = {}
    for read, part in plane.groupby("read", sort=True):
        grid = part.pivot_table(index="a2", columns="a1", values="mean", dropna=False)
        a1, a2 = (index.to_numpy(float) / 1000 for index in (grid.columns, grid.index))
        found[str(read)] = (a1, a2, 100 * grid.to_numpy(float))
    return found


def _range(grids: Mapping[str, Grid]) -> tuple[float, float]:
    """Return the lowest and the highest score of all languages."""
    scores = [scores.ravel() for _, _, scores in grids.values()] or [np.array([0.0, 100.0])]
    return float(np.nanmin(np.concatenate(scores))), float(np.nanmax(np.concatenate(scores)))


def _band(part: pd.DataFrame, alpha: pd.Series, colour: str, name: str) -> go.Scatter:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return go.Scatter(
        x=[*alpha, *alpha[::-1]], y=[*(100 * part["high"]), *(100 * part["low"])[::-1]],
        fill="toself", fillcolor=f"rgba({red}, {green}, {blue}, {_BAND})", line={"width": 0},
        hoverinfo="skip", showlegend=False, name=f"{name}, 95 % interval",
    )  # fmt: skip


def _corner(
    model: str, x: float, y: float, symbol: str, names: Mapping[str, str], *, legend: bool
) -> go.Scatter:
    title = model if model == "bilingual" else f"{names.get(model, model)} only"
    return go.Scatter(
        x=[x], y=[y], mode="markers", name=escape(title), legendgroup=model, showlegend=legend,
        marker={"symbol": symbol, "size": 12, "color": "white", "line": {"color": "black", "width": 2}},
        hovertemplate=f"{escape(title)}<extra></extra>",
    )  # fmt: skip


def _legend(y: float = 1.02) -> dict[str, Any]:
    return {"orientation": "h", "yanchor": "bottom", "y": y, "x": 0}
