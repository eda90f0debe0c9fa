"""Rows of target words: mapped, or those of their translation where the list knows more than the vectors."""

from dataclasses import replace

import numpy as np
import pytest
from small_experiment import SETTINGS, foreign, write_small_experiment

from mosecrot_core.anchors.anchor_set import LISTED_COLUMNS
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.languages import VectorSettings
from mosecrot_core.runs.mapped_rows import mapped_rows
from mosecrot_core.runs.text_tables import word_anchors_table
from mosecrot_core.runs.unmapped_words import listed_entries, unmapped_words
from mosecrot_core.runs.word_tables import words_tables
from mosecrot_core.runs.workbench import Workbench

METHODS = """\
methods:
  recommended: {}
  mapped: {listed: false}
  paper: {alignment: {method: paper, k: 8}}
  paper_listed: {alignment: {method: paper, k: 8}, listed: true}
"""
LISTED = foreign("very")
"""In the list, and without a vector."""


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Vectors that compose a row for words of the invented language that they do not have."""
    load = VectorSettings.load

    def composing(settings, path):
        vectors = load(settings, path)
        rows = np.random.default_rng(0).normal(size=(2, vectors.dim)).astype(np.float32)
        of = {LISTED: rows[0], "odd": rows[1]}
        return replace(vectors, composer=of.get)

    monkeypatch.setattr(VectorSettings, "load", composing)
    file = write_small_experiment(tmp_path, SETTINGS[: SETTINGS.index("methods:")] + METHODS)
    with (tmp_path / "zu.test.tsv").open("a") as tests:
        tests.write(f"animals\t{foreign('cat')} {LISTED} odd\n")
    return Workbench(load_experiment(file), tmp_path)


@pytest.fixture
def plain(tmp_path):
    """Vectors of words alone."""
    file = write_small_experiment(tmp_path / "plain", SETTINGS[: SETTINGS.index("methods:")] + METHODS)
    return Workbench(load_experiment(file), file.parent)


def row_of(bench, words, rows, word):
    return rows[words.vocabulary.entries.index(word)]


def source_row(bench, rows, word):
    return rows[bench.encoder.anchor_ids([word])[0]]


def test_a_word_without_a_vector_has_the_row_of_its_translation(bench):
    words = bench.words("zu", "recommended")
    rows, mapped = (mapped_rows(bench, words, "zu", name) for name in ("recommended", "mapped"))
    assert {LISTED, "odd"} <= set(words.vocabulary.entries)
    own = words.vocabulary.entries.index(LISTED)
    np.testing.assert_array_equal(rows[own], source_row(bench, bench.encoder.rows, "very"))
    assert np.abs(rows[own] - mapped[own]).max() > 0.1
    np.testing.assert_array_equal(np.delete(rows, own, axis=0), np.delete(mapped, own, axis=0))


def test_it_need_not_have_any_row_of_the_vectors(plain):
    words, others = plain.words("zu", "recommended"), plain.words("zu", "mapped")
    assert set(words.vocabulary.entries) - set(others.vocabulary.entries) == {LISTED}
    rows = mapped_rows(plain, words, "zu", "recommended")
    expected = source_row(plain, plain.encoder.rows, "very")
    np.testing.assert_array_equal(row_of(plain, words, rows, LISTED), expected)
    assert words.tokenizer.tokenize(LISTED) == [LISTED]
    assert LISTED in plain.all_words("zu", "recommended").vocabulary.entries, "a saved model knows it"
    assert LISTED not in plain.target("zu").words.vocabulary.entries


def test_it_is_no_anchor_for_other_words(bench):
    anchors = bench.anchors("zu", "recommended")
    assert list(anchors.listed.columns) == LISTED_COLUMNS
    assert anchors.listed[["source", "word"]].to_numpy().tolist() == [["very", LISTED]]
    assert LISTED not in set(anchors.pairs["word"])
    assert anchors.dropped["target has no vector of its own"] == 1


def test_the_papers_setting_maps_all_words_unless_told(bench):
    assert unmapped_words(bench, bench.words("zu", "paper"), "zu", "paper").listed.empty
    words = bench.words("zu", "paper_listed")
    rows = mapped_rows(bench, words, "zu", "paper_listed")
    expected = source_row(bench, bench.source_rows("zu", "paper_listed"), "very")
    np.testing.assert_array_equal(row_of(bench, words, rows, LISTED), expected)


def test_some_entries_are_mapped_as_all_are(bench):
    words = bench.words("zu", "recommended")
    own = words.vocabulary.entries.index(LISTED)
    entries = np.array([0, 2, own], np.int64)
    rows = mapped_rows(bench, words, "zu", "recommended")
    some = mapped_rows(bench, words, "zu", "recommended", entries=entries)
    np.testing.assert_allclose(some, rows[entries], rtol=1e-5, atol=1e-6)
    none = mapped_rows(bench, words, "zu", "recommended", entries=entries[:2])
    np.testing.assert_allclose(none, rows[:3:2], rtol=1e-5, atol=1e-6)


def test_the_null_baseline_pairs_listed_words_anew_too(bench, monkeypatch):
    words, anchors = bench.words("zu", "recommended"), bench.anchors("zu", "recommended")
    others = anchors.pairs[["source", "target", "token", "word"]].iloc[:1].assign(word="odd")
    both = replace(anchors, listed=anchors.listed.merge(others, how="outer"))
    monkeypatch.setattr(bench, "anchors", lambda *_: both)
    rows, shuffled = (mapped_rows(bench, words, "zu", "recommended", shuffled=at) for at in (None, 0))
    for word, other in (("odd", LISTED), (LISTED, "odd")):
        np.testing.assert_array_equal(row_of(bench, words, shuffled, word), row_of(bench, words, rows, other))


def test_runs_tell_which_pair_is_behind_such_a_word(bench, tmp_path):
    table = word_anchors_table(bench, "zu", "recommended")
    behind = table[table["token"] == LISTED]
    assert behind[["source", "target", "weight"]].to_numpy().tolist() == [["very", LISTED, 1.0]]
    assert len(table[table["token"] == "odd"]) > 1
    mapped = word_anchors_table(bench, "zu", "mapped")
    assert len(mapped[mapped["token"] == LISTED]) > 1
    (tmp_path / "steps").mkdir()
    words = words_tables(bench, "zu", tmp_path, "steps/zu.safetensors")["words"].set_index("word")
    assert words.loc[LISTED, "token"] == bench.encoder.anchor_ids(["very"])[0]
    assert (words.drop(LISTED)["token"] == -1).all()


def test_of_words_that_are_one_when_folded_the_first_counts(bench):
    words, listed = bench.words("zu", "recommended"), bench.anchors("zu", "recommended").listed
    twice = listed.loc[[0, 0]].reset_index(drop=True)
    twice.loc[1, ["token", "word"]] = [7, LISTED.upper()]
    found = listed_entries(words, twice)
    assert found["token"].tolist() == [listed.loc[0, "token"]]
