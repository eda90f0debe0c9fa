"""The Overview page: all runs, the languages of one, and both chosen there."""

import pytest
from app_text import words
from stores import HOSTILE, METHODS, write_run

from mosecrot_core.runs.schema import TABLES

pytest.importorskip("streamlit")

PAGE = "app_pages/overview.py"


@pytest.fixture
def runs(tmp_path):
    write_run(tmp_path / "older", hostile=False, updated="x")
    run = write_run(tmp_path / "newer", n_anchors=37, n_pairs=80)
    run.write_text("experiment.yaml", "description: '<b>All of it</b> **x**'\nsource: {language: en}\n")
    return tmp_path


def frame(app, column):
    return next(table.value for table in app.dataframe if column in table.value)


def test_it_is_where_one_begins(open_app, runs):
    app = open_app(runs, page=None)
    assert app.title[0].value == "Overview"
    assert "<b>All of it</b> **x**" in [text.value for text in app.text]


def test_languages_with_the_best_method_beside_its_nulls(open_app, runs):
    app = open_app(runs, page=PAGE, run="newer", language="fi")
    table = frame(app, "best").set_index("language")
    results = app_results(runs / "newer")
    for language in ("fr", "fi"):
        own = results[(results["language"] == language) & (results["metric"] == "macro_f1")]
        means = own.groupby("method")["value"].mean()
        best = means[list(METHODS)].idxmax()
        row = table.loc[language]
        assert row["best"] == best
        assert row["score"] == pytest.approx(100 * means[best])
        assert row["shuffled"] == pytest.approx(100 * means[f"{best}:shuffled"])
        assert (row["anchors"], row["texts"]) == (37, 640)
    assert table["at"].tolist() == ["", "\u25b6"]
    quality = quality_of(runs / "newer")
    assert table.loc["fr", "suspect"] == (quality[quality["language"] == "fr"]["quality"] < 0.5).sum()


def app_results(folder):
    from mosecrot_core.runs.store import Run

    return Run(folder).results()


def quality_of(folder):
    from mosecrot_core.runs.store import Run

    return Run(folder).table("quality", TABLES["quality"])


def test_all_runs_are_listed_even_a_damaged_one(open_app, runs):
    write_run(runs / "torn", hostile=False)
    (runs / "torn" / "results.parquet").write_bytes(b"torn")
    app = open_app(runs, page=PAGE, run="newer")
    table = frame(app, "name").set_index("name")
    assert set(table.index) == {"older", "newer", "torn"}
    assert table.loc["torn", "state"] == "damaged"
    assert table.loc["newer", "languages"] == "fr, fi"
    assert table.loc["newer", "methods"] == 6
    assert table.loc["newer", "at"] == "\u25b6"


def test_a_run_with_nothing_in_it_yet(open_app, tmp_path):
    from mosecrot_core.runs.store import Run

    (tmp_path / "new").mkdir()
    Run(tmp_path / "new").write_info(state="running")
    app = open_app(tmp_path, page=PAGE)
    assert "Nothing yet" in words(app)
    assert frame(app, "name")["methods"].tolist() == [0]


def test_a_run_of_anchors_only_has_no_scores_yet(open_app, runs):
    from mosecrot_core.runs.store import Run

    run = Run(runs / "newer")
    run.write_table("results", run.results().iloc[:0])
    table = frame(open_app(runs, page=PAGE, run="newer"), "best")
    assert set(table["best"]) == {"\u2013"}
    assert table["anchors"].tolist() == [37, 37]


@pytest.mark.parametrize("name", HOSTILE[:4])
def test_hostile_links_are_no_runs(open_app, runs, name):
    app = open_app(runs, page=PAGE, run=name, language=name)
    assert app.selectbox(key="run").value in ("newer", "older")
