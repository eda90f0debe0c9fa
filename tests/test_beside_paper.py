"""A run beside a published table: what is laid beside what, and sentences that follow from the numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from stores import results

from mosecrot_core.runs.beside_paper import beside_paper, settings_beside, side_by_side, what_it_says
from mosecrot_core.runs.comparison import compare_methods
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.summary import summarise

FOLDER = Path(__file__).parents[1] / "experiments"
PUBLISHED = pd.DataFrame(
    {"de": [0.52, 0.61, 0.46, 0.53, 0.56], "fr": [0.51, 0.65, 0.46, 0.57, 0.57]},
    index=["logistic-regression", "mbert", "least-squares", "standard", "sparsemax"],
)


@pytest.fixture
def scores():
    return results(("fr", "fi"), 3)


@pytest.fixture
def beside(scores):
    return beside_paper(PUBLISHED, summarise(scores, "macro_f1"))


def test_every_score_of_either_side_is_there_once(beside, scores):
    methods = scores[(scores["baseline_of"] == "") & (scores["metric"] == "macro_f1")]
    keys = {*zip(methods["language"], methods["method"], strict=True)}
    keys |= {(language, method) for language in PUBLISHED for method in PUBLISHED.index}
    assert sorted(zip(beside["language"], beside["method"], strict=True)) == sorted(keys)
    for row in beside.to_dict("records"):
        known = row["language"] in PUBLISHED and row["method"] in PUBLISHED.index
        assert not known or row["published"] == PUBLISHED.loc[row["method"], row["language"]]
        assert known or np.isnan(row["published"])
        own = methods[(methods["language"] == row["language"]) & (methods["method"] == row["method"])][
            "value"
        ]
        assert row["mean"] == pytest.approx(own.mean(), nan_ok=True)


def test_the_papers_languages_and_methods_come_first(beside):
    assert list(beside["language"].unique()) == ["de", "fr", "fi"]
    assert list(beside.loc[beside["language"] == "fr", "method"][:5]) == list(PUBLISHED.index)


def test_side_by_side_shows_published_digits_and_the_spread_of_ours(beside, scores):
    table = side_by_side(beside)
    assert list(table.columns) == [("paper", "de"), ("paper", "fr"), ("this run", "fr"), ("this run", "fi")]
    assert table.loc["mbert"].tolist() == ["61", "65", "", ""]
    own = scores.query("language == 'fi' and method == 'softmax' and metric == 'macro_f1'")["value"]
    assert table.loc["softmax"].tolist()[:2] == ["", ""]
    assert table.loc["softmax", ("this run", "fi")] == f"{100 * own.mean():.1f} ± {100 * own.std():.1f}"


def test_one_seed_has_no_spread():
    table = side_by_side(beside_paper(PUBLISHED, summarise(results(("fr",), 1), "macro_f1")))
    assert "±" not in "".join(table["this run", "fr"])
    assert float(table.loc["standard", ("this run", "fr")]) > 0


def test_the_best_is_chosen_among_methods_of_both_and_ties_are_named(beside):
    shared = [m for m in PUBLISHED.index if m != "mbert"]
    own = beside[beside["method"].isin(shared) & (beside["language"] == "fi")]
    top = own.loc[own["mean"].idxmax()]
    said = what_it_says(beside, _against())[0]
    assert "in the paper sparsemax in de (56), standard and sparsemax in fr (57)" in said
    assert f"{top['method']} in fi ({100 * top['mean']:.1f})" in said
    assert "mbert" not in said


def test_the_order_is_kendalls_tau_of_means_over_languages(beside):
    shared = [m for m in PUBLISHED.index if m != "mbert"]
    ours = [beside[beside["method"] == m]["mean"].mean() for m in shared]
    tau = stats.kendalltau(PUBLISHED.loc[shared].mean(axis=1), ours).statistic
    assert f"tau {tau:+.2f} " in what_it_says(beside, _against())[1]


def test_two_methods_have_no_order_worth_telling(scores):
    few = beside_paper(PUBLISHED.loc[["standard", "sparsemax"]], summarise(scores, "macro_f1"))
    assert what_it_says(few, _against())[1].startswith("Too few methods")


def test_gains_over_shuffled_pairs_name_the_least_and_the_most(beside):
    gains = beside.dropna(subset="over_shuffled")
    least, most = (
        gains.loc[choose(gains["over_shuffled"])] for choose in (pd.Series.idxmin, pd.Series.idxmax)
    )
    said = what_it_says(beside, _against())[2]
    above = (gains["over_shuffled"] > 0).sum()
    assert said.startswith(f"{above} of {len(gains)} ")
    for row in (least, most):
        assert f"{100 * row['over_shuffled']:+.1f} ({row['method']} in {row['language']})" in said


def test_without_null_baselines_no_gain_is_claimed(scores):
    bare = scores[scores["baseline_of"] == ""]
    beside = beside_paper(PUBLISHED, summarise(bare, "macro_f1"))
    assert what_it_says(beside, _against())[2] == "No method has a null baseline."


def test_tests_are_those_over_all_languages(beside, scores):
    comparison = compare_methods(scores, "standard", "macro_f1")
    said = what_it_says(beside, comparison)[3]
    whole = comparison[comparison["language"] == "all"]
    sure = whole[whole["p_holm"] < 0.05]
    assert len(sure)
    better, worse = said.split("; worse: ")
    for row in whole.to_dict("records"):
        place = (better if row["difference"] > 0 else worse) if row["p_holm"] < 0.05 else ""
        assert (f"{row['method']} (" in better + worse) == bool(place)
        assert not place or f"{row['method']} ({100 * row['difference']:+.1f})" in place


def test_one_language_is_tested_by_itself_and_one_seed_not_at_all(beside):
    one = compare_methods(results(("fr",), 3), "standard", "macro_f1")
    assert "sparsemax (+" in what_it_says(beside, one)[3].split("worse")[0]
    alone = compare_methods(results(("fr",), 1), "standard", "macro_f1")
    assert what_it_says(beside, alone)[3] == "Too few seeds to test the differences from standard."


def test_settings_that_differ_are_those_of_the_files():
    paper, here = (load_experiment(FOLDER / "table2.yaml", profile) for profile in (None, "here"))
    found = settings_beside(paper, here)
    assert found.loc["source.encoder"].tolist() == [paper.source.encoder, here.source.encoder]
    assert found.loc["seeds"].tolist() == ["0, 1, 2, 3, 4", "0, 1, 2"]
    assert found.loc["languages", "this run"] == "fr, zh, de, es"
    assert found.loc["anchors.size", "paper"].startswith("de 11836, es 11395, ")
    assert found.loc["anchors.size", "this run"] == ""
    assert "mbert" in found.loc["methods", "paper"]
    assert "training.batch_size" not in found.index, "the same in both"
    assert "task.name" not in found.index, "the same in both"
    assert (found["paper"] != found["this run"]).all()


def test_a_default_is_named_where_the_other_file_sets_it():
    quick = load_experiment(FOLDER / "table1.yaml", "quick")
    found = settings_beside(load_experiment(FOLDER / "table1.yaml"), quick)
    assert found.loc["vectors.limit"].tolist() == ["200000", "1000"]
    assert found.loc["nulls"].tolist() == ["shuffled, gaussian, mean_row", "shuffled"]


def test_an_experiment_differs_in_nothing_from_itself():
    experiment = load_experiment(FOLDER / "table1.yaml")
    assert settings_beside(experiment, experiment).empty


def _against():
    """Comparisons that no test looks at."""
    return compare_methods(results(("fr", "fi"), 3), "standard", "macro_f1")
