"""Mixed models, held to sums over state dicts, on six architectures."""

import copy

import pytest
import torch
from tiny_encoders import ARCHITECTURES, tiny_encoder
from transformers import AutoModelForMaskedLM, AutoModelForSequenceClassification

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.interpolation import Interpolation
from mosecrot_core.learning.interpolation_grid import BILINGUAL, SOURCE, TARGET, Point, plane


def three(architecture="bert", auto_class=AutoModelForSequenceClassification, n=3):
    tiny = tiny_encoder(architecture)
    return [tiny.model(auto_class, seed).train(False) for seed in range(n)]


def ids():
    return torch.tensor([[5, 6, 7, 8], [9, 6, 5, 7]])


def logits(model, inputs=None):
    with torch.no_grad():
        return model(input_ids=ids() if inputs is None else inputs, attention_mask=torch.ones(2, 4)).logits


def slow_mix(corners, weights, chosen=lambda _: True):
    """Add up whole state dicts in float64."""
    states = [corner.state_dict() for corner in corners]
    mixed = copy.deepcopy(corners[0])
    state = {}
    for name, base in states[0].items():
        if base.is_floating_point() and chosen(name):
            state[name] = sum(w * s[name].double() for w, s in zip(weights, states, strict=True)).to(
                base.dtype
            )
        else:
            state[name] = base
    mixed.load_state_dict(state)
    return mixed


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_mix_is_the_weighted_sum_of_the_state_dicts(architecture):
    corners = three(architecture)
    interpolation = Interpolation(corners)
    for point in (Point(300, 500), Point(-500, 1500), Point(500, 0)):
        mixed, wanted = interpolation.at(point.weights), slow_mix(corners, point.weights)
        for name, tensor in mixed.state_dict().items():
            torch.testing.assert_close(tensor, wanted.state_dict()[name], atol=1e-6, rtol=1e-6)
        torch.testing.assert_close(logits(mixed), logits(wanted), atol=1e-4, rtol=1e-4)


def test_corners_are_exact_also_after_a_walk_over_the_plane():
    corners = three()
    interpolation = Interpolation(corners)
    for point in plane()[::40]:
        interpolation.at(point.weights)
    for number, point in enumerate((BILINGUAL, SOURCE, TARGET)):
        mixed = interpolation.at(point.weights)
        for name, tensor in mixed.state_dict().items():
            assert torch.equal(tensor, corners[number].state_dict()[name]), f"{name} of corner {number}"


def test_a_corner_that_is_not_finite_spoils_only_the_mixes_it_is_in():
    corners = three()
    with torch.no_grad():
        corners[1].get_input_embeddings().weight.fill_(float("inf"))
    mixed = Interpolation(corners).at((0.5, 0.0, 0.5))
    assert torch.isfinite(logits(mixed)).all()


def test_the_first_weight_is_the_first_models():
    corners = three()
    wanted = {name: 0.7 * a + 0.2 * b + 0.1 * c for (name, a), b, c in zip(
        corners[0].named_parameters(), corners[1].parameters(), corners[2].parameters(), strict=True
    )}  # fmt: skip
    mixed = Interpolation(corners).at((0.7, 0.2, 0.1))
    for name, parameter in mixed.named_parameters():
        torch.testing.assert_close(parameter, wanted[name].detach(), atol=1e-6, rtol=1e-6)
    turned = Interpolation(corners).at((0.7, 0.1, 0.2))
    assert not torch.allclose(logits(mixed), logits(turned)), "the two directions are told apart"


SCOPES = {
    "encoder": lambda name: name.startswith("bert."),
    "head": lambda name: not name.startswith("bert."),
    "embeddings": lambda name: name.startswith("bert.embeddings."),
    "layer 1": lambda name: ".layer.1." in name,
}


@pytest.mark.parametrize("scope", SCOPES)
def test_what_is_out_of_scope_stays_the_first_models(scope):
    corners = three()
    mixed = Interpolation(corners, scope).at(Point(600, 200).weights)
    wanted = slow_mix(corners, Point(600, 200).weights, SCOPES[scope])
    moved = 0
    for name, tensor in mixed.state_dict().items():
        if SCOPES[scope](name):
            torch.testing.assert_close(tensor, wanted.state_dict()[name], atol=1e-6, rtol=1e-6)
            moved += not torch.equal(tensor, corners[0].state_dict()[name])
        else:
            assert torch.equal(tensor, corners[0].state_dict()[name]), name
    assert moved


def test_an_unknown_scope_is_told_what_there_is():
    with pytest.raises(MosecrotError, match="embeddings, layer 0, layer 1"):
        Interpolation(three(), "layer 7")


