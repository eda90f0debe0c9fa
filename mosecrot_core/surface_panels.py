"""What pictures of a plane are made of: a panel a language that is read, on scales that all panels share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from plotly.colors import sample_colorscale

from mosecrot_core.learning.interpolation_grid import WHOLE

Matrix = NDArray[np.float64]
LOSS = "loss"
_SCALE = "Cividis"  # read alike with and without colour vision
_LIGHT = sample_colorscale(_SCALE, [0.3, 0.5, 0.7, 0.85, 1.0])  # on which black numbers can be read
_SIGNED = ["#E8935A", "#F3C7A6", "#F4F4F4", "#A9CCE6", "#5FA3D3"]  # below 0, 0, above it; as light
_MOST_LINES = 10
_LONGEST_BAR = 0.9
_NOT_SCORED = "not scored"


@dataclass(frozen=True)
class Measure:
    """How scores are written."""

    factor: float
    """What a score is multiplied with before it is written."""
    sign: str
    """Stands behind each number."""
    words: str
    """Stand behind the metric's name."""
    logarithmic: bool = False
    """Drawn by its logarithm: losses grow by orders of magnitude away from the models."""

    def write(self, value: float, *, signed: bool = False) -> str:
        """Write a number that is multiplied already.

        >>> PERCENT.write(97.26), PERCENT.write(-1.5, signed=True), PLAIN.write(float("nan"))
        ('97.3 %', '-1.5 points', 'not scored')
        """
        if not isfinite(value):
            return _NOT_SCORED
        digits = 1 if self.factor > 1 else 3
        if signed:
            return f"{value:+.{digits}f}" + (" points" if self.sign else "")
        return f"{value:,.{digits}f}{self.sign}"


SHARES = Measure(100, " %", ", percent of the bilingual model's")
PERCENT = Measure(100, " %", ", percent")
PLAIN = Measure(1, "", "")


def measure_of(metric: str, *, normalised: bool) -> Measure:
    """Tell how a metric is written, as it is or in percent of the bilingual model's."""
    is_loss = metric == LOSS
    if normalised:
        return Measure(SHARES.factor, SHARES.sign, SHARES.words, logarithmic=is_loss)
    return Measure(PLAIN.factor, "", "", logarithmic=True) if is_loss else PERCENT


class Difference(NamedTuple):
    """A panel beside those of the languages."""

    table: pd.DataFrame
    """`a1`, `a2`, `mean`, as `surface_statistics.difference` returns them."""
    title: str
    """Whose scores are less whose."""


@dataclass(frozen=True)
class Panel:
    """Scores of a plane, or differences between scores."""

    name: str
    """Which language it is, or `difference`."""
    plain: str
    """What it shows, as text."""
    a1: Matrix
    """``[n]``"""
    a2: Matrix
    """``[m]``"""
    scores: Matrix
    """Multiplied already ``[m, n]``; NaN where none is known."""
    drawn: Matrix
    """What is drawn for them: `scores`, or their logarithms."""
    signed: bool
    """Whether these are differences."""

    @property
    def title(self) -> str:
        """What it shows, escaped for plotly, which takes some tags for markup."""
        return escape(self.plain)


def panels(
    table: pd.DataFrame, names: Mapping[str, str], measure: Measure, difference: Difference | None
) -> list[Panel]:
    """Make a panel a language, in the order of `read`, and one of the difference.

    The points between tenths, which only lines have, are left out.
    """
    found = [
        _panel(str(read), f"read: {names.get(str(read), str(read))}", part, measure)
        for read, part in table.groupby("read", sort=True)
    ]
    if difference is not None and not difference.table.empty:
        found.append(_panel("difference", difference.title, difference.table, measure, signed=True))
    return found


def _panel(name: str, plain: str, table: pd.DataFrame, measure: Measure, *, signed: bool = False) -> Panel:
    plane = table[(table["a1"] % 100 == 0) & (table["a2"] % 100 == 0)]
    (a1, columns), (a2, rows) = (np.unique(plane[name], return_inverse=True) for name in ("a1", "a2"))
    scores = np.full((len(a2), len(a1)), np.nan)
    scores[rows, columns] = measure.factor * plane["mean"].to_numpy(float)
    drawn = scores
    if measure.logarithmic and not signed:
        drawn = np.log10(scores, out=np.full_like(scores, np.nan), where=scores > 0)
    return Panel(name, plain, a1 / WHOLE, a2 / WHOLE, scores, drawn, signed)


