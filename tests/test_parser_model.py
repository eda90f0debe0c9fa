"""The parser: its scores held to loops over arcs, its folder, and mixes of it, on six architectures."""

import math

import numpy as np
import pytest
import torch
from tiny_encoders import ARCHITECTURES, tiny_encoder
from transformers import AutoModel, AutoModelForMaskedLM

from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.learning import parser_model
from mosecrot_core.learning.interpolation import Interpolation
from mosecrot_core.learning.interpolation_grid import BILINGUAL, SOURCE, TARGET, plane
from mosecrot_core.learning.parser_model import NEVER, load_parser, new_parser

NAMES = ("dep", "nsubj", "root")


def parser(folder, architecture="bert", seed=0, compat=None, auto_class=AutoModel):
    tiny = tiny_encoder(architecture)
    if not (folder / architecture).exists():
        tiny.model(auto_class).save_pretrained(folder / architecture)
    torch.manual_seed(seed)
    return new_parser(folder / architecture, NAMES, compat).eval()


def batch(side="right"):
    """Two texts of 5 and 7 subwords; the first has ROOT and 3 words, the second ROOT and 2."""
    ids = [[4, 11, 12, 13, 5], [4, 14, 15, 16, 17, 18, 5]]
    gap = [0, 0]
    own = {"right": ids[0] + gap, "left": gap + ids[0]}[side]
    mask = {"right": [1] * 5 + gap, "left": gap + [1] * 5}[side]
    return {
        "input_ids": torch.tensor([own, ids[1]]),
        "attention_mask": torch.tensor([mask, [1] * 7]),
        "nodes": torch.tensor([[0, 1, 2, 3], [0, 1, 4, -100]]),
    }


def read(model, **inputs):
    with torch.no_grad():
        return model(**{**batch(), **inputs})


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("auto_class", [AutoModel, AutoModelForMaskedLM])
def test_the_encoder_is_the_folders_and_the_folder_comes_back_bit_by_bit(tmp_path, architecture, auto_class):
    model = parser(tmp_path, architecture, auto_class=auto_class)
    encoder = AutoModel.from_pretrained(tmp_path / architecture)
    state = encoder.state_dict()
    assert all(torch.equal(own, state[name]) for name, own in model.base_model.state_dict().items())
    model.save_pretrained(tmp_path / "saved")
    files = {path.suffix for path in (tmp_path / "saved").iterdir()}
    assert files == {".json", ".safetensors"}
    torch.manual_seed(7)
    loaded = load_parser(tmp_path / "saved").eval()
    assert [*loaded.state_dict()] == [*model.state_dict()]
    assert all(
        torch.equal(a, b)
        for a, b in zip(loaded.state_dict().values(), model.state_dict().values(), strict=True)
    )
    assert torch.equal(read(loaded).logits, read(model).logits)
    assert loaded.config.id2label == dict(enumerate(NAMES))
    plain = AutoModel.from_pretrained(tmp_path / "saved").state_dict()
    assert all(torch.equal(own, plain[name]) for name, own in model.base_model.state_dict().items())


