"""Voters over one encoder: what they say held to the texts one by one, their folder, on six architectures."""

import numpy as np
import pytest
import torch
from tiny_encoders import ARCHITECTURES, tiny_encoder
from transformers import AutoModel

from mosecrot_core.errors import InputError
from mosecrot_core.learning.voting_model import ALL_VOTERS, EachVote, load_voters, new_voters

NAMES = ("bad", "fair", "good")
TEXTS = [[4, 11, 12, 13, 5], [4, 14, 15, 16, 17, 18, 5]]


def voting(folder, architecture="bert", seed=0, kinds=ALL_VOTERS, of_words=False):
    if not (folder / architecture).exists():
        tiny_encoder(architecture).model(AutoModel).save_pretrained(folder / architecture)
    torch.manual_seed(seed)
    return new_voters(folder / architecture, NAMES, kinds, of_words=of_words).eval()


def batch(side="right", padding=0):
    gap, (short, long) = [padding, padding], TEXTS
    rows, mask = {"right": (short + gap, [1] * 5 + [0, 0]), "left": (gap + short, [0, 0] + [1] * 5)}[side]
    return {"input_ids": torch.tensor([rows, long]), "attention_mask": torch.tensor([mask, [1] * 7])}


def alone(text):
    return {"input_ids": torch.tensor([text]), "attention_mask": torch.ones(1, len(text), dtype=torch.long)}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("of_words", [False, True])
def test_the_folder_comes_back_bit_by_bit_and_holds_the_encoder(tmp_path, architecture, of_words):
    model = voting(tmp_path, architecture, of_words=of_words)
    encoder = AutoModel.from_pretrained(tmp_path / architecture)
    state = encoder.state_dict()
    assert all(torch.equal(own, state[name]) for name, own in model.base_model.state_dict().items())
    model.save_pretrained(tmp_path / "saved")
    assert {path.suffix for path in (tmp_path / "saved").iterdir()} == {".json", ".safetensors"}
    torch.manual_seed(7)
    loaded = load_voters(tmp_path / "saved").eval()
    assert loaded.state_dict().keys() == model.state_dict().keys()
    assert all(torch.equal(own, loaded.state_dict()[name]) for name, own in model.state_dict().items())
    assert loaded.config.id2label == dict(enumerate(NAMES))
    with torch.no_grad():
        np.testing.assert_allclose(model(**batch()).logits, loaded(**batch()).logits, atol=1e-6)
    saved = AutoModel.from_pretrained(tmp_path / "saved").state_dict()
    assert all(torch.equal(own, saved[name]) for name, own in model.base_model.state_dict().items())


@pytest.mark.parametrize("of_words", [False, True])
@pytest.mark.parametrize("kind", ALL_VOTERS)
@pytest.mark.parametrize("side", ["right", "left"])
def test_padding_says_nothing(tmp_path, kind, of_words, side):
    model = voting(tmp_path, "bert", kinds=[kind], of_words=of_words)
    with torch.no_grad():
        positions = {"left": torch.tensor([[0, 0, 0, 1, 2, 3, 4], [*range(7)]]), "right": None}[side]
        inputs = batch(side)
        if positions is not None:  # BERT counts positions from the batch's edge
            states = model.base_model(**inputs, position_ids=positions)[0]
            voter = model.voters[kind]
            found = voter(states, inputs["attention_mask"].bool()).log_softmax(-1)
        else:
            found = model.votes(**inputs)[0]
        for row, text in enumerate(TEXTS):
            expected = model.votes(**alone(text))[0, 0]
            own = found[row]
            if of_words:
                own = own[inputs["attention_mask"][row].bool()]
            np.testing.assert_allclose(own, expected, atol=2e-6)


@pytest.mark.parametrize("of_words", [False, True])
def test_the_model_says_the_voters_mean_probability(tmp_path, of_words):
    model = voting(tmp_path, of_words=of_words)
    with torch.no_grad():
        votes, found = model.votes(**batch()), model(**batch()).logits
        each = EachVote(model)(**batch()).logits
    np.testing.assert_allclose(found.exp(), votes.exp().mean(0), atol=1e-6)
    np.testing.assert_allclose(found.exp().sum(-1), np.ones(found.shape[:-1]), atol=1e-6)
    assert len({tuple(vote.flatten().tolist()) for vote in votes}) == len(ALL_VOTERS)
    np.testing.assert_array_equal(each.unflatten(-1, (len(ALL_VOTERS), len(NAMES))).movedim(-2, 0), votes)


@pytest.mark.parametrize("of_words", [False, True])
def test_each_voter_learns_by_itself_and_nothing_from_what_has_no_label(tmp_path, of_words):
    model = voting(tmp_path, of_words=of_words)
    labels = (
        torch.tensor([[-100, 2, -100, 0, -100, -100, -100], [-100] * 7])
        if of_words
        else torch.tensor([1, -100])
    )
    found = model(**batch(), labels=labels)
    votes = model.votes(**batch())
    right = votes[:, 0, [1, 3], [2, 0]] if of_words else votes[:, 0, 1]
    expected = -right.mean()
    assert found.loss.item() == pytest.approx(expected.item(), rel=1e-6)
    rejected = torch.full_like(labels, -100)
    nothing = model(**batch(), labels=rejected)
    assert nothing.loss.item() == 0
    nothing.loss.backward()
    assert all(weight.grad is None or not weight.grad.any() for weight in model.parameters())


@pytest.mark.parametrize("of_words", [False, True])
def test_each_voter_learns_probabilities(tmp_path, of_words):
    model = voting(tmp_path, of_words=of_words)
    nothing = [np.nan] * 3
    rows = [[0.2, 0.3, 0.5], nothing]
    wanted = torch.tensor([[rows[0], rows[1], rows[0], *[nothing] * 4], [nothing] * 7] if of_words else rows)
    found = model(**batch(), labels=wanted)
    votes = model.votes(**batch()).exp()
    own = votes[:, 0, [0, 2]] if of_words else votes[:, 0]
    expected = (own - torch.tensor(rows[0])).square().sum(-1).mean()
    assert found.loss.item() == pytest.approx(expected.item(), rel=1e-6)
    exact = model.votes(**batch()).exp().detach()
    assert model(**batch(), labels=exact.mean(0)).loss.item() > 0
    alone = voting(tmp_path, kinds=["cnn"], of_words=of_words)
    exact = alone.votes(**batch()).exp().detach()[0]
    assert alone(**batch(), labels=exact).loss.item() == pytest.approx(0, abs=1e-12)
    empty = model(**batch(), labels=torch.full_like(wanted, np.nan))
    empty.loss.backward()
    assert empty.loss.item() == 0
    assert all(weight.grad is None or not weight.grad.any() for weight in model.parameters())


def test_the_same_seed_gives_the_same_voters(tmp_path):
    first, same, other = (voting(tmp_path, seed=seed) for seed in (0, 0, 1))
    weights = [model.voters["bilstm"].lstm.weight_hh_l0 for model in (first, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("kinds", [[], ["linear", "linear"], ["linear", "oracle"]])
def test_which_voters_there_are(tmp_path, kinds):
    with pytest.raises(InputError, match="different voters of linear, bilstm, cnn expected"):
        voting(tmp_path, kinds=kinds)


def test_another_models_folder_is_refused(tmp_path):
    tiny_encoder("bert").model(AutoModel).save_pretrained(tmp_path / "plain")
    with pytest.raises(InputError, match="model with voters expected"):
        load_voters(tmp_path / "plain")
