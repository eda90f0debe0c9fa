"""Reading prepared texts of several languages at once changes nothing but the time it takes."""

import copy

import numpy as np
import pytest
import torch
from tiny_encoders import ARCHITECTURES, WORDS, tiny_encoder
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning import prediction
from mosecrot_core.learning.evaluation_set import EvaluationSet
from mosecrot_core.learning.interpolation import Interpolation
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.tasks.corpus import LabelledTexts
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.learning.text_head import TextHead
from mosecrot_core.learning.word_head import WordHead

NAMES = ("O", "B-X", "I-X")
CLASSES = ("a", "b", "c")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(prediction, "_TOKENS_A_BATCH", 40)


def texts(seed, n=17, longest=12):
    rng = np.random.default_rng(seed)
    found = tuple(" ".join(rng.choice(WORDS[:9], rng.integers(1, longest))) for _ in range(n))
    return LabelledTexts(found, tuple(rng.integers(0, 3, n).tolist()))


def sentences(seed, n=9, longest=30):
    rng = np.random.default_rng(seed)
    words = tuple(tuple(map(str, rng.choice(WORDS[:9], rng.integers(1, longest)))) for _ in range(n))
    return LabelledTokens(words, tuple(tuple(rng.integers(0, 3, len(each)).tolist()) for each in words))


def compact(model, evaluation):
    return Interpolation([model, model], rows=evaluation.rows).at((1.0, 0.0))


def test_one_tokenizer_may_tell_segments_apart_and_the_other_not():
    tiny, part = tiny_encoder("bert"), texts(0)
    bare = copy.deepcopy(tiny.tokenizer)
    bare.model_input_names = ["input_ids", "attention_mask"]
    assert "token_type_ids" in tiny.tokenizer("a")
    assert "token_type_ids" not in bare("a")
    parts = {"en": (Reader(tiny.tokenizer), part), "fr": (Reader(bare), part)}
    evaluation = EvaluationSet(TextHead(CLASSES), parts)
    found = evaluation.answers(compact(tiny.model(AutoModelForSequenceClassification), evaluation))
    np.testing.assert_allclose(found["en"], found["fr"], atol=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_texts_are_read_as_by_themselves(architecture):
    tiny = tiny_encoder(architecture)
    model, head, reader = (
        tiny.model(AutoModelForSequenceClassification),
        TextHead(CLASSES),
        Reader(tiny.tokenizer),
    )
    parts = {"en": texts(0), "fr": texts(1, longest=20)}
    evaluation = EvaluationSet(head, {name: (reader, part) for name, part in parts.items()})
    assert len(evaluation.rows) < len(tiny.tokenizer), "not every token is read"
    logits = evaluation.answers(compact(model, evaluation))
    for name, part in parts.items():
        alone = prediction.predict(model.train(False), tiny.tokenizer, part.texts)
        np.testing.assert_allclose(logits[name], alone, atol=1e-4, rtol=1e-4)
        scores = evaluation.scores(logits)[name]
        assert {key: scores[key] for key in scores if key != "loss"} == head.scores(model, reader, part)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_words_are_read_as_by_themselves(architecture):
    tiny = tiny_encoder(architecture)
    model = tiny.model(AutoModelForTokenClassification)
    head, reader = WordHead(NAMES), Reader(tiny.tokenizer, max_length=16)
    parts = {"en": sentences(0), "fr": sentences(1)}
    evaluation = EvaluationSet(head, {name: (reader, part) for name, part in parts.items()})
    scores = evaluation.scores(evaluation.answers(compact(model, evaluation)))
    for name, part in parts.items():
        alone = head.scores(model, reader, part)
        assert {key: scores[name][key] for key in alone} == alone


def test_the_loss_is_the_cross_entropy_of_the_right_labels():
    tiny = tiny_encoder("bert")
    model, part = tiny.model(AutoModelForSequenceClassification).train(False), texts(3)
    evaluation = EvaluationSet(TextHead(CLASSES), {"en": (Reader(tiny.tokenizer), part)})
    logits = evaluation.answers(compact(model, evaluation))
    wanted = torch.nn.functional.cross_entropy(torch.tensor(logits["en"]), torch.tensor(part.labels))
    assert evaluation.scores(logits)["en"]["loss"] == pytest.approx(float(wanted), rel=1e-6)
    logits["en"] *= 1e4
    assert np.isfinite(evaluation.scores(logits)["en"]["loss"]), "large logits do not overflow"


def test_words_that_leave_no_subword_have_no_loss_and_the_silent_label():
    tiny = tiny_encoder("bert")
    model = tiny.model(AutoModelForTokenClassification)
    part = LabelledTokens((("cat", "\u200b", "dog"),), ((1, 1, 0),))
    evaluation = EvaluationSet(WordHead(NAMES), {"en": (Reader(tiny.tokenizer), part)})
    logits = evaluation.answers(compact(model, evaluation))
    assert np.isnan(logits["en"]).any(axis=1).tolist() == [False, True, False]
    rows = torch.tensor(logits["en"][[0, 2]])
    wanted = torch.nn.functional.cross_entropy(rows, torch.tensor([1, 0]))
    assert evaluation.scores(logits)["en"]["loss"] == pytest.approx(float(wanted), rel=1e-6)
    assert WordHead(NAMES).predict(model, Reader(tiny.tokenizer), part)[1] == 0


def test_the_models_mode_is_put_back():
    tiny = tiny_encoder("bert")
    evaluation = EvaluationSet(TextHead(CLASSES), {"en": (Reader(tiny.tokenizer), texts(0))})
    model = compact(tiny.model(AutoModelForSequenceClassification), evaluation).train(True)
    evaluation.answers(model)
    assert model.training


def test_a_model_of_all_rows_is_refused():
    tiny = tiny_encoder("bert")
    evaluation = EvaluationSet(TextHead(CLASSES), {"en": (Reader(tiny.tokenizer), texts(0))})
    with pytest.raises(MosecrotError, match=r"a model of the \d+ rows that are read expected"):
        evaluation.answers(tiny.model(AutoModelForSequenceClassification))


def test_tokenizers_that_pad_differently_are_refused():
    readers = [Reader(tiny_encoder(name).tokenizer) for name in ("bert", "roberta")]
    parts = {str(i): (reader, texts(i)) for i, reader in enumerate(readers)}
    with pytest.raises(MosecrotError, match="pad alike"):
        EvaluationSet(TextHead(CLASSES), parts)
