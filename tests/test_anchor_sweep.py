"""What anchor sets are worth: precision, calibration, thinning at equal size, and held-out words."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from planted_lists import UNKNOWN, right_list
from small_experiment import write_small_experiment

from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.anchors.planted_noise import plant
from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.scores import macro_f1
from mosecrot_core.mapping.alignment import LeastSquares, PaperRepresentations
from mosecrot_core.runs.anchor_sweep import HeldOut, calibration, precision_at, task_scores
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.vector_table import LoadReport
from mosecrot_core.words.vectors import WordVectors

ALIGNMENTS = {"softmax": PaperRepresentations(weighting="softmax", temperature=0.1), "ls": LeastSquares()}


@dataclass(frozen=True)
class Source:
    """The source side of an invented list: every word is a token."""

    words: list
    rows: np.ndarray

    def anchor_ids(self, words, case_variants=False):
        places = {word: place for place, word in enumerate(self.words)}
        return np.array([places.get(word, -1) for word in words], np.int64)


@pytest.fixture(scope="module")
def list_and_spaces():
    pairs = right_list(400, noise=0.3, seed=3)
    source = Source(pairs.source.words, pairs.source.rows)
    target = WordVectors(pairs.target.words, pairs.target.rows, LoadReport())
    tokens = source.anchor_ids(list(pairs.pairs["source"]))
    pairs = type(pairs)(pairs.pairs.assign(token=tokens), pairs.source, pairs.target, UNKNOWN)
    return pairs, source, target


@pytest.fixture(scope="module")
def split(list_and_spaces):
    return HeldOut.of(*list_and_spaces, share=0.2, seed=0)


def test_precision_is_counted_from_the_bottom():
    rng = np.random.default_rng(0)
    quality, wrong = rng.random(200), rng.random(200) < 0.3
    table = precision_at(quality, wrong, [1, 10, 200, 300]).set_index("k")
    assert list(table.index) == [1, 10, 200]
    for k, row in table.iterrows():
        lowest = sorted(range(200), key=lambda i: quality[i])[:k]
        assert row["precision"] == pytest.approx(np.mean([wrong[i] for i in lowest]))
        assert row["recall"] == pytest.approx(sum(wrong[i] for i in lowest) / wrong.sum())
    assert table.loc[200, "precision"] == pytest.approx(wrong.mean()) == pytest.approx(table.loc[1, "chance"])


def test_recall_is_unknown_where_nothing_is_wrong():
    assert precision_at([0.5, 0.6], np.zeros(2, bool), [1])["recall"].isna().all()


def test_calibration_compares_the_bins():
    rng = np.random.default_rng(0)
    quality = rng.random(500)
    right = rng.random(500) < quality
    table = calibration(quality, right)
    assert table["pairs"].sum() == 500
    for _, row in table.iterrows():
        inside = (quality >= row["low"]) & (quality < row["high"])
        assert row["pairs"] == inside.sum()
        assert row["quality"] == pytest.approx(quality[inside].mean())
        assert row["share_right"] == pytest.approx(right[inside].mean())


def test_a_quality_of_one_is_in_the_last_bin():
    (row,) = calibration([1.0], np.ones(1, bool)).to_dict("records")
    assert (row["low"], row["high"]) == (0.9, 1.0)


@pytest.mark.parametrize("measure", [lambda q, w: precision_at(q, w, [1]), calibration])
def test_what_does_not_fit_is_refused(measure):
    for quality, truth in (([0.5], np.ones(2, bool)), ([], np.ones(0, bool))):
        with pytest.raises(MosecrotError, match="each pair"):
            measure(quality, truth)


def test_no_pair_of_a_held_out_word_can_become_an_anchor(split, list_and_spaces):
    pairs, _, _ = list_and_spaces
    assert len(split.listed) + len(split.held_out) == len(pairs)
    assert not set(split.listed.pairs["word"]) & set(split.held_out.pairs["word"])
    anchors = split.choose(split.listed.pairs, AnchorSettings())
    assert not set(anchors.pairs["word"]) & set(split.held_out.pairs["word"])


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_both_sides_hold_pairs(list_and_spaces, share):
    with pytest.raises(MosecrotError, match="both sides"):
        HeldOut.of(*list_and_spaces, share=share, seed=0)


def test_thinning_is_of_equal_size_and_by_quality(split):
    rng = np.random.default_rng(0)
    scored = split.listed.pairs.assign(quality=rng.random(len(split.listed)).astype(np.float32))
    ways = {(t.way, t.setting): t.anchors for t in split.thinnings(scored, [0.3, 0.8], [50, 10**6], seed=0)}
    assert set(ways) == {
        ("all", "all"), ("quality", "0.3"), ("random", "0.3"), ("quality", "0.8"), ("random", "0.8"),
        ("best", "50"), ("random", "50"),
    }  # fmt: skip
    for (way, setting), anchors in ways.items():
        if way == "random":
            beside = ways.get(("quality", setting)) or ways["best", setting]
            assert len(anchors) == len(beside)
        if way == "quality":
            assert anchors.pairs["quality"].min() >= float(setting)
    listed = split.choose(scored, AnchorSettings(min_quality=0)).pairs["quality"]
    assert len(ways["best", "50"]) == 50
    assert ways["best", "50"].pairs["quality"].min() >= np.sort(listed)[-50]


def test_a_threshold_that_no_pair_reaches_is_left_out(split):
    scored = split.listed.pairs.assign(quality=0.2)
    assert [t.way for t in split.thinnings(scored, [0.5], [], seed=0)] == ["all"]


def test_held_out_words_are_found_through_right_anchors_alone(split):
    right = split.scores(split.choose(split.listed.pairs, AnchorSettings()), ALIGNMENTS)
    spoiled, _, _ = plant(split.listed, "random", 0.9, 0)
    wrong = split.scores(split.choose(spoiled.pairs, AnchorSettings()), ALIGNMENTS)
    assert list(right["ranking"]) == ["cosine", "csls"] * 2
    assert set(right["n"]) == {split.held_out.pairs["word"].nunique()}
    assert (right["coverage"] == 1).all()
    assert (right["p_at_1"] > wrong["p_at_1"] + 0.1).all()


def test_the_held_out_score_is_what_a_loop_counts(split):
    anchors = split.choose(split.listed.pairs, AnchorSettings())
    mapping = LeastSquares().fit(split.source.rows[anchors.source_ids], anchors.target_rows)
    listed = pd.concat([split.listed.pairs, split.held_out.pairs])
    tokens = sorted(set(listed["token"]))
    hits = []
    for word, part in split.held_out.pairs.groupby("word"):
        row = mapping.map_target(split.target.lookup([word])[0])[0]
        keys = split.source.rows[tokens]
        cosines = keys @ row / np.linalg.norm(keys, axis=1) / np.linalg.norm(row)
        hits.append(tokens[int(cosines.argmax())] in set(part["token"]))
    found = split.scores(anchors, {"ls": LeastSquares()}).set_index("ranking").loc["cosine"]
    assert found["p_at_1"] == pytest.approx(np.mean(hits))


def test_a_task_is_read_through_anchors(tmp_path):
    from mosecrot_core.learning.prediction import predict
    from mosecrot_core.mapping.stitching import stitch

    file = write_small_experiment(tmp_path)
    bench = Workbench(load_experiment(file), tmp_path)
    target, test = bench.target("zu"), bench.corpus.get("zu", "test")
    model = bench.new_classifier(None)
    table = task_scores(bench, model, target.words, test, target.anchors, ALIGNMENTS)
    assert list(table["method"]) == list(ALIGNMENTS)
    assert set(table["n"]) == {len(test)}
    assert set(table["n_anchors"]) == {len(target.anchors)}
    assert table["coverage"].between(0.5, 1, inclusive="left").all()  # one word has no vector
    rows = bench.mapping("zu", "least_squares").map_target(target.words.rows)
    stitched = stitch(model, bench.source_tokenizer, target.words.tokenizer, rows)
    labels = predict(stitched, target.words.tokenizer, test.texts).argmax(axis=1)
    assert table["macro_f1"].iloc[1] == pytest.approx(macro_f1(test.labels, labels))
