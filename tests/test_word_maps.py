"""The map that a run keeps of both vocabularies: which words, where they lie, and what they are near to."""

import numpy as np
import pandas as pd
import pytest
from small_experiment import SETTINGS, WORDS, foreign, run_file, write_small_experiment

from mosecrot_core.runs.execution import Execution
from mosecrot_core.runs.experiment import WordMap, load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.mapped_rows import mapped_rows
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.schema import WORD_MAP_COLUMNS
from mosecrot_core.runs.word_maps import Words, joint_map, word_map_table
from mosecrot_core.runs.word_space import WordSpace
from mosecrot_core.runs.workbench import Workbench

METHODS = """\
methods:
  standard: {alignment: {method: paper, k: 8}}
  alike: {alignment: {method: paper, k: 8}, source_rows: kept}
  recommended: {}
  own: {alignment: {method: relative}, anchors: {size: 12}}
  least_squares: {alignment: {method: least_squares}}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    settings = SETTINGS[: SETTINGS.index("methods:")].replace("seeds: [0, 1]", "seeds: [0]") + METHODS
    file = write_small_experiment(tmp_path_factory.mktemp("maps"), settings.replace("epochs: 3", "epochs: 1"))
    return run_file(file), Workbench(load_experiment(file), file.parent)


@pytest.fixture(scope="module")
def table(small):
    return small[0].table("word_map", WORD_MAP_COLUMNS)


def test_it_holds_each_language_and_each_way_of_weighing(small, table):
    n_source = sum(word.isalpha() for word in small[1].encoder.whole_words[0])
    counts = table.groupby(["language", "method", "side"]).size()
    assert counts.to_dict() == {
        ("en", "", "source"): n_source,
        ("zu", "", "target"): len(WORDS) - 1,  # one has no vector
        **{
            ("zu", method, side): n
            for method in ("standard", "recommended")
            for side, n in (("source", n_source), ("target", len(WORDS) - 1))
        },
    }
    assert table[["x", "y"]].notna().all(axis=None)
    target = table[(table["side"] == "target") & (table["method"] == "")]
    assert target["word"].tolist() == [foreign(word) for word in WORDS if word != "very"]
    assert target["rank"].tolist() == list(range(1, len(WORDS)))
    assert (table.loc[table["method"] == "", "near"] == "").all()


def test_words_are_near_to_what_the_method_brings_them_to(small, table):
    run, bench = small
    assert WordSpace.of(run, "zu") is not None
    words = bench.all_words("zu", "standard")
    rows = mapped_rows(bench, words, "zu", "standard")
    own = table[(table["method"] == "standard") & (table["side"] == "target")].set_index("word")
    whole, ids = bench.encoder.whole_words
    units = bench.encoder.rows[ids] / np.linalg.norm(bench.encoder.rows[ids], axis=1, keepdims=True)
    for word, row in zip(words.vocabulary.entries, rows, strict=True):
        cosines = units @ (row / np.linalg.norm(row))
        assert own.loc[word, "near"] == whole[int(np.argmax(cosines))]
        assert own.loc[word, "cosine"] == pytest.approx(cosines.max(), abs=1e-5)


def test_it_can_be_smaller_and_is_the_same_each_time(small):
    _, bench = small
    few = Workbench(bench.experiment.model_copy(update={"word_map": WordMap(words=7)}), bench._base)
    found = word_map_table(few, "zu", "recommended")
    assert found["side"].value_counts().to_dict() == {"source": 7, "target": 7}
    assert list(found) == WORD_MAP_COLUMNS
    pd.testing.assert_frame_equal(found, word_map_table(few, "zu", "recommended"), check_exact=True)


def test_an_older_run_gets_it_and_nothing_else_is_done_again(small, table, monkeypatch):
    run, bench = small
    plan = make_plan(bench.experiment, bench._base, FileHashes())
    for step in plan.steps:
        if step.kind == "word_map":
            (run.folder / f"steps/{step.key}.parquet").unlink()
    (run.folder / "word_map.parquet").unlink()
    before = {path: path.stat().st_mtime_ns for path in run.folder.glob("steps/*")}
    monkeypatch.setattr(Execution, "_train", None)
    again = run_file(bench._base / "small.yaml")
    pd.testing.assert_frame_equal(again.table("word_map", WORD_MAP_COLUMNS), table, check_exact=True)
    assert before.items() <= {path: path.stat().st_mtime_ns for path in run.folder.glob("steps/*")}.items()


def words(names, rows):
    rows = np.asarray(rows, np.float32)
    return Words(np.array(names, dtype=object), np.arange(len(names)), np.arange(1, len(names) + 1), rows)


def test_nearness_is_counted_in_the_space_and_not_on_the_map():
    source = words(["a", "b", "c"], [[1, 0, 0], [0, 1, 0], [0, 0, 0]])
    target = words(["u", "v", "w"], [[2, 0.1, 0], [2, 0.1, 0], [np.nan, 0, 1]])
    table = joint_map(source, target, 0).set_index("word")
    assert table["near"].to_dict() == {"a": "u", "b": "u", "c": "", "u": "a", "v": "a", "w": ""}
    assert table["cosine"].isna().tolist() == [False, False, True, False, False, True]
    assert table["x"].isna().tolist() == [False, False, True, False, False, True]
    assert table["other"].fillna(-1).tolist() == pytest.approx([2 / 3, 2 / 3, -1, 2 / 3, 2 / 3, -1])
    np.testing.assert_array_equal(table.loc["u", ["x", "y"]], table.loc["v", ["x", "y"]])


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (0, 0), (1, 1)])
def test_a_side_may_be_empty(n, m):
    rng = np.random.default_rng(0)
    source = words([f"s{i}" for i in range(n)], rng.standard_normal((n, 4)))
    target = words([f"t{i}" for i in range(m)], rng.standard_normal((m, 4)))
    table = joint_map(source, target, 0)
    assert len(table) == n + m
    assert (table["near"] != "").all() == bool((n and m) or not n + m)


def test_shares_of_the_other_side_are_those_of_the_ten_nearest():
    rng = np.random.default_rng(1)
    source = words([f"s{i}" for i in range(30)], rng.standard_normal((30, 8)))
    target = words([f"t{i}" for i in range(20)], rng.standard_normal((20, 8)))
    table = joint_map(source, target, 0)
    rows = np.concatenate([source.rows, target.rows])
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -2)
    for i in range(50):
        near = np.argsort(-cosines[i])[:10]
        assert table["other"][i] == pytest.approx(np.mean((near < 30) != (i < 30)))
