"""What a word is made of and near to, looked up in a finished run: as the run itself had it."""

import shutil

import numpy as np
import pandas as pd
import pytest
import yaml
from small_experiment import SETTINGS, foreign, run_file, write_small_experiment
from stores import write_run

from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.mapping.alignment import RelativeRepresentations
from mosecrot_core.mapping.spelling import Spelling
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.mapped_rows import mapped_rows
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.weighing import Weighing, weighings
from mosecrot_core.runs.word_space import MADE_COLUMNS, WordSpace
from mosecrot_core.runs.workbench import Workbench

METHODS = """\
methods:
  standard: {alignment: {method: paper, k: 8}}
  softmax: {alignment: {method: paper, weighting: softmax, k: 8, temperature: 0.1}}
  recommended: {}
  every: {alignment: {method: paper, weighting: sparsemax, k: all}, source_rows: kept}
  centred: {alignment: {method: relative, centre: true}}
  own: {alignment: {method: relative}, anchors: {size: 12}}
  least_squares: {alignment: {method: least_squares}}
  raw_word_pieces: {kind: raw_word_pieces}
"""
WEIGHED = ["standard", "softmax", "recommended", "every"]
CLOSE = {"rtol": 0, "atol": 2e-3}  # rows are kept in half precision


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    settings = SETTINGS[: SETTINGS.index("methods:")].replace("seeds: [0, 1]", "seeds: [0]") + METHODS
    file = write_small_experiment(
        tmp_path_factory.mktemp("space"), settings.replace("epochs: 3", "epochs: 1")
    )
    return run_file(file), Workbench(load_experiment(file), file.parent)


@pytest.fixture(scope="module")
def space(small):
    return WordSpace.of(small[0], "zu")


@pytest.fixture(scope="module")
def known(small):
    return weighings(yaml.safe_load((small[0].folder / "experiment.yaml").read_text())["methods"])


def test_methods_are_known_by_how_they_weigh(known):
    assert list(known) == WEIGHED, "neither other alignments nor what a space cannot do"
    assert known["recommended"] == Weighing(weighting="sparsemax", k=50, temperature=0.5, spelling=0.5)
    assert known["every"].k == "all"
    assert weighings({"broken": 3, "old": {"alignment": {"method": "none such"}}}) == {}


@pytest.mark.parametrize("method", WEIGHED)
def test_words_are_made_of_what_the_run_made_them_of(small, space, known, method):
    stored = small[0].table("word_anchors", TABLES["word_anchors"])
    stored = stored[stored["method"] == method]
    assert stored["token"].nunique() > 20
    apart = stored["token"] == foreign("very")  # only the list has it, and so has its pair alone
    assert apart.sum() == (method == "recommended")
    for word, part in stored[~apart].groupby("token"):
        made = space.made_of(1, word, known[method]).anchors
        assert list(made) == MADE_COLUMNS
        both = part.merge(made, how="left", on=["source", "target"], suffixes=("", "_live"))
        np.testing.assert_allclose(both["cosine_live"], both["cosine"], **CLOSE)
        np.testing.assert_allclose(both["weight_live"], both["weight"], **CLOSE)
        assert made["weight"].sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("method", WEIGHED)
def test_words_come_to_lie_where_the_run_put_them(small, space, known, method):
    run, bench = small
    words, encoder = bench.words("zu", method), bench.encoder
    rows = mapped_rows(bench, words, "zu", method)
    whole, ids = encoder.whole_words
    units = encoder.rows[ids] / np.linalg.norm(encoder.rows[ids], axis=1, keepdims=True)
    for entry in range(0, len(rows), 7):
        word = words.vocabulary.entries[entry]
        near = space.near(1, space.made_of(1, word, known[method]), known[method], 5)
        cosines = units @ (rows[entry] / np.linalg.norm(rows[entry]))
        order = np.argsort(-cosines, kind="stable")[:5]
        np.testing.assert_allclose(near["cosine"], cosines[order], **CLOSE)
        assert near["word"].iloc[0] == whole[order[0]]
    assert run.state == "done"


def test_a_source_word_goes_to_its_translation_and_csls_takes_hubs_off(space):
    hits = 0
    for word in ("cat", "bread", "rain", "small"):
        near = space.near(0, space.made_of(0, word, Weighing(k=8)), Weighing(k=8), 3)
        hits += near["word"].iloc[0] == foreign(word)
        cosines = near["cosine"].to_numpy()
        assert (np.diff(cosines) <= 0).all()
    assert hits == 4
    by = Weighing(k=8)
    made = space.made_of(0, "cat", by)
    near = space.near(0, made, by, 10)
    # 2 cos - r(x) - r(y), with r(x) the mean of the ten nearest and r(y) among mapped source words
    side, other = space.sides
    mapped = np.stack([space.made_of(0, name, by).row for name in side.names])
    units = mapped / np.linalg.norm(mapped, axis=1, keepdims=True)
    whole = other.units[other.named]
    all_cosines = whole @ (made.row / np.linalg.norm(made.row))
    hub = np.sort(whole @ units.T, axis=1)[:, -10:].mean(axis=1)
    csls = 2 * all_cosines - np.sort(all_cosines)[-10:].mean() - hub
    expected = [csls[list(other.names).index(word)] for word in near["word"]]
    np.testing.assert_allclose(near["csls"], expected, atol=1e-5)


