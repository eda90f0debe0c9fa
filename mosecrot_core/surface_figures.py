"""DataFrame -> plotly Figure: scores of interpolated models on lines and planes (Wu et al., Figures 2, 3)."""

from collections.abc import Mapping
from html import escape
from math import log10
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mosecrot_core.figures import GRID_COLOUR, METHOD_COLOUR, NEUTRAL_COLOUR, PAPER_COLOUR
from mosecrot_core.learning.interpolation_grid import Point
from mosecrot_core.surface_marks import dots, level_numbers, mark_in_space, marked, model_mark
from mosecrot_core.surface_panels import (
    SHARES,
    Difference,
    Measure,
    colour_axis,
    colours,
    extent,
    hover_texts,
    levels,
    log_ticks,
    panels,
)

_LOOKS = {
    "source": {"color": METHOD_COLOUR, "dash": "solid", "symbol": "circle"},
    "target": {"color": PAPER_COLOUR, "dash": "dash", "symbol": "diamond"},
}
_EYES = {
    "oblique": {"x": 1.6, "y": 1.6, "z": 1.0},
    "from above": {"x": 0, "y": 0, "z": 2.2},
    "along a1": {"x": 0, "y": 2.2, "z": 0.2},
    "along a2": {"x": 2.2, "y": 0, "z": 0.2},
}
_ENDS = {
    "type": "line", "yref": "paper", "y0": 0, "y1": 1,
    "line": {"width": 1, "dash": "dot", "color": NEUTRAL_COLOUR},
}  # fmt: skip
_HEIGHT, _BAND = 420, 0.18
_LIFT = 0.025  # of the axis: marks on a surface would sink into it


def line_figure(
    curves: pd.DataFrame,
    names: Mapping[str, str],
    title: str,
    start: str = "source",
    measure: Measure = SHARES,
    seeds: pd.DataFrame | None = None,
) -> go.Figure:
    """Draw scores between a model of one language and the bilingual one, a curve a language.

    Args:
        curves: As `runs.surface_statistics.curves` returns them, of one metric.
        names: What the languages `source` and `target` are called.
        title: What is scored.
        start: From which model the line runs: `source` or `target`.
        measure: How scores are written; as they come from `normalised`, in shares of the bilingual model's.
        seeds: If given, the curves of single seeds, drawn thin: `seed`, `read`, `alpha`, `mean`.

    Returns:
        Curves over alpha with bands of 95 % (none with one unit).
    """
    figure, factor = go.Figure(), measure.factor
    for (_, read), part in () if seeds is None else seeds.groupby(["seed", "read"], sort=True):
        look, seed = _LOOKS[str(read)], part["seed"].iloc[0]
        name = f"{escape(names.get(str(read), str(read)))}, seed {seed}"
        figure.add_trace(
            go.Scatter(
                x=part["alpha"] / 1000, y=factor * part["mean"], mode="lines", name=name, showlegend=False,
                line={"color": look["color"], "dash": look["dash"], "width": 0.8}, opacity=0.55,
                hovertemplate=f"alpha %{{x}}: {_written(measure)}",
            )
        )  # fmt: skip
    for read, part in curves.groupby("read", sort=True):
        look, alpha = _LOOKS[str(read)], part["alpha"] / 1000
        name = escape(names.get(str(read), str(read)))
        if part["low"].notna().any():
            figure.add_trace(_band(part, alpha, look["color"], name, measure))
        figure.add_trace(
            go.Scatter(
                x=alpha, y=factor * part["mean"], mode="lines+markers", name=name,
                line={"color": look["color"], "dash": look["dash"], "width": 2},
                marker={"symbol": look["symbol"], "size": 6},
                hovertemplate=f"alpha %{{x}}: {_written(measure)}",
            )
        )  # fmt: skip
    alone = escape(names.get(start, start))
    figure.update_xaxes(
        title=f"alpha: 0 is {alone} only, 1 is bilingual", gridcolor=GRID_COLOUR, zeroline=False
    )
    figure.update_yaxes(
        title=f"{escape(title)}{measure.words}", gridcolor=GRID_COLOUR, zeroline=False,
    )  # fmt: skip
    if measure.logarithmic:
        figure.update_yaxes(type="log", **_log_axis(curves["mean"] * factor, measure))
    figure.update_layout(
        height=_HEIGHT, margin={"l": 8, "r": 16, "t": 40, "b": 8}, legend=_legend(),
        shapes=[_ENDS | {"x0": place, "x1": place} for place in (0, 1)],
    )  # fmt: skip
    return figure


