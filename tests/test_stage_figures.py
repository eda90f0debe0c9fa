"""Figures of self-training, and the same in words."""

import numpy as np
import pytest
from stage_stores import STAGES, stage_tables

from mosecrot_core.runs.stage_report import stage_summary
from mosecrot_core.stage_figures import (
    describe_reliability,
    describe_stages,
    reliability_figure,
    stages_figure,
)

METHODS = ("both", "<b>one</b>", "three")


@pytest.fixture(scope="module")
def tables():
    return stage_tables(METHODS)


def test_a_line_a_method_over_the_stages_in_their_order(tables):
    summary = stage_summary(*tables)
    figure = stages_figure(summary)
    assert [trace.name for trace in figure.data] == ["both", "&lt;b&gt;one&lt;/b&gt;", "three"]
    assert list(figure.layout.xaxis.categoryarray) == list(STAGES)
    assert len({(trace.marker.symbol, trace.line.dash) for trace in figure.data}) == 3, "not colour alone"
    for trace, (_, rows) in zip(figure.data, summary.groupby("method", sort=False), strict=True):
        np.testing.assert_allclose(trace.y, 100 * rows["accuracy"])
        assert list(trace.x) == list(STAGES)
        assert np.isnan(trace.customdata[0][1]), "the first model learned from no unit of the target"
        np.testing.assert_allclose(trace.customdata[2], [90, 50, 100 * 22 / 45, 5])
    assert "both: 52.2 % right after source, 62.2 % after 1-hard" in describe_stages(summary)


def test_a_method_that_learned_from_no_text_has_one_stage(tables):
    summary = stage_summary(*tables)
    own = summary[(summary["method"] == "both") & (summary["stage"] == "source")]
    assert describe_stages(own) == "both: 52.2 % right after source."


def test_confidence_beside_accuracy_by_language(tables):
    _, bins = tables
    here = bins[(bins["method"] == "both") & (bins["stage"] == "1-hard")]
    figure = reliability_figure(here, 0.7)
    diagonal, target, source = figure.data
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 100], [0, 100])
    assert (target.name, source.name) == ("fr", "en")
    np.testing.assert_allclose(target.x, [50, 70, 90])
    np.testing.assert_allclose(target.y, [50, 60, 70])
    assert list(target.customdata) == [40, 60, 80], "both seeds together"
    assert figure.layout.shapes[0].x0 == 70
    fr, en = describe_reliability(here).split("; ")
    assert fr == "fr: on average 74 % sure and 62 % right, 180 labels"
    assert en == "en: on average 95 % sure and 90 % right, 60 labels."


def test_nothing_yet(tables):
    stages, bins = tables
    summary = stage_summary(stages[:0], bins[:0])
    assert len(stages_figure(summary).data) == 0
    assert describe_stages(summary) == "No stage yet."
    assert len(reliability_figure(bins[:0]).data) == 1
    assert describe_reliability(bins[:0]) == "No labels yet."
