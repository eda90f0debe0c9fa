"""Experiments whose task labels words: from files through every method to a table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from small_experiment import WORDS, foreign, run_file
from small_token_experiment import (
    METHODS,
    PARTS_OF_SPEECH,
    write_small_token_experiment,
    write_unspaced_token_experiment,
)
from transformers import AutoModelForTokenClassification, AutoTokenizer
from typed import typed

from mosecrot_core.learning.averaged_vectors import classify_averages
from mosecrot_core.learning.token_prediction import predict_tokens
from mosecrot_core.learning.token_scores import span_f1
from mosecrot_core.mapping.tokenizer import coverage
from mosecrot_core.runs.execution import Execution
from mosecrot_core.runs.experiment import Experiment, load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.workbench import Workbench

FEW = """\
methods:
  least_squares: {alignment: {method: least_squares}, source_rows: kept}
nulls: [shuffled]
"""
DATA = Path(__file__).parents[2] / "shared/data"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_small_token_experiment(tmp_path_factory.mktemp("words"))


@pytest.fixture(scope="module")
def run(file):
    return run_file(file)


@pytest.fixture(scope="module")
def bench(file):
    return Workbench(load_experiment(file), file.parent)


def values(run, metric, method):
    results = run.results()
    return results[(results["metric"] == metric) & (results["method"] == method)]["value"]


def test_every_method_is_scored_by_spans_first(run):
    results = run.results()
    assert list(dict.fromkeys(results["metric"])) == ["span_f1", "accuracy"]
    named = {*yaml.safe_load(METHODS)["methods"]}
    assert set(results["method"]) == named | {"softmax:shuffled", "least_squares:shuffled"}
    assert set(results["n"]) == {40}
    assert results["value"].between(0, 1).all()


def test_what_is_transferred_beats_shuffled_anchors_and_word_pieces(run):
    best = values(run, "span_f1", "least_squares").mean()
    assert best > values(run, "span_f1", "least_squares:shuffled").mean() + 0.2
    assert best > values(run, "span_f1", "raw_word_pieces").mean() + 0.2
    assert values(run, "span_f1", "above").mean() > 0.7
    source = run.results().query("method == 'least_squares' and metric == 'span_f1'")["source_value"]
    assert (source > 0.7).all()


def test_coverage_counts_the_words_of_the_sentences(run, bench):
    """One word has no vector; each other is one token."""
    words = [word for sentence in bench.corpus.get("zu", "test").sentences for word in sentence]
    assert set(words) <= {foreign(word) for word in WORDS}
    share = np.mean([word != foreign("very") for word in words])
    assert 0 < share < 1
    for method in ("softmax", "least_squares", "logistic_regression", "above"):
        found = run.results()[run.results()["method"] == method]["coverage"]
        np.testing.assert_allclose(found, share)


def test_anchors_carry_the_test_words(run):
    use = run.anchor_use()
    assert set(use["method"]) == {"softmax"}
    assert use["share"].sum() == pytest.approx(1)


def test_the_saved_model_labels_words_as_the_run_scored_it(run, bench):
    (saved,) = run.table("models", []).to_dict("records")
    folder = run.folder / saved["folder"]
    model = AutoModelForTokenClassification.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert model.config.id2label == dict(enumerate(bench.corpus.label_names))
    test, names = bench.corpus.get("zu", "test"), bench.corpus.label_names
    found = span_f1(test.labels, predict_tokens(model, tokenizer, test.sentences, names), names)
    scored = run.results().query("method == 'softmax' and metric == 'span_f1' and seed == 0")["value"]
    assert found == pytest.approx(scored.iloc[0])


def test_logistic_regression_goes_by_each_words_own_vector(run, bench):
    words = bench.target("zu").words
    row_of = dict(zip(words.vocabulary.entries, words.rows, strict=True))
    zero = np.zeros(words.rows.shape[1], np.float32)

    def features(part):
        return np.array([row_of.get(word, zero) for sentence in part.sentences for word in sentence])

    train, test = bench.corpus.get("zu", "train"), bench.corpus.get("zu", "test")
    labels = [label for sentence in train.labels for label in sentence]
    predicted = iter(classify_averages(features(train), labels, features(test)))
    by_sentence = [[next(predicted) for _ in sentence] for sentence in test.sentences]
    found = span_f1(test.labels, by_sentence, bench.corpus.label_names)
    assert values(run, "span_f1", "logistic_regression").item() == pytest.approx(found)
    assert found > 0.2


def test_show_prints_the_tasks_own_metric(run, monkeypatch, capsys):
    code, out, _ = typed(monkeypatch, capsys, "show", str(run.folder))
    assert code == 0
    assert "span_f1 in percent" in out
    assert f"{100 * values(run, 'span_f1', 'least_squares').mean():.1f}" in out
    _, out, _ = typed(monkeypatch, capsys, "show", str(run.folder), "--metric", "accuracy")
    assert "accuracy in percent" in out
    code, _, err = typed(monkeypatch, capsys, "show", str(run.folder), "--metric", "macro_f1")
    assert (code, "the run has span_f1, accuracy" in err) == (2, True)


def test_a_stopped_run_goes_on_to_the_same_scores(file, run, monkeypatch):
    """Stopped when the fine-tuned model is written and before it is scored; without the other methods."""
    few = file.with_name("few.yaml")
    few.write_text(file.read_text()[: file.read_text().index("methods:")] + FEW)
    tuned = Execution._fine_tuned

    def stop(self, tuning, training):
        tuned(self, tuning, training)
        raise KeyboardInterrupt

    monkeypatch.setattr(Execution, "_fine_tuned", stop)
    with pytest.raises(KeyboardInterrupt):
        run_file(few, "stopped")
    (model,) = (file.parent / "stopped/steps").glob("*.model")
    monkeypatch.undo()
    monkeypatch.setattr(Execution, "_train", None)  # the model is loaded, not trained again
    again = run_file(few, "stopped").results()
    assert not model.exists()
    before = run.results()
    before = before[before["method"].str.startswith("least_squares")].reset_index(drop=True)
    assert len(again) == 4
    pd.testing.assert_frame_equal(again, before)


def test_parts_of_speech_are_scored_word_by_word(tmp_path):
    run = run_file(write_small_token_experiment(tmp_path, PARTS_OF_SPEECH, FEW))
    assert list(dict.fromkeys(run.results()["metric"])) == ["accuracy", "macro_f1"]
    best, null = (values(run, "accuracy", f"least_squares{null}").item() for null in ("", ":shuffled"))
    assert best > null + 0.2


def test_words_inside_sentences_get_their_variants(tmp_path):
    """A capital at the start of a sentence, and an elided form that stands as a word of its own."""
    file = write_small_token_experiment(tmp_path, methods="tokenizer: {casing: keep}\n" + METHODS)
    with (tmp_path / "zu.vec").open("a") as vectors:
        vectors.write("l' " + " ".join(["1"] * 20) + "\n")
    lines = (tmp_path / "zu.vec").read_text().splitlines()
    (tmp_path / "zu.vec").write_text("\n".join([f"{len(lines) - 1} 20", *lines[1:]]) + "\n")
    text = "Tacu\tB-PER\nl'\tO\nxxxx\tO\n"
    (tmp_path / "panx/test-zu.tsv").write_text(text)
    bench = Workbench(load_experiment(file), tmp_path)
    words, test = bench.target("zu").words, bench.corpus.get("zu", "test")
    row_of = dict(zip(words.vocabulary.entries, words.rows, strict=True))
    np.testing.assert_array_equal(row_of["Tacu"], row_of["tacu"])
    assert row_of["l'"].tolist() == [1] * 20
    assert coverage(words.tokenizer, bench.head.texts(test)) == pytest.approx(2 / 3)


def test_unspaced_scripts_are_read_as_running_text(tmp_path):
    """Words that are characters, as PAN-X has them, and vectors of words of two."""
    file = write_unspaced_token_experiment(tmp_path)
    (tmp_path / "panx/test-zh.tsv").write_text("中\tB-LOC\n国\tI-LOC\n人\tO\n")
    bench = Workbench(load_experiment(file), tmp_path)
    words, test = bench.target("zh").words, bench.corpus.get("zh", "test")
    assert words.joined
    assert bench.head.texts(test, joined=True) == ["中国人"]
    assert set(words.vocabulary.entries) == {"中国", "人", "的", "中", "国"}
    assert coverage(words.tokenizer, bench.head.texts(test, joined=True)) == 1
    assert words.tokenizer.tokenize("中国人") == ["中国", "人"]


# --- keys ------------------------------------------------------------------------------------------


def keys(base, change=lambda tree: None):
    tree = yaml.safe_load((base / "small.yaml").read_text())
    change(tree)
    plan = make_plan(Experiment.model_validate(tree), base, FileHashes())
    found = {(step.title, step.seed): step.key for step in plan.steps}
    return found | {(tuning.title, tuning.seed): tuning.key for tuning in plan.finetunings}


@pytest.mark.parametrize("task", ["panx", "universal_dependencies"])
def test_another_language_leaves_the_others_keys(tmp_path, task):
    kinds = {} if task == "panx" else {"task": PARTS_OF_SPEECH}
    write_small_token_experiment(tmp_path, **kinds)
    for path in [*tmp_path.glob("panx/*-zu.tsv"), *tmp_path.glob("ud/zu_*")]:
        path.with_name(path.name.replace("zu", "xh")).write_text(path.read_text())

    def with_xh(tree):
        tree["targets"]["xh"] = tree["targets"]["zu"]
        if task != "panx":
            tree["task"]["languages"]["xh"] = "xh_small"

    before, after = keys(tmp_path), keys(tmp_path, with_xh)
    assert before.items() <= after.items()
    new = [key for title, key in after.items() if title not in before]
    assert new
    assert not {*new} & {*before.values()}, "same sentences, but another language"


def test_keys_follow_the_sentences_and_not_their_place(file, tmp_path):
    write_small_token_experiment(tmp_path)
    before = keys(tmp_path)
    (tmp_path / "panx").rename(tmp_path / "moved")
    assert keys(tmp_path, lambda t: t["task"].update(source="moved")) == before
    (tmp_path / "moved/test-zu.tsv").rename(tmp_path / "own.tsv")
    own = {"zu": {"train": "moved/train-zu.tsv", "test": "own.tsv"}}
    assert keys(tmp_path, lambda t: t["task"].update(source="moved", files=own)) == before
    sampled = keys(tmp_path, lambda t: t["task"].update(source="moved", files=own, sample={"train": 5}))
    of_pairs = {title for title in before if before[title] == sampled[title]}
    assert {title.split()[0] for title, _ in of_pairs} == {
        "anchors",
        "dropped",
        "quality",
        "signals",
        "words",
        "word_map",
    }
    (tmp_path / "own.tsv").write_text("x\tO\n")
    after = keys(tmp_path, lambda t: t["task"].update(source="moved", files=own))
    changed = {title for title in before if before[title] != after[title]}
    assert changed
    assert not any(title.startswith("fine-tuning") and "above" not in title for title, _ in changed)


# --- real data -------------------------------------------------------------------------------------


def real(task, target):
    return Experiment.model_validate(
        {
            "name": "real",
            "seeds": [0],
            "source": {"language": "en", "encoder": "encoder"},
            "targets": {target: {"vectors": {"path": "zu.vec"}, "lexicon": {"path": "en-zu.txt"}}},
            "task": task,
            "methods": {"ls": {"alignment": {"method": "least_squares"}, "source_rows": "kept"}},
        }
    )


REAL = {
    "panx": (
        lambda: {
            "name": "panx",
            "files": {
                "en": {"train": str(DATA / "panx/train-en.tsv.gz"), "test": str(DATA / "panx/dev-en.tsv.gz")},
                "fr": {"test": str(DATA / "panx/dev-fr.tsv.gz")},
            },
            "sample": {"train": 2000},
        },
        "fr",
        {("en", "train"): 2000, ("en", "test"): 10000, ("fr", "test"): 10000},
    ),
    "ud": (
        lambda: {
            "name": "universal_dependencies",
            "source": str(DATA / "ud"),
            "languages": {"en": "en_ewt", "mt": "mt_mudt"},
        },
        "mt",
        {
            ("en", "train"): 12544, ("en", "dev"): 2001, ("en", "test"): 2077,
            ("mt", "train"): 1123, ("mt", "dev"): 433, ("mt", "test"): 518,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REAL)
def test_real_sentences_are_planned_and_counted(file, kind):
    task, target, sizes = REAL[kind]
    if not (DATA / kind).is_dir():
        pytest.skip(f"no shared/data/{kind} beside this clone")
    experiment = real(task(), target)
    plan = make_plan(experiment, file.parent, FileHashes())
    assert [step.kind for step in plan.steps if step.table == "results"] == ["stitched"]
    corpus = Workbench(experiment, file.parent).corpus
    assert {key: len(part) for key, part in corpus.splits.items()} == sizes