@pytest.mark.parametrize("auto_class", [AutoModelForSequenceClassification, AutoModelForMaskedLM])
def test_the_given_models_and_the_random_state_stay_as_they_are(auto_class):
    corners = three(auto_class=auto_class)
    corners[1].train(True)
    before = [copy.deepcopy(corner.state_dict()) for corner in corners]
    torch.manual_seed(5)
    drawn = torch.random.get_rng_state()
    interpolation = Interpolation(corners)
    for point in plane()[::50]:
        logits(interpolation.at(point.weights))
    assert torch.equal(torch.random.get_rng_state(), drawn)
    assert [corner.training for corner in corners] == [False, True, False]
    assert all(parameter.requires_grad for corner in corners for parameter in corner.parameters())
    for corner, state in zip(corners, before, strict=True):
        assert all(torch.equal(tensor, state[name]) for name, tensor in corner.state_dict().items())


def test_tied_weights_are_mixed_once_and_stay_tied():
    corners = three(auto_class=AutoModelForMaskedLM)
    mixed = Interpolation(corners).at((0.5, 0.25, 0.25))
    embedding = mixed.get_input_embeddings().weight
    assert mixed.get_output_embeddings().weight is embedding
    wanted = sum(w * c.get_input_embeddings().weight for w, c in zip((0.5, 0.25, 0.25), corners, strict=True))
    torch.testing.assert_close(embedding, wanted.detach(), atol=1e-6, rtol=1e-6)


def test_whole_numbers_in_buffers_stay_and_others_are_mixed():
    corners = three()
    for number, corner in enumerate(corners):
        corner.register_buffer("steps", torch.tensor([7, 8 + number]))
        corner.register_buffer("scale", torch.tensor([1.0 + number]))
    mixed = Interpolation(corners).at((0.5, 0.25, 0.25))
    assert mixed.steps.tolist() == [7, 8]
    assert mixed.scale.tolist() == [1.75]
    assert mixed.steps.dtype == torch.int64


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_rows_that_are_not_read_can_be_left_out(architecture):
    corners = three(architecture)
    whole, few = Interpolation(corners), Interpolation(corners, rows=torch.tensor([*range(10), 12]))
    weights = Point(300, 400).weights
    torch.testing.assert_close(logits(few.at(weights)), logits(whole.at(weights)), atol=0, rtol=0)
    assert few.model.get_input_embeddings().weight.shape[0] == 11
    twelve = torch.tensor([[5, 6, 12, 8], [9, 6, 5, 12]])
    by_row = torch.where(twelve == 12, 10, twelve)
    torch.testing.assert_close(
        logits(few.at(weights), by_row), logits(whole.at(weights), twelve), atol=0, rtol=0
    )


def test_rows_of_an_output_cannot_be_left_out():
    with pytest.raises(MosecrotError, match=r"cannot be left out: .*decoder\.weight is tied"):
        Interpolation(three(auto_class=AutoModelForMaskedLM), rows=torch.arange(9))


def test_sums_are_made_in_float32_whatever_the_models_are_in():
    corners = [corner.to(torch.bfloat16) for corner in three()]
    weights = Point(300, 500).weights
    exact = slow_mix([copy.deepcopy(corner).float() for corner in corners], weights).state_dict()
    mixed = Interpolation(corners, dtype=torch.bfloat16).at(weights)

    def is_rounded_once(name, tensor):
        error = (tensor.float() - exact[name]).abs()
        return bool((error <= exact[name].abs() * 2**-8 * 1.001).all())

    for name, parameter in mixed.named_parameters():
        assert parameter.dtype == torch.bfloat16
        assert is_rounded_once(name, parameter)
    name = "bert.encoder.layer.0.output.dense.weight"
    in_bfloat16 = sum(w * corner.get_parameter(name) for w, corner in zip(weights, corners, strict=True))
    assert not is_rounded_once(name, in_bfloat16), "the difference shows"


def test_models_that_do_not_fit_together_are_refused():
    corners = three()
    with pytest.raises(MosecrotError, match="two models or more expected, got 1"):
        Interpolation(corners[:1])
    other = tiny_encoder("bert").model(AutoModelForMaskedLM)
    with pytest.raises(MosecrotError, match=r"models 0 and 1 .* only one of them has .*classifier\.bias"):
        Interpolation([corners[0], other])
    larger = copy.deepcopy(corners[2])
    larger.resize_token_embeddings(50)
    with pytest.raises(MosecrotError, match=r"word_embeddings\.weight is .* and 50 x 16 in model 2"):
        Interpolation([*corners[:2], larger])


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.5, 0.5, 0.5), (0.0, 0.0, 0.0)])
def test_weights_are_one_a_corner_and_add_up_to_1(weights):
    with pytest.raises(MosecrotError, match="weights"):
        Interpolation(three()).at(weights)
