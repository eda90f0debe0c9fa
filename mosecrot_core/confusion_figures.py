"""Counts of right and predicted labels -> plotly Figure, and the same in words."""

from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from mosecrot_core.figures import NEUTRAL_COLOUR

_SCALE = [[0, "#E8F1F8"], [0.5, "#6AAAD6"], [1, "#0B4F82"]]
_CELL, _LEAST_HEIGHT, _FRAME = 26, 240, 190
_MANY = 12  # so many classes leave little room in a cell
_WORST = 3


def confusion_figure(counts: pd.DataFrame, *, shares: bool = False) -> go.Figure:
    """Draw a confusion matrix: right labels as rows, predicted as columns, a number in every cell.

    Args:
        counts: Square, as `runs.predictions.confusion` returns it; labels that do not occur are left out.
        shares: Write and colour each row's shares in percent; else counts are written, and the colour is the
            share in either case, so that rare classes can be compared with frequent ones.

    Returns:
        A heatmap; a cell that nothing fell into is left blank, those of the diagonal are framed.
    """
    kept = _occurring(counts)
    share = _row_shares(kept)
    blank = kept.to_numpy() == 0
    texts = [
        ["" if count == 0 else _cell(count, part, shares=shares) for count, part in zip(*row, strict=True)]
        for row in zip(kept.to_numpy(), share, strict=True)
    ]
    names = [escape(str(name)) for name in kept.index]
    figure = go.Figure(go.Heatmap(
        z=np.where(blank, np.nan, 100 * share), x=names, y=names, zmin=0, zmax=100, colorscale=_SCALE,
        text=texts, texttemplate="%{text}", textfont={"size": 10 if len(names) > _MANY else 13},
        customdata=kept.to_numpy(), hoverongaps=False, xgap=1, ygap=1,
        colorbar={"title": "% of row", "thickness": 12, "outlinewidth": 0},
        hovertemplate="right: %{y}<br>predicted: %{x}<br>"
        "%{customdata:,} (%{z:.1f} % of the row)<extra></extra>",
    ))  # fmt: skip
    for i in range(len(names)):  # where right and predicted agree
        line = {"color": NEUTRAL_COLOUR, "width": 1}
        figure.add_shape(type="rect", x0=i - 0.5, x1=i + 0.5, y0=i - 0.5, y1=i + 0.5, line=line)
    figure.update_xaxes(title="predicted", type="category", showgrid=False, zeroline=False, automargin=True)
    figure.update_yaxes(
        title="right", type="category", autorange="reversed", showgrid=False, zeroline=False, automargin=True
    )
    figure.update_layout(
        height=max(_LEAST_HEIGHT, _CELL * len(names)) + _FRAME, margin={"l": 8, "r": 8, "t": 8, "b": 8}
    )
    return figure


def describe_confusion(counts: pd.DataFrame) -> str:
    """Say in words what `confusion_figure` shows: how many are right, and the most frequent confusions."""
    cells = counts.to_numpy()
    total, right = int(cells.sum()), int(np.trace(cells))
    if not total:
        return "Nothing was predicted."
    text = f"{right:,} of {total:,} right ({100 * right / total:.1f} percent)"
    wrong = cells.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_WORST]
    worst = [(*np.unravel_index(i, wrong.shape), int(wrong.flat[i])) for i in order if wrong.flat[i]]
    if worst:
        told = [
            f"{counts.index[row]} taken for {counts.columns[column]} {_times(n)}" for row, column, n in worst
        ]
        text += f". Most often: {'; '.join(told)}"
    return f"{text}."


def _occurring(counts: pd.DataFrame) -> pd.DataFrame:
    cells = counts.to_numpy()
    occurs = np.flatnonzero(cells.sum(axis=0) + cells.sum(axis=1))
    return counts.iloc[occurs, occurs]


def _row_shares(counts: pd.DataFrame) -> NDArray[np.float64]:
    cells = counts.to_numpy(np.float64)
    return np.asarray(cells / np.maximum(cells.sum(axis=1, keepdims=True), 1))


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n:,} times"


def _cell(count: int, share: float, *, shares: bool) -> str:
    if not shares:
        return f"{count:,}"
    if 0.99 < share < 1:
        return ">99"
    return f"{100 * share:.0f}" if share >= 0.01 else "<1"
