"""The Predictions page: confusions, examples, words and the anchors behind them; the paper's stars."""

import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml
from app_text import words
from stores import HOSTILE, METHODS, N_EXAMPLES, N_WORDS, PLAIN, TOPICS, write_run

from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.store import Run

pytest.importorskip("streamlit")

DASHBOARD = Path(__file__).parents[1] / "dashboard"
PAGE = "app_pages/predictions.py"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "entities", entities=True, hostile=False)
    write_run(folder / "texts")
    return folder


@pytest.fixture
def open_page(open_app):
    return partial(open_app, page=PAGE)


def tables(app):
    return [frame.value for frame in app.dataframe]


def truth(runs, name, method="standard", seed=0, language="fr"):
    run = Run(runs / name)
    said = run.table("predictions", TABLES["predictions"])
    said = said[(said["language"] == language) & (said["method"] == method) & (said["seed"] == seed)]
    examples = run.table("examples", TABLES["examples"])
    return examples[examples["language"] == language].merge(
        said.drop(columns="language"), on=["example", "word"]
    )


def test_classes_and_errors_of_a_method_and_seed(open_page, runs):
    app = open_page(runs, run="texts")
    classes, examples = tables(app)[:2]
    known = truth(runs, "texts")
    right = known["gold"] == known["predicted"]
    assert classes["label"].tolist() == TOPICS
    assert classes["support"].tolist() == known["gold"].value_counts().reindex(TOPICS).tolist()
    for label, recall in zip(classes["label"], classes["recall"], strict=True):
        assert recall == pytest.approx(100 * right[known["gold"] == label].mean())
    assert examples["number"].tolist() == (known.loc[~right, "example"] + 1).tolist()
    assert set(examples["mark"]) == {"\u2716"}
    assert f"{right.sum()} of {N_EXAMPLES} right" in words(app).replace("\\", "")
    assert list(app.selectbox(key="method").options) == [*METHODS, *PLAIN], "as in the table"
    app.selectbox(key="seed").set_value("2").run()
    again = truth(runs, "texts", seed=2)
    wrong = again.loc[again["gold"] != again["predicted"], "example"] + 1
    assert tables(app)[1]["number"].tolist() == wrong.tolist()


def test_methods_come_as_the_experiment_lists_them(open_page, tmp_path):
    run = write_run(tmp_path / "runs" / "listed")
    run.write_text(
        "experiment.yaml",
        yaml.safe_dump({"methods": {"sparsemax": {}, "x": {}, "softmax": {}}}, sort_keys=False),
    )
    options = open_page(tmp_path / "runs").selectbox(key="method").options
    assert options[:3] == ["sparsemax", "softmax", "standard"]
    assert set(options) == {*METHODS, *PLAIN}


def test_examples_of_a_pair_of_labels(open_page, runs):
    app = open_page(runs, run="texts")
    app.session_state["shown"] = "All"
    app.run()
    assert len(tables(app)[1]) == N_EXAMPLES
    app.selectbox(key="gold").set_value("music").run()
    app.selectbox(key="said").set_value("lights").run()
    known = truth(runs, "texts")
    chosen = known[(known["gold"] == "music") & (known["predicted"] == "lights")]
    assert tables(app)[1]["number"].tolist() == (chosen["example"] + 1).tolist()
    app.session_state["shown"] = "Right"
    app.run()
    assert "No example is like that" in words(app)
    assert not app.exception


def test_a_link_names_method_seed_example_and_word(open_page, runs):
    app = open_page(runs, run="texts", language="fi", method="softmax", seed="1", example="1", token="4")
    assert (app.selectbox(key="method").value, app.selectbox(key="seed").value) == ("softmax", "1")
    assert "Example 1" in words(app)
    read, behind = tables(app)[2:4]
    assert read["at"].tolist() == ["", "", "", "\u25b6", ""]
    assert behind["weight"].tolist() == [50, 25, 12.5]
    np.testing.assert_allclose(behind["cosine"], [0.9, 0.5, 0.4])
    assert "carry 87.5 % of its weight" in words(app)


