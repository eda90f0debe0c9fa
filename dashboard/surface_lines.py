"""Scores between a model of one language and the bilingual one, from both sides."""

from collections.abc import Callable

import components
import figure_export
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
import surface_data
from surface_view import View

from mosecrot_core.runs.surface_statistics import curves, on_line
from mosecrot_core.surface_figures import line_figure
from mosecrot_core.surface_words import describe_line

_LINES = {"source": "From the source model", "target": "From the target model"}


def draw(view: View) -> None:
    """Draw both lines beside each other."""
    st.subheader("On the lines", anchor=False)
    table, seeds, n = _curves(view)
    figures = {}
    for place, (start, name) in zip(st.columns(2, gap="medium"), _LINES.items(), strict=True):
        own = None if seeds is None else seeds[seeds["start"] == start].drop(columns="start")
        here = table[table["start"] == start]
        figure = line_figure(here, view.line_names, view.title, start, view.measure, own)
        alt = describe_line(here, view.line_names, start, view.measure)
        with place:
            figure_export.chart(
                figure, f"line-{start}", alt, f"{view.file_name}-{start}-line", view.kind, tools=True
            )
            st.caption(components.escaped(alt))
        figures[name] = _already(figure)
    if view.every_unit:
        text = (
            f"Means of {n} units (method and target language each), {view.over_seeds}; bands: 95 % "
            "t intervals over units. Normalised means leave out units whose bilingual model scores 0."
        )
    else:
        text = f"{view.chosen.unit}: {view.over_seeds}"
        text += ", thin lines: single seeds." if seeds is not None else "."
    st.caption(components.escaped(f"{text} Beyond 0 and 1, models are extrapolated."))
    drawn = table if seeds is None else pd.concat([table.assign(seed="mean"), seeds])
    figure_export.offers(figures, lambda: drawn, f"{view.file_name}-lines", "lines")


def _curves(view: View) -> tuple[pd.DataFrame, pd.DataFrame | None, int]:
    """Return both lines with `start`, those of single seeds where there are several, how many units."""
    means = view.means
    if view.every_unit:
        means = surface_data.means(view.chosen, share=view.share, every_unit=True)
    table = pd.concat([curves(means, start).assign(start=start) for start in _LINES], ignore_index=True)
    if view.every_unit or view.chosen.seed is not None:
        return table, None, means["unit"].nunique()
    single = surface_data.seed_means(view.chosen, share=view.share)
    if len(single["seed"].unique()) < 2:
        return table, None, 1
    seeds = [on_line(single, start).assign(start=start).sort_values("alpha") for start in _LINES]
    columns = ["start", "seed", "read", "metric", "alpha", "mean"]
    return table, pd.concat(seeds, ignore_index=True)[columns], 1


def _already(figure: go.Figure) -> Callable[[], go.Figure]:
    return lambda: figure
