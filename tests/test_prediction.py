"""Batching is an optimisation: no logit, no order and no mode depends on it."""

import threading
import time

import numpy as np
import pytest
import torch
from tiny_encoders import ARCHITECTURES, WORDS, tiny_encoder
from transformers import AutoModelForSequenceClassification

from mosecrot_core.learning import prediction
from mosecrot_core.learning.prediction import encode, predict


def sentences(n, longest=25, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(map(str, rng.choice(WORDS, rng.integers(1, longest)))) for _ in range(n)]


def one_by_one(model, tokenizer, texts, max_length):
    """Each text alone: no padding, no batch."""
    rows = []
    for text in texts:
        inputs = tokenizer(text, truncation=True, max_length=max_length, return_tensors="pt")
        if model.config.model_type in ("distilbert", "mpnet"):
            inputs.pop("token_type_ids", None)
        with torch.no_grad():
            rows.append(model(**inputs).logits[0].numpy())
    return np.array(rows)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("tokens", [512, 60, 1])
def test_batches_change_nothing(architecture, tokens, monkeypatch):
    tiny = tiny_encoder(architecture)
    # In float64: weights this large turn the rounding of float32 into differences that can be seen.
    model = tiny.model(AutoModelForSequenceClassification).double()
    texts = sentences(23)
    monkeypatch.setattr(prediction, "_TOKENS_A_BATCH", tokens)
    logits = predict(model, tiny.tokenizer, texts, max_length=30)
    wanted = one_by_one(model, tiny.tokenizer, texts, 30)
    np.testing.assert_allclose(logits, wanted, atol=1e-5, rtol=1e-5)
    assert len(np.unique(wanted.round(3), axis=0)) > 15, "the texts differ, so that their order shows"


def test_each_text_is_read_once_in_batches_of_bounded_size():
    inputs = [{"input_ids": [0] * n} for n in (3, 3, 4, 4, 5, 20)]
    batches = prediction._cut(list(range(6)), inputs, most=12)
    assert [i for batch in batches for i in batch] == list(range(6))
    assert batches == [[0, 1, 2], [3, 4], [5]]


@pytest.mark.parametrize("training", [True, False])
def test_the_models_mode_is_put_back(training):
    tiny = tiny_encoder("bert")
    model = tiny.model(AutoModelForSequenceClassification).train(training)
    predict(model, tiny.tokenizer, ["cat"])
    assert model.training is training
    too_long = " ".join(["cat"] * 60)  # the tiny model has 40 positions, which its tokenizer does not know
    for bad in ([object()], [too_long]):
        with pytest.raises((ValueError, RuntimeError, IndexError)):
            predict(model, tiny.tokenizer, bad)
        assert model.training is training, "also after a failure"


def test_dropout_is_off_and_random_numbers_are_left_alone():
    tiny = tiny_encoder("bert")
    tiny.config.hidden_dropout_prob = 0.5
    model = tiny.model(AutoModelForSequenceClassification).train()
    state = torch.get_rng_state()
    first = predict(model, tiny.tokenizer, sentences(4))
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(first, predict(model, tiny.tokenizer, sentences(4)))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_core_reads_batches_of_its_own(architecture, monkeypatch):
    """What a model says is the same, to the last bit, for any number of cores."""
    monkeypatch.setattr(prediction, "_TOKENS_A_BATCH", 60)
    tiny, texts = tiny_encoder(architecture), sentences(40)
    model = tiny.model(AutoModelForSequenceClassification)
    seen = []

    def note(*_):
        time.sleep(0.002)  # the others come to work, too
        seen.append((threading.get_ident(), torch.get_num_threads(), torch.is_inference_mode_enabled()))

    model.register_forward_hook(note)
    own, logits, readers = torch.get_num_threads(), [], []
    try:
        for cores in (1, 3):
            torch.set_num_threads(cores)
            seen.clear()
            logits.append(predict(model, tiny.tokenizer, texts, max_length=30))
            assert torch.get_num_threads() == cores
            assert {tuple(rest) for _, *rest in seen} == {(1, True)}
            readers.append({reader for reader, *_ in seen})
    finally:
        torch.set_num_threads(own)
    np.testing.assert_array_equal(*logits)
    assert readers[0] == {threading.get_ident()}
    assert len(readers[1]) > 1


def test_no_texts():
    tiny = tiny_encoder("bert")
    logits = predict(tiny.model(AutoModelForSequenceClassification), tiny.tokenizer, [])
    assert (logits.shape, logits.dtype) == ((0, 3), np.float32)


def test_half_precision_comes_back_as_float32():
    tiny = tiny_encoder("bert")
    model = tiny.model(AutoModelForSequenceClassification).to(torch.bfloat16)
    assert predict(model, tiny.tokenizer, ["cat"]).dtype == np.float32


def test_texts_are_cut_at_the_lesser_limit():
    tokenizer = tiny_encoder("bert").tokenizer
    tokenizer.model_max_length = 12
    lengths = [len(inputs["input_ids"]) for inputs in encode(tokenizer, ["cat " * 50, "cat", ""], 30)]
    assert lengths == [12, 3, 2]
    assert len(encode(tokenizer, ["cat " * 50], 8)[0]["input_ids"]) == 8


def test_an_empty_text_among_others():
    tiny = tiny_encoder("bert")
    model = tiny.model(AutoModelForSequenceClassification)
    logits = predict(model, tiny.tokenizer, ["cat dog", "", "dog"])
    np.testing.assert_allclose(
        logits, one_by_one(model, tiny.tokenizer, ["cat dog", "", "dog"], 30), atol=1e-5
    )
