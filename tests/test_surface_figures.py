"""What the figures of interpolated models draw, against the tables that they are given."""

import numpy as np
import pytest
from test_surface_statistics import falling, surface

from mosecrot_core.learning.interpolation_grid import Point
from mosecrot_core.runs.surface_statistics import curves, difference, normalised, on_line
from mosecrot_core.surface_figures import line_figure, plane_figure, surface_figure
from mosecrot_core.surface_panels import Difference, measure_of

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
    marks = [trace for trace in figure.data if trace.type == "scatter" and trace.mode == "markers"]
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


def both(data):
    source, target = (data[data["read"] == read] for read in ("source", "target"))
    return Difference(difference(target, source), "fr < en")


def test_single_seeds_are_thin_lines():
    data = table(("fr",))
    seeds = on_line(data, "source").assign(seed=7)
    figure = line_figure(curves(data), NAMES, "Macro-F1", seeds=seeds)
    thin = [trace for trace in figure.data if "seed 7" in trace.name]
    assert [trace.name for trace in thin] == ["English, seed 7", f"{SAFE}, seed 7"]
    assert all(trace.line.width < 1 and not trace.showlegend for trace in thin)
    np.testing.assert_allclose(thin[1].y, 100 * seeds[seeds["read"] == "target"]["mean"])


def test_a_loss_lies_on_an_axis_of_logarithms_and_its_band_above_0():
    data = curves(table()).assign(low=-1.0)
    figure = line_figure(data, NAMES, "Loss", measure=measure_of("loss", normalised=False))
    axis = figure.layout.yaxis
    assert (axis.type, axis.title.text) == ("log", "Loss")
    assert min(figure.data[0].y) > 0
    np.testing.assert_allclose([float(text) for text in axis.ticktext], axis.tickvals)


def test_a_difference_has_a_panel_and_a_scale_of_its_own():
    data = table(("fr",))
    for draw, kind in ((plane_figure, "contour"), (surface_figure, "surface")):
        figure = draw(data, NAMES, "Macro-F1", difference=both(data))
        shown = [trace for trace in figure.data if trace.type == kind]
        assert [trace.coloraxis for trace in shown] == ["coloraxis", "coloraxis", "coloraxis2"]
        np.testing.assert_allclose(shown[2].z, np.array(shown[1].z) - np.array(shown[0].z))
        assert figure.layout.coloraxis2.cmin == -figure.layout.coloraxis2.cmax
        assert "fr &lt; en" in [note.text for note in figure.layout.annotations]


def test_every_scored_model_can_be_pointed_at_and_the_chosen_one_is_marked():
    data = table(("fr",)).query("not (read == 'target' and a1 == 1000 and a2 == 1000)")
    figure = plane_figure(data, NAMES, "Macro-F1", chosen=Point(300, -200), every=True)
    dots = [trace for trace in figure.data if trace.name == "a scored model"]
    assert [len(trace.x) for trace in dots] == [441, 440]
    assert all(len(trace.hovertext) == len(trace.x) for trace in dots)
    place = list(zip(dots[1].x, dots[1].y, strict=True)).index((0.3, -0.2))
    assert dots[1].hovertext[place].startswith("a1 0.3, a2 -0.2<br>read: English: 100.0 %")
    marks = [trace for trace in figure.data if trace.name == "chosen model"]
    assert [(trace.x, trace.y) for trace in marks] == [((0.3,), (-0.2,))] * 2
    assert {trace.hoverinfo for trace in figure.data if trace.type == "contour"} == {"skip"}
    assert {trace.marker.maxdisplayed for trace in dots} == {1}, "hundreds are not drawn"
    rough = plane_figure(data.query("a1 % 500 == 0 and a2 % 500 == 0"), NAMES, "Macro-F1", every=True)
    dots = [trace for trace in rough.data if trace.name == "a scored model"]
    assert [len(trace.x) for trace in dots] == [25, 24]
    assert {trace.marker.maxdisplayed for trace in dots} == {None}


def test_contours_have_their_number_where_they_pass():
    data = table(("fr",)).assign(mean=lambda rows: 0.5 + 0.2 * rows["a1"] / 1000 + 0.1 * rows["a2"] / 1000)
    numbers = [trace for trace in plane_figure(data, NAMES, "Macro-F1").data if trace.name == "contours"]
    assert len(numbers) == 2, "one a panel"
    assert len(numbers[0].text) >= 5
    for x, y, text in zip(numbers[0].x, numbers[0].y, numbers[0].text, strict=True):
        assert 100 * (0.5 + 0.2 * x + 0.1 * y) == pytest.approx(float(text))
    beside = plane_figure(data.query("a1 == 0 and a2 == 0").assign(a1=75), NAMES, "Macro-F1")
    assert [len(trace.x) for trace in beside.data if trace.name == "contours"] == [0, 0], (
        "no point, no number"
    )
    losses = plane_figure(data, NAMES, "Loss", measure_of("loss", normalised=False))
    assert not [trace for trace in losses.data if trace.name == "contours"], "they would be logarithms"


def test_models_stand_on_their_surface_and_buttons_turn_all_scenes():
    data = table(("fr",))
    figure = surface_figure(data, NAMES, "Macro-F1", chosen=Point(1000, 500))
    surfaces = [trace for trace in figure.data if trace.type == "surface"]
    marks = [trace for trace in figure.data if trace.name == "chosen model"]
    for shown, mark in zip(surfaces, marks, strict=True):
        height = shown.z[list(shown.y).index(0.5)][list(shown.x).index(1.0)]
        assert height < mark.z[0] < height + 5
    for button in figure.layout.updatemenus[0].buttons:
        assert button.method == "relayout"
        assert set(button.args[0]) == {"scene.camera.eye", "scene2.camera.eye"}
