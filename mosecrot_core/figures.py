"""DataFrame -> plotly Figure: the pictures that the notebooks and the dashboard share."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

METRIC_TITLES = {
    "macro_f1": "Macro-F1", "accuracy": "Accuracy", "span_f1": "Span F1", "las": "LAS", "uas": "UAS",
}  # fmt: skip
METHOD_COLOUR = "#2480BF"
NEUTRAL_COLOUR = "#7C8490"
PAPER_COLOUR = "#C4560C"
"""These keep a contrast of at least 3:1 on a white and on a near-black page."""
GRID_COLOUR = "rgba(124, 132, 144, 0.22)"


@dataclass(frozen=True)
class NullMark:
    """How a null baseline is named and drawn; the shape tells them apart, not the colour."""

    title: str
    symbol: str


NULL_MARKS = {
    "shuffled": NullMark("null: anchor pairs shuffled", "diamond-open"),
    "gaussian": NullMark("null: random rows N(\u03bc, \u03a3)", "square-open"),
    "mean_row": NullMark("null: the mean row", "triangle-up-open"),
}
_ROW_HEIGHT, _FRAME_HEIGHT = 42, 130


def metric_title(metric: str) -> str:
    """Name a metric as people write it.

    >>> metric_title("macro_f1"), metric_title("attachment_score")
    ('Macro-F1', 'Attachment score')
    """
    return METRIC_TITLES.get(metric, metric.replace("_", " ").capitalize())


def scores_figure(
    summary: pd.DataFrame,
    language: str,
    source_language: str | None = None,
    paper: pd.DataFrame | None = None,
) -> go.Figure:
    """Draw the methods of one language as rows, best on top, with intervals and null baselines.

    Args:
        summary: As `runs.summary.summarise` returns it, of one metric.
        language: The language to draw.
        source_language: If given, each method's score on it (`source_mean`) is marked by a bar.
        paper: If given, the paper's numbers on this language, `method` and `value`, are marked by stars.

    Returns:
        A dot plot: filled circles with 95 % intervals (none with one seed), hollow marks for the null
        baselines, a thin line from shuffled pairs to the method. Without a row it says so.

    Raises:
        ValueError: `summary` mixes metrics.
    """
    metric = _only_metric(summary)
    rows = _methods(summary, language)
    if rows.empty:
        return _empty_figure(f"No scores for {escape(language)} yet")
    scale = _scale(summary)
    y = {method: i for i, method in enumerate(rows["method"])}
    nulls = summary[(summary["language"] == language) & summary["baseline_of"].isin(y)]
    figure = go.Figure([
        *_gain_lines(rows, nulls, y, scale),
        *_null_marks(nulls, y, scale),
        *_source_marks(rows, y, source_language, scale),
        _method_marks(rows, y, scale),
        *_paper_marks(paper, y, scale),
    ])  # fmt: skip
    unit = ", percent" if scale == 100 else ""
    figure.update_xaxes(
        title=f"{escape(metric_title(metric))}{unit}",
        range=[-2, 102] if scale == 100 else None,
        zeroline=False,
        showgrid=True,
        gridcolor=GRID_COLOUR,
    )
    labels = [escape(method) for method in y]
    figure.update_yaxes(
        tickvals=list(y.values()), ticktext=labels, range=[-0.6, len(y) - 0.4], showgrid=False,
        zeroline=False, automargin=True,
    )  # fmt: skip
    figure.update_layout(
        height=_FRAME_HEIGHT + _ROW_HEIGHT * len(y), hovermode="closest", showlegend=True,
        margin={"l": 8, "r": 16, "t": 8, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1, "x": 0, "traceorder": "reversed"},
    )  # fmt: skip
    return figure


def describe_scores(summary: pd.DataFrame, language: str) -> str:
    """Say in words what `scores_figure` shows, for readers who do not see it.

    Raises:
        ValueError: `summary` mixes metrics.
    """
    metric, rows = _only_metric(summary), _methods(summary, language)
    if rows.empty:
        return f"No scores for {language} yet."
    scale, best = _scale(summary), rows.iloc[-1]
    unit = " percent" if scale == 100 else ""
    text = f"{metric_title(metric)} on {language}, {len(rows)} method{'s' if len(rows) > 1 else ''}."
    text += f" Best: {best['method']}, {scale * best['mean']:.1f}{unit}"
    if pd.notna(best["low"]):
        text += f" (95 percent interval {scale * best['low']:.1f} to {scale * best['high']:.1f})"
    shuffled = _null_means(summary[summary["language"] == language], "shuffled")
    mapped = rows[rows["method"].isin(shuffled)]
    if len(mapped):
        first = mapped.iloc[-1]
        text += (
            f". Best of those with a null baseline: {first['method']}, {scale * first['mean']:.1f}{unit},"
            f" against {scale * shuffled[first['method']]:.1f} with shuffled anchor pairs"
        )
    seeds = rows["n_seeds"].max()  # the best may be a method without any randomness
    return f"{text}. Means over {seeds} seed{'s' if seeds > 1 else ''}."


def _only_metric(summary: pd.DataFrame) -> str:
    metrics = list(summary["metric"].unique())
    if len(metrics) > 1:
        raise ValueError(f"scores of one metric expected, got {metrics}")
    return str(metrics[0]) if metrics else ""


def _methods(summary: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return the rows that are methods, worst first: plotly counts y upwards."""
    rows = summary[(summary["language"] == language) & (summary["baseline_of"] == "")]
    return rows.sort_values("mean", kind="stable", na_position="first")


