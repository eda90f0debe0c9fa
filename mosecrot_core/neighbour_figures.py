"""Relative representations of a few words -> plotly Figure, and the same in words."""

from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go

from mosecrot_core.display import short
from mosecrot_core.words.neighbours import FloatArray

_SCALE = [[0, "#B35806"], [0.5, "#F7F7F7"], [1, "#0B4F82"]]
_ROW, _FRAME, _WORD = 30, 170, 24


def representations_figure(
    words: Sequence[str], anchors: Sequence[tuple[str, str]], cosines: FloatArray
) -> go.Figure:
    """Draw rows of relative representations: what words of either language are near to on their own side.

    Args:
        words: Names of the rows ``[n]``, with their language.
        anchors: Source and target word of each column ``[m]``.
        cosines: r(i, j) in -1 to 1, ``[n, m]``.

    Returns:
        A heatmap. Rows that are alike stand for words of like meaning, whichever language they are of.
    """
    columns = [escape(f"{short(source, _WORD)} / {short(target, _WORD)}") for source, target in anchors]
    names = [escape(short(word, 2 * _WORD)) for word in words]
    figure = go.Figure(go.Heatmap(
        z=cosines, x=list(range(len(columns))), y=list(range(len(names))), zmin=-1, zmax=1, colorscale=_SCALE,
        customdata=np.broadcast_to(np.array(columns, dtype=object), (len(names), len(columns))),
        text=[[f"{value:.2f}".replace("0.", ".", 1) for value in row] for row in cosines],
        texttemplate="%{text}", textfont={"size": 10}, xgap=1, ygap=1,
        colorbar={"title": "cosine", "thickness": 12, "outlinewidth": 0},
        hovertemplate="%{y}<br>%{customdata}<br>cosine %{z:.3f}<extra></extra>",
    ))  # fmt: skip
    figure.update_xaxes(
        tickvals=list(range(len(columns))), ticktext=columns, tickangle=-40, showgrid=False, zeroline=False,
        automargin=True,
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=names, autorange="reversed", showgrid=False,
        zeroline=False, automargin=True,
    )  # fmt: skip
    figure.update_layout(height=_ROW * len(names) + _FRAME, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return figure


def describe_representations(words: Sequence[str], cosines: FloatArray) -> str:
    """Say in words what `representations_figure` shows: how alike the first row and the others are."""
    if len(words) < 2 or cosines.shape[1] < 2:
        return "Cosines of a word to its anchors."
    centred = cosines - cosines.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1)
    alike = (centred[1:] @ centred[0]) / np.maximum(lengths[1:] * lengths[0], np.finfo(np.float32).tiny)
    told = ", ".join(f"{word} {value:.2f}" for word, value in zip(words[1:], alike, strict=True))
    return f"Correlation of each row with the first, {words[0]}: {told}."
