"""Paired comparisons against SciPy and a slow Holm; their export read back."""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mosecrot_core.errors import InputError
from mosecrot_core.runs.comparison import (
    COMPARISON_COLUMNS,
    EVERY,
    OVER_RUNS_COLUMNS,
    THESE,
    compare_methods,
    compare_over_runs,
    holm,
)
from mosecrot_core.runs.export import as_records, as_text
from mosecrot_core.runs.schema import RESULT_COLUMNS

RNG = np.random.default_rng(0)
SEEDS = range(4)


def results(values):
    """Rows of {(language, method): scores by seed}; a method after a colon is a null baseline."""
    rows = [
        (
            language,
            method,
            method.partition(":")[0] if ":" in method else "",
            "macro_f1",
            seed,
            value,
            9,
            1.0,
            0.8,
        )
        for (language, method), found in values.items()
        for seed, value in found.items()
    ]
    return pd.DataFrame(rows, columns=RESULT_COLUMNS)


SCORES = {
    (language, method): dict(zip(SEEDS, RNG.uniform(0.4, 0.9, len(SEEDS)), strict=True))
    for language in ("fr", "zh")
    for method in ("base", "soft", "soft:shuffled", "sharp")
} | {(language, "lr"): {-1: value} for language, value in (("fr", 0.6), ("zh", 0.5))}


def slow_holm(p):
    order = sorted(range(len(p)), key=lambda i: p[i])
    found, before = [0.0] * len(p), 0.0
    for place, i in enumerate(order):
        before = max(before, min(1.0, (len(p) - place) * p[i]))
        found[i] = before
    return found


def test_against_scipy_in_each_language_and_over_all():
    table = compare_methods(results(SCORES), "base")
    assert list(table.columns) == COMPARISON_COLUMNS
    assert list(zip(table["method"], table["language"], strict=True)) == [
        (method, language) for method in ("soft", "sharp", "lr") for language in ("fr", "zh", EVERY)
    ]
    for row in table.to_dict("records"):
        languages = ["fr", "zh"] if row["language"] == EVERY else [row["language"]]
        ours, theirs = (
            [
                SCORES[language, name].get(seed, SCORES[language, name].get(-1))
                for language in languages
                for seed in SEEDS
            ]
            for name in (row["method"], "base")
        )
        expected = stats.ttest_rel(ours, theirs)
        interval = expected.confidence_interval(0.95)
        found = [row[name] for name in ("difference", "low", "high", "p")]
        wanted = [np.mean(np.subtract(ours, theirs)), interval.low, interval.high, expected.pvalue]
        np.testing.assert_allclose(found, wanted, rtol=1e-9)
        assert row["n_pairs"] == len(ours)
    np.testing.assert_allclose(table["p_holm"], slow_holm(table["p"].tolist()))


def test_a_null_baseline_can_be_what_others_are_compared_with_and_is_not_compared_itself():
    table = compare_methods(results(SCORES), "soft:shuffled")
    assert set(table["method"]) == {"base", "soft", "sharp", "lr"}


def test_only_seeds_that_both_have_make_pairs():
    values = {("fr", "a"): {0: 0.5, 1: 0.6, 2: 0.9}, ("fr", "b"): {1: 0.5, 2: 0.7, 3: 0.1}}
    (row,) = compare_methods(results(values), "b").to_dict("records")
    assert (row["n_pairs"], row["language"]) == (2, "fr")
    assert row["difference"] == pytest.approx(0.15)


def test_one_pair_has_no_test_and_does_not_count_in_the_correction():
    values = {
        ("fr", "a"): {0: 0.5},
        ("fr", "b"): {0: 0.4},
        ("zh", "b"): {0: 0.1, 1: 0.2},
        ("zh", "a"): {0: 0.3, 1: 0.6},
    }
    table = compare_methods(results(values), "b").set_index("language")
    assert table.loc["fr", ["low", "high", "p", "p_holm"]].isna().all()
    tested = table.loc[["zh", EVERY]]
    np.testing.assert_allclose(tested["p_holm"], slow_holm(tested["p"].tolist()))


@pytest.mark.parametrize(("shift", "p"), [(0.0, 1.0), (0.1, 0.0)])
def test_pairs_that_all_differ_alike(shift, p):
    values = {("fr", "a"): {0: 0.5, 1: 0.25}, ("fr", "b"): {0: 0.5 + shift, 1: 0.25 + shift}}
    (row,) = compare_methods(results(values), "b").to_dict("records")
    assert row["difference"] == pytest.approx(-shift)
    assert row["p"] == pytest.approx(p, abs=1e-9)


