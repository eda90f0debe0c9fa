"""Every page of the dashboard on every kind of run: none, small, the demo's, hostile, half-written, gone."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from app_text import words
from stores import HOSTILE, write_run

from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.report import progress_bar
from mosecrot_core.runs.runner import run_experiment
from mosecrot_core.runs.store import Run

pytest.importorskip("streamlit")

ROOT = Path(__file__).parents[1]
PAGES = sorted(f"app_pages/{file.name}" for file in (ROOT / "dashboard" / "app_pages").glob("*.py"))


def calm(app):
    """Say whether a page is whole: a title, something on it, and nothing that went wrong."""
    text = words(app)
    assert not app.exception
    assert "Traceback" not in text
    assert "Something unexpected" not in text, text
    assert app.title[0].value
    assert len(text.splitlines()) > 1 or app.dataframe
    return text


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("there", [True, False])
def test_an_empty_folder(open_app, tmp_path, page, there):
    folder = tmp_path / "runs"
    if there:
        folder.mkdir()
    app = open_app(folder, page)
    text = calm(app)
    if page == "app_pages/new_run.py":  # needs none
        assert app.title[0].value == "New run"
    else:
        assert app.title[0].value == "No run yet"
        assert app.code[0].value == "mosecrot run experiments/demo.yaml"
        assert ("has no run in it" if there else "is not there") in text


@pytest.mark.parametrize("page", PAGES)
def test_a_small_store(open_app, tmp_path, page):
    write_run(tmp_path / "small", n_pairs=60, n_words=200, hostile=False)
    assert "This cannot be shown" not in calm(open_app(tmp_path, page, run="small", language="fi"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What the demo makes, of fewer sentences, words and methods."""
    folder = tmp_path_factory.mktemp("demo")
    settings = yaml.safe_load((ROOT / "experiments" / "demo.yaml").read_text(encoding="utf-8"))
    del settings["licences"]  # of inputs that are left out
    settings["seeds"] = [0]
    settings["targets"] = {"fr": settings["targets"]["fr"]}
    settings["targets"]["fr"]["vectors"]["limit"] = 2_000
    intents = ["HassGetWeather", "HassSetVolume", "HassStartTimer", "HassTurnOff"]
    settings["task"] |= {"intents": intents, "min_intents": 4}
    settings["task"]["sentences_per_intent"] = {"train": 5, "dev": 5, "test": 5}
    settings["training"] |= {"epochs": 1}
    settings["word_map"] = {"words": 200}
    settings["methods"] = {name: settings["methods"][name] for name in ("standard", "recommended")}
    file = folder / "demo.yaml"
    file.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    with progress_bar(quiet=True) as bar:
        run_experiment(load_experiment(file), ROOT / "experiments", folder / "runs" / "demo", bar)
    return folder / "runs"


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_demo(open_app, demo, page):
    text = calm(open_app(demo, page, run="demo", language="fr"))
    assert "This cannot be shown" not in text
    assert "demo" in text


@pytest.mark.parametrize("page", PAGES)
def test_hostile_text_is_only_text(open_app, tmp_path, page):
    run = write_run(tmp_path / "x", n_pairs=60, n_words=200, hostile=True)
    settings = {"description": HOSTILE[7], "name": HOSTILE[0], "source": {"language": HOSTILE[1]}}
    run.write_text("experiment.yaml", yaml.safe_dump(settings))
    run.write_info(state="stopped", problem=HOSTILE[0], updated=HOSTILE[5])
    calm(open_app(tmp_path, page, run="x", language="fr"))


@pytest.mark.parametrize("page", PAGES)
def test_numbers_that_are_none(open_app, tmp_path, page):
    run = write_run(tmp_path / "x", n_pairs=60, n_words=200, hostile=False)
    for name in ("results", "anchor_use", "quality", "signals", "word_anchors"):
        table = run.table(name, [])
        numbers = table.select_dtypes(include=["floating"]).columns
        run.write_table(name, table.assign(**dict.fromkeys(numbers, np.nan)))
    calm(open_app(tmp_path, page, run="x", language="fr"))


@pytest.mark.parametrize("page", PAGES)
def test_a_run_of_which_only_the_first_lines_are_written(open_app, tmp_path, page):
    (tmp_path / "x").mkdir()
    Run(tmp_path / "x").write_info(state="running", done=0, total=9)
    calm(open_app(tmp_path, page, run="x"))


@pytest.mark.parametrize("page", PAGES)
def test_a_run_that_is_deleted_while_it_is_open(open_app, tmp_path, page):
    write_run(tmp_path / "kept", n_pairs=60, n_words=200, hostile=False)
    write_run(tmp_path / "gone", n_pairs=60, n_words=200, hostile=False)
    app = open_app(tmp_path, page, run="gone")
    shutil.rmtree(tmp_path / "gone")
    calm(app.run())
    assert app.selectbox(key="run").value == "kept"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["../outside", "\x00"])
def test_a_link_to_what_lies_outside_the_folder_opens_nothing(open_app, tmp_path, page, name):
    write_run(tmp_path / "outside", hostile=False)
    write_run(tmp_path / "runs" / "x", n_pairs=60, n_words=200, hostile=False)
    app = open_app(tmp_path / "runs", page, run=name, language=name, method=name)
    calm(app)
    assert app.selectbox(key="run").value == "x"