def hover_texts(found: Sequence[Panel], measure: Measure) -> list[list[list[str]]]:
    """Write for each panel and point what all panels have there ``[panels, m, n]``."""
    lines = []
    for panel in found:
        places = [(x, y) for y in panel.a2 for x in panel.a1]
        written = [measure.write(value, signed=panel.signed) for value in panel.scores.ravel()]
        lines.append((panel.title, dict(zip(places, written, strict=True))))

    def text(x: float, y: float) -> str:
        lines_here = [f"{title}: {own.get((x, y), _NOT_SCORED)}" for title, own in lines]
        return "<br>".join([f"a1 {x:g}, a2 {y:g}", *lines_here])

    return [[[text(x, y) for x in panel.a1] for y in panel.a2] for panel in found]


def extent(found: Iterable[Panel], *, signed: bool) -> tuple[float, float]:
    """Return the lowest and the highest number that is drawn; of differences, 0 lies in the middle."""
    numbers = [panel.drawn.ravel() for panel in found if panel.signed == signed]
    known = np.concatenate([*numbers, np.empty(0)])
    known = known[np.isfinite(known)]
    if not len(known):
        return (-1.0, 1.0) if signed else (0.0, 100.0)
    if signed:
        most = float(np.abs(known).max()) or 1.0
        return -most, most
    return float(known.min()), float(known.max())


def levels(low: float, high: float, *, logarithmic: bool) -> dict[str, Any]:
    """Choose contours: round numbers, or equal factors where the logarithm is drawn; at most 10."""
    if logarithmic:
        factors = (1.1, 1.25, 1.5, 2, 4, 10, 100)
        step = next((log10(f) for f in factors if (high - low) / log10(f) <= _MOST_LINES), high - low)
    else:
        step = _round_step(high - low, _MOST_LINES)
    return {"start": floor(low / step) * step, "end": high, "size": step}


def colour_axis(panel: Panel) -> str:
    """Name the colour axis of a panel, which all panels of scores, or of differences, share."""
    return "coloraxis2" if panel.signed else "coloraxis"


def colours(found: Sequence[Panel], measure: Measure, title: str, *, space: bool) -> dict[str, Any]:
    """Describe the colour axes by name.

    Args:
        found: The panels.
        measure: How scores are written.
        title: What is scored.
        space: Dark colours too: no numbers stand on them.
    """
    axes = {"coloraxis": _colours(found, measure, title, signed=False, space=space)}
    for panel in found:
        if panel.signed:
            axes[colour_axis(panel)] = _colours(found, measure, title, signed=True, space=space)
    return axes


def _colours(
    found: Sequence[Panel], measure: Measure, title: str, *, signed: bool, space: bool
) -> dict[str, Any]:
    low, high = extent(found, signed=signed)
    bar: dict[str, Any] = {"thickness": 12, "outlinewidth": 0, "len": _LONGEST_BAR}
    if signed:
        unit = "points" if measure.sign else ""
        bar |= {"title": f"difference<br>{unit}", "x": 1.1}
        return {"colorscale": _SIGNED, "cmin": low, "cmax": high, "colorbar": bar}
    bar |= {"title": f"{escape(title)}{measure.sign and ',<br>%'}", "x": 1.01}
    if measure.logarithmic:
        bar |= log_ticks(low, high, measure)
    return {"colorscale": _SCALE if space else _LIGHT, "cmin": low, "cmax": high, "colorbar": bar}


def log_ticks(low: float, high: float, measure: Measure) -> dict[str, Any]:
    """Write numbers on an axis of logarithms: 1, 2, 5, 10, and so on."""
    candidates = [d * 10.0**k for k in range(floor(low), ceil(high) + 1) for d in (1, 2, 5)]
    kept = [value for value in candidates if low <= log10(value) <= high]
    if len(kept) < 2:
        kept = [float(f"{10**end:.3g}") for end in (low, high)]
    return {
        "tickmode": "array",
        "tickvals": [log10(value) for value in kept],
        "ticktext": [f"{value:,.10g}{measure.sign}" for value in kept],
    }


def _round_step(span: float, most: int) -> float:
    """Return the least of 1, 2, 5, 10, ... (or tenths, hundredths) of which `most` cover the span."""
    if span <= 0:
        return 1.0
    power = 10.0 ** floor(log10(span / most))
    return next(power * d for d in (1, 2, 5, 10) if power * d * most >= span)
