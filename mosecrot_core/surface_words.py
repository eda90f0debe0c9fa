"""What the pictures of interpolated models show, in words, for readers who do not see them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mosecrot_core.learning.interpolation_grid import WHOLE
from mosecrot_core.surface_panels import SHARES, Measure, Panel


def describe_line(
    curves: pd.DataFrame, names: Mapping[str, str], start: str = "source", measure: Measure = SHARES
) -> str:
    """Say what `surface_figures.line_figure` shows: both ends of each curve, and its lowest score between."""
    told = []
    for read, part in curves.groupby("read", sort=True):
        scores = part.set_index("alpha")["mean"] * measure.factor
        between = scores[(scores.index >= 0) & (scores.index <= WHOLE)]
        if between.empty:
            continue
        ends = [measure.write(float(scores.get(alpha, np.nan))) for alpha in (0, WHOLE)]
        name = names.get(str(read), str(read))
        least = measure.write(float(between.min()))
        told.append(f"{name} goes from {ends[0]} to {ends[1]}, between them {least} at least")
    alone = names.get(start, start)
    return (
        f"From the model of {alone} only to the bilingual one: {'; '.join(told) or 'nothing is scored yet'}."
    )


def describe_plane(panels: Sequence[Panel], measure: Measure = SHARES) -> str:
    """Say what `surface_figures.plane_figure` shows: each panel's lowest and highest score, and where."""
    told = []
    for panel in panels:
        known = np.isfinite(panel.scores)
        if not known.any():
            continue
        ends = []
        for filled, find in ((np.inf, np.argmin), (-np.inf, np.argmax)):
            row, column = np.unravel_index(find(np.where(known, panel.scores, filled)), panel.scores.shape)
            score = measure.write(float(panel.scores[row, column]), signed=panel.signed)
            ends.append(f"{score} at a1 {panel.a1[column]:g}, a2 {panel.a2[row]:g}")
        told.append(f"{panel.plain}: from {ends[0]} to {ends[1]}")
    return f"{'. '.join(told) or 'Nothing is scored yet'}."
