"""The Anchors page's view of missing words: pairs are typed, written as decisions, taken back."""

import pandas as pd
import pytest
from app_text import words
from stores import HOSTILE, missing_words, source_words, write_run

from mosecrot_core.anchors.review import Reviews
from mosecrot_core.errors import InputError
from mosecrot_core.runs.schema import MISSING_COLUMNS
from mosecrot_core.runs.store import Run

pytest.importorskip("streamlit")

PAGE = "app_pages/anchors.py"
WORDS = ["jatka", "peruuta", "säädä", *HOSTILE]


@pytest.fixture
def runs(tmp_path):
    run = write_run(tmp_path / "runs" / "demo", n_pairs=50, n_words=30)
    run.write_table("missing", missing_words(WORDS))
    return tmp_path / "runs"


@pytest.fixture
def app(open_app, runs):
    return open_app(runs, PAGE, run="demo", language="fr", view="Missing")


def said(runs):
    rows = Reviews(runs / "reviews.sqlite", ("en", "fr")).standing()[["source", "target", "verdict"]]
    return {(source, target): verdict for source, target, verdict in rows.to_numpy()}


def type_in(app, text):
    app.text_input(key="missing-typed").set_value(text)
    app.button(key=next(button.key for button in app.button if button.label == "Accept")).click()
    app.run()
    assert not app.exception
    return app


def focused(app):
    (heading,) = [text.value for text in app.markdown if text.value.startswith("### ")]
    return heading.removeprefix("### ").strip("\u2068\u2069")


def test_the_most_frequent_come_first_and_are_counted(app):
    assert not app.exception
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Missing words"] == str(len(WORDS))
    total = sum(range(100, 100 - 2 * len(WORDS), -2))
    assert figures["Of all words used"] == f"{total / 100:.1f} %"
    assert figures["Given a pair since"] == "0 \u00b7 0.0 %"
    table = app.dataframe[0].value
    assert list(table["word"][:3]) == WORDS[:3]
    assert list(table["share"][:2]) == pytest.approx([1.0, 0.98])
    assert focused(app) == "jatka"


def test_typed_pairs_are_decisions_one_after_the_other(app, runs):
    first, second = source_words(Run(runs / "demo"))[:2]
    assert focused(type_in(app, first)) == "peruuta"
    assert focused(type_in(app, f" {second} ")) == "säädä"
    assert said(runs) == {(first, "jatka"): "accept", (second, "peruuta"): "accept"}
    assert list(app.dataframe[0].value["pair"][:3]) == [first, second, ""]
    assert {m.label: m.value for m in app.metric}["Given a pair since"] == "2 \u00b7 2.0 %"
    assert not app.button(key="run-again").disabled


def test_another_pair_takes_the_place_of_the_one_before_and_undo_brings_it_back(app, runs):
    first, second = source_words(Run(runs / "demo"))[:2]
    type_in(app, first)
    app.session_state["missing-focus"] = "jatka"
    type_in(app.run(), second)
    assert said(runs) == {(first, "jatka"): "reject", (second, "jatka"): "accept"}
    app.button(key="missing-undo").click().run()
    assert said(runs) == {(first, "jatka"): "accept"}
    assert focused(app) == "jatka"
    assert "Undone" in words(app)
    app.button(key="missing-undo").click().run()
    app.button(key="missing-undo").click().run()
    assert said(runs) == {}
    assert "Nothing of yours to undo" in words(app)


def test_a_word_that_the_encoder_has_no_token_for_is_refused(app, runs):
    assert focused(type_in(app, "no such word")) == "jatka"
    assert "is not one token of the encoder" in words(app)
    assert focused(type_in(app, "  ")) == "jatka"
    assert "No word was typed" in words(app)
    assert said(runs) == {}
    word = source_words(Run(runs / "demo"))[0]
    type_in(app, word.upper())
    assert said(runs) == {(word, "jatka"): "accept"}, "as the encoder writes it"


def test_skipping_goes_round(app, runs):
    seen = []
    for _ in WORDS:
        seen.append(focused(app))
        app.button(key="missing-skip").click().run()
    assert seen[:3] == WORDS[:3]
    assert len(set(seen)) == len(WORDS)
    assert focused(app) == "jatka"


def test_sentences_show_the_word(open_app, runs):
    run = Run(runs / "demo")
    examples = run.table("examples", ["language", "example", "word", "text", "gold"])
    table = run.missing()
    text = examples.loc[examples["language"] == "fr", "text"].iloc[0]
    table.loc[0, "word"] = text.split()[0].lower()
    run.write_table("missing", table)
    app = open_app(runs, PAGE, run="demo", language="fr", view="Missing")
    assert "In the test texts" in words(app)
    assert any(text.split()[0] in shown.value for shown in app.text)


def test_nothing_missing_and_older_runs_are_calm(open_app, runs):
    (runs / "demo" / "missing.parquet").unlink()
    app = open_app(runs, PAGE, run="demo", language="fr", view="Missing")
    assert not app.exception
    assert "An older version made this run" in words(app)
    Run(runs / "demo").write_table("missing", pd.DataFrame(columns=MISSING_COLUMNS))
    app = open_app(runs, PAGE, run="demo", language="fr", view="Missing")
    assert not app.exception
    assert "No word is missing" in words(app)


def test_a_decision_that_cannot_be_written_is_told(app, runs, monkeypatch):
    def full(*_):
        raise InputError("the disk is full", path=runs / "reviews.sqlite", remedy="Make room.")

    monkeypatch.setattr(Reviews, "record", full)
    monkeypatch.setattr(Reviews, "undo", full)
    assert focused(type_in(app, source_words(Run(runs / "demo"))[0])) == "jatka"
    assert "Not written" in words(app)
    app.button(key="missing-undo").click().run()
    assert "the disk is full" in words(app)
