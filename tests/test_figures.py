"""The pictures: what is drawn where, with which marks, and that no text in them is markup."""

import pandas as pd
import pytest
from contrast import contrast
from stores import METHODS, NULLS, PLAIN, results

from mosecrot_core import figures
from mosecrot_core.figures import describe_scores, scores_figure
from mosecrot_core.runs.schema import RESULT_COLUMNS
from mosecrot_core.runs.summary import summarise


@pytest.fixture
def summary():
    return summarise(results(("fr", "fi"), 3), "macro_f1")


def named(figure, start):
    return next(trace for trace in figure.data if (trace.name or "").startswith(start))


def test_methods_stand_on_rows_with_their_intervals_best_on_top(summary):
    figure = scores_figure(summary, "fr", "en")
    rows = summary[(summary["language"] == "fr") & (summary["baseline_of"] == "")].set_index("method")
    methods = named(figure, "method")
    labels = list(figure.layout.yaxis.ticktext)
    assert sorted(labels) == sorted([*METHODS, *PLAIN])
    assert labels[-1] == rows["mean"].idxmax()
    for x, y, above, below in zip(
        methods.x, methods.y, methods.error_x.array, methods.error_x.arrayminus, strict=True
    ):
        row = rows.loc[labels[y]]
        assert x == pytest.approx(100 * row["mean"])
        assert x + above == pytest.approx(100 * row["high"])
        assert x - below == pytest.approx(100 * row["low"])


def test_null_baselines_stand_on_the_row_of_their_method(summary):
    figure = scores_figure(summary, "fr")
    labels = list(figure.layout.yaxis.ticktext)
    for null in NULLS:
        trace = named(figure, figures.NULL_MARKS[null].title)
        assert {labels[y] for y in trace.y} == set(METHODS)
        for x, y in zip(trace.x, trace.y, strict=True):
            value = summary[(summary["language"] == "fr") & (summary["method"] == f"{labels[y]}:{null}")][
                "mean"
            ]
            assert x == pytest.approx(100 * value.item())


def test_kinds_of_mark_differ_in_shape_and_nulls_are_hollow(summary):
    figure = scores_figure(summary, "fr", "en")
    symbols = [trace.marker.symbol for trace in figure.data if trace.mode == "markers"]
    assert len(set(symbols)) == len(symbols) == 5
    assert all(mark.symbol.endswith("-open") for mark in figures.NULL_MARKS.values())


def test_the_source_language_is_marked_for_methods_that_have_it(summary):
    trace = named(scores_figure(summary, "fr", "en"), "same models on the source")
    assert len(trace.x) == len(METHODS)
    names = [trace.name for trace in scores_figure(summary, "fr", None).data]
    assert not any("source" in (name or "") for name in names)


def test_one_seed_has_no_interval():
    summary = summarise(results(("fr",), 1), "macro_f1")
    methods = named(scores_figure(summary, "fr"), "method (one seed")
    assert list(methods.error_x.array) == [None] * len(methods.x)
    assert "interval" not in describe_scores(summary, "fr")


def test_nothing_to_draw_says_so(summary):
    empty = summarise(pd.DataFrame(columns=RESULT_COLUMNS))
    assert "No scores for fr" in scores_figure(empty, "fr").layout.annotations[0].text
    assert "No scores for sw" in scores_figure(summary, "sw").layout.annotations[0].text
    assert describe_scores(empty, "fr") == "No scores for fr yet."


def test_twenty_languages_share_one_scale():
    languages = tuple(f"l{i}" for i in range(20))
    summary = summarise(results(languages, 3), "accuracy")
    drawn = [scores_figure(summary, language, "en") for language in languages]
    assert {tuple(figure.layout.xaxis.range) for figure in drawn} == {(-2, 102)}


def test_metrics_are_not_mixed():
    both = summarise(results(("fr",), 2))
    for draw in (scores_figure, describe_scores):
        with pytest.raises(ValueError, match="one metric"):
            draw(both, "fr")


def test_a_metric_that_is_no_share_keeps_its_unit():
    table = results(("fr",), 2)
    table["value"] = 40 * table["value"]
    figure = scores_figure(summarise(table, "macro_f1"), "fr")
    assert max(named(figure, "method").x) < 40
    assert "percent" not in figure.layout.xaxis.title.text


def test_names_are_text_not_markup():
    table = results(("fr",), 2)
    table["method"] = table["method"].str.replace("standard", "<b>x</b><a href='javascript:0'>y</a>")
    table["baseline_of"] = table["baseline_of"].str.replace(
        "standard", "<b>x</b><a href='javascript:0'>y</a>"
    )
    figure = scores_figure(summarise(table, "macro_f1"), "fr")
    shown = "".join(
        [*figure.layout.yaxis.ticktext, *(text for trace in figure.data for text in trace.hovertext or ())]
    )
    assert "<a" not in shown
    assert "&lt;b&gt;x" in shown


def test_the_description_names_the_best_and_its_null(summary):
    text = describe_scores(summary, "fr")
    assert "Macro-F1 on fr, 6 methods. Best: logistic-regression" in text
    assert "sparsemax" in text
    assert "with shuffled anchor pairs" in text
    assert "Means over 3 seeds" in text


@pytest.mark.parametrize("page", ["#FDFDFC", "#11161B"])
@pytest.mark.parametrize("colour", [figures.METHOD_COLOUR, figures.NEUTRAL_COLOUR])
def test_colours_are_seen_on_light_and_dark_pages(colour, page):
    assert contrast(colour, page) >= 3


def test_the_papers_numbers_are_a_layer_of_their_own_shape(summary):
    paper = pd.DataFrame({"method": ["softmax", "mbert", "standard"], "value": [0.38, 0.51, 0.4]})
    figure = scores_figure(summary, "fr", "en", paper)
    labels, stars = list(figure.layout.yaxis.ticktext), named(figure, "the paper's number")
    assert {labels[y]: x for x, y in zip(stars.x, stars.y, strict=True)} == {"softmax": 38, "standard": 40}
    symbols = [trace.marker.symbol for trace in figure.data if trace.mode == "markers"]
    assert len(set(symbols)) == len(symbols) == 6
    without = [trace.name for trace in scores_figure(summary, "fr", "en", paper.iloc[1:2]).data]
    assert without == [trace.name for trace in scores_figure(summary, "fr", "en").data], "none of its methods"
    for page in ("#FDFDFC", "#11161B"):
        assert contrast(figures.PAPER_COLOUR, page) >= 3