@pytest.mark.parametrize("value", ["0", "-1", "999999", "1e3", "<b>", "9" * 30])
def test_a_link_to_no_example_shows_the_first(open_page, runs, value):
    app = open_page(runs, run="texts", example=value, token=value)
    known = truth(runs, "texts")
    first = known.loc[known["gold"] != known["predicted"], "example"].iloc[0]
    assert f"Example {first + 1}" in [part.value for part in app.subheader]


def test_each_word_says_where_its_row_is_from(open_page, runs):
    app = open_page(runs, run="texts", example="1", token="3")
    read = tables(app)[2]
    assert read["row"].tolist() == [
        "its vector", "not in the vectors: composed of subwords", "nothing: it is unknown",
        "the vector of Mot", "not read: behind the longest text",
    ]  # fmt: skip
    assert "read as unknown" in words(app)
    assert read["anchors"][2] == ""
    assert read["anchors"][0].startswith("lamp (")


def test_a_frequent_word_says_that_it_is_read_as_words_as_frequent(open_page, tmp_path):
    run = write_run(tmp_path / "frequent", hostile=False)
    tokens, anchors = (run.table(name, []) for name in ("tokens", "word_anchors"))
    frequent = tokens["token"] == "mot1"
    run.write_table("tokens", tokens.assign(origin=tokens["origin"].where(~frequent, "frequent")))
    near = anchors["cosine"].where(anchors["token"] != "mot1")
    run.write_table("word_anchors", anchors.assign(cosine=near))
    app = open_page(tmp_path, run="frequent", example="1", token="2")
    read, behind = tables(app)[2:4]
    assert read["row"][1] == "not in the vectors: words as frequent"
    assert list(behind.columns) == ["source", "target", "weight"]
    assert "mot1** has neither a vector nor a pair" in words(app)
    assert "cosine" in tables(open_page(tmp_path, run="frequent", example="1", token="1"))[3].columns


@pytest.mark.parametrize(
    ("method", "told", "n"),
    [
        ("raw-word-pieces", "word pieces of its encoder's own tokenizer", 3),
        ("logistic-regression", "goes by the words' own vectors", 3),
        ("least-squares", "Only relative representations weigh each anchor", 4),
    ],
)
def test_methods_that_weigh_no_anchors_say_so(open_page, runs, method, told, n):
    app = open_page(runs, run="texts", method=method, example="2")
    assert told in words(app)
    assert len(tables(app)) == n
    if n == 4:
        assert "weight" not in tables(app)[3]


def test_sentences_are_listed_with_their_wrong_words(open_page, runs):
    app = open_page(runs, run="entities")
    classes, examples, labels = tables(app)[:3]
    known = truth(runs, "entities")
    wrong = known["gold"].astype(str) != known["predicted"].astype(str)
    assert classes["label"].tolist() == ["PER", "LOC"]
    assert "Entities: a hit has the same first and last word" in words(app)
    counts = wrong.groupby(known["example"]).sum()
    assert dict(zip(examples["number"] - 1, examples["wrong"], strict=True)) == counts[counts > 0].to_dict()
    assert set(examples["words"]) == {N_WORDS}
    first = known[known["example"] == examples["number"][0] - 1]
    assert labels["gold"].tolist() == first["gold"].tolist()
    assert labels["predicted"].tolist() == first["predicted"].tolist()
    assert (labels["mark"] == "\u2714").tolist() == (
        first["gold"].astype(str) == first["predicted"].astype(str)
    ).tolist()
    assert tables(app)[3]["of"].tolist() == list(range(1, N_WORDS + 1))
    app.session_state["shown"] = "Right"
    app.run()
    assert (tables(app)[1]["number"] - 1).tolist() == counts.index[counts == 0].tolist()
    app.session_state["shown"] = "All"
    app.selectbox(key="gold").set_value("LOC").run()
    with_loc = known.loc[known["gold"].isin(["B-LOC", "I-LOC"]), "example"].unique()
    assert (tables(app)[1]["number"] - 1).tolist() == with_loc.tolist()


def test_both_texts_of_a_pair_are_shown(open_page, tmp_path):
    run = write_run(tmp_path / "runs" / "pairs", hostile=False)
    examples = run.table("examples", TABLES["examples"])
    run.write_table("examples", examples.assign(text=f"{'long ' * 60}\u2016 its \u2016 hypothesis"))
    app = open_page(tmp_path / "runs", example="1")
    cell = tables(app)[1]["text"][0]
    assert cell.startswith("long long")
    assert cell.endswith("\u2016 its \u2016 hypothesis"), "a long premise leaves room for it"
    lines = [part.value.strip() for part in app.text]
    assert {("long " * 60).strip(), "its \u2016 hypothesis"} <= {*lines}, "each on its own line"


