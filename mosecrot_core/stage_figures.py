"""What self-training learned -> plotly Figures: right labels stage by stage, confidence beside accuracy."""

from html import escape

import pandas as pd
import plotly.graph_objects as go

from mosecrot_core.figures import GRID_COLOUR, NEUTRAL_COLOUR
from mosecrot_core.series import line_of, marker_of

_HEIGHT = 380


def stages_figure(summary: pd.DataFrame) -> go.Figure:
    """Draw how many of the target's units each stage's model labels right, a line a method.

    Args:
        summary: As `runs.stage_report.stage_summary` returns it, of one language.

    Returns:
        Lines over the stages; what a stage learned from stands in the label of its point.
    """
    figure = go.Figure()
    for number, (method, rows) in enumerate(summary.groupby("method", sort=False)):
        told = rows[["units", "accepted", "right", "changed"]].to_numpy(float) * [1, 100, 100, 100]
        figure.add_scatter(
            x=rows["stage"], y=100 * rows["accuracy"], name=escape(str(method)), customdata=told,
            mode="lines+markers", line=line_of(number, 1.6), marker=marker_of(number, 9),
            hovertemplate="%{y:.1f} % of %{customdata[0]:,.0f} right after %{x}<br>learned from "
            "%{customdata[1]:.1f} %, of which %{customdata[2]:.1f} % right<br>%{customdata[3]:.1f} % changed"
            "<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    order = list(dict.fromkeys(summary["stage"]))
    figure.update_xaxes(
        title="stage", type="category", categoryorder="array", categoryarray=order, gridcolor=GRID_COLOUR
    )
    figure.update_yaxes(title="right labels, percent", gridcolor=GRID_COLOUR, zeroline=False)
    return _framed(figure)


def describe_stages(summary: pd.DataFrame) -> str:
    """Say in words what `stages_figure` shows: where each method begins and ends."""
    told = []
    for method, rows in summary.groupby("method", sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        began = f"{method}: {100 * first['accuracy']:.1f} % right after {first['stage']}"
        went_on = f", {100 * last['accuracy']:.1f} % after {last['stage']}" if len(rows) > 1 else ""
        told.append(began + went_on)
    return "; ".join(told) + "." if told else "No stage yet."


def reliability_figure(bins: pd.DataFrame, threshold: float | None = None) -> go.Figure:
    """Draw how right a model's labels are by how sure it is of them; on the diagonal it is as right as sure.

    Args:
        bins: Columns of `schema.CALIBRATION_COLUMNS`, of one method and stage; a curve a language `read`.
        threshold: The least confidence that was asked for, if any.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", line={"color": NEUTRAL_COLOUR, "dash": "dot", "width": 1},
        name="as right as sure", hoverinfo="skip",
    )  # fmt: skip
    for number, (read, rows) in enumerate(bins.groupby("read", sort=False)):
        pooled = _pooled(rows)
        figure.add_scatter(
            x=100 * pooled["confidence"], y=100 * pooled["accuracy"], customdata=pooled["n"],
            name=escape(str(read)), mode="lines+markers",
            line=line_of(number), marker=marker_of(number, 10),
            hovertemplate="%{customdata:,} labels, on average %{x:.0f} % sure<br>%{y:.1f} % right"
            "<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    if threshold is not None:
        figure.add_vline(
            x=100 * threshold, line={"color": NEUTRAL_COLOUR, "width": 1}, annotation_text="threshold"
        )
    figure.update_xaxes(title="confidence, percent", range=[0, 102], gridcolor=GRID_COLOUR, zeroline=False)
    figure.update_yaxes(title="accuracy, percent", range=[0, 102], gridcolor=GRID_COLOUR, zeroline=False)
    return _framed(figure)


def describe_reliability(bins: pd.DataFrame) -> str:
    """Say in words what `reliability_figure` shows."""
    told = []
    for read, rows in bins.groupby("read", sort=False):
        n = rows["n"].sum()
        sure, right = ((rows[name] * rows["n"]).sum() / n for name in ("confidence", "accuracy"))
        told.append(f"{read}: on average {100 * sure:.0f} % sure and {100 * right:.0f} % right, {n:,} labels")
    return "; ".join(told) + "." if told else "No labels yet."


def _pooled(rows: pd.DataFrame) -> pd.DataFrame:
    """Bring the bins of several seeds together."""
    weighed = rows.assign(**{name: rows[name] * rows["n"] for name in ("confidence", "accuracy")})
    sums = weighed.groupby("low")[["confidence", "accuracy", "n"]].sum()
    return sums.assign(confidence=sums["confidence"] / sums["n"], accuracy=sums["accuracy"] / sums["n"])


def _framed(figure: go.Figure) -> go.Figure:
    figure.update_layout(
        height=_HEIGHT, margin={"l": 8, "r": 8, "t": 24, "b": 8},
        legend={"orientation": "h", "y": -0.25, "x": 0},
    )  # fmt: skip
    return figure