def test_a_new_head_is_the_same_for_a_seed(tmp_path):
    first, same, other = (parser(tmp_path, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.parser.arc, same.parser.arc)
    assert not torch.equal(first.parser.arc, other.parser.arc)
    assert first.parser.arc.shape == (513, 513)
    assert first.parser.relation.weight.shape == (3, 128, 128)
    bound = math.sqrt(6 / (513 + 513))
    assert 0.95 * bound < first.parser.arc.abs().max() <= bound, "Xavier's"
    bound = 1 / math.sqrt(16)
    assert 0.9 * bound < first.parser.arc_head.weight.abs().max() <= bound, "PyTorch's own"


def slow_scores(model, hidden, at):
    """Arc by arc, from Dozat and Manning (2017), equations 6 to 11 with the bias on both sides."""
    head = model.parser

    def mlp(layer, i):
        x = layer.weight @ hidden[at[i]] + layer.bias
        return torch.where(x > 0, x, x.exp() - 1)

    n = len(at)
    arcs, relations = torch.empty(n, n), torch.empty(n, n, len(NAMES))
    for i in range(n):
        for j in range(n):
            h = torch.cat([mlp(head.arc_head, j), torch.ones(1)])
            d = torch.cat([mlp(head.arc_dependent, i), torch.ones(1)])
            arcs[i, j] = h @ head.arc @ d + head.arc_bias
            h, d = mlp(head.relation_head, j), mlp(head.relation_dependent, i)
            for r in range(len(NAMES)):
                relations[i, j, r] = h @ head.relation.weight[r] @ d + head.relation.bias[r]
    return arcs, relations


@pytest.mark.parametrize("compat", [None, "wu2022"])
def test_log_probabilities_are_those_of_loops(tmp_path, compat):
    model = parser(tmp_path, compat=compat)
    logits, inputs = read(model).logits, batch()
    for text, at in enumerate(([0, 1, 2, 3], [0, 1, 4])):
        ids = inputs["input_ids"][text][inputs["attention_mask"][text] == 1]
        with torch.no_grad():
            hidden = model.base_model(input_ids=ids[None])[0][0]
            arcs, relations = slow_scores(model, hidden, at)
        n = len(at)
        for i in range(1, n):
            allowed = [j for j in range(n) if (j != 0 if compat else j != i)]
            total = sum(math.exp(arcs[i, j]) for j in allowed)
            for j in allowed:
                wanted = math.log(math.exp(arcs[i, j]) / total) + relations[i, j].log_softmax(0)
                torch.testing.assert_close(logits[text, i, j], wanted, atol=2e-4, rtol=1e-4)
            assert (
                logits[text, i, [j for j in range(logits.shape[1]) if j not in allowed]] < NEVER / 2
            ).all()
            assert logits[text, i].exp().sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("architecture", ["bert", "mpnet"])
def test_padding_may_stand_on_either_side(tmp_path, architecture):
    model = parser(tmp_path, architecture)
    pad = tiny_encoder(architecture).config.pad_token_id
    ids = {
        side: batch(side)["input_ids"].masked_fill(batch(side)["attention_mask"] == 0, pad)
        for side in ("left", "right")
    }
    right = read(model, input_ids=ids["right"]).logits
    alone = read(
        model, input_ids=ids["right"][:1, :5], attention_mask=torch.ones(1, 5, dtype=torch.long),
        nodes=batch()["nodes"][:1],
    ).logits  # fmt: skip
    torch.testing.assert_close(right[:1, 1:], alone[:, 1:], atol=1e-4, rtol=1e-4)
    if architecture == "mpnet":  # its positions do not count padding, so the left is the same as well
        left = read(model, **{**batch("left"), "input_ids": ids["left"]}).logits
        torch.testing.assert_close(left[:1, 1:], alone[:, 1:], atol=1e-4, rtol=1e-4)


def test_the_loss_is_that_of_head_and_relation(tmp_path):
    model = parser(tmp_path)
    labels = torch.tensor([[-1, 2 * 3 + 1, 0 * 3 + 2, -1], [-1, 2 * 3 + 0, 0 * 3 + 2, -100]])
    found = read(model, labels=labels)
    p = found.logits
    wanted = -(p[0, 1, 2, 1] + p[0, 2, 0, 2] + p[1, 1, 2, 0] + p[1, 2, 0, 2]) / 4
    assert found.loss == pytest.approx(float(wanted), rel=1e-5)
    assert read(model, labels=torch.full((2, 4), -1)).loss == 0


@pytest.mark.parametrize("compat", [None, "wu2022"])
def test_while_learning_only_right_arcs_get_relations_and_the_loss_is_the_same(tmp_path, monkeypatch, compat):
    monkeypatch.setattr(parser_model, "_DROPOUT", 0.0)
    model = parser(tmp_path, compat=compat)
    labels = torch.tensor([[-1, 2 * 3 + 1, 0 * 3 + 2, -1], [-1, 2 * 3 + 0, 0 * 3 + 2, -100]])
    found = model.train()(**batch(), labels=labels)
    found.loss.backward()
    learned = [weight.grad.clone() for weight in model.parser.parameters()]
    assert found.logits is None
    model.zero_grad()
    again = model.eval()(**batch(), labels=labels)
    again.loss.backward()
    assert found.loss.item() == pytest.approx(again.loss.item(), rel=1e-5)
    for weight, gradient in zip(model.parser.parameters(), learned, strict=True):
        torch.testing.assert_close(weight.grad, gradient, atol=1e-4, rtol=1e-4)


def test_wu_et_al_learn_no_arc_from_root_and_divide_by_fewer_words(tmp_path):
    model = parser(tmp_path, compat="wu2022")
    labels = torch.tensor([[-1, 2 * 3 + 1, 0 * 3 + 2, 2 * 3 + 0], [-1, 2 * 3 + 0, 0 * 3 + 2, -100]])
    found = read(model, labels=labels)
    p = found.logits
    of_root = 0.0
    with torch.no_grad():
        for text, at in enumerate(([0, 1, 2, 3], [0, 1, 4])):
            ids = batch()["input_ids"][text, : (5, 7)[text]]
            _, relations = slow_scores(model, model.base_model(input_ids=ids[None])[0][0], at)
            of_root += relations[2, 0].log_softmax(0)[2]
    wanted = -(p[0, 1, 2, 1] + p[0, 3, 2, 0] + p[1, 1, 2, 0] + of_root) / (5 - 2)
    assert found.loss == pytest.approx(float(wanted), rel=1e-3)


def test_dropout_is_one_for_all_words_of_a_text(tmp_path):
    head = parser(tmp_path).parser.train()
    seen = head._dropped(torch.ones(3, 50, 512))
    assert torch.equal(seen, seen[:, :1].expand_as(seen))
    assert 0.25 < (seen == 0).float().mean() < 0.41
    assert not torch.equal(seen[0], seen[1])
    assert seen.max() == pytest.approx(1 / 0.67)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_mixes_have_exact_corners_and_scopes(tmp_path, architecture):
    corners = [parser(tmp_path, architecture, seed) for seed in range(3)]
    with torch.no_grad():
        for number, corner in enumerate(corners):
            for weight in corner.parameters():
                weight.add_(0.01 * number)
    mixed = Interpolation(corners)
    for point in plane()[::50]:
        mixed.at(point.weights)
    for number, point in enumerate((BILINGUAL, SOURCE, TARGET)):
        there = mixed.at(point.weights)
        for name, tensor in there.state_dict().items():
            assert torch.equal(tensor, corners[number].state_dict()[name]), f"{name} of corner {number}"
        assert torch.equal(read(there).logits, read(corners[number]).logits)
    for scope, moved in (
        ("head", "parser."),
        ("encoder", ""),
        ("layer 1", ".1."),
        ("embeddings", "embeddings."),
    ):
        there = Interpolation(corners, scope).at((0.0, 1.0, 0.0)).state_dict()
        names = {name for name, own in there.items() if not torch.equal(own, corners[0].state_dict()[name])}
        assert names
        assert all(moved in name for name in names)
        assert (scope == "head") == any(name.startswith("parser.") for name in names)


def test_another_models_folder_is_refused(tmp_path):
    tiny_encoder("bert").model(AutoModel).save_pretrained(tmp_path / "plain")
    with pytest.raises(InputError, match="the folder of a dependency parser expected"):
        load_parser(tmp_path / "plain")
    with pytest.raises(MosecrotError, match="do not have the same weights"):
        Interpolation([parser(tmp_path), parser(tmp_path, "roberta")])
    assert np.isfinite(read(parser(tmp_path)).logits[:, 1:].numpy()).all()