def test_over_runs_a_pair_is_a_language_of_a_run():
    other = {
        (language, method): {seed: score - shift for seed, score in SCORES["zh", "base"].items()}
        for language, by in (("de", 0.0), ("fr", 0.03))
        for method, shift in (("base", 0.0), ("soft", by - 0.1))
    }
    table = compare_over_runs({"one": results(SCORES), "other": results(other)}, "base")
    assert list(table.columns) == OVER_RUNS_COLUMNS
    two, every = [("one", "fr"), ("one", "zh")], [(EVERY, THESE), (EVERY, EVERY)]
    assert list(zip(table["method"], table["run"], table["language"], strict=True)) == [
        *(("soft", *unit) for unit in (*two, ("other", "de"), ("other", "fr"), *every)),
        *(("sharp", *unit) for unit in (*two, *every)),
        *(("lr", *unit) for unit in (*two, *every)),
    ]
    soft = table[table["method"] == "soft"]
    gains = soft["difference"].to_numpy()[:-2]
    by_hand = [np.mean(np.subtract(*(list(SCORES[own, name].values()) for name in ("soft", "base"))))
               for own in ("fr", "zh")]  # fmt: skip
    np.testing.assert_allclose(gains, [*by_hand, 0.1, 0.07])
    assert soft["n_pairs"].tolist() == [4, 4, 4, 4, 16, 4]
    assert soft[["low", "high", "p", "p_holm"]].iloc[:-2].isna().all(axis=None)
    over_all, expected = soft.iloc[-1], stats.ttest_1samp(gains, 0)
    interval = expected.confidence_interval(0.95)
    np.testing.assert_allclose(
        over_all[["difference", "low", "high", "p"]].tolist(),
        [gains.mean(), interval.low, interval.high, expected.pvalue],
    )
    for question in (EVERY, THESE):
        tested = table[table["language"] == question]
        np.testing.assert_allclose(tested["p_holm"], slow_holm(tested["p"].tolist()))


def test_these_alone_are_as_sure_as_their_seeds():
    def over(seeds, better):
        tables = {
            name: results({(name, method): {seed: scores[seed] for seed in seeds}
                           for method, scores in (("base", [0.0] * 9), ("better", own))})
            for name, own in better.items()
        }  # fmt: skip
        found = compare_over_runs(tables, "base").set_index("language")
        return found.loc[THESE], found.loc[EVERY]

    gains = {"one": [0.1, 0.11, 0.09, 0.12], "other": [0.01, 0.05, 0.02, -0.01]}
    these, every = over(range(4), gains)
    welch = stats.ttest_ind(gains["one"], np.negative(gains["other"]), equal_var=False)
    interval = welch.confidence_interval(0.95)  # of the sum: that of the mean is half of it
    np.testing.assert_allclose(
        these[["difference", "low", "high", "p"]].tolist(),
        [np.mean(list(gains.values())), interval.low / 2, interval.high / 2, welch.pvalue],
    )
    assert these["p"] < 0.05 < every["p"], "sure of these two, which say little of a third"
    assert over(range(1), gains)[0][["low", "high", "p"]].isna().all(), "a seed has no spread"
    (alike, _) = over(range(4), {"one": [0.1] * 4, "other": [0.2] * 4})
    assert alike[["low", "high", "p"]].tolist() == pytest.approx([0.15, 0.15, 0])


def test_over_runs_what_is_not_there_is_named():
    alone = {("fr", "base"): {0: 0.5}}
    with pytest.raises(InputError, match=r"^other: there is no method 'soft'; the run has base"):
        compare_over_runs({"one": results(SCORES), "other": results(alone)}, "soft")
    with pytest.raises(InputError, match="no method beside 'base'"):
        compare_over_runs({"one": results(alone), "other": results(alone)}, "base")


def test_what_is_not_there_is_named():
    with pytest.raises(InputError, match="no method 'x'; the run has base, soft, soft:shuffled, sharp, lr"):
        compare_methods(results(SCORES), "x")
    with pytest.raises(InputError, match="no scores 'f2'; the run has macro_f1"):
        compare_methods(results(SCORES), "base", "f2")


def test_holm_against_a_slow_one():
    for n in (0, 1, 7):
        p = RNG.uniform(0, 0.3, n)
        np.testing.assert_allclose(holm(p), slow_holm(p))
    assert holm(np.array([0.02, 0.02])).tolist() == [0.04, 0.04]
    assert np.isnan(holm(np.array([np.nan]))).all()


HOSTILE = pd.DataFrame(
    {"method": ["a|b_c & 50 % \\x {y}", "=cmd\n2"], "mean": [0.123456, np.nan], "n": [3, 4]}
)


def test_csv_and_json_keep_every_digit():
    rows = list(csv.DictReader(io.StringIO(as_text(HOSTILE, "csv"))))
    assert [row["method"] for row in rows] == HOSTILE["method"].tolist()
    assert [row["mean"] for row in rows] == ["0.123456", ""]
    assert json.loads(as_text(HOSTILE, "json")) == as_records(HOSTILE)
    assert as_records(HOSTILE)[1] == {"method": "=cmd\n2", "mean": None, "n": 4}


def test_markdown_keeps_its_columns_whatever_the_cells_hold():
    lines = as_text(HOSTILE, "markdown").splitlines()
    assert lines[1:3] == ["| --- | --- | --- |", r"| a\|b_c & 50 % \x {y} | 0.123 | 3 |"]
    assert lines[3] == "| =cmd 2 |  | 4 |"


def test_latex_is_escaped_and_numbers_stand_right():
    text = as_text(HOSTILE, "latex")
    assert text.startswith("\\begin{tabular}{lrr}\n\\toprule\nmethod & mean & n \\\\\n\\midrule\n")
    assert r"a|b\_c \& 50 \% \textbackslash{}x \{y\} & 0.123 & 3 \\" in text
    assert text.endswith("\\bottomrule\n\\end{tabular}")