def test_hostile_text_is_text_only(open_page, runs):
    app = open_page(runs, run="texts", example="1", token="1")
    shown = "".join([*tables(app)[1]["text"], *tables(app)[2]["token"], words(app)])
    assert not set(shown) & {"\u202e", "\x00", "\x07"}
    assert HOSTILE[0] in set(tables(app)[3]["target"])
    assert not any(getattr(part.proto, "allow_html", False) for part in [*app.markdown, *app.caption])


def test_a_run_without_predictions_says_what_adds_them(open_page, tmp_path):
    run = write_run(tmp_path / "runs" / "old")
    (run.folder / "predictions.parquet").unlink()
    app = open_page(tmp_path / "runs")
    assert "No predictions in this run" in words(app)
    assert "Run the experiment again" in words(app)
    shutil.rmtree(run.folder)
    young = Run(run.folder)
    young.folder.mkdir()
    young.write_info(state="running", done=1, total=9)
    assert "No predictions in this run" in words(open_page(tmp_path / "runs"))


def test_a_run_that_has_not_come_to_predictions_or_words_yet(open_page, tmp_path):
    run = write_run(tmp_path / "runs" / "young")
    for name in ("tokens", "word_anchors"):
        run.write_table(name, run.table(name, TABLES[name]).iloc[:0])
    assert "How its words were read is not known" in words(open_page(tmp_path / "runs"))
    run.write_table("predictions", run.table("predictions", TABLES["predictions"]).iloc[:0])
    assert "No predictions yet" in words(open_page(tmp_path / "runs"))


# --- the paper's numbers -----------------------------------------------------------------------------


def repeated(folder, name, language, encoder="google-bert/bert-base-cased", task="taxi1500"):
    run = write_run(folder / "runs" / "anything", languages=(language,), seeds=1)
    content = {"name": name, "source": {"language": "en", "encoder": encoder}, "task": {"name": task}}
    run.write_text("experiment.yaml", yaml.safe_dump(content))
    return folder / "runs"


def stars(app):
    figure = app.get("plotly_chart")[0].proto.spec
    return figure.count('"star"')


def test_the_papers_numbers_stand_beside_a_run_of_its_table(open_page, tmp_path):
    app = open_page(repeated(tmp_path, "table2", "zh"), page="app_pages/results.py")
    assert stars(app) == 1
    text = words(app).replace("\\", "")
    assert "Ye et al. (2024), arXiv:2401.04821, Table 2" in text
    assert "RRs standard top-50 28, RRs softmax top-50 28, RRs sparsemax top-50 13." in text
    assert "This run has" not in text
    assert "In the paper but not in this run: LR 56, mBERT 62, LS 24" in text
    app.toggle(key="paper").set_value(False).run()
    assert stars(app) == 0
    assert "Table 2" not in words(app)
    app.toggle(key="paper").set_value(True).run()
    app.selectbox(key="metric").set_value("Accuracy").run()
    assert stars(app) == 0
    assert "has Macro-F1 on de, es, zh" in words(app).replace("\\", "")


def test_another_encoder_and_other_data_are_named(open_page, tmp_path):
    runs = repeated(tmp_path, "table3-here", "zh", "package:small/model", "sib200")
    text = words(open_page(runs, page="app_pages/results.py")).replace("\\", "")
    assert "another encoder (package:small/model in place of bert-base-cased)" in text
    assert "other data (sib200 in place of amazon_reviews)" in text


def test_a_language_that_the_paper_does_not_have(open_page, tmp_path):
    app = open_page(repeated(tmp_path, "table1-here", "fr"), page="app_pages/results.py")
    assert stars(app) == 0
    assert "No stars" in words(app)
    assert "on de, es, zh only" in words(app).replace("\\", "")


def test_other_runs_offer_no_layer(open_page, runs):
    app = open_page(runs, page="app_pages/results.py")
    assert not app.toggle
    assert "paper" not in words(app)
