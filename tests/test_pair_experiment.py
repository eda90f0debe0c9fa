"""An experiment of pairs of texts, from its files to its tables: all methods, and triples of both kinds."""

import numpy as np
import pytest
from small_experiment import (
    PLAIN,
    SETTINGS,
    TOPICS,
    foreign,
    run_file,
    write_bilingual_encoder,
    write_small_experiment,
)

from mosecrot_core.learning.scores import accuracy, macro_f1
from mosecrot_core.mapping.tokenizer import coverage
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.workbench import Workbench

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

LABELS = dict(zip(TOPICS, ("entailment", "neutral", "contradiction"), strict=True))
SIZES = {("en", "train"): 90, ("en", "test"): 40, ("zu", "train"): 90, ("zu", "test"): 40}
LENGTH = 12
REST = f"""\
task:
  name: xnli
  files:
    en: {{train: train-en.tsv, test: test-en.tsv}}
    zu: {{train: train-zu.tsv, test: test-zu.tsv}}
training: {{learning_rate: 2.0e-3, epochs: 10, batch_size: 8, max_length: {LENGTH}}}
methods:
  softmax: {{alignment: {{method: paper, weighting: softmax, k: 8, temperature: 0.1}}}}
  least_squares: {{alignment: {{method: least_squares}}, source_rows: kept}}
  above: {{kind: in_language, alignment: {{method: least_squares}}}}
  raw_word_pieces: {{kind: raw_word_pieces}}
  logistic_regression: {{kind: logistic_regression}}
  stitched:
    kind: stitched_triple
    alignment: {{method: relative, weighting: softmax, temperature: 0.1, k: 8}}
    points: coarse
    read: test
  multilingual: {{kind: multilingual_triple, encoder: both, points: coarse, read: test}}
nulls: [shuffled]
"""


def pair(language, topic, rng):
    """A premise of up to nine words that say nothing, and a hypothesis that is of a topic: its label."""
    premise = rng.choice(PLAIN, rng.integers(2, 10))
    hypothesis = [*rng.choice(TOPICS[topic], 2), str(rng.choice(PLAIN))]
    cells = (map(foreign, words) if language == "zu" else words for words in (premise, hypothesis))
    return "\t".join([*(" ".join(map(str, words)) for words in cells), LABELS[topic]]) + "\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    settings = SETTINGS[: SETTINGS.index("task:")].replace("[0, 1]", "[0]") + REST
    file, rng = write_small_experiment(folder, settings), np.random.default_rng(0)
    for (language, split), n in SIZES.items():
        lines = (pair(language, [*TOPICS][i % 3], rng) for i in range(n))
        (folder / f"{split}-{language}.tsv").write_text("".join(lines))
    write_bilingual_encoder(file)
    return run_file(file), Workbench(load_experiment(file), folder)


def table(made, name):
    return made[0].table(name, TABLES[name])


def test_methods_learn_and_accuracy_comes_first(made):
    results = table(made, "results").query("baseline_of == ''")
    assert results["metric"].iloc[:2].tolist() == ["accuracy", "macro_f1"]
    found = results[results["metric"] == "accuracy"].set_index("method")["value"]
    assert found[["softmax", "least_squares", "above", "logistic_regression"]].min() > 0.6
    assert found["raw_word_pieces"] < 0.6
    words = made[1].target("zu").words
    share = coverage(words.tokenizer, [text for row in made[1].corpus.get("zu", "test").rows for text in row])
    assert results.query("method == 'softmax'")["coverage"].tolist() == [pytest.approx(share)] * 2
    assert share < 1, "one word has no vector"


def test_predictions_come_to_the_scores(made):
    gold = np.array(made[1].corpus.get("zu", "test").labels)
    results = table(made, "results").set_index(["method", "metric"])["value"]
    for method, part in table(made, "predictions").groupby("method"):
        codes = part["predicted"].cat.codes.to_numpy(np.int64)
        assert results[method, "accuracy"] == pytest.approx(accuracy(gold, codes))
        assert results[method, "macro_f1"] == pytest.approx(macro_f1(gold, codes))


def test_examples_show_both_texts(made):
    test, found = made[1].corpus.get("zu", "test"), table(made, "examples")
    assert found["text"].tolist() == [f"{premise} \u2016 {hypothesis}" for premise, hypothesis in test.rows]
    assert found["gold"].cat.codes.tolist() == list(test.labels)
    assert set(found["word"]) == {0}


def test_tokens_of_both_texts_and_which_are_read(made):
    test, found = made[1].corpus.get("zu", "test"), table(made, "tokens").query("method == ''")
    tokenizer = made[1].target("zu").words.tokenizer
    n_cut = 0
    for number, row in enumerate(test.rows):
        own = found[found["example"] == number]
        assert own["token"].tolist() == [word for text in row for word in text.split()]
        assert set(own["word"]) == {0}
        read = tokenizer(*row, truncation=True, max_length=LENGTH)
        owners = read.sequence_ids(0)
        first, second = (len(text.split()) for text in row)
        expected = [
            *(place < owners.count(0) for place in range(first)),
            *(place < owners.count(1) for place in range(second)),
        ]
        assert own["read"].tolist() == expected
        n_cut += not all(expected)
    assert 0 < n_cut < len(test)


def test_word_anchors_are_of_the_words_of_both_texts(made):
    test = made[1].corpus.get("zu", "test")
    entries = {*made[1].target("zu").words.vocabulary.entries}
    used = {word for row in test.rows for text in row for word in text.split()} & entries
    assert set(table(made, "word_anchors").query("method == 'softmax'")["token"]) == used


def test_triples_read_pairs_of_both_languages(made):
    points = table(made, "points")
    assert set(points["metric"]) == {"accuracy", "macro_f1", "loss"}
    assert points["metric"].iloc[0] == "accuracy"
    found = points.query("metric == 'accuracy'").set_index(["method", "read", "a1", "a2"])["value"]
    for method in ("stitched", "multilingual"):
        assert min(found[method, read, 0, 0] for read in ("en", "zu")) > 0.6
        assert found[method, "en", 1000, 0] > 0.6
        assert found[method, "zu", 0, 1000] > 0.6
    examples = table(made, "point_examples")
    shown = examples.query("method == 'stitched' and language == 'en'")["text"].tolist()
    assert shown == made[1].head.units(made[1].corpus.get("en", "test"))
    gold = {key: part["gold"].cat.codes.to_numpy() for key, part in examples.groupby(["method", "language"])}
    for row in table(made, "point_predictions").itertuples():
        right = (gold[row.method, row.read] == row.predicted).mean()
        assert found[row.method, row.read, row.a1, row.a2] == pytest.approx(right)
