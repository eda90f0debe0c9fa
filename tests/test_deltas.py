"""Lengths and angles of what training changed, held to one long vector; random directions by filter."""

import copy
import math

import numpy as np
import pytest
import torch
from tiny_encoders import tiny_encoder
from transformers import AutoModelForMaskedLM, AutoModelForSequenceClassification

from mosecrot_core.learning.deltas import deltas, random_neighbour


def models(auto_class=AutoModelForSequenceClassification):
    tiny = tiny_encoder("bert")
    return [tiny.model(auto_class, seed) for seed in range(3)]


def long_vector(model):
    return np.concatenate([p.detach().double().numpy().ravel() for p in model.parameters()])


@pytest.mark.parametrize("auto_class", [AutoModelForSequenceClassification, AutoModelForMaskedLM])
def test_norms_and_angle_are_those_of_the_whole_vectors(auto_class):
    bilingual, source, target = models(auto_class)
    to_source, to_target = (long_vector(m) - long_vector(bilingual) for m in (source, target))
    found = deltas(bilingual, source, target)
    assert found.source_norm == pytest.approx(np.linalg.norm(to_source), rel=1e-12)
    assert found.target_norm == pytest.approx(np.linalg.norm(to_target), rel=1e-12)
    assert found.norm_ratio == pytest.approx(np.linalg.norm(to_source) / np.linalg.norm(to_target), rel=1e-12)
    cosine = to_source @ to_target / np.linalg.norm(to_source) / np.linalg.norm(to_target)
    assert found.angle == pytest.approx(math.degrees(math.acos(cosine)), rel=1e-9)


def test_known_directions():
    base = models()[0]
    one, opposite = copy.deepcopy(base), copy.deepcopy(base)
    with torch.no_grad():
        one.classifier.bias[0] += 3
        opposite.classifier.bias[0] -= 1.5
    found = deltas(base, one, opposite)
    assert (found.source_norm, found.norm_ratio) == pytest.approx((3, 2), rel=1e-6)
    assert found.angle == pytest.approx(180)
    assert deltas(base, one, one).angle == pytest.approx(0, abs=1e-5)
    same = deltas(base, base, one)
    assert (same.source_norm, same.norm_ratio) == (0, 0)
    assert math.isnan(same.angle)
    assert math.isnan(deltas(base, one, base).norm_ratio)


def test_a_random_direction_is_as_long_as_the_model_filter_by_filter():
    model = models()[0]
    before = copy.deepcopy(model.state_dict())
    near = random_neighbour(model, seed=3)
    for (name, old), new in zip(model.named_parameters(), near.parameters(), strict=True):
        moved = (new - old).detach()
        if old.dim() < 2:
            assert not moved.any(), f"{name} stays"
        else:
            torch.testing.assert_close(moved.norm(dim=1), old.detach().norm(dim=1), rtol=1e-3, atol=1e-5)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_a_random_direction_can_be_as_long_as_the_way_to_another_model():
    model, other = models()[:2]
    before = copy.deepcopy(other.state_dict())
    near = random_neighbour(model, seed=3, other=other)
    rows = zip(model.parameters(), near.parameters(), other.parameters(), strict=True)
    for old, new, far in rows:
        moved, wanted = ((each - old).detach().reshape(len(old), -1) for each in (new, far))
        if old.dim() < 2:
            moved, wanted = moved.T, wanted.T
        torch.testing.assert_close(moved.norm(dim=1), wanted.norm(dim=1), rtol=1e-3, atol=1e-5)
    found = deltas(model, near, other)
    assert found.norm_ratio == pytest.approx(1, rel=1e-4)
    assert found.angle == pytest.approx(90, abs=5)
    assert all(torch.equal(before[name], tensor) for name, tensor in other.state_dict().items())


def test_a_direction_is_its_seeds_and_leaves_the_random_state_alone():
    model = models()[0]
    drawn = torch.random.get_rng_state()
    first, again, other = (random_neighbour(model, seed) for seed in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), drawn)
    weights = [m.get_input_embeddings().weight for m in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
