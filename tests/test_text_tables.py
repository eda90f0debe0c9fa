"""What a run keeps of its test texts, against reading them again by hand."""

import numpy as np
import pandas as pd
import pytest
from small_experiment import SETTINGS, foreign, run_file, write_small_experiment
from small_token_experiment import write_small_token_experiment, write_unspaced_token_experiment

from mosecrot_core.learning.scores import accuracy, macro_f1
from mosecrot_core.learning.token_scores import span_f1
from mosecrot_core.mapping.tokenizer import coverage
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.schema import ORIGINS, TABLES
from mosecrot_core.runs.text_tables import ANCHORS_KEPT, tokens_table, word_anchors_table
from mosecrot_core.runs.workbench import Workbench

METHODS = """\
methods:
  softmax: {alignment: {method: paper, weighting: softmax, k: 8, temperature: 0.1}}
  every: {alignment: {method: paper, k: all}, source_rows: kept, anchors: {size: 12}}
  least_squares: {alignment: {method: least_squares}, source_rows: kept}
  above: {kind: in_language, alignment: {method: relative, weighting: sparsemax, k: 8}, spelling: 0}
  multilingual: {kind: zero_shot, encoder: encoder}
  raw_word_pieces: {kind: raw_word_pieces}
  logistic_regression: {kind: logistic_regression}
nulls: [shuffled]
"""
MAPPED = ["softmax", "every", "least_squares", "above"]
AS_THEY_ARE = ["multilingual", "raw_word_pieces"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    settings = SETTINGS[: SETTINGS.index("methods:")] + METHODS
    file = write_small_experiment(
        tmp_path_factory.mktemp("texts"), settings.replace("epochs: 3", "epochs: 1")
    )
    return run_file(file), Workbench(load_experiment(file), file.parent)


@pytest.fixture(scope="module")
def sentences(tmp_path_factory):
    file = write_small_token_experiment(tmp_path_factory.mktemp("sentences"), methods=METHODS)
    return run_file(file), Workbench(load_experiment(file), file.parent)


def table(run, name):
    return run.table(name, TABLES[name])


def test_examples_are_the_test_texts_with_their_labels(texts):
    run, bench = texts
    test, found = bench.corpus.get("zu", "test"), table(run, "examples")
    assert found["text"].tolist() == list(test.texts)
    assert found["example"].tolist() == list(range(len(test)))
    assert set(found["word"]) == {0}
    assert list(found["gold"].cat.categories) == list(bench.corpus.label_names)
    assert found["gold"].cat.codes.tolist() == list(test.labels)


def test_examples_of_sentences_are_their_words(sentences):
    run, bench = sentences
    test, found = bench.corpus.get("zu", "test"), table(run, "examples")
    by_sentence = found.groupby("example")
    assert [tuple(words) for _, words in by_sentence["text"]] == list(test.sentences)
    assert [tuple(codes) for _, codes in found["gold"].cat.codes.groupby(found["example"])] == list(
        test.labels
    )
    assert all(places.tolist() == list(range(len(places))) for _, places in by_sentence["word"])


def test_predictions_of_texts_come_to_the_scores(texts):
    run, bench = texts
    gold, results = np.array(bench.corpus.get("zu", "test").labels), run.results()
    found = table(run, "predictions")
    own = results[results["baseline_of"] == ""]
    pairs = set(zip(own["method"], own["seed"], strict=True))
    assert set(zip(found["method"], found["seed"], strict=True)) == pairs, "nulls are left out"
    assert ("logistic_regression", -1) in pairs
    for (method, seed), part in found.groupby(["method", "seed"]):
        assert part["example"].tolist() == list(range(len(gold)))
        scores = own[(own["method"] == method) & (own["seed"] == seed)].set_index("metric")["value"]
        codes = part["predicted"].cat.codes.to_numpy(np.int64)
        assert scores["macro_f1"] == pytest.approx(macro_f1(gold, codes))
        assert scores["accuracy"] == pytest.approx(accuracy(gold, codes))


def test_predictions_of_words_come_to_the_scores(sentences):
    run, bench = sentences
    test, results = bench.corpus.get("zu", "test"), run.results()
    for (method, seed), part in table(run, "predictions").groupby(["method", "seed"]):
        said = [codes.tolist() for _, codes in part["predicted"].cat.codes.groupby(part["example"])]
        scored = results[(results["method"] == method) & (results["seed"] == seed)].set_index("metric")[
            "value"
        ]
        assert scored["span_f1"] == pytest.approx(span_f1(test.labels, said, bench.corpus.label_names))


def test_tokens_say_where_their_rows_are_from(texts):
    run, bench = texts
    found = table(run, "tokens")
    assert set(found["method"]) == {"", "least_squares", "above", *AS_THEY_ARE}
    own = found[found["method"] == ""]
    words = [word for text in bench.corpus.get("zu", "test").texts for word in text.split()]
    assert own["token"].tolist() == words
    unknown = own["token"] == foreign("very")
    assert unknown.any()
    assert set(own[unknown]["origin"]) == {"unknown"}
    assert set(own[~unknown]["origin"]) == {"vectors"}
    assert (own[~unknown]["form"] == own[~unknown]["token"]).all()
    raw = found[found["method"] == "raw_word_pieces"]
    encoded = bench.source_tokenizer(list(bench.corpus.get("zu", "test").texts), add_special_tokens=False)
    known = [i for ids in encoded["input_ids"] for i in ids]
    assert len(raw) == len(known)
    n_unknown = sum(i == bench.source_tokenizer.unk_token_id for i in known)
    assert (raw["origin"] == "unknown").sum() == n_unknown > 0
    assert set(found["origin"]) <= set(ORIGINS)


def test_tokens_of_a_joint_vocabulary_are_spelled_where_no_vector_is(tmp_path):
    file = write_small_experiment(tmp_path, SETTINGS[: SETTINGS.index("methods:")] + METHODS)
    cat = foreign("cat")
    with (tmp_path / "zu.test.tsv").open("a") as texts:
        texts.write(f"animals\t{cat} {cat}s dogs\n")
    found = tokens_table(Workbench(load_experiment(file), tmp_path), "zu", "least_squares")
    last = found[found["example"] == found["example"].max()]
    assert last["token"].tolist() == [cat, cat, "##s", "dog", "##s"]
    assert last["origin"].tolist() == ["vectors", "vectors", "encoder", "encoder", "encoder"]
    assert last["form"].tolist() == [cat, cat, "", "", ""]


def test_tokens_of_sentences_know_their_word(sentences):
    run, bench = sentences
    own = table(run, "tokens").query("method == ''")
    test = bench.corpus.get("zu", "test").sentences
    assert all(test[row.example][row.word] == row.token for row in own.itertuples())
    assert len(own) == sum(map(len, test))
    assert own["read"].all()


def test_what_lies_behind_the_longest_text_is_not_read(tmp_path):
    settings = SETTINGS.replace("max_length: 16", "max_length: 8")
    file = write_small_experiment(tmp_path, settings)
    found = tokens_table(Workbench(load_experiment(file), tmp_path), "zu")
    places = found.groupby("example").cumcount()
    assert (found["read"] == (places < 6)).all(), "8 less [CLS] and [SEP]"
    assert not found["read"].all()


@pytest.mark.parametrize("method", MAPPED)
def test_word_anchors_are_the_heaviest(texts, method):
    run, bench = texts
    words = bench.target("zu").words
    row_of = dict(zip(words.vocabulary.entries, words.rows, strict=True))
    anchors = bench.anchors("zu", method)
    units = anchors.target_rows / np.linalg.norm(anchors.target_rows, axis=1, keepdims=True)
    used = {word for text in bench.corpus.get("zu", "test").texts for word in text.split()} & {*row_of}
    found = table(run, "word_anchors").query("method == @method")
    alone = found[~found["token"].isin(row_of)]
    translated = [(foreign("very"), "very", 1)] if method == "above" else []
    assert [*alone[["token", "source", "weight"]].itertuples(index=False, name=None)] == translated
    assert set(found["token"]) - set(alone["token"]) == used
    for token, part in found.drop(alone.index).groupby("token"):
        cosines = units @ (row_of[token] / np.linalg.norm(row_of[token]))
        nearest = np.argsort(-cosines)
        if method == "softmax":
            logits = np.exp(cosines[nearest[:8]] / 0.1)
            weights = logits / logits.sum()
        elif method == "every":
            even = np.full(len(cosines), 1 / len(cosines))
            weights = cosines[nearest] / cosines.sum() if cosines.sum() > 0 else even
            order = np.argsort(-np.abs(weights), kind="stable")
            nearest, weights = nearest[order], weights[order]
        else:
            weights = None
        n = len(part)
        assert n <= ANCHORS_KEPT
        assert part["target"].tolist() == anchors.pairs["target"].iloc[nearest[:n]].tolist()
        assert part["source"].tolist() == anchors.pairs["source"].iloc[nearest[:n]].tolist()
        np.testing.assert_allclose(part["cosine"], cosines[nearest[:n]], atol=1e-5)
        if weights is not None:
            np.testing.assert_allclose(part["weight"], weights[:n], atol=1e-4)
        elif method == "above":  # sparsemax: those without a weight are left out
            assert (part["weight"] > 0).all()
            assert part["weight"].sum() == pytest.approx(1, abs=1e-5)
        else:
            assert part["weight"].isna().all()


def test_word_anchors_come_in_parts_to_the_same(texts, monkeypatch):
    _, bench = texts
    whole = word_anchors_table(bench, "zu", "every")
    monkeypatch.setattr("mosecrot_core.runs.text_tables._CELLS", 30)
    pd.testing.assert_frame_equal(word_anchors_table(bench, "zu", "every"), whole)


def test_running_text_of_unspaced_scripts_keeps_its_words(tmp_path):
    """Words that are characters, tokens that are words of two."""
    file = write_unspaced_token_experiment(tmp_path)
    sentence = "中\tB-LOC\n国\tI-LOC\n人\tO\n"
    (tmp_path / "panx/test-zh.tsv").write_text(f"{sentence}\n的\tO\n来\tO\n\n{sentence}")
    bench = Workbench(load_experiment(file), tmp_path)
    found = tokens_table(bench, "zh")[["example", "word", "token", "origin"]]
    first = [("中国", 0), ("人", 2)]
    expected = [
        *((0, word, token, "vectors") for token, word in first),
        (1, 0, "的", "vectors"), (1, 1, "来", "unknown"),
        *((2, word, token, "vectors") for token, word in first),
    ]  # fmt: skip
    assert [tuple(row) for row in found.itertuples(index=False)] == expected
    used = {token for _, _, token, origin in expected if origin == "vectors"}
    assert set(word_anchors_table(bench, "zh", "softmax")["token"]) == used
    units = coverage(bench.target("zh").words.tokenizer, ["中国人的来"])
    assert units == pytest.approx(3 / 4)
