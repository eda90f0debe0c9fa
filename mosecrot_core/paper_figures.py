"""DataFrame -> plotly Figure: a run's scores beside published ones."""

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mosecrot_core.anchor_figures import sweep_figure
from mosecrot_core.comparison_figures import interval_bars
from mosecrot_core.figures import GRID_COLOUR, METHOD_COLOUR, NEUTRAL_COLOUR, NULL_MARKS, PAPER_COLOUR

_ROW_HEIGHT, _FRAME_HEIGHT, _GAP = 22, 70, 120


def languages_figure(table: pd.DataFrame, title: str, columns: int = 3) -> go.Figure:
    """Draw the methods of every language as rows, a panel a language.

    Args:
        table: `language`, `method`, `mean` in [0, 1] with its interval `low`..`high`; where known also
            `published` and `shuffled`, the score with shuffled anchor pairs. Any may be missing in a row.
        title: What is scored.
        columns: How many panels stand beside each other.

    Returns:
        Panels that share both axes, methods from the top in the order of the table: a disc with its 95 %
        interval for a run's score, a cross for a published one, a hollow diamond for shuffled pairs.
    """
    languages = list(dict.fromkeys(table["language"]))
    columns = max(1, min(columns, len(languages)))
    rows = max(1, -(-len(languages) // columns))
    methods = [escape(str(method)) for method in dict.fromkeys(table["method"])]
    height = _ROW_HEIGHT * max(1, len(methods)) + _FRAME_HEIGHT
    figure = make_subplots(
        rows=rows, cols=columns, shared_xaxes="all", shared_yaxes="all", horizontal_spacing=0.03,
        vertical_spacing=0 if rows == 1 else 60 / (height * rows),
        subplot_titles=[escape(str(language)) for language in languages],
    )  # fmt: skip
    seen: set[str] = set()
    for place, language in enumerate(languages):
        for mark in _marks(table[table["language"] == language]):
            mark.showlegend = mark.name not in seen
            seen.add(mark.name)
            figure.add_trace(mark, row=place // columns + 1, col=place % columns + 1)
    figure.update_yaxes(
        categoryorder="array", categoryarray=methods, range=[len(methods) - 0.4, -0.6], gridcolor=GRID_COLOUR,
        automargin=True,
    )  # fmt: skip
    figure.update_xaxes(range=[-2, 102], gridcolor=GRID_COLOUR, zeroline=False, showticklabels=True)
    figure.update_xaxes(title=f"{escape(title)}, percent", row=rows)
    figure.update_layout(
        height=height * rows + _GAP, margin={"l": 8, "r": 16, "t": 80, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1 + 40 / (height * rows), "x": 0},
    )  # fmt: skip
    return figure


def sweep_beside(
    beside: pd.DataFrame,
    published_x: Mapping[str, float],
    x: Mapping[tuple[str, str], float],
    title: str,
    x_title: str,
) -> go.Figure:
    """Draw published scores and a run's against a number that the methods differ in, on a log axis.

    Args:
        beside: As `runs.beside_paper.beside_paper` returns it.
        published_x: The number by method, of the published scores.
        x: The number by language and method, of the run's.
        title: What is scored.
        x_title: What the number is.

    Returns:
        A panel for the paper and one for the run; a curve a language, and one for its shuffled pairs.
    """
    paper = beside.dropna(subset="published")
    run = beside.dropna(subset="mean")
    run = run.assign(x=[x[pair] for pair in zip(run["language"], run["method"], strict=True)])
    curves = [
        paper.assign(panel="paper", x=paper["method"].map(published_x), mean=paper["published"], sd=np.nan),
        run.assign(panel="this run"),
    ]
    if "shuffled" in run:
        nulls = run.assign(panel="this run", mean=run["shuffled"], sd=np.nan)
        curves.append(nulls.assign(language=nulls["language"] + ", pairs shuffled"))
    columns = ["panel", "language", "x", "mean", "sd"]
    whole = pd.concat([curve[columns] for curve in curves if len(curve)], ignore_index=True)
    figure = sweep_figure(whole.rename(columns={"panel": "method", "language": "series"}), title, x_title)
    figure.update_xaxes(type="log", dtick=1)
    return figure


def _marks(part: pd.DataFrame) -> list[go.Scatter]:
    """Draw one language; what it lacks has no mark."""
    found = [
        _mark(part, "shuffled", NULL_MARKS["shuffled"].title, NULL_MARKS["shuffled"].symbol, NEUTRAL_COLOUR),
        _mark(part, "published", "paper", "x", PAPER_COLOUR),
        _mark(part, "mean", "this run, 95 % interval over seeds", "circle", METHOD_COLOUR),
    ]
    marks = [mark for mark in found if mark is not None]
    if found[-1] is not None:
        found[-1].error_x = interval_bars(part.dropna(subset="mean"), "mean")
    return marks


def _mark(part: pd.DataFrame, column: str, name: str, symbol: str, colour: str) -> go.Scatter | None:
    known = part.dropna(subset=column) if column in part else part.iloc[:0]
    if known.empty:
        return None
    return go.Scatter(
        x=(100 * known[column]).tolist(), y=[escape(str(method)) for method in known["method"]],
        mode="markers", name=name, legendgroup=column, hovertemplate="%{y}: %{x:.1f}",
        marker={"symbol": symbol, "size": 10, "color": colour},
    )  # fmt: skip
