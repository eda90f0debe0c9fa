"""The share of the gap that a method closes, against arithmetic by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mosecrot_core.errors import InputError
from mosecrot_core.runs.gap import GAP_COLUMNS, gap_closed
from mosecrot_core.runs.schema import RESULT_COLUMNS

PAPER = ["standard", "softmax", "sparsemax"]


def results(scores, source=0.9, metric="macro_f1"):
    rows = [
        (language, method, "", metric, seed, value, 9, 1.0, source)
        for (language, method), values in scores.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=RESULT_COLUMNS)


ONE = results({
    ("fr", "ours"): [0.7, 0.8], ("fr", "standard"): [0.4, 0.6], ("fr", "softmax"): [0.1, 0.2],
    ("zh", "ours"): [0.5, 0.5], ("zh", "standard"): [0.3, 0.5], ("zh", "softmax"): [0.6, 0.6],
})  # fmt: skip
OTHER = results({("fr", "ours"): [0.3], ("fr", "sparsemax"): [0.2]}, source=0.6, metric="span_f1")


def test_the_best_of_the_others_is_left_behind_in_each_language():
    table = gap_closed({"one": ONE, "other": OTHER}, "ours", PAPER)
    assert list(table.columns) == GAP_COLUMNS
    units = table.iloc[:-1].set_index(["run", "language"])
    assert units["baseline"].to_dict() == {
        ("one", "fr"): "standard", ("one", "zh"): "softmax", ("other", "fr"): "sparsemax",
    }  # fmt: skip
    np.testing.assert_allclose(units["gain"], [0.25, -0.1, 0.1])
    np.testing.assert_allclose(units["gap"], [0.4, 0.3, 0.4])
    np.testing.assert_allclose(units["closed"], [0.625, -1 / 3, 0.25])
    assert units["metric"].tolist() == ["macro_f1", "macro_f1", "span_f1"]


def test_over_all_units_the_gain_has_an_interval():
    last = gap_closed({"one": ONE, "other": OTHER}, "ours", PAPER).iloc[-1]
    gains = np.array([0.25, -0.1, 0.1])
    low, high = stats.t.interval(0.95, 2, gains.mean(), stats.sem(gains))
    assert (last["run"], last["language"], last["n_units"]) == ("all", "all", 3)
    assert last["closed"] == pytest.approx(gains.sum() / 1.1)
    assert (last["low"], last["high"]) == (pytest.approx(low), pytest.approx(high))


def test_one_unit_has_no_interval_and_no_gap_is_not_closed():
    table = gap_closed({"other": OTHER}, "ours", PAPER)
    assert table[["low", "high"]].isna().all(axis=None)
    above = results({("fr", "ours"): [0.7], ("fr", "softmax"): [0.95]})
    assert np.isnan(gap_closed({"above": above}, "ours", PAPER).iloc[0]["closed"])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (ONE[ONE["method"] != "ours"], "one: ours and one of .* the run has standard, softmax"),
        (ONE[ONE["method"] == "ours"], "the run has ours"),
        (ONE.iloc[:0], "no method yet"),
        (ONE.assign(source_value=np.nan), "no score in the source language"),
    ],
)
def test_what_is_missing_is_named(table, message):
    with pytest.raises(InputError, match=message):
        gap_closed({"one": table}, "ours", PAPER)