def test_spelling_counts_as_the_mapping_counts_it(space):
    by, pairs = Weighing(spelling=0.7), space.pairs
    rows = space.sides[1].rows(np.arange(len(space.sides[1].words)))
    spelling = Spelling(list(pairs["word"]), rows[space.places[:, 1]], 0.7)
    some = space.sides[1].named[:9]
    words = space.sides[1].words["word"].to_numpy()[some]
    extended = spelling.extend(list(words), rows[some])
    keys = spelling.anchors
    lengths = np.linalg.norm(extended, axis=1)[:, None] * np.linalg.norm(keys, axis=1)
    np.testing.assert_allclose(space.cosines(1, some, by), extended @ keys.T / lengths, atol=1e-5)
    for anchor in (0, 5):
        to = space.cosines_to(int(space.places[anchor, 1]), some, by)
        np.testing.assert_allclose(to, space.cosines(1, some, by)[:, anchor], atol=1e-5)


def test_a_word_is_found_by_its_beginning_then_by_any_part(space):
    assert space.sides[0].find("rain", 5)[0] == "rain"
    assert space.sides[0].find("  SNOW ", 5) == ["snow"]
    begins, contains = space.sides[0].find("a", 40), set(space.sides[0].find("ea", 40))
    assert begins[0] == "a"
    assert [word.startswith("a") for word in begins] == sorted(
        [word.startswith("a") for word in begins], reverse=True
    )
    assert {"bread", "bear", "heat", "near", "tea"} <= contains
    assert space.sides[1].find("   ", 5) == space.sides[1].find("qqqq", 5) == []


def test_perplexity_says_how_many_anchors_matter(space):
    even = space.made_of(1, foreign("cat"), Weighing(weighting="softmax", k=8, temperature=1000))
    assert even.perplexity == pytest.approx(8, abs=0.01)
    alone = space.made_of(1, foreign("cat"), Weighing(k=1))
    assert alone.perplexity == pytest.approx(1)
    assert set(alone.anchors.loc[0, ["source", "target"]]) == {"cat", foreign("cat")}


def test_what_is_not_there_is_said(space, small, tmp_path):
    with pytest.raises(MosecrotError, match="nowhere is not among the words"):
        space.made_of(1, "nowhere", Weighing())
    run = small[0]
    assert WordSpace.of(run, "xx") is None
    copy = tmp_path / "copy"
    shutil.copytree(run.folder, copy)
    table = run.table("spaces", TABLES["spaces"])
    for file in copy.glob("steps/*.safetensors"):
        file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(InputError, match="safetensors"):
        WordSpace.of(Run(copy), "zu")
    Run(copy).write_table("spaces", table.assign(file="../../../etc/passwd"))
    with pytest.raises(InputError, match="steps"):
        WordSpace.of(Run(copy), "zu")
    Run(copy).write_table("spaces", table.iloc[:0])
    assert WordSpace.of(Run(copy), "zu") is None


def test_a_run_keeps_the_most_frequent_words_and_those_of_texts_and_anchors(small, monkeypatch):
    from mosecrot_core.runs import word_tables

    run, bench = small
    words = run.table("words", TABLES["words"])
    own = words[words["language"] == "zu"]
    entries = bench.target("zu").all_words.vocabulary.entries
    assert [name for name in own["word"] if name] == list(entries), "so few that all are kept"
    monkeypatch.setattr(word_tables, "MOST_FREQUENT", 5)
    found = word_tables.words_tables(bench, "zu", run.folder, "steps/few.safetensors")["words"]
    (run.folder / "steps/few.safetensors").unlink()
    assert list(found["word"][:5]) == list(entries[:5])
    target = bench.target("zu")
    assert set(target.anchors.pairs["word"]) <= set(found["form"])
    used = {entries[i] for i in np.flatnonzero(target.all_words.counts(target.texts))}
    assert used <= set(found["word"])
    source = words[words["language"] == "en"]
    assert source["token"].tolist() == list(range(len(bench.encoder.tokenizer)))
    assert set(source["origin"]) == {"encoder"}


def test_anchors_without_a_row_are_left_out(tmp_path):
    run = write_run(tmp_path / "run", n_anchors=50, n_words=60, hostile=False)
    words = run.table("words", TABLES["words"])
    assert len(WordSpace.of(run, "fr").pairs) == 50
    run.write_table("words", words[words["word"] != "lamp3"])
    space = WordSpace.of(run, "fr")
    assert "lamp3" not in set(space.pairs["source"])
    assert len(space.pairs) == 49


def test_a_word_that_is_missing_has_no_name(tmp_path):
    run = write_run(tmp_path / "run", n_words=20, hostile=False)
    words = run.table("words", TABLES["words"])
    first = words.index[words["language"] == "fr"][0]
    lost = words.loc[first, "word"]
    words.loc[first, "word"] = None
    run.write_table("words", words)
    names = WordSpace.of(run, "fr").sides[1].names
    assert lost not in names
    assert all(isinstance(name, str) and name for name in names)


def test_words_that_are_kept_as_numbers_are_texts(tmp_path):
    run = write_run(tmp_path / "run", n_words=20, hostile=False)
    run.write_table("words", run.table("words", TABLES["words"]).assign(word=-1))
    space = WordSpace.of(run, "fr")
    assert set(space.sides[1].names) == {"-1"}
    assert space.sides[1].find("-", 3) == ["-1"]


def test_the_recommended_weighing_is_that_of_the_library():
    by, own = Weighing(), RelativeRepresentations()
    assert (by.weighting, by.k, by.temperature) == (own.weighting, own.k, own.temperature)
    assert pd.Series(MADE_COLUMNS).is_unique
