"""What the figures of interpolated models draw, against the tables that they are given."""

import numpy as np
import pytest
from test_surface_statistics import falling, surface

from mosecrot_core.runs.surface_statistics import curves, normalised
from mosecrot_core.surface_figures import line_figure, plane_figure, surface_figure

NAMES = {"source": "English", "target": "<b>French</b>"}
SAFE = "&lt;b&gt;French&lt;/b&gt;"


def table(units=("fr", "zh")):
    return normalised(surface(falling, units=units))


def test_a_line_is_drawn_over_alpha_with_its_band():
    data = curves(table())
    figure = line_figure(data, NAMES, "Macro-F1")
    assert [trace.name for trace in figure.data] == [
        "English, 95 % interval", "English", f"{SAFE}, 95 % interval", SAFE,
    ]  # fmt: skip
    target, part = figure.data[3], data[data["read"] == "target"]
    np.testing.assert_allclose(target.x, part["alpha"] / 1000)
    np.testing.assert_allclose(target.y, 100 * part["mean"])
    band = figure.data[2]
    np.testing.assert_allclose(band.y[:33], 100 * part["high"])
    np.testing.assert_allclose(band.y[33:], 100 * part["low"][::-1])
    looks = {(trace.line.dash, trace.marker.symbol) for trace in (figure.data[1], target)}
    assert len(looks) == 2, "colour alone tells nothing apart"
    assert figure.layout.xaxis.title.text == "alpha: 0 is English only, 1 is bilingual"


def test_one_unit_has_no_band():
    figure = line_figure(curves(table(("fr",)), "target"), NAMES, "Macro-F1", start="target")
    assert [trace.name for trace in figure.data] == ["English", SAFE]
    assert figure.layout.xaxis.title.text == f"alpha: 0 is {SAFE} only, 1 is bilingual"


@pytest.mark.parametrize("draw", [plane_figure, surface_figure])
def test_a_plane_has_a_panel_a_language_and_its_axes_the_right_way_round(draw):
    data = table().query("unit == 'fr'")
    figure = draw(data, NAMES, "Macro-F1")
    panels = [trace for trace in figure.data if trace.type in ("contour", "surface")]
    assert [trace.name for trace in panels] == ["source", "target"]
    target = panels[1]
    assert np.shape(target.z) == (21, 21)
    x, y = list(target.x).index(1.0), list(target.y).index(-0.5)
    wanted = data.query("read == 'target' and a1 == 1000 and a2 == -500")["mean"].item()
    assert target.z[y][x] == pytest.approx(100 * wanted)
    turned = data.query("read == 'target' and a1 == -500 and a2 == 1000")["mean"].item()
    assert wanted != turned
    assert {trace.coloraxis for trace in panels} == {"coloraxis"}, "one scale for both"


def test_the_three_models_are_marked_where_they_are():
    figure = plane_figure(table().query("unit == 'fr'"), NAMES, "Macro-F1")
    marks = [trace for trace in figure.data if trace.type == "scatter"]
    places = {trace.name: (trace.x[0], trace.y[0], trace.marker.symbol) for trace in marks}
    assert places == {
        "bilingual": (0, 0, "circle"),
        "English only": (1, 0, "square"),
        f"{SAFE} only": (0, 1, "triangle-up"),
    }
    assert sum(trace.showlegend for trace in marks) == 3


@pytest.mark.parametrize("draw", [plane_figure, surface_figure])
def test_a_preview_leaves_gaps(draw):
    data = table().query("unit == 'fr' and a1 % 500 == 0 and a2 % 500 == 0 and not (a1 == 0 and a2 == 500)")
    panel = next(
        trace for trace in draw(data, NAMES, "Macro-F1").data if trace.type in ("contour", "surface")
    )
    assert np.shape(panel.z) == (5, 5)
    assert panel.type in ("contour", "surface")
    assert np.isnan(np.array(panel.z, float)).sum() == 1
    assert draw(data.iloc[:0], NAMES, "Macro-F1").layout.height > 0