def _scale(summary: pd.DataFrame) -> int:
    """Show shares in percent, other metrics as they are."""
    return 100 if summary["mean"].dropna().between(0, 1).all() else 1


def _null_means(summary: pd.DataFrame, null: str) -> dict[str, float]:
    rows = summary[(summary["baseline_of"] != "") & (summary["method"].map(null_name) == null)]
    return dict(zip(rows["baseline_of"], rows["mean"], strict=True))


def null_name(method: str) -> str:
    """Return which null baseline a row is: what stands behind the colon of its name."""
    return method.rsplit(":", 1)[-1]


def _hover(row: Mapping[Hashable, Any], name: str, scale: int) -> str:
    unit = " %" if scale == 100 else ""
    lines = [f"<b>{escape(name)}</b>", f"{scale * row['mean']:.1f}{unit}"]
    if pd.notna(row["low"]):
        lines.append(f"95 % interval {scale * row['low']:.1f} to {scale * row['high']:.1f}")
        lines.append(f"sd {scale * row['sd']:.1f}")
    lines.append(f"{row['n_seeds']} seed{'s' if row['n_seeds'] > 1 else ''}, {row['n']:,} texts")
    return "<br>".join(lines)


def _texts(rows: pd.DataFrame, names: list[str], scale: int) -> list[str]:
    return [_hover(row, name, scale) for row, name in zip(rows.to_dict(orient="records"), names, strict=True)]


def _method_marks(rows: pd.DataFrame, y: dict[str, int], scale: int) -> go.Scatter:
    above, below = (rows["high"] - rows["mean"]) * scale, (rows["mean"] - rows["low"]) * scale
    known = rows["low"].notna().any()
    seeds = rows["n_seeds"].max()
    return go.Scatter(
        x=(rows["mean"] * scale).tolist(), y=[y[m] for m in rows["method"]], mode="markers",
        name=f"method, 95 % interval over {seeds} seeds" if known else "method (one seed, no interval)",
        marker={"symbol": "circle", "size": 11, "color": METHOD_COLOUR},
        error_x={
            "type": "data", "array": _or_none(above), "arrayminus": _or_none(below), "symmetric": False,
            "thickness": 2, "width": 5, "color": METHOD_COLOUR,
        },
        hovertext=_texts(rows, rows["method"].tolist(), scale), hoverinfo="text",
    )  # fmt: skip


