"""The Compare page: methods of a run, two runs, and the texts that one of them gets right."""

from functools import partial

import pytest
from app_text import words
from stores import METHODS, PLAIN, write_run

from mosecrot_core.runs.comparison import compare_methods
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.store import Run

pytest.importorskip("streamlit")

PAGE, RUNS = "app_pages/compare.py", "This run and another"


@pytest.fixture
def open_page(open_app):
    return partial(open_app, page=PAGE)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "first")
    other = write_run(folder / "second")
    results = other.results()
    other.write_table("results", results.assign(value=results["value"] - 0.05))
    return folder


def said(run, method, seed=0, language="fr"):
    table = run.table("predictions", TABLES["predictions"])
    table = table[
        (table["language"] == language) & (table["method"] == method) & (table["seed"] == seed)
    ].set_index(["example", "word"])["predicted"]
    examples = run.table("examples", TABLES["examples"])
    gold = examples[examples["language"] == language].set_index(["example", "word"])["gold"]
    return table.astype(str), gold.astype(str)


def test_methods_of_a_run(open_page, runs):
    app = open_page(runs, run="first", against="softmax", method="sparsemax")
    table = app.dataframe[0].value
    expected = compare_methods(Run(runs / "first").results(), "softmax", "macro_f1")
    assert len(table) == len(expected) == 3 * (len(METHODS) + len(PLAIN) - 1)
    assert table["difference"].tolist() == pytest.approx((100 * expected["difference"]).tolist())
    (one, gold), (other, _) = (said(Run(runs / "first"), name) for name in ("sparsemax", "softmax"))
    mine, theirs = one == gold, other == gold
    assert f"only with *sparsemax* **{(mine & ~theirs).sum()}**" in words(app)
    listed = app.dataframe[1].value
    assert len(listed) == (mine & ~theirs).sum()
    assert all(mark.startswith("\u2714") for mark in listed["one"])
    app.segmented_control(key="pairs").set_value("Both wrong").run()
    assert len(app.dataframe[1].value) == (~mine & ~theirs).sum()


def test_two_runs(open_page, runs):
    app = open_page(runs, run="first", kind=RUNS, method="softmax")
    assert app.selectbox(key="with").options == ["second"]
    assert app.dataframe[0].value["difference"].tolist() == pytest.approx([5.0] * 18)
    assert "only with *softmax of second* **0**" in words(app).replace("\\", ""), "they predict the same"
    assert "None" in words(app)


def test_a_method_without_seeds_goes_with_every_seed(open_page, runs):
    app = open_page(runs, run="first", against="logistic-regression", method="softmax", seed="1")
    assert not app.exception
    assert "Right with both" in words(app)


def test_runs_that_cannot_be_compared_say_so(open_page, tmp_path):
    write_run(tmp_path / "texts")
    write_run(tmp_path / "tags", entities=True)
    app = open_page(tmp_path, run="tags", kind=RUNS)
    assert "not scored on the same test texts" in words(app)
    lone = open_page(tmp_path / "nothing", run="x")
    assert "No run yet" in words(lone)
