"""Scores on the plane, a panel a language and one of a difference; and the model that is clicked."""

from functools import partial

import components
import figure_export
import linked_panels
import pandas as pd
import streamlit as st
import surface_data
import surface_point
import surface_state
from surface_view import View

from mosecrot_core.display import short
from mosecrot_core.learning.interpolation_grid import Point
from mosecrot_core.runs.surface_statistics import difference
from mosecrot_core.surface_figures import plane_figure, surface_figure
from mosecrot_core.surface_panels import Difference, panels
from mosecrot_core.surface_words import describe_plane

_KEY = "plane"


@st.fragment
def draw(view: View) -> None:
    """Draw the plane and what the chosen model says; redrawn alone when another is chosen."""
    with components.calm():
        st.subheader("On the plane of the three models", anchor=False)
        has_plane = any(point.source and point.target for point in view.points)
        if has_plane:
            space, other = _choices(view)
            place = st.container()
        else:
            components.notice(
                "This unit has scores on lines only",
                "Its plane is not scored yet, or the method in the experiment file says points: lines. "
                "With points: all, the experiment scores the plane, too.",
                "mosecrot run EXPERIMENT.yaml",
            )
        point = surface_point.choose(view)
        if has_plane:
            with place:
                _plane(view, other, point, space=space)
        surface_point.draw(view, point)


def _choices(view: View) -> tuple[bool, Difference | None]:
    options = _differences(view)
    with st.container(horizontal=True, gap="large"):
        space = surface_state.choose_space()
        title = surface_state.choose_difference(list(options)) if options else ""
    return space, _difference(view, title, options[title]) if options else None


def _differences(view: View) -> dict[str, tuple[str, str, str]]:
    """Name what can be subtracted: language read, unit that is subtracted, and its language read."""
    names, unit = view.names, view.chosen.unit
    read = set(view.means["read"])
    found = {}
    if {"source", "target"} <= read:
        found[f"{names['target']} less {names['source']}"] = ("target", unit, "source")
        found[f"{names['source']} less {names['target']}"] = ("source", unit, "target")
    for other in surface_data.unit_names(view.chosen):
        if other != unit:
            for side in sorted(read, reverse=True):
                found[f"{names[side]} less {side} language of {short(other, 40)}"] = (side, other, side)
    return found


def _difference(view: View, title: str, of: tuple[str, str, str]) -> Difference:
    side, unit, other_side = of
    other = view.means
    if unit != view.chosen.unit:
        every = surface_data.means(view.chosen, share=view.share, every_unit=True)
        other = every[every["unit"] == unit]
    first, second = (
        table.loc[table["read"] == read, ["a1", "a2", "mean"]]
        for table, read in ((view.means, side), (other, other_side))
    )
    return Difference(difference(first, second), title)


def _plane(view: View, other: Difference | None, point: Point, *, space: bool) -> None:
    arguments = (view.means, view.names, view.title, view.measure, other, point)
    figure = surface_figure(*arguments) if space else plane_figure(*arguments, every=True)
    alt = describe_plane(panels(view.means, view.names, view.measure, other), view.measure)

    def pick() -> None:
        for clicked in st.session_state[_KEY]["selection"]["points"][:1]:
            surface_state.name_point(view.points, clicked.get("x"), clicked.get("y"))

    figure_export.chart(
        figure,
        _KEY,
        alt,
        f"{view.file_name}-{'surface' if space else 'plane'}",
        view.kind,
        None if space else pick,
        tools=True,
    )
    linked_panels.link(_KEY, lambda a1, a2: surface_state.name_point(view.points, a1, a2))
    st.caption(components.escaped(alt))
    scale = " Colours are of the logarithm." if view.measure.logarithmic else ""
    turn = "Drag one surface, and all turn. " if space else ""
    st.caption(
        f"{turn}Click a model, or choose a1 and a2 below, to see what it says. Both languages are on one "
        f"scale, the difference on its own.{scale}"
        + (" Pictures of surfaces are pixels, in SVG too." if space else "")
    )
    figure_export.offers(
        {"Contours": partial(plane_figure, *arguments), "Surfaces": partial(surface_figure, *arguments)},
        lambda: _drawn(view, other), f"{view.file_name}-plane", "plane",
    )  # fmt: skip


def _drawn(view: View, other: Difference | None) -> pd.DataFrame:
    parts = [view.means.replace({"read": {"source": view.source, "target": view.chosen.language}})]
    if other is not None:
        parts.append(other.table.assign(unit=view.chosen.unit, read=other.title, metric=view.chosen.metric))
    return pd.concat(parts, ignore_index=True)
