"""DataFrame -> plotly Figure: how good the pairs of a word list are, and what that is worth."""

from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mosecrot_core.figures import GRID_COLOUR, NEUTRAL_COLOUR
from mosecrot_core.series import line_of, marker_of

_ODDS_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
_MOST_ODDS = 0.9998
_POINTS = 200
_PANEL_WIDTH, _PANEL_HEIGHT = 330, 300


def quality_figure(scores: pd.DataFrame) -> go.Figure:
    """Draw how many pairs of each list are no better than a quality.

    Args:
        scores: `list` and `quality` in [0, 1], a row a pair.

    Returns:
        A cumulative curve a list. The quality axis runs in log odds, since most pairs are near 1.
    """
    figure = go.Figure()
    grid = np.linspace(_log_odds(1 - _MOST_ODDS), _log_odds(_MOST_ODDS), _POINTS)
    for i, (name, part) in enumerate(scores.groupby("list", sort=False)):
        values = np.sort(_log_odds(part["quality"].to_numpy(float)))
        share = 100 * np.searchsorted(values, grid, side="right") / len(values)
        figure.add_scatter(
            x=grid.tolist(), y=share.tolist(), mode="lines", line=line_of(i),
            name=f"{escape(str(name))} ({len(part):,} pairs)",
            customdata=(1 / (1 + np.exp(-grid))).tolist(),
            hovertemplate="%{y:.1f} % at most %{customdata:.3f}",
        )  # fmt: skip
    figure.update_xaxes(
        title="quality (log odds)", tickvals=[float(_log_odds(tick)) for tick in _ODDS_TICKS],
        ticktext=[str(tick) for tick in _ODDS_TICKS], gridcolor=GRID_COLOUR, zeroline=False,
    )  # fmt: skip
    figure.update_yaxes(title="pairs at most as good, percent", range=[0, 101], gridcolor=GRID_COLOUR)
    return _framed(figure)


def precision_figure(table: pd.DataFrame) -> go.Figure:
    """Draw the precision of the suspect list against its length.

    Args:
        table: `series`, `k`, `precision` (mean) and `chance`; `sd` over seeds if there are several.

    Returns:
        A curve a series, with a bar of one standard deviation either way; dotted: chance.
    """
    figure = go.Figure()
    for i, (name, part) in enumerate(table.groupby("series", sort=False)):
        chance, label = 100 * part["chance"].iloc[0], escape(str(name))
        figure.add_scatter(
            x=part["k"].tolist(), y=(100 * part["precision"]).tolist(), mode="lines+markers",
            name=f"{label} (chance {chance:.0f} %)", line=line_of(i), marker=marker_of(i),
            error_y=_bars(part),
        )  # fmt: skip
    for chance in sorted(set((100 * table["chance"]).round().tolist())):
        figure.add_hline(y=chance, line={"color": NEUTRAL_COLOUR, "dash": "dot", "width": 1})
    figure.update_xaxes(title="pairs of lowest quality, k", type="log", dtick=1, gridcolor=GRID_COLOUR)
    figure.update_yaxes(
        title="wrong among them, percent", range=[-2, 102], gridcolor=GRID_COLOUR, zeroline=False
    )
    return _framed(figure)


def calibration_figure(table: pd.DataFrame) -> go.Figure:
    """Draw the share of right pairs against the quality that they were given.

    Args:
        table: `series`, `quality` (mean of a bin), `share_right`, `pairs`.

    Returns:
        Marks that lie on the diagonal where quality can be taken for a probability; bins of few pairs are
        small.
    """
    ends = {"color": NEUTRAL_COLOUR, "dash": "dot", "width": 1}
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=ends, name="as promised"))
    for i, (name, part) in enumerate(table.groupby("series", sort=False)):
        sizes = 6 + 3 * np.log10(part["pairs"].to_numpy(float))
        figure.add_scatter(
            x=part["quality"].tolist(), y=part["share_right"].tolist(), mode="lines+markers",
            name=escape(str(name)), line=line_of(i), marker={**marker_of(i), "size": sizes.tolist()},
            text=[f"{pairs:,} pairs" for pairs in part["pairs"]],
            hovertemplate="quality %{x:.2f}, right %{y:.2f}, %{text}",
        )  # fmt: skip
    figure.update_xaxes(
        title="mean quality of the bin", range=[-0.03, 1.03], gridcolor=GRID_COLOUR, zeroline=False
    )
    figure.update_yaxes(title="share right", range=[-0.03, 1.03], gridcolor=GRID_COLOUR, zeroline=False)
    return _framed(figure)


def sweep_figure(table: pd.DataFrame, title: str, x_title: str = "anchors") -> go.Figure:
    """Draw a score against the number of anchors, a panel a method.

    Args:
        table: `method`, `series` (how the anchors were chosen), `x`, `mean` in [0, 1]; `sd` over seeds if
            there are several.
        title: What is scored.
        x_title: What `x` is.

    Returns:
        A row of panels that share one axis; a bar is one standard deviation either way.
    """
    methods = [str(method) for method in table["method"].unique()]
    figure = make_subplots(
        cols=max(1, len(methods)), shared_yaxes=True, horizontal_spacing=0.03,
        subplot_titles=[escape(method) for method in methods],
    )  # fmt: skip
    for i, name in enumerate(table["series"].unique()):
        series = table[table["series"] == name]
        first = series["method"].iloc[0]  # a series need not be in every panel
        for column, method in enumerate(methods, start=1):
            part = series[series["method"] == method].sort_values("x")
            trace = go.Scatter(
                x=part["x"].tolist(), y=(100 * part["mean"]).tolist(), error_y=_bars(part), line=line_of(i),
                marker=marker_of(i), mode="lines+markers", name=escape(str(name)), legendgroup=str(i),
                showlegend=method == str(first),
            )  # fmt: skip
            figure.add_trace(trace, row=1, col=column)
    figure.update_xaxes(title=escape(x_title), gridcolor=GRID_COLOUR, zeroline=False)
    figure.update_yaxes(gridcolor=GRID_COLOUR, rangemode="tozero", zeroline=False)
    figure.update_yaxes(title=f"{escape(title)}, percent", col=1)
    return _framed(figure, width=90 + _PANEL_WIDTH * max(1, len(methods)))


def _log_odds(quality: float | np.ndarray) -> np.ndarray:
    held = np.clip(np.asarray(quality, float), 1 - _MOST_ODDS, _MOST_ODDS)
    return np.asarray(np.log(held / (1 - held)))


def _bars(part: pd.DataFrame) -> dict[str, object] | None:
    """One standard deviation either way; none with one seed."""
    if "sd" not in part or part["sd"].isna().all():
        return None
    return {"type": "data", "array": [100 * sd if pd.notna(sd) else 0 for sd in part["sd"]], "width": 3}


def _framed(figure: go.Figure, width: int | None = None) -> go.Figure:
    figure.update_layout(
        height=_PANEL_HEIGHT + 90, width=width, margin={"l": 8, "r": 16, "t": 64, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.09, "x": 0},
    )  # fmt: skip
    return figure
