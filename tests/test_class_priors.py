"""Labels as frequent as where they were learned: offsets, the head's bias, and whole experiments."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from small_experiment import SETTINGS, run_file, write_small_experiment
from torch import nn
from transformers import AutoModelForSequenceClassification, BertConfig, MPNetConfig, RobertaConfig

from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.learning.class_priors import add_to_bias, class_shares, prior_offsets
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.plan import make_plan

SIZES = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


@pytest.fixture
def logits():
    rng = np.random.default_rng(0)
    return (4 * rng.standard_normal((500, 4)) + [2, 0, -1, -3]).astype(np.float32)


def test_the_mean_probability_of_each_label_becomes_its_share(logits):
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    offsets = prior_offsets(logits, shares)
    np.testing.assert_allclose(softmax(logits + offsets, axis=1).mean(axis=0), shares, atol=1e-4)
    assert abs(offsets.mean()) < 1e-12


def test_it_is_the_minimum_of_the_convex_loss(logits):
    shares = np.array([0.4, 0.1, 0.2, 0.3])

    def loss(offsets):
        return logsumexp(logits + offsets, axis=1).mean() - shares @ offsets

    slow = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-8}).x
    np.testing.assert_allclose(prior_offsets(logits, shares), slow - slow.mean(), atol=0.01)


def test_labels_that_come_as_often_already_stay(logits):
    shares = softmax(logits, axis=1).mean(axis=0)
    np.testing.assert_array_equal(prior_offsets(logits, shares), np.zeros(4))


def test_units_without_an_answer_are_left_out(logits):
    shares = np.full(4, 0.25)
    silent = np.full((50, 4), np.nan, np.float32)
    np.testing.assert_array_equal(
        prior_offsets(np.concatenate([silent, logits]), shares), prior_offsets(logits, shares)
    )
    with pytest.raises(MosecrotError, match="texts that the model can read expected"):
        prior_offsets(silent, shares)


def test_a_label_that_was_never_learned_is_rare_but_possible():
    shares = class_shares(np.array([0] * 9), 2)
    np.testing.assert_allclose(shares, [0.95, 0.05])
    assert np.isfinite(prior_offsets(np.zeros((3, 2), np.float32), shares)).all()


@pytest.mark.parametrize("kind", [BertConfig, RobertaConfig, MPNetConfig])
def test_logits_of_a_model_move_by_the_offsets(kind):
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(kind(vocab_size=30, num_labels=3, **SIZES)).eval()
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        before = model(ids).logits
        add_to_bias(model, np.array([1.0, -2.0, 0.5]))
        torch.testing.assert_close(model(ids).logits, before + torch.tensor([[1.0, -2.0, 0.5]]))


def test_a_head_without_bias_gets_one_and_one_of_other_width_is_refused():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 3, bias=False))
    add_to_bias(model, np.array([1.0, 2.0, 3.0]))
    assert model[1].bias.tolist() == [1, 2, 3]
    with pytest.raises(MosecrotError, match="a head with 5 outputs expected"):
        add_to_bias(model, np.zeros(5))


METHODS = """\
training: {learning_rate: 2.0e-3, epochs: 6, batch_size: 8, max_length: 16, checkpoint: never}
methods:
  plain: {save: true}
  shared: {class_priors: 1, save: true}
"""


def write(folder, share=1):
    settings = SETTINGS[: SETTINGS.index("training:")].replace("seeds: [0, 1]", "seeds: [0]")
    return write_small_experiment(folder, settings + METHODS.replace("priors: 1", f"priors: {share}"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run_file(write(tmp_path_factory.mktemp("shared")))


def test_a_method_gives_each_label_as_often_as_the_source_has_it(made):
    told = made.table("predictions", []).query("seed == 0")
    shares = told.groupby("method")["predicted"].value_counts(normalize=True).unstack(fill_value=0)
    uneven = (shares - 1 / 3).abs().max(axis=1)
    assert uneven["shared"] <= uneven["plain"]


def test_a_saved_model_has_the_offsets_in_its_bias_and_nothing_else(made):
    plain, shared = (
        AutoModelForSequenceClassification.from_pretrained(made.folder / "models" / f"{name}-zu").state_dict()
        for name in ("plain", "shared")
    )
    changed = [name for name, tensor in plain.items() if not torch.equal(tensor, shared[name])]
    assert changed == ["classifier.bias"]
    moved = (shared["classifier.bias"] - plain["classifier.bias"]).double()
    assert abs(moved.mean()) < 1e-6
    assert moved.abs().max() > 1e-3


def test_the_labels_of_the_target_change_no_prediction(made, tmp_path):
    file = write(tmp_path)
    turned = {"animals": "food", "food": "weather", "weather": "animals"}
    for split in ("train", "test"):
        texts = tmp_path / f"zu.{split}.tsv"
        lines = [line.split("\t") for line in texts.read_text().splitlines()]
        texts.write_text("".join(f"{turned.get(label, label)}\t{text}\n" for label, text in lines))
    other = run_file(file)
    said = [run.table("predictions", [])["predicted"].tolist() for run in (made, other)]
    assert said[0] == said[1]
    best = "metric == 'macro_f1' and method == 'shared'"
    right, wrong = (run.results().query(best)["value"].item() for run in (made, other))
    assert right > 0.6 > 0.4 > wrong


def stitched_keys(file):
    plan = make_plan(load_experiment(file), file.parent, FileHashes())
    steps = [step for tuning in plan.finetunings for step in tuning.steps]
    return {(step.kind, step.method): step.key for step in steps}


def test_only_its_own_steps_hang_on_the_share(tmp_path):
    whole, half, none = (stitched_keys(write(tmp_path / str(share), share)) for share in (1, 0.5, 0))
    assert whole["stitched", "plain"] == half["stitched", "plain"] == none["stitched", "plain"]
    assert len({keys["stitched", "shared"] for keys in (whole, half, none)}) == 3
    assert len({keys["save", "shared"] for keys in (whole, half, none)}) == 3


def test_trees_have_no_labels_to_count(tmp_path):
    file = write(tmp_path)
    text = file.read_text()
    start, end = text.index("task:"), text.index("training:")
    file.write_text(text[:start] + "task: {name: dependencies, source: ud}\n" + text[end:])
    with pytest.raises(InputError, match="no class_priors"):
        load_experiment(file)