def plane_figure(
    table: pd.DataFrame,
    names: Mapping[str, str],
    title: str,
    measure: Measure = SHARES,
    difference: Difference | None = None,
    chosen: Point | None = None,
    *,
    every: bool = False,
) -> go.Figure:
    """Draw the plane through three models, a panel a language that is read, with the models marked.

    Args:
        table: `read`, `a1`, `a2` (thousandths) and `mean`, a row a point: scores of one unit and metric, as
            `runs.surface_statistics.normalised` returns them.
        names: What the languages `source` and `target` are called.
        title: What is scored.
        measure: How scores are written; as they come from `normalised`, in shares of the bilingual model's.
        difference: If given, a panel of its own, on a scale of its own.
        chosen: If given, this model is marked in all panels.
        every: Mark every model that was scored; these can be selected.

    Returns:
        Contours, all languages on one scale. What the pointer shows names the scores of all panels.
    """
    found = panels(table, names, measure, difference)
    texts, models = hover_texts(found, measure), marked(chosen)
    figure = make_subplots(
        rows=1, cols=max(1, len(found)), shared_yaxes=True, horizontal_spacing=0.03,
        subplot_titles=[panel.title for panel in found],
    )  # fmt: skip
    for column, (panel, text) in enumerate(zip(found, texts, strict=True), start=1):
        logarithmic = measure.logarithmic and not panel.signed
        lines = levels(*extent(found, signed=panel.signed), logarithmic=logarithmic)
        hover = {"hoverinfo": "skip"} if every else {"text": text, "hovertemplate": "%{text}<extra></extra>"}
        contour = go.Contour(
            x=panel.a1, y=panel.a2, z=panel.drawn, name=panel.name, contours=lines,
            coloraxis=colour_axis(panel), line={"color": "rgba(0, 0, 0, 0.45)", "width": 0.7}, **hover,
        )  # fmt: skip
        marks = [model_mark(name, names, point, legend=column == 1) for name, point in models]
        numbers = [] if logarithmic else [level_numbers(panel, lines)]
        scored = [dots(panel, text)] if every else []
        figure.add_traces([contour, *numbers, *scored, *marks], rows=1, cols=column)
    figure.update_xaxes(title="a1, towards the source model", constrain="domain")
    figure.update_yaxes(title="a2, towards the target model", col=1)
    figure.update_layout(
        height=_HEIGHT + 60, margin={"l": 8, "r": 8, "t": 90, "b": 8}, legend=_legend(1.12),
        hoverdistance=-1, **colours(found, measure, title, space=False),
    )  # fmt: skip
    return figure


def surface_figure(
    table: pd.DataFrame,
    names: Mapping[str, str],
    title: str,
    measure: Measure = SHARES,
    difference: Difference | None = None,
    chosen: Point | None = None,
) -> go.Figure:
    """Draw what `plane_figure` draws as surfaces in space, beside each other on one scale.

    Buttons turn all of them to the same view.
    """
    found = panels(table, names, measure, difference)
    columns = max(1, len(found))
    figure = make_subplots(
        rows=1, cols=columns, specs=[[{"type": "surface"}] * columns], horizontal_spacing=0.01,
        subplot_titles=[panel.title for panel in found],
    )  # fmt: skip
    texts, models = hover_texts(found, measure), marked(chosen)
    for column, (panel, text) in enumerate(zip(found, texts, strict=True), start=1):
        surface = go.Surface(
            x=panel.a1, y=panel.a2, z=panel.drawn, name=panel.name, text=text,
            coloraxis=colour_axis(panel),
            hovertemplate="%{text}<extra></extra>", contours={"z": {"highlight": False}},
        )  # fmt: skip
        low, high = extent(found, signed=panel.signed)
        lift = _LIFT * (high - low)
        marks = [mark_in_space(panel, name, names, point, lift) for name, point in models]
        figure.add_traces([surface, *marks], rows=1, cols=column)
        axis: dict[str, Any] = {"title": measure.sign.strip() or "", "range": [low, high]}
        if measure.logarithmic and not panel.signed:
            axis |= log_ticks(low, high, measure)
        figure.update_scenes({"zaxis": axis}, col=column)
    figure.update_scenes({
        "xaxis": {"title": "a1"}, "yaxis": {"title": "a2"}, "camera": {"eye": _EYES["oblique"]},
    })  # fmt: skip
    figure.update_layout(
        height=_HEIGHT + 100, margin={"l": 8, "r": 8, "t": 60, "b": 8}, showlegend=False,
        updatemenus=[_views(columns)], **colours(found, measure, title, space=True),
    )  # fmt: skip
    return figure


def _log_axis(values: pd.Series, measure: Measure) -> dict[str, Any]:
    """Write round numbers on an axis that takes numbers as they are, not their logarithms."""
    known = values[values > 0]
    if known.empty:
        return {}
    ticks = log_ticks(log10(known.min()), log10(known.max()), measure)
    return ticks | {"tickvals": [10**place for place in ticks["tickvals"]]}


def _views(columns: int) -> dict[str, Any]:
    """Make buttons that set the camera of every scene."""
    scenes = [f"scene{number if number > 1 else ''}" for number in range(1, columns + 1)]
    return {
        "type": "buttons", "direction": "right", "x": 0, "xanchor": "left", "y": 1.16, "yanchor": "top",
        "showactive": False, "bgcolor": "white", "font": {"color": "black"},
        "buttons": [
            {
                "label": name, "method": "relayout",
                "args": [{f"{scene}.camera.eye": eye for scene in scenes}],
            }
            for name, eye in _EYES.items()
        ],
    }  # fmt: skip


def _written(measure: Measure) -> str:
    return f"%{{y:.1f}}{measure.sign}" if measure.factor > 1 else "%{y:.3f}"


def _band(part: pd.DataFrame, alpha: pd.Series, colour: str, name: str, measure: Measure) -> go.Scatter:
    high, low = measure.factor * part["high"], measure.factor * part["low"]
    if measure.logarithmic:  # which has no place for what lies below 0
        low = low.clip(lower=measure.factor * part["mean"].min() / 2)
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return go.Scatter(
        x=[*alpha, *alpha[::-1]], y=[*high, *low[::-1]],
        fill="toself", fillcolor=f"rgba({red}, {green}, {blue}, {_BAND})", line={"width": 0},
        hoverinfo="skip", showlegend=False, name=f"{name}, 95 % interval",
    )  # fmt: skip


def _legend(y: float = 1.02) -> dict[str, Any]:
    return {"orientation": "h", "yanchor": "bottom", "y": y, "x": 0}
