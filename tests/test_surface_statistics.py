"""Normalised means and variances, curves and shapes, each held to a sum made by hand."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mosecrot_core.learning.interpolation_grid import all_points, source_line
from mosecrot_core.runs.schema import POINT_COLUMNS
from mosecrot_core.runs.surface_statistics import (
    UNIT_COLUMNS,
    averaged,
    contrast,
    curves,
    delta_summary,
    difference,
    normalised,
    on_line,
    shape_summary,
    shapes,
    units,
)


def surface(score, units=("fr",), seeds=(0, 1, 2), reads=("source", "target"), points=None):
    """A table of score(unit, seed, read, a1, a2), the last two as shares."""
    rows = [
        (*key, "f1", p.source, p.target, score(*key, p.source / 1000, p.target / 1000))
        for key in product(units, seeds, reads)
        for p in points or all_points()
    ]
    return pd.DataFrame(rows, columns=UNIT_COLUMNS)


def falling(unit, seed, read, a1, a2):
    """The source is flat; the target falls straight to the source model, more in one unit, and by seed."""
    if read == "source":
        return 0.8
    return 0.8 - (0.4 if unit == "fr" else 0.2) * a1 - 0.01 * seed * a1 - 0.1 * abs(a2)


def test_means_and_variances_are_shares_of_the_bilingual_score():
    points = surface(lambda unit, seed, read, a1, a2: (seed + 1) * (2 - a1) + a2)
    table = normalised(points)
    assert len(table) == 2 * 465
    one = table[(table["read"] == "target") & (table["a1"] == 500) & (table["a2"] == 0)].iloc[0]
    values, bilingual = np.array([1.5, 3.0, 4.5]), np.array([2.0, 4.0, 6.0])
    assert one["mean"] == pytest.approx(values.mean() / bilingual.mean())
    assert one["variance"] == pytest.approx(values.var(ddof=1) / bilingual.mean())
    assert one["n_seeds"] == 3


def test_scores_of_zero_and_below_are_no_error():
    points = surface(lambda unit, seed, read, a1, a2: {"source": a1, "target": -1 - a1}[read])
    table = normalised(points)
    assert table[table["read"] == "source"]["mean"].isna().all(), "nothing can be divided by 0"
    negative = table[(table["read"] == "target") & (table["a1"] == 1000) & (table["a2"] == 0)]
    assert negative["mean"].tolist() == [2.0]
    assert not np.isinf(table[["mean", "variance"]].to_numpy(float)).any()
    assert shapes(points).query("read == 'source'")["slope"].isna().all()


def test_a_runs_points_are_taken_apart_into_units():
    rows = [
        (language, method, 0, scope, read, "f1", 0, 0, 0.5)
        for language, method, scope in product(("fr", "zh"), "ab", ("all", "head"))
        for read in ("en", language)
    ]
    found = units(pd.DataFrame(rows, columns=POINT_COLUMNS), "head")
    assert found["unit"].tolist() == ["a, fr", "a, fr", "b, fr", "b, fr", "a, zh", "a, zh", "b, zh", "b, zh"]
    assert found["read"].tolist() == ["source", "target"] * 4
    assert normalised(found)["mean"].tolist() == [1.0] * 8


def test_one_seed_has_no_variance():
    assert normalised(surface(falling, seeds=(0,)))["variance"].isna().all()


def test_without_the_bilingual_model_nothing_is_normalised():
    points = surface(falling).query("not (a1 == 0 and a2 == 0)")
    assert normalised(points)["mean"].isna().all()
    assert shapes(points)[["rise", "slope"]].isna().all(axis=None)


def test_curves_run_over_alpha_and_average_units_with_an_interval():
    table = normalised(surface(falling, units=("fr", "zh", "de")))
    found = curves(table)
    assert len(found) == 2 * 33
    target = found[found["read"] == "target"].set_index("alpha")
    assert target.loc[1000, "mean"] == 1
    at_source = [(0.8 - drop - 0.01) / 0.8 for drop in (0.4, 0.2, 0.2)]
    assert target.loc[0, "mean"] == pytest.approx(np.mean(at_source))
    low, high = stats.t.interval(0.95, 2, np.mean(at_source), stats.sem(at_source))
    assert (target.loc[0, "low"], target.loc[0, "high"]) == pytest.approx((low, high))
    assert target.loc[0, "variance"] == pytest.approx(0.01**2 / 0.8)
    assert target.loc[0, "n_units"] == 3
    source = found[found["read"] == "source"]
    np.testing.assert_allclose(source["mean"], 1)
    other = curves(table, "target")
    assert other[(other["read"] == "target") & (other["alpha"] == 0)]["mean"].item() == pytest.approx(
        0.7 / 0.8
    )


def test_a_unit_that_scores_nothing_is_left_out_of_the_curves():
    points = surface(falling, units=("fr", "zh", "de"))
    points.loc[points["unit"] == "de", "value"] = 0.0
    found = curves(normalised(points))
    assert set(found["n_units"]) == {2}
    without = curves(normalised(points[points["unit"] != "de"]))
    pd.testing.assert_frame_equal(found, without)


def test_a_straight_line_is_straight_and_a_flat_one_has_no_slope():
    found = shapes(surface(falling)).set_index(["read", "seed"])
    target = found.loc[("target", 2)]
    assert target["rise"] == pytest.approx(0.42 / 0.8)
    assert target["slope"] == pytest.approx(0.42 / 0.8)
    assert target["linearity"] == pytest.approx(1)
    assert target["lowest"] == pytest.approx(0.38 / 0.8)
    source = found.loc[("source", 0)]
    assert (source["rise"], source["lowest"], source["area_95"]) == (0, 1, 1)
    assert source["slope"] == pytest.approx(0, abs=1e-12)


def test_linearity_is_the_r_squared_of_a_regression():
    rng = np.random.default_rng(0)
    wobble = dict(zip(all_points(), rng.normal(0, 0.1, 465), strict=True))
    keyed = {(p.source / 1000, p.target / 1000): value for p, value in wobble.items()}
    points = surface(
        lambda unit, seed, read, a1, a2: 1 - 0.3 * a1 + keyed[a1, a2], seeds=(0,), reads=("target",)
    )
    found = shapes(points).iloc[0]
    inside = {alpha: p for alpha, p in source_line().items() if 0 <= alpha <= 1000}
    values = [(1 - 0.3 * p.source / 1000 + wobble[p]) / (1 + keyed[0, 0]) for p in inside.values()]
    wanted = stats.linregress([alpha / 1000 for alpha in inside], values)
    assert found["slope"] == pytest.approx(wanted.slope)
    assert found["linearity"] == pytest.approx(wanted.rvalue**2)
    assert found["lowest"] == pytest.approx(min(values))


def test_the_area_counts_points_of_the_plane_only():
    points = surface(
        lambda unit, seed, read, a1, a2: 1.0 if a1 <= 0.301 else 0.5, seeds=(0,), reads=("target",)
    )
    assert shapes(points)["area_95"].item() == pytest.approx(9 / 21), "-.5 to .3"
    lines = points[(points["a1"] == 0) | (points["a2"] == 0)]
    assert np.isnan(shapes(lines)["area_95"].item()), "lines are no plane"


def test_the_contrast_is_the_paired_difference_of_target_and_source():
    found = contrast(shapes(surface(falling, units=("fr", "zh", "de"))))
    rises = [(drop + 0.01) / 0.8 for drop in (0.4, 0.2, 0.2)]  # the source's are 0; each seed adds .01
    low, high = stats.t.interval(0.95, 2, np.mean(rises), stats.sem(rises))
    (row,) = found.to_dict("records")
    assert (row["metric"], row["n_units"]) == ("f1", 3)
    assert (row["mean"], row["low"], row["high"]) == pytest.approx((np.mean(rises), low, high))
    alone = contrast(shapes(surface(falling)), "lowest")
    assert alone["mean"].item() == pytest.approx((0.4 - 0.01) / 0.8 - 1)
    assert alone["low"].isna().all()
    half = contrast(shapes(surface(falling, reads=("source",))))
    assert (half["n_units"].item(), half["mean"].isna().item()) == (0, True)


def test_shapes_are_averaged_over_seeds_then_over_units():
    table = shape_summary(shapes(surface(falling, units=("fr", "zh"))))
    rise = table[(table["read"] == "target") & (table["number"] == "rise")].iloc[0]
    means = [0.41 / 0.8, 0.21 / 0.8]
    low, high = stats.t.interval(0.95, 1, np.mean(means), stats.sem(means))
    assert (rise["mean"], rise["low"], rise["high"]) == pytest.approx((np.mean(means), low, high))
    assert rise["n_units"] == 2
    flat = table[(table["read"] == "source") & (table["number"] == "linearity")].iloc[0]
    assert (flat["n_units"], np.isnan(flat["mean"])) == (0, True)


def test_averages_are_not_divided():
    points = surface(lambda unit, seed, read, a1, a2: (seed + 1) * (2 - a1) + a2)
    one = averaged(points).query("read == 'target' and a1 == 500 and a2 == 0").iloc[0]
    assert (one["mean"], one["n_seeds"]) == (3.0, 3)
    assert one["variance"] == pytest.approx(np.var([1.5, 3.0, 4.5], ddof=1))


def test_differences_are_taken_where_both_are_known():
    table = normalised(surface(falling))
    source, target = (table[table["read"] == read] for read in ("source", "target"))
    known = source[source["a1"] != 300]
    found = difference(target, known)
    assert len(found) == len(known)
    for row in found.sample(20, random_state=0).itertuples():
        both = [
            part[(part["a1"] == row.a1) & (part["a2"] == row.a2)]["mean"].item() for part in (target, known)
        ]
        assert row[3] == pytest.approx(both[0] - both[1])


def test_a_line_keeps_what_lies_on_it():
    table = normalised(surface(falling))
    found = on_line(table[table["read"] == "target"], "target").set_index("alpha")["mean"]
    assert len(found) == 33
    assert found[300] == pytest.approx(1 - 0.1 * 0.7 / 0.8)


def test_deltas_are_averaged_over_seeds_and_then_over_units():
    table = pd.DataFrame(
        [("a", 0, 2.0, 1.0, 80.0), ("a", 1, 4.0, 1.0, 84.0), ("b", 0, 5.0, 1.0, 90.0)],
        columns=["unit", "seed", "source_norm", "target_norm", "angle"],
    )
    found = delta_summary(table).set_index("number")
    half = stats.t.ppf(0.975, 1) * np.std([3, 5], ddof=1) / 2**0.5
    assert found.loc["norm_ratio", ["mean", "low", "n_units"]].tolist() == pytest.approx([4, 4 - half, 2])
    assert found.loc["angle", "mean"] == 86
    assert delta_summary(table[table["unit"] == "b"])["low"].isna().all()
    assert delta_summary(table.iloc[:0])["mean"].isna().all()
