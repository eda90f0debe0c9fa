"""A body that learns through two sets of rows reads each text through one, and comes out plain."""

import numpy as np
import pytest
import torch
from tiny_encoders import ARCHITECTURES, tiny_encoder
from transformers import AutoModelForSequenceClassification

from mosecrot_core.learning.either_rows import EitherRows, with_either_rows, with_own_rows


def model_and_rows(architecture="bert"):
    model = tiny_encoder(architecture).model(AutoModelForSequenceClassification)
    own = model.get_input_embeddings().weight.detach().clone()
    other = np.random.default_rng(0).standard_normal(own.shape).astype(np.float32)
    return model, own, torch.from_numpy(other)


def test_half_of_the_texts_are_read_through_other_rows_and_each_as_a_whole():
    model, own, other = model_and_rows()
    embedding = with_either_rows(model, other.numpy()).get_input_embeddings().train()
    ids = torch.randint(5, len(own), (400, 7), generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    read = embedding(ids)
    through_other = (read == other[ids]).all(dim=(1, 2))
    through_own = (read == own[ids]).all(dim=(1, 2))
    assert (through_other ^ through_own).all()
    assert 150 < int(through_other.sum()) < 250
    torch.manual_seed(0)
    assert torch.equal(embedding(ids), read), "the same seed, the same texts"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_outside_training_only_its_own_rows_count(architecture):
    model, _, other = model_and_rows(architecture)
    inputs = {"input_ids": torch.tensor([[0, 6, 7, 2]]), "attention_mask": torch.ones(1, 4, dtype=torch.long)}
    with torch.no_grad():
        before = model(**inputs).logits
        after = with_either_rows(model, other.numpy()).eval()(**inputs).logits
    assert torch.equal(before, after)


def test_only_own_rows_learn_and_only_from_their_texts():
    model, own, other = model_and_rows()
    embedding = with_either_rows(model, other.numpy()).get_input_embeddings().train()
    ids = torch.arange(5, 5 + 20)[:, None]  # every text has a word of its own
    read = embedding(ids)
    read.sum().backward()
    through_own = (read == own[ids]).all(dim=(1, 2))
    assert torch.equal(embedding.weight.grad[5:25].any(dim=1), through_own)
    assert torch.equal(embedding.other, other)


def test_nothing_is_left_in_the_model():
    model, own, other = model_and_rows()
    names, padding = set(model.state_dict()), model.get_input_embeddings().padding_idx
    with_either_rows(model, other.numpy())
    assert set(model.state_dict()) == names, "the other rows are in no checkpoint"
    with_own_rows(model)
    embedding = model.get_input_embeddings()
    assert type(embedding) is torch.nn.Embedding
    assert not isinstance(embedding, EitherRows)
    assert torch.equal(embedding.weight, own)
    assert embedding.padding_idx == padding
    with_own_rows(model)
    assert model.get_input_embeddings() is embedding, "a plain model is left alone"
