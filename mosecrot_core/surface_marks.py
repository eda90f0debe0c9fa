"""How models are marked on the plane: the three that span it, the one that is looked at, all scored ones."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mosecrot_core.figures import PAPER_COLOUR
from mosecrot_core.learning.interpolation_grid import BILINGUAL, SOURCE, TARGET, WHOLE, Point
from mosecrot_core.surface_panels import Panel

CHOSEN = "chosen model"
"""What its trace is called."""
CORNERS = {"bilingual": BILINGUAL, "source": SOURCE, "target": TARGET}
_SYMBOLS = {"bilingual": "circle", "source": "square", "target": "triangle-up", CHOSEN: "x"}
_IN_SPACE = {**_SYMBOLS, "target": "diamond"}  # there are no triangles
_LOOK: dict[str, Any] = {"color": "white", "line": {"color": "black", "width": 2}}
_CHOSEN_LOOK: dict[str, Any] = {"color": PAPER_COLOUR, "line": {"color": "black", "width": 1.5}}
_MOST_DOTS = 150
_NUMBERS = "rgba(0, 0, 0, 0.75)"
_STAY = {"marker": {"opacity": 1}}  # a click on another model dims none


def marked(chosen: Point | None) -> list[tuple[str, Point]]:
    """List the models that are marked: the three, and the chosen one, if there is one."""
    return [*CORNERS.items(), *([(CHOSEN, chosen)] if chosen is not None else [])]


def model_mark(model: str, names: Mapping[str, str], point: Point, *, legend: bool) -> go.Scatter:
    """Mark a model, one of CORNERS or CHOSEN, on a plane."""
    return go.Scatter(
        x=[point.source / WHOLE], y=[point.target / WHOLE], mode="markers", name=_title(model, names),
        legendgroup=model, showlegend=legend,
        marker={"symbol": _SYMBOLS[model], "size": 12, **_look(model)}, unselected=_STAY,
        hovertemplate=f"{_title(model, names)}<extra></extra>",
        hoverinfo="skip" if model == CHOSEN else None,
    )  # fmt: skip


def mark_in_space(
    panel: Panel, model: str, names: Mapping[str, str], point: Point, lift: float
) -> go.Scatter3d:
    """Mark a model `lift` above a surface; nowhere if it was not scored."""
    x, y = point.source / WHOLE, point.target / WHOLE
    heights = panel.drawn[np.ix_(panel.a2 == y, panel.a1 == x)].ravel()
    places = [(x, y, float(height) + lift) for height in heights if np.isfinite(height)]
    return go.Scatter3d(
        x=[place[0] for place in places], y=[place[1] for place in places],
        z=[place[2] for place in places], mode="markers", name=_title(model, names), showlegend=False,
        marker={"symbol": _IN_SPACE[model], "size": 5, **_look(model)},
        hovertemplate=f"{_title(model, names)}<extra></extra>",
    )  # fmt: skip


def dots(panel: Panel, text: list[list[str]]) -> go.Scatter:
    """Mark every model that was scored, with what the pointer shows ``[m, n]``.

    Of more than a few, none is drawn: dots at each tenth say nothing, and hundreds take long to draw. All can
    be pointed at and clicked.
    """
    rows, columns = np.nonzero(np.isfinite(panel.scores))
    look = {"color": "rgba(0, 0, 0, 0.3)"} if len(rows) <= _MOST_DOTS else {"opacity": 0, "maxdisplayed": 1}
    return go.Scatter(
        x=panel.a1[columns], y=panel.a2[rows], mode="markers", name="a scored model", showlegend=False,
        marker={"size": 3, **look}, unselected={"marker": {"opacity": look.get("opacity", 1)}},
        hovertext=[text[row][column] for row, column in zip(rows, columns, strict=True)], hoverinfo="text",
    )  # fmt: skip


def level_numbers(panel: Panel, lines: Mapping[str, float]) -> go.Scatter:
    """Write the number of each contour of `surface_panels.levels` where it is nearest to the middle.

    Plotly's own numbers seek their places along every contour, which takes a quarter of a second a plane.
    Where they would lie on one another, the lower ones stay.
    """
    known, every = (
        panel.drawn[np.isfinite(panel.drawn)],
        np.arange(lines["start"], lines["end"], lines["size"]),
    )
    inside = every[(every > known.min(initial=np.inf)) & (every < known.max(initial=-np.inf))]
    found = _numbers_apart(panel, inside.tolist()) if len(inside) else []
    x, y, text = zip(*found, strict=True) if found else ((), (), ())
    return go.Scatter(
        x=x, y=y, text=text, mode="text", name="contours", showlegend=False, hoverinfo="skip",
        textfont={"size": 9, "color": _NUMBERS}, unselected={"textfont": {"color": _NUMBERS}},
    )  # fmt: skip


def _numbers_apart(panel: Panel, levels: list[float]) -> list[tuple[float, float, str]]:
    middle, room = (panel.a1.mean(), panel.a2.mean()), (0.1 * np.ptp(panel.a1), 0.04 * np.ptp(panel.a2))
    found: list[tuple[float, float, str]] = []
    for level in levels:
        places = _crossings(panel, level)
        if not len(places):
            continue
        x, y = places[np.hypot(*(places - middle).T).argmin()]
        if all(abs(x - other[0]) > room[0] or abs(y - other[1]) > room[1] for other in found):
            found.append((x, y, f"{round(level, 6):g}"))
    return found


def _crossings(panel: Panel, level: float) -> NDArray[np.float64]:
    """Return where a contour crosses the lines between neighbouring points ``[n, 2]``."""
    parts = []
    for scores, along, other in ((panel.drawn, panel.a1, panel.a2), (panel.drawn.T, panel.a2, panel.a1)):
        before, after = scores[:, :-1] - level, scores[:, 1:] - level
        row, column = np.nonzero(((before < 0) != (after < 0)) & np.isfinite(before - after))
        share = before[row, column] / (before[row, column] - after[row, column])
        parts.append(np.stack([along[column] + share * np.diff(along)[column], other[row]], axis=1))
    return np.concatenate([parts[0], parts[1][:, ::-1]])


def _look(model: str) -> dict[str, Any]:
    return _CHOSEN_LOOK if model == CHOSEN else _LOOK


def _title(model: str, names: Mapping[str, str]) -> str:
    return escape(f"{names.get(model, model)} only" if model in ("source", "target") else model)
