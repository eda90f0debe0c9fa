"""Means, spreads and intervals against SciPy; null baselines beside their methods."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from stores import METHODS, NULLS, PLAIN, results

from mosecrot_core.errors import InputError
from mosecrot_core.runs.export import as_records
from mosecrot_core.runs.schema import RESULT_COLUMNS
from mosecrot_core.runs.summary import SUMMARY_COLUMNS, beside_nulls, summarise


def scores(*rows):
    """Rows of (language, method, baseline_of, seed, value, coverage)."""
    table = [
        (language, method, of, "macro_f1", seed, value, 9, share, np.nan)
        for language, method, of, seed, value, share in rows
    ]
    return pd.DataFrame(table, columns=RESULT_COLUMNS)


def test_against_scipy():
    table = results(("fr", "fi"), seeds=4)
    summary = summarise(table)
    assert list(summary.columns) == SUMMARY_COLUMNS
    keys = ["language", "method", "metric"]
    assert len(summary) == len(table.drop_duplicates(keys))
    for row in summary.to_dict(orient="records"):
        chosen = table[(table[keys] == [row[key] for key in keys]).all(axis=1)]
        values = chosen["value"].tolist()
        low, high = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
        wanted = [np.mean(values), np.std(values, ddof=1), low, high, chosen["coverage"].mean()]
        found = [row[name] for name in ("mean", "sd", "low", "high", "coverage")]
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
        assert (row["n_seeds"], row["n"]) == (4, 640)
        np.testing.assert_allclose(row["source_mean"], chosen["source_value"].mean())


def test_rows_keep_the_order_of_the_results():
    table = scores(("z", "b", "", 0, 0.1, 1), ("z", "a", "", 0, 0.1, 1), ("a", "c", "", 0, 0.1, 1))
    assert summarise(table)["method"].tolist() == ["b", "a", "c"]


def test_one_seed_has_no_spread():
    (row,) = summarise(scores(("fr", "lr", "", -1, 0.5, 1.0))).to_dict(orient="records")
    assert (row["mean"], row["n_seeds"]) == (0.5, 1)
    assert np.isnan([row["sd"], row["low"], row["high"]]).all()


def test_seeds_that_agree_have_an_interval_of_no_width():
    (row,) = summarise(scores(("fr", "m", "", 0, 0.5, 1), ("fr", "m", "", 1, 0.5, 1))).to_dict(
        orient="records"
    )
    assert (row["sd"], row["low"], row["high"]) == (0, 0.5, 0.5)


def test_a_metric_is_chosen():
    table = results(("fr",), seeds=2)
    assert set(summarise(table, "accuracy")["metric"]) == {"accuracy"}
    assert list(summarise(table[:0], "bleu").columns) == SUMMARY_COLUMNS


def test_nulls_stand_beside_their_method():
    table = results(("fr", "fi"), seeds=3)
    summary = summarise(table)
    beside = beside_nulls(summary)
    assert len(beside) == 2 * 2 * (len(METHODS) + len(PLAIN)), "languages, metrics"
    assert not beside["method"].str.contains(":").any()
    means = summary.set_index(["language", "method", "metric"])["mean"]
    for row in beside.to_dict(orient="records"):
        for null in NULLS:
            if row["method"] in METHODS:
                assert row[null] == means[row["language"], f"{row['method']}:{null}", row["metric"]]
            else:
                assert np.isnan(row[null])
        if row["method"] in METHODS:
            assert row["over_shuffled"] == row["mean"] - row["shuffled"]


def test_a_null_that_was_run_for_one_method_only_is_missing_for_the_others():
    table = scores(
        ("fr", "a", "", 0, 0.5, 1), ("fr", "a:shuffled", "a", 0, 0.2, 1), ("fr", "b", "", 0, 0.4, 1)
    )
    beside = beside_nulls(summarise(table)).set_index("method")
    assert beside.loc["a", "over_shuffled"] == pytest.approx(0.3)
    assert np.isnan(beside.loc["b", "shuffled"])


def test_without_nulls_and_without_anything():
    beside = beside_nulls(summarise(scores(("fr", "a", "", 0, 0.5, 1))))
    assert list(beside.columns) == SUMMARY_COLUMNS
    assert beside_nulls(summarise(scores())).empty


def test_rows_for_programs_are_valid_json_with_none_for_what_is_missing():
    table = scores(("fr", "lr", "", -1, 0.5, np.nan), ("fr", "a", "", 0, 1.0, 0.5))
    rows = as_records(summarise(table))
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert list(rows[0]) == SUMMARY_COLUMNS
    assert [row["coverage"] for row in rows] == [None, 0.5]
    assert all(row[name] is None for row in rows for name in ("sd", "low", "high", "source_mean"))
    with pytest.raises(InputError, match="no scores 'accuracy'; the run has macro_f1"):
        summarise(table, "accuracy")
    assert summarise(table[:0], "accuracy").empty
