"""Bundles of models of every kind: of the paper's setting, words, trees, pairs; self-trained, unscored."""

import pytest
from huggingface_hub import ModelCard
from small_experiment import SETTINGS, run_file, write_small_experiment
from small_token_experiment import ENTITIES, TREES, write_small_token_experiment

from mosecrot_core.runs.bundle import export_bundles
from mosecrot_core.runs.bundle_check import check_bundle

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

PAPER = """\
methods:
  paper: {alignment: {method: paper, weighting: softmax, k: 8}, save: true}
nulls: [shuffled]
"""
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PAIRS = """\
task:
  name: xnli
  files: {en: {train: en.pairs.tsv}, zu: {test: zu.pairs.tsv}}
training: {learning_rate: 2.0e-3, epochs: 1, batch_size: 8, max_length: 16}
"""
TAUGHT = """\
methods:
  taught:
    kind: self_trained
    save: true
    alignment: {method: relative, k: 8}
    fitting: null
    self_training: {rounds: 1, pool: unlabelled}
nulls: [shuffled]
"""


def bundled(file, tmp_path):
    (made,) = export_bundles(run_file(file).folder, tmp_path / "out")
    return made, ModelCard.load(made / "README.md")


def test_words_with_model_and_data_from_the_hub(tmp_path):
    file = write_small_token_experiment(tmp_path, ENTITIES, PAPER)
    text = file.read_text()
    for key, repository, folder in (
        ("encoder", "models--org--tiny", "encoder"),
        ("source", "datasets--lab--names", "panx"),
    ):
        cached = f"hub/{repository}/snapshots/{COMMIT}"
        (tmp_path / cached).parent.mkdir(parents=True)
        (tmp_path / folder).rename(tmp_path / cached)
        text = text.replace(f"{key}: {folder}", f"{key}: {cached}")
    file.write_text(text)
    made, card = bundled(file, tmp_path)
    assert (card.data.base_model, card.data.datasets) == (["org/tiny"], ["lab/names"])
    assert card.data.eval_results[0].dataset_type == "lab/names"
    assert card.data.eval_results[0].dataset_revision == COMMIT
    assert f"| test texts | `zu` | `test-zu.tsv` of `lab/names` at `{COMMIT}` |" in card.text
    assert (card.data.pipeline_tag, card.data.language) == ("token-classification", ["zu"])
    first = card.data.eval_results[0]
    assert (first.metric_name, first.metric_type, first.dataset_name) == ("span_f1", "f1", "PAN-X")
    assert "`paper` is a setting that the paper published." in card.text
    filled = "vocabulary: swapped, spelling: 0, listed: false, frequent: 1, source_rows: reinitialised"
    assert filled.replace(", ", "\n    ") in card.text
    assert "It no longer reads `en`: its words were swapped." in card.text
    assert check_bundle(made).startswith("[")


def test_trees_whose_head_is_not_one_of_transformers(tmp_path):
    methods = PAPER.replace("method: paper, weighting: softmax, k: 8", "method: least_squares")
    made, card = bundled(write_small_token_experiment(tmp_path, TREES, methods), tmp_path)
    assert card.data.pipeline_tag is None
    assert "load_parser" in card.text
    assert check_bundle(made) == "BertModel"


def test_pairs(tmp_path):
    file = write_small_experiment(tmp_path, SETTINGS[: SETTINGS.index("task:")] + PAIRS + PAPER)
    labels = ["entailment", "neutral", "contradiction"] * 4
    (tmp_path / "en.pairs.tsv").write_text("".join(f"the cat\ta dog\t{label}\n" for label in labels))
    (tmp_path / "zu.pairs.tsv").write_text("".join(f"eht tacu\ta godu\t{label}\n" for label in labels))
    made, card = bundled(file, tmp_path)
    assert '{"text": "...", "text_pair": "..."}' in card.text
    assert "label" in check_bundle(made)


def test_a_self_trained_model_of_a_language_without_labels(tmp_path):
    settings = SETTINGS[: SETTINGS.index("methods:")].replace("[0, 1]", "[0]") + TAUGHT
    settings = settings.replace("    zu: {train: zu.train.tsv, test: zu.test.tsv}\n", "")
    settings = settings.replace("    lexicon", "    unlabelled: {files: [zu.txt]}\n    lexicon")
    file = write_small_experiment(tmp_path, settings)
    texts = [line.split("\t")[1] for line in (tmp_path / "zu.train.tsv").read_text().splitlines()[1:]]
    (tmp_path / "zu.txt").write_text("\n".join(texts))
    made, card = bundled(file, tmp_path)
    assert card.data.eval_results is None
    assert "It also learned from its own labels of unlabelled text." in card.text
    assert "None: there were no labelled texts in `zu`." in card.text
    assert "Nobody has measured whether it can do its task in this language at all." in card.text
    assert "| unlabelled text | `zu` | `zu.txt` |" in card.text
    assert "label" in check_bundle(made)
