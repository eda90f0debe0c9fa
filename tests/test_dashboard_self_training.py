"""The Self-training page: stages, what they learned from, confidence beside accuracy."""

from functools import partial

import pandas as pd
import pytest
from app_text import words
from stage_stores import STAGES, stage_tables
from stores import write_run

pytest.importorskip("streamlit")

METHODS = ("both", "[x](http://example.com)")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    run = write_run(folder / "taught")
    for name, table in zip(("stages", "calibration"), stage_tables(METHODS, ("fr", "fi")), strict=True):
        run.write_table(name, table)
    stages, calibration = stage_tables(("no_text", "both"))
    untaught = calibration["method"] == "no_text"
    control = write_run(folder / "control")
    control.write_table("stages", stages[stages["method"] == "both"])
    control.write_table("calibration", calibration[~untaught | (calibration["stage"] == "source")])
    write_run(folder / "plain")
    unscored = write_run(folder / "unscored")
    stages, calibration = stage_tables(METHODS[:1], ("fr", "fi"))
    unscored.write_table("stages", stages.assign(right=float("nan")))
    unscored.write_table("calibration", calibration[calibration["read"] == "en"])
    unscored.write_table("results", unscored.results()[:0])
    kept = [{"language": "fr", "method": "both", "seed": 0, "folder": "models/both-fr"}]
    unscored.write_table("models", pd.DataFrame(kept))
    return folder


@pytest.fixture
def open_page(open_app):
    return partial(open_app, page="app_pages/self_training.py")


def test_stages_of_a_method(open_page, runs):
    app = open_page(runs, run="taught")
    table = app.dataframe[0].value
    assert table["stage"].tolist() == list(STAGES)
    assert table["accepted"].tolist()[1:] == [100, 50]
    assert table["n_seeds"].tolist() == [2, 2, 2]
    assert table["vanished"].tolist() == ["", "<b>weather</b>", "<b>weather</b>"]
    said = words(app).replace("\\", "")
    assert "both: 52.2 % right after source, 62.2 % after 1-hard" in said
    assert "After source." in said


def test_the_method_of_most_stages_is_shown_first(open_page, runs):
    app = open_page(runs, run="control")
    assert [box.value for box in app.selectbox if box.label == "Method"] == ["both"]
    assert app.dataframe[0].value["stage"].tolist() == list(STAGES)


def test_another_method_and_stage(open_page, runs):
    app = open_page(runs, run="taught", method=METHODS[1], stage="1-hard")
    assert app.dataframe[0].value["accuracy"].tolist() == pytest.approx([53.2, 58.2, 63.2], abs=0.05)
    assert "After 1-hard. fr: on average 74 % sure" in words(app).replace("\\", "")


def test_without_a_known_label_nothing_is_called_right(open_page, runs):
    app = open_page(runs, run="unscored")
    assert app.dataframe[0].value["stage"].tolist() == ["1-soft", "1-hard"]
    assert app.dataframe[0].value["right"].isna().all()
    assert "No label is known" in words(app)
    assert "nan" not in words(app)


def test_models_are_named_though_nothing_is_scored(open_app, runs):
    app = open_app(runs, page="app_pages/results.py", run="unscored")
    assert "No scores yet" in words(app)
    assert str(runs / "unscored" / "models/both-fr") in words(app)


def test_a_run_without_self_training_says_how_to_make_one(open_page, runs):
    app = open_page(runs, run="plain")
    assert "No self-training in this run" in words(app)
    assert not app.exception


def test_a_damaged_table_is_a_message(open_page, runs, tmp_path):
    run = write_run(tmp_path / "runs" / "broken")
    (run.folder / "stages.parquet").write_bytes(b"no table")
    app = open_page(tmp_path / "runs")
    assert "This cannot be shown" in words(app)
    assert not app.exception
