"""Published scores and a run's in one picture: what is drawn where."""

import numpy as np
import pandas as pd
import pytest
from stores import results

from mosecrot_core.figures import NULL_MARKS
from mosecrot_core.paper_figures import languages_figure, sweep_beside
from mosecrot_core.runs.beside_paper import beside_paper
from mosecrot_core.runs.summary import summarise

PUBLISHED = pd.DataFrame({"de": [0.46, 0.53], "fr": [0.4, 0.57]}, index=["least-squares", "standard"])


@pytest.fixture
def beside():
    return beside_paper(PUBLISHED, summarise(results(("fr", "fi"), 3), "macro_f1"))


def panel(figure, language):
    """Return the traces that share the axes below a title."""
    titles = [note.text for note in figure.layout.annotations]
    axis = {trace.xaxis for trace in figure.data}
    ordered = sorted(axis, key=lambda name: int(name[1:] or 1))
    return [trace for trace in figure.data if trace.xaxis == ordered[titles.index(language)]]


def by_method(trace):
    return dict(zip(trace.y, trace.x, strict=True))


def test_a_panel_a_language_holds_its_own_scores(beside):
    figure = languages_figure(beside, "macro-F1")
    assert [note.text for note in figure.layout.annotations] == ["de", "fr", "fi"]
    (paper,) = panel(figure, "de")
    assert by_method(paper) == pytest.approx({"least-squares": 46, "standard": 53})
    shuffled, paper, run = panel(figure, "fr")
    rows = beside[beside["language"] == "fr"].set_index("method")
    assert shuffled.name == NULL_MARKS["shuffled"].title
    assert by_method(shuffled) == pytest.approx((100 * rows["shuffled"].dropna()).to_dict())
    assert by_method(run) == pytest.approx((100 * rows["mean"]).to_dict())
    for method, above, below in zip(run.y, run.error_x.array, run.error_x.arrayminus, strict=True):
        row = rows.loc[method]
        assert row["mean"] + above / 100 == pytest.approx(row["high"])
        assert row["mean"] - below / 100 == pytest.approx(row["low"])


def test_methods_stand_in_the_tables_order_first_on_top(beside):
    axis = languages_figure(beside, "macro-F1").layout.yaxis
    assert list(axis.categoryarray) == list(dict.fromkeys(beside["method"]))
    assert axis.range[0] > axis.range[1]


def test_marks_differ_in_shape_and_are_named_once(beside):
    figure = languages_figure(beside, "macro-F1")
    named = [trace for trace in figure.data if trace.showlegend]
    assert len({trace.marker.symbol for trace in named}) == len(named) == 3
    assert len({trace.name for trace in figure.data}) == 3


def test_one_seed_has_no_interval():
    one = beside_paper(PUBLISHED, summarise(results(("fr",), 1), "macro_f1"))
    run = panel(languages_figure(one, "macro-F1"), "fr")[-1]
    assert set(run.error_x.array) == {0}


def test_a_table_without_published_scores_can_be_drawn(beside):
    figure = languages_figure(beside.drop(columns=["published", "shuffled"]), "main score")
    assert {trace.legendgroup for trace in figure.data} == {"mean"}


def test_no_text_is_markup(beside):
    hostile = beside.assign(language=beside["language"] + "<b>", method=beside["method"] + "<i>")
    drawn = languages_figure(hostile, "<u>").to_json()
    assert not any(tag in drawn for tag in ("<b>\\n", "de<b>", "standard<i>", "<u>"))
    assert "de&lt;b&gt;" in drawn


def test_a_sweep_puts_each_score_at_its_number(beside):
    numbers = {("fr", "least-squares"): 10, ("fr", "standard"): 500}
    numbers |= {
        (lang, m): 1000 for lang in ("fr", "fi") for m in beside["method"] if (lang, m) not in numbers
    }
    figure = sweep_beside(beside, {"least-squares": 1, "standard": 6731}, numbers, "macro-F1", "k")
    assert [note.text for note in figure.layout.annotations] == ["paper", "this run"]
    assert {axis.type for axis in (figure.layout.xaxis, figure.layout.xaxis2)} == {"log"}
    paper, run = ({t.name: t for t in figure.data if t.xaxis == axis} for axis in ("x", "x2"))
    assert (paper["de"].x, paper["de"].y) == ((1, 6731), pytest.approx((46, 53)))
    rows = beside[beside["language"] == "fr"].set_index("method")
    assert run["fr"].x[:2] == (10, 500)
    assert run["fr"].y[:2] == pytest.approx(
        (100 * rows["mean"]["least-squares"], 100 * rows["mean"]["standard"])
    )
    assert run["fr"].error_y.array[1] == pytest.approx(100 * rows["sd"]["standard"])
    assert run["fr, pairs shuffled"].y[1] == pytest.approx(100 * rows["shuffled"]["standard"])
    assert run["fr, pairs shuffled"].error_y.array is None


def test_every_curve_is_named_once_whatever_panel_it_is_in(beside):
    numbers = {(language, method): 5 for language in ("fr", "fi") for method in beside["method"]}
    figure = sweep_beside(beside, {"least-squares": 1, "standard": 2}, numbers, "macro-F1", "k")
    named = [trace.name for trace in figure.data if trace.showlegend and len(trace.x)]
    assert sorted(named) == ["de", "fi", "fi, pairs shuffled", "fr", "fr, pairs shuffled"]


def test_a_run_without_null_baselines_has_no_curve_of_them(beside):
    bare = beside.drop(columns="shuffled")
    numbers = {(language, method): 5 for language in ("fr", "fi") for method in bare["method"]}
    figure = sweep_beside(bare, {"least-squares": 1, "standard": 2}, numbers, "macro-F1", "k")
    assert not any("shuffled" in trace.name for trace in figure.data)
    assert np.isfinite([value for trace in figure.data for value in trace.y if value is not None]).all()
