"""Two methods on the same texts, and two runs with the same methods: who is right where, tested by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mosecrot_core.comparison_figures import describe_differences
from mosecrot_core.errors import InputError
from mosecrot_core.runs.comparison import EVERY, compare_methods, compare_runs
from mosecrot_core.runs.schema import RESULT_COLUMNS
from mosecrot_core.runs.side_by_side import PAIRED_COLUMNS, Agreement, agreement, side_by_side

NAMES = ["a", "b", "c"]


def predictions(said, gold=(0, 1, 2, 0, 1, 2)):
    kind = pd.CategoricalDtype(NAMES)
    return pd.DataFrame({
        "example": np.arange(len(gold)), "word": 0, "text": [f"text {i}" for i in range(len(gold))],
        "gold": pd.Categorical.from_codes(list(gold), dtype=kind),
        "predicted": pd.Categorical.from_codes(list(said), dtype=kind),
    })  # fmt: skip


def test_units_are_laid_side_by_side_and_counted():
    paired = side_by_side(predictions([0, 1, 0, 0, 0, 1]), predictions([0, 0, 2, 2, 0, 0]))
    assert list(paired) == PAIRED_COLUMNS
    assert paired["one"].tolist() == ["a", "b", "a", "a", "a", "b"]
    assert paired["other"].tolist() == ["a", "a", "c", "c", "a", "a"]
    assert agreement(paired) == Agreement(both=1, one=2, other=1, neither=2)


def test_the_order_of_rows_does_not_matter():
    one, other = predictions([0, 1, 0, 0, 0, 1]), predictions([0, 0, 2, 2, 0, 0])
    shuffled = other.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(side_by_side(one, shuffled), side_by_side(one, other))


@pytest.mark.parametrize(
    "other",
    [
        predictions([0] * 5, [0, 1, 2, 0, 1]),
        predictions([0] * 6).assign(text="other"),
        predictions([0] * 6, [0] * 6),
    ],
)
def test_other_texts_or_labels_are_refused(other):
    with pytest.raises(InputError, match="not scored on the same"):
        side_by_side(predictions([0] * 6), other)


def test_mcnemar_is_a_coins():
    assert Agreement(10, 3, 12, 5).p == pytest.approx(2 * stats.binom.cdf(3, 15, 0.5))
    assert Agreement(10, 4, 4, 5).p == 1
    assert Agreement(10, 0, 0, 5).p == 1


def results(shift, languages=("fr", "fi"), methods=("x", "y"), seeds=3, draw=0):
    rng = np.random.default_rng(draw)
    rows = [
        (language, method, "", "macro_f1", seed, 0.5 + shift * (method == "x") + 0.01 * rng.random(), 9, 1, 1)
        for language in languages for method in methods for seed in range(seeds)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=RESULT_COLUMNS)


def test_runs_are_compared_method_by_method():
    ours, theirs = results(0.1), results(0.0, ("fr", "fi", "de"), ("x", "z", "y"), draw=1)
    table = compare_runs(ours, theirs, "before").set_index(["method", "language"])
    assert set(table["against"]) == {"before"}
    assert set(table.index) == {(m, name) for m in "xy" for name in ("fr", "fi", EVERY)}
    for language in ("fr", "fi"):
        pairs = [
            side[(side["language"] == language) & (side["method"] == "x")]["value"].to_numpy()
            for side in (ours, theirs)
        ]
        row = table.loc["x", language]
        assert row["difference"] == pytest.approx((pairs[0] - pairs[1]).mean())
        assert row["p"] == pytest.approx(stats.ttest_rel(*pairs).pvalue)
    assert table.loc[("x", EVERY), "n_pairs"] == 6
    same = compare_runs(ours, ours, "itself")
    assert (same["difference"] == 0).all()


def test_runs_with_nothing_in_common_are_refused():
    with pytest.raises(InputError, match="in common"):
        compare_runs(results(0), results(0, methods=("z",)), "other")
    with pytest.raises(InputError, match="no accuracy"):
        compare_runs(results(0), results(0), "other", "accuracy")


def test_differences_are_said_in_words():
    text = describe_differences(compare_methods(results(0.1), "y"), "Macro-F1")
    assert text.startswith("Macro-F1, points above y: x +")
    assert " to " in text
    alone = describe_differences(compare_methods(results(0.1, ("fr",), seeds=1), "y"), "Macro-F1")
    assert "(" not in alone
