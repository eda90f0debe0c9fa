"""Task fitting: masked words of two languages, on six architectures; a kill loses nothing."""

import numpy as np
import pytest
import torch
from tiny_encoders import ARCHITECTURES, bert_tokenizer, tiny_encoder
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    BertConfig,
    BertForMaskedLM,
)

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning import task_fitting
from mosecrot_core.learning.masked_only import masked_only
from mosecrot_core.learning.prediction import encode
from mosecrot_core.learning.task_fitting import fit_to_task, put_body
from mosecrot_core.learning.task_fitting_config import TaskFitting
from mosecrot_core.learning.training import train_model

pytestmark = pytest.mark.usefixtures("one_thread")

TOKENIZER = bert_tokenizer()
FAST = {"learning_rate": 1e-2, "epochs": 3, "batch_size": 8, "checkpoint": "never"}
PAIRS = (("cat", "sleeps"), ("dog", "runs"), ("city", "sings"))


def lines(n, seed, words):
    """Texts in which the second word follows from the first."""
    rng = np.random.default_rng(seed)
    return [
        f"the {first} {second} near the {rng.choice(['house', 'river'])}"
        for first, second in rng.choice(words, n)
    ]


SOURCE = encode(TOKENIZER, lines(40, 0, PAIRS[:2]), 16)
TARGET = encode(TOKENIZER, lines(24, 1, PAIRS[2:]), 16)
MAPPED = TOKENIZER.convert_tokens_to_ids(["city", "sings", "bread", "warm"])


def new_model():
    return BertForMaskedLM(
        BertConfig(
            vocab_size=len(TOKENIZER), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=24, hidden_dropout_prob=0.1,
        )
    )  # fmt: skip


def fitted(folder, source=SOURCE, target=TARGET, seed=0, build=new_model, **settings):
    training = {**FAST, **settings.pop("training", {})}
    chosen = TaskFitting(training=training, **settings)
    return fit_to_task(build, TOKENIZER, source, target, MAPPED, chosen, seed, folder)


def weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_same(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_scoring_masked_tokens_alone_is_the_same_loss_and_gradient(architecture):
    tiny = tiny_encoder(architecture)
    ids = torch.tensor([[4, 11, 12, 13, 5], [4, 14, 15, 16, 5]])
    labels = torch.full_like(ids, -100)
    labels[0, 1], labels[0, 3], labels[1, 2] = 7, 13, 9
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
    plain, quick = (tiny.model(AutoModelForMaskedLM).train(False) for _ in range(2))
    expected, found = plain(**batch), masked_only(quick)(**batch)
    assert found.logits.shape == (3, len(tiny.tokenizer))
    np.testing.assert_allclose(
        found.logits.detach(), expected.logits[labels != -100].detach(), rtol=1e-4, atol=1e-4
    )
    assert found.loss.item() == pytest.approx(expected.loss.item(), rel=1e-5)
    for one in (expected, found):
        one.loss.backward()
    gradients = [dict(model.named_parameters()) for model in (plain, quick)]
    for name, weight in gradients[0].items():
        if weight.grad is not None:
            np.testing.assert_allclose(gradients[1][name].grad, weight.grad, rtol=1e-3, atol=1e-4)
    nothing = quick(**{**batch, "labels": torch.full_like(ids, -100)})
    assert nothing.loss.item() == 0
    nothing.loss.backward()


def test_a_model_without_a_layer_over_the_vocabulary_is_refused():
    with pytest.raises(MosecrotError, match="a masked language model expected, got BertModel"):
        masked_only(tiny_encoder("bert").model(AutoModel))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "run"
    return fitted(folder, rows_first=2, training={"epochs": 20}), folder


def loss(model, examples):
    """Mean over each token that is no special one, masked by itself."""
    losses = []
    for example in examples[:8]:
        ids = torch.tensor(example["input_ids"])
        n = len(ids) - 2
        masked = ids.repeat(n, 1)
        masked[range(n), range(1, n + 1)] = TOKENIZER.mask_token_id
        with torch.no_grad():
            logits = model.eval()(input_ids=masked).logits[range(n), range(1, n + 1)]
        losses.append(torch.nn.functional.cross_entropy(logits, ids[1:-1]).item())
    return np.mean(losses)


def test_both_languages_are_learned(whole):
    torch.manual_seed(0)
    new = new_model()
    for examples in (SOURCE, TARGET):
        assert loss(new, examples) == pytest.approx(np.log(len(TOKENIZER)), rel=0.1)
        assert loss(whole[0], examples) < 1


def test_mapped_rows_learn_first_and_alone(whole):
    torch.manual_seed(0)
    before = new_model().get_input_embeddings().weight.detach()
    _, folder = whole
    rows = AutoModelForMaskedLM.from_pretrained(folder / "rows")
    after = rows.get_input_embeddings().weight.detach()
    changed = (after != before).any(dim=1).nonzero()[:, 0].tolist()
    assert set(changed) == set(MAPPED)
    start = AutoModelForMaskedLM.from_pretrained(folder / "all")
    torch.manual_seed(0)
    body = new_model().bert.encoder.state_dict()
    assert all(torch.equal(own, body[name]) for name, own in rows.bert.encoder.state_dict().items())
    assert not all(torch.equal(own, body[name]) for name, own in start.bert.encoder.state_dict().items())


def test_both_languages_are_read_equally_often_unless_told_otherwise(tmp_path, monkeypatch):
    tasks = []

    def seen(build, tokenizer, task, *rest):
        tasks.append(task)
        return train_model(build, tokenizer, task, *rest)

    monkeypatch.setattr(task_fitting, "train_model", seen)
    fitted(tmp_path / "a", training={"epochs": 1})
    fitted(tmp_path / "b", training={"epochs": 1}, balanced=False)
    fitted(tmp_path / "c", training={"epochs": 1}, source=[])
    assert [task.sizes for task in tasks] == [(40, 40), (40, 24), (24,)]
    ids = [example["input_ids"] for example in tasks[0].train[40:]]
    assert ids == [example["input_ids"] for example in (*TARGET, *TARGET[:16])]


class Killed(BaseException):
    pass


def test_killed_and_resumed_equals_uninterrupted_bit_for_bit(tmp_path, monkeypatch, whole):
    del whole
    undisturbed = weights(fitted(tmp_path / "whole", rows_first=1))
    done = []

    def dies(*args, **kwargs):
        if done:
            raise Killed
        done.append(args)
        return train_model(*args, **kwargs)

    monkeypatch.setattr(task_fitting, "train_model", dies)
    with pytest.raises(Killed):
        fitted(tmp_path / "run", rows_first=1)
    assert (tmp_path / "run" / "rows").exists()
    monkeypatch.undo()
    torch.manual_seed(99)
    assert_same(weights(fitted(tmp_path / "run", rows_first=1)), undisturbed)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_classifier_takes_the_fitted_encoder_and_keeps_its_head(architecture):
    tiny = tiny_encoder(architecture)
    classifier = tiny.model(AutoModelForSequenceClassification, seed=1)
    encoder, head = weights(classifier.base_model), weights(classifier)
    fitted_one = tiny.model(AutoModelForMaskedLM, seed=2)
    put_body(classifier, fitted_one)
    own = classifier.base_model.state_dict()
    body = fitted_one.base_model.state_dict()
    assert all(torch.equal(own[name], tensor) for name, tensor in body.items())
    assert any(not torch.equal(own[name], encoder[name]) for name in body)
    prefix = classifier.base_model_prefix + "."
    for name, tensor in weights(classifier).items():
        if not name.startswith(prefix) or name.removeprefix(prefix) not in body:
            assert torch.equal(tensor, head[name]), name


def test_another_familys_encoder_is_refused():
    classifier = tiny_encoder("bert").model(AutoModelForSequenceClassification)
    with pytest.raises(MosecrotError, match="same family and sizes expected"):
        put_body(classifier, tiny_encoder("roberta").model(AutoModelForMaskedLM))


def test_there_must_be_text_and_a_mask(tmp_path):
    with pytest.raises(MosecrotError, match="unlabelled text of a language expected"):
        fitted(tmp_path, source=[], target=[])
    with pytest.raises(ValueError, match="set `select: last`"):
        TaskFitting(training={"select": "best_on_dev"})