def _or_none(values: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in values]


def _null_marks(nulls: pd.DataFrame, y: dict[str, int], scale: int) -> list[go.Scatter]:
    kinds = nulls["method"].map(null_name) if len(nulls) else pd.Series(dtype=str)
    traces = []
    for kind in [*NULL_MARKS, *(k for k in kinds.unique() if k not in NULL_MARKS)]:
        rows = nulls[kinds == kind]
        mark = NULL_MARKS.get(kind, NullMark(f"null: {escape(kind)}", "cross-open"))
        names = [f"{method}, {mark.title}" for method in rows["baseline_of"]]
        if len(rows):
            traces.append(go.Scatter(
                x=(rows["mean"] * scale).tolist(), y=[y[m] for m in rows["baseline_of"]], mode="markers",
                name=mark.title, hovertext=_texts(rows, names, scale), hoverinfo="text",
                marker={"symbol": mark.symbol, "size": 10, "color": NEUTRAL_COLOUR, "line": {"width": 1.6}},
            ))  # fmt: skip
    return traces[::-1]


def _gain_lines(rows: pd.DataFrame, nulls: pd.DataFrame, y: dict[str, int], scale: int) -> list[go.Scatter]:
    shuffled = _null_means(nulls, "shuffled")
    xs: list[float | None] = []
    ys: list[int | None] = []
    for method, mean in zip(rows["method"], rows["mean"], strict=True):
        if method in shuffled:
            xs += [shuffled[method] * scale, mean * scale, None]
            ys += [y[method], y[method], None]
    line = {"color": NEUTRAL_COLOUR, "width": 1, "dash": "dot"}
    return [go.Scatter(x=xs, y=ys, mode="lines", line=line, hoverinfo="skip", showlegend=False)] if xs else []


def _source_marks(
    rows: pd.DataFrame, y: dict[str, int], source_language: str | None, scale: int
) -> list[go.Scatter]:
    rows = rows[rows["source_mean"].notna()]
    if rows.empty or source_language is None:
        return []
    name = f"same models on the source language ({escape(source_language)})"
    texts = [
        f"{escape(row['method'])} on {escape(source_language)}<br>mean {scale * row['source_mean']:.1f}"
        for row in rows.to_dict(orient="records")
    ]
    return [go.Scatter(
        x=(rows["source_mean"] * scale).tolist(), y=[y[m] for m in rows["method"]], mode="markers", name=name,
        hovertext=texts, hoverinfo="text",
        marker={"symbol": "line-ns", "size": 13, "line": {"width": 3, "color": NEUTRAL_COLOUR}},
    )]  # fmt: skip


def _paper_marks(paper: pd.DataFrame | None, y: dict[str, int], scale: int) -> list[go.Scatter]:
    rows = pd.DataFrame() if paper is None else paper[paper["method"].isin(y)]
    if rows.empty:
        return []
    values = (rows["value"] * scale).tolist()
    texts = [
        f"{escape(method)} in the paper<br>{value:.0f}"
        for method, value in zip(rows["method"], values, strict=True)
    ]
    return [go.Scatter(
        x=values, y=[y[m] for m in rows["method"]], mode="markers", name="the paper's number",
        hovertext=texts, hoverinfo="text", marker={"symbol": "star", "size": 13, "color": PAPER_COLOUR},
    )]  # fmt: skip


def _empty_figure(text: str) -> go.Figure:
    figure = go.Figure()
    figure.add_annotation(text=text, showarrow=False, font={"color": NEUTRAL_COLOUR, "size": 15})
    figure.update_layout(
        height=_FRAME_HEIGHT + _ROW_HEIGHT, xaxis={"visible": False}, yaxis={"visible": False}
    )
    return figure
