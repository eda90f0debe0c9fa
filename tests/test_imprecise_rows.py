"""Input rows that are blurred while a model learns, and only then."""

import numpy as np
import pytest
import torch
from entmax import sparsemax
from tiny_encoders import bert_tokenizer
from transformers import BertConfig, BertForSequenceClassification

from mosecrot_core.learning.imprecise_rows import imprecise_rows, neighbour_mixtures
from mosecrot_core.learning.train_config import TrainConfig

TOKENIZER = bert_tokenizer()
IDS = torch.tensor([[0, 1, 2] + 300 * [5, 6, 7, 8]]).T.repeat(1, 2)
SPECIAL = [0, 1, 2]
READ = [5, 6, 7]


@pytest.fixture
def model():
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(TOKENIZER), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=24, pad_token_id=None,
    )  # fmt: skip
    return BertForSequenceClassification(config).train()


def rows_of(model, seed=0):
    torch.manual_seed(seed)
    return model.get_input_embeddings()(IDS).detach()


def test_noise_has_the_length_that_was_asked_for_and_leaves_special_tokens(model):
    exact = rows_of(model)
    with imprecise_rows(model, TrainConfig(embedding_noise=0.5), SPECIAL, READ):
        noise = rows_of(model) - exact
        assert torch.equal(rows_of(model) - exact, noise), "the same seed, the same noise"
        assert not torch.equal(rows_of(model, seed=1) - exact, noise)
    assert not noise[:3].any()
    wanted = 0.5 * model.get_input_embeddings().weight.norm(dim=1).mean()
    torch.testing.assert_close(noise[3:].pow(2).sum(-1).mean().sqrt(), wanted, rtol=0.03, atol=0)
    assert torch.equal(rows_of(model), exact), "over"


def test_dropout_empties_the_share_that_was_asked_for(model):
    exact = rows_of(model)
    with imprecise_rows(model, TrainConfig(embedding_dropout=0.25), SPECIAL, READ):
        found = rows_of(model)
    empty = (found == 0).all(-1)
    assert torch.equal(found[~empty], exact[~empty])
    assert not empty[:3].any()
    assert empty[3:].float().mean() == pytest.approx(0.25, abs=0.03)


def test_the_share_that_was_asked_for_is_read_through_the_nearest_others(model):
    exact, weight = rows_of(model), model.get_input_embeddings().weight.detach()
    others = torch.arange(3, len(weight))
    with imprecise_rows(model, TrainConfig(embedding_neighbours=0.25), SPECIAL, READ):
        found = rows_of(model)
        assert torch.equal(rows_of(model), found), "the same seed, the same rows"
        assert not torch.equal(rows_of(model, seed=1), found)
    for token in READ:
        among = others[others != token]
        cosines = torch.cosine_similarity(weight[token].unsqueeze(0), weight[among])
        cosines, near = cosines.topk(min(50, len(among)))
        weights, rows = sparsemax(cosines / 0.5, dim=0), weight[among[near]]
        row = weights @ rows
        row *= (weights @ rows.norm(dim=1)) / row.norm()
        read = found[IDS[:, 0] == token][:, 0]
        changed = (read != weight[token]).any(-1)
        assert changed.float().mean() == pytest.approx(0.25, abs=0.08)
        torch.testing.assert_close(read[changed], row.expand(int(changed.sum()), -1), rtol=1e-4, atol=1e-6)
    unread = ~torch.isin(IDS, torch.tensor(READ))
    assert torch.equal(found[unread], exact[unread]), "special tokens, and those of no training text"


def test_a_token_is_no_neighbour_of_its_own_where_others_have_its_row():
    rows = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], np.float32)
    mixed = neighbour_mixtures(rows, np.array([0, 2, 3]), np.arange(3))
    np.testing.assert_allclose(mixed, [[1, 0]] * 3)
    alone = neighbour_mixtures(np.eye(2, dtype=np.float32), np.array([0, 1]), np.arange(2))
    np.testing.assert_allclose(alone, [[0, 1], [1, 0]])


@pytest.mark.parametrize(
    "settings", [{}, {"embedding_noise": 1.0, "embedding_dropout": 0.5}, {"embedding_neighbours": 1.0}]
)
def test_what_is_read_in_evaluation_is_exact(model, settings):
    exact = rows_of(model)
    with imprecise_rows(model.eval(), TrainConfig(**settings), SPECIAL, READ):
        assert torch.equal(rows_of(model), exact)


def test_an_error_ends_it_too(model):
    exact = rows_of(model)
    with pytest.raises(KeyError), imprecise_rows(model, TrainConfig(embedding_noise=1), SPECIAL, READ):
        raise KeyError
    assert torch.equal(rows_of(model), exact)
