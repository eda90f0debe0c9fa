"""The pictures of anchor quality: what is drawn where, apart in more than colour, with names as text."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from mosecrot_core.anchor_figures import calibration_figure, precision_figure, quality_figure, sweep_figure

MARKUP = "<a href='javascript:0'>x</a>"


@pytest.fixture
def sweep():
    return pd.DataFrame([
        {"method": method, "series": way, "x": x, "mean": x / 10_000, "sd": 0.01}
        for method in ("standard", "sparsemax") for way in ("random", "quality") for x in (3000, 500)
    ])  # fmt: skip


def test_the_curve_says_which_share_is_no_better():
    scores = pd.DataFrame({"list": "a", "quality": [0.1, 0.4, 0.9, 1.0]})
    (curve,) = quality_figure(scores).data
    shares = dict(zip(np.round(curve.customdata, 6), curve.y, strict=True))
    for quality, share in shares.items():
        # What is beyond the axis is drawn at its end.
        held = np.minimum(scores["quality"], max(shares))
        assert share == pytest.approx(100 * (held <= quality + 1e-6).mean())
    assert curve.name == "a (4 pairs)"


def test_each_list_has_a_curve():
    scores = pd.DataFrame({"list": ["a", "b", "b"], "quality": [0.0, 0.5, 1.0]})
    assert [trace.name for trace in quality_figure(scores).data] == ["a (1 pairs)", "b (2 pairs)"]


def test_precision_stands_above_its_chance():
    table = pd.DataFrame(
        {"series": "random", "k": [10, 100], "precision": [1, 0.5], "chance": 0.2, "sd": 0.1}
    )
    figure = precision_figure(table)
    (curve,) = figure.data
    assert list(curve.x) == [10, 100]
    assert list(curve.y) == [100, 50]
    assert list(curve.error_y.array) == [10, 10]
    assert "chance 20 %" in curve.name
    assert [line.y0 for line in figure.layout.shapes] == [20]


@pytest.mark.parametrize("without", ["absent", "unknown"])
def test_one_seed_has_no_bars(sweep, without):
    sweep = sweep.drop(columns="sd") if without == "absent" else sweep.assign(sd=np.nan)
    for trace in sweep_figure(sweep, "P@1").data:
        assert trace.error_y.array is None


def test_calibration_lies_beside_the_diagonal():
    table = pd.DataFrame(
        {"series": "s", "quality": [0.1, 0.9], "share_right": [0.3, 0.8], "pairs": [10, 1000]}
    )
    diagonal, marks = calibration_figure(table).data
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    assert list(marks.x) == [0.1, 0.9]
    assert list(marks.y) == [0.3, 0.8]
    assert marks.marker.size[0] < marks.marker.size[1]


def test_a_sweep_has_a_panel_a_method_on_one_scale(sweep):
    figure = sweep_figure(sweep, "P@1")
    assert [note.text for note in figure.layout.annotations] == ["standard", "sparsemax"]
    assert len(figure.data) == 4
    assert all(list(trace.x) == [500, 3000] for trace in figure.data)
    assert list(figure.data[0].y) == [5, 30]
    assert figure.layout.yaxis2.matches == "y"
    assert "P@1, percent" in figure.layout.yaxis.title.text
    assert sorted(trace.name for trace in figure.data if trace.showlegend) == ["quality", "random"]


def test_series_differ_in_more_than_colour(sweep):
    seen = {(t.marker.symbol, t.line.dash, t.line.color) for t in sweep_figure(sweep, "P@1").data}
    assert len(seen) == 2


def test_names_are_text_not_markup(sweep):
    named = sweep.assign(series=MARKUP, method=MARKUP)
    scores = pd.DataFrame({"list": MARKUP, "quality": [0.5]})
    precision = pd.DataFrame({"series": MARKUP, "k": [1], "precision": [1.0], "chance": [0.5]})
    bins = pd.DataFrame({"series": MARKUP, "quality": [0.5], "share_right": [0.5], "pairs": [1]})
    drawn = [
        sweep_figure(named, MARKUP, MARKUP), quality_figure(scores), precision_figure(precision),
        calibration_figure(bins),
    ]  # fmt: skip
    for figure in drawn:
        assert "<a" not in figure.to_json().replace("\\u003c", "<")


def test_it_loads_nothing_heavy():
    heavy = ["torch", "transformers", "gensim", "spacy", "umap", "streamlit"]
    code = f"import sys, mosecrot_core.anchor_figures; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
