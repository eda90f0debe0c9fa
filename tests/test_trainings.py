"""Baselines beside stitched models, run to their scores: another encoder, the line above, fewer anchors."""

import numpy as np
import pytest
from small_experiment import (
    SETTINGS,
    run_file,
    write_bilingual_encoder,
    write_small_experiment,
)

from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.trainings import training_of
from mosecrot_core.runs.workbench import Workbench

METHODS = """\
training: {learning_rate: 2.0e-3, epochs: 10, batch_size: 8, max_length: 16}
methods:
  kept: {alignment: {method: paper, weighting: softmax, temperature: 0.1, k: 8}, source_rows: kept}
  few:
    alignment: {method: paper, weighting: softmax, temperature: 0.1, k: 8}
    source_rows: kept
    anchors: {size: 5}
  mixed: {alignment: {method: paper, weighting: softmax, temperature: 0.1, k: 8}, source_rows: mixed}
  above: {kind: in_language, alignment: {method: least_squares}}
  multilingual: {kind: zero_shot, encoder: both}
nulls: [shuffled]
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The small experiment, with a small multilingual encoder: it knows both languages' words alike."""
    folder = tmp_path_factory.mktemp("trainings")
    made = write_small_experiment(folder, SETTINGS[: SETTINGS.index("training:")] + METHODS)
    write_bilingual_encoder(made)
    return made


@pytest.fixture(scope="module")
def results(file):
    return run_file(file).results().query("metric == 'macro_f1'")


def mean(results, method):
    found = results[results["method"] == method]
    assert len(found) == 2, "a score for each seed"
    return found["value"].mean()


def test_every_method_has_a_score_and_only_stitched_ones_have_nulls(results):
    named = {"kept", "few", "mixed", "above", "multilingual"}
    assert set(results["method"]) == named | {"kept:shuffled", "few:shuffled", "mixed:shuffled"}


def test_an_encoder_that_knows_both_languages_reads_both(results):
    assert mean(results, "multilingual") > 0.8
    source = results[results["method"] == "multilingual"]["source_value"]
    assert (source > 0.8).all(), "scored on the source language with its own tokenizer"


def test_the_line_above_learns_the_language_itself(results):
    assert mean(results, "above") > 0.8
    assert results[results["method"] == "above"]["source_value"].isna().all()


def test_a_body_that_learns_through_both_rows_reads_both(file, results):
    assert mean(results, "mixed") > 0.8
    mixed = results[results["method"] == "mixed"]
    assert (mixed["source_value"] > 0.8).all()
    experiment, bench = load_experiment(file), Workbench(load_experiment(file), file.parent)
    (tuning, *_) = [
        t for t in make_plan(experiment, file.parent, FileHashes()).finetunings if t.method == "mixed"
    ]
    assert (tuning.language, tuning.config.freeze_embeddings) == ("zu", True)
    embedding = training_of(tuning, bench).build().get_input_embeddings()
    special = list(bench.encoder.special_ids)
    expected = bench.source_rows("zu", "mixed").copy()
    expected[special] = bench.encoder.rows[special]
    np.testing.assert_array_equal(embedding.other.numpy(), expected)
    np.testing.assert_array_equal(embedding.weight.detach().numpy(), bench.encoder.rows)


def test_fewer_anchors_are_those_of_the_method_alone(file):
    bench = Workbench(load_experiment(file), file.parent)
    assert len(bench.anchors("zu", "few")) == 5 < len(bench.anchors("zu", "kept"))
    assert bench.anchors("zu", "kept") is bench.target("zu").anchors
    rows = bench.target("zu").words.rows
    few, kept = (bench.mapping("zu", name).map_target(rows) for name in ("few", "kept"))
    assert not np.allclose(few, kept)


def test_a_stitched_classifier_starts_from_the_same_head_as_any(file):
    import torch

    experiment = load_experiment(file)
    bench, plan = Workbench(experiment, file.parent), make_plan(experiment, file.parent, FileHashes())
    heads = []
    for tuning in plan.finetunings:
        if tuning.seed == 0 and tuning.method != "multilingual":
            torch.manual_seed(0)
            model = training_of(tuning, bench).build()
            heads.append(model.get_parameter("classifier.weight"))
            tokenizer = training_of(tuning, bench).reader.tokenizer
            assert model.get_input_embeddings().weight.shape[0] == len(tokenizer)
    assert len(heads) == 3
    assert all(torch.equal(heads[0], head) for head in heads[1:])
