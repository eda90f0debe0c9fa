"""Fine-tuning and predicting words: learning, stitching, windows, and the same weights after a kill."""

import json
from functools import partial

import numpy as np
import pytest
import torch
from tiny_encoders import ARCHITECTURES, WORDS, bert_tokenizer, tiny_encoder
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertConfig,
    BertForTokenClassification,
    pipeline,
)

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning import prediction
from mosecrot_core.learning.dev_sets import WordDev
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.learning.token_prediction import predict_tokens
from mosecrot_core.learning.token_scores import token_metrics
from mosecrot_core.learning.token_training import fine_tune_tokens
from mosecrot_core.learning.token_windows import IGNORED, encode_words
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.stitching import save_stitched, stitch
from mosecrot_core.mapping.target_vocabulary import TargetVocabulary
from mosecrot_core.mapping.tokenizer import build_tokenizer

pytestmark = pytest.mark.usefixtures("one_thread")

TOKENIZER = bert_tokenizer()
NAMES = ("O", "B-CITY", "I-CITY", "B-PET", "I-PET")
TAGS = ("NOUN", "OTHER", "X")
PIECES = [
    ["cat"],
    ["dog"],
    ["old", "city"],
    ["river", "city"],
    *([word] for word in WORDS if word not in ("cat", "dog", "city", "old")),
]


def entities(n, seed=0, longest=6):
    """Sentences in which `cat` and `dog` are pets, and a word with `city` behind it is a city."""
    rng = np.random.default_rng(seed)
    sentences, labels = [], []
    for _ in range(n):
        pieces = [PIECES[i] for i in rng.choice(len(PIECES), rng.integers(1, longest))]
        sentences.append(tuple(word for piece in pieces for word in piece))
        kinds = [
            (1, 2) if len(piece) == 2 else (3,) if piece[0] in ("cat", "dog") else (0,) for piece in pieces
        ]
        labels.append(tuple(label for kind in kinds for label in kind))
    return LabelledTokens(tuple(sentences), tuple(labels))


TRAIN, DEV = entities(200), entities(60, seed=1)


def new_model(n_labels=5, dropout=0.0):
    config = BertConfig(
        vocab_size=len(TOKENIZER), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout, num_labels=n_labels,
        id2label=dict(enumerate(NAMES[:n_labels])),
    )  # fmt: skip
    return BertForTokenClassification(config)


def tune(work, train=TRAIN, dev=DEV, names=NAMES, build=new_model, progress=None, seed=0, **settings):
    settings = {"learning_rate": 1e-2, "epochs": 6, "batch_size": 16, "max_length": 16, **settings}
    return fine_tune_tokens(
        build, TOKENIZER, train, dev, names, TrainConfig(**settings), seed, work, progress
    )


def span_f1(model, part, tokenizer=TOKENIZER, sentences=None):
    predicted = predict_tokens(model, tokenizer, sentences or part.sentences, NAMES, max_length=16)
    return token_metrics(NAMES)["span_f1"](part.labels, predicted)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    model = tune(folder / "work", epochs=12, checkpoint="never")
    assert list(folder.iterdir()) == []
    return model


@pytest.mark.slow
def test_it_learns_entities(trained):
    assert span_f1(trained, DEV) > 0.9
    assert span_f1(new_model().eval(), DEV) < 0.5
    assert not trained.training
    assert all(parameter.requires_grad for parameter in trained.parameters())


@pytest.mark.slow
def test_a_stitched_token_classifier_labels_the_target_language(trained, tmp_path):
    """Words of another language with the rows of their translations are labelled as these."""
    encoder = SourceEncoder.from_model(trained, TOKENIZER)
    translations = {word: f"{word[::-1]}'ñ" for word in WORDS}
    vocabulary = TargetVocabulary.from_words(list(translations.values()), source_uncased=True)
    tokenizer = build_tokenizer(vocabulary, encoder)
    source = {target: word for word, target in translations.items()}
    ids = encoder.anchor_ids([source[entry] for entry in vocabulary.entries])
    stitched = stitch(trained, TOKENIZER, tokenizer, encoder.rows[ids])
    target = [[translations[word] for word in words] for words in DEV.sentences]
    assert span_f1(stitched, DEV, tokenizer, target) == span_f1(trained, DEV)
    wrong = stitch(trained, TOKENIZER, tokenizer, encoder.rows[np.roll(ids, 3)])
    assert span_f1(wrong, DEV, tokenizer, target) < 0.5

    folder = save_stitched(stitched, tokenizer, tmp_path / "saved", {"language": "xx"})
    loaded = AutoModelForTokenClassification.from_pretrained(folder)
    assert span_f1(loaded, DEV, AutoTokenizer.from_pretrained(folder), target) == span_f1(trained, DEV)
    tagger = pipeline("token-classification", str(folder), aggregation_strategy="simple")
    (found,) = tagger(f"{translations['the']} {translations['cat']}")
    assert (found["entity_group"], found["word"]) == ("PET", translations["cat"])
    assert json.loads((folder / "config.json").read_text())["architectures"] == ["BertForTokenClassification"]


@pytest.mark.slow
def test_it_learns_tags(tmp_path):
    tags = LabelledTokens(
        TRAIN.sentences, tuple(tuple(int(label == 0) for label in labels) for labels in TRAIN.labels)
    )
    model = tune(tmp_path / "w", tags, tags, TAGS, partial(new_model, 3), select="best_on_dev")
    predicted = predict_tokens(model, TOKENIZER, [*tags.sentences, ("cat", "\u200b")], TAGS)
    assert token_metrics(TAGS)["accuracy"](tags.labels, predicted[:-1]) > 0.95
    assert list(predicted[-1]) == [0, 2], "what leaves no subword is X"


class Killed(BaseException):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("select", ["last", "best_on_dev"])
def test_killed_and_resumed_equals_uninterrupted_bit_for_bit(tmp_path, select):
    settings = {"select": select, "epochs": 2, "build": partial(new_model, dropout=0.3)}
    whole = tune(tmp_path / "a", **settings).state_dict()

    def kill(done, _):
        if done == 16:
            raise Killed

    with pytest.raises(Killed):
        tune(tmp_path / "b", progress=kill, **settings)
    steps = []
    resumed = tune(tmp_path / "b", progress=lambda done, _: steps.append(done), **settings).state_dict()
    assert steps[0] == 14
    for name, tensor in whole.items():
        assert torch.equal(tensor, resumed[name]), name


@pytest.mark.slow
def test_the_loss_is_that_of_first_subwords(tmp_path):
    """A step of plain gradient descent, spelled out, gives the weights that one step of training gives."""
    words = LabelledTokens((("cats", "the"), ("dog",)), ((3, 0), (3,)))
    torch.manual_seed(0)
    start = new_model()
    by_hand = new_model()
    by_hand.load_state_dict(start.state_dict())
    windows = encode_words(TOKENIZER, words.sentences)
    losses = []
    for window, labels in zip(windows, words.labels, strict=True):
        logits = by_hand.train()(input_ids=torch.tensor([window.inputs["input_ids"]])).logits[0]
        for label, position in zip(labels, window.positions, strict=True):
            losses.append(-torch.log_softmax(logits[position], 0)[label])
    (sum(losses) / 3).backward()
    optimizer = torch.optim.AdamW(by_hand.parameters(), lr=1e-3, weight_decay=0)
    torch.nn.utils.clip_grad_norm_(by_hand.parameters(), 1.0)
    optimizer.step()
    trained = tune(
        tmp_path / "a",
        words,
        None,
        build=lambda: start,
        epochs=1,
        learning_rate=1e-3,
        warmup=0,
        checkpoint="never",
    )
    for (name, ours), theirs in zip(trained.named_parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=0, msg=name)


@pytest.mark.parametrize("side", ["right", "left"])
def test_the_dev_score_is_that_of_whole_sentences(side):
    """Whatever the padding and the windows, the Trainer's arrays give the score of the predictions."""
    part = entities(20, longest=30)
    dev = WordDev(encode_words(bert_tokenizer(), part.sentences, 12), part, NAMES)
    examples = list(dev)
    rng = np.random.default_rng(0)
    width = 15
    predictions, labels = np.zeros((len(examples), width), int), np.full((len(examples), width), IGNORED)
    wanted = [list(words) for words in part.labels]
    for i, window in enumerate(dev._windows):
        of_window = examples[i]["labels"]
        shift = width - len(of_window) if side == "left" else 0
        labels[i, shift : shift + len(of_window)] = of_window
        predictions[i] = rng.integers(0, len(NAMES), width)
        for word, position in zip(window.words, window.positions, strict=True):
            if rng.random() < 0.7:
                predictions[i, position + shift] = part.labels[window.sentence][word]
            wanted[window.sentence][word] = predictions[i, position + shift]

    found = dev.score(labels, predictions)
    assert found == {name: metric(part.labels, wanted) for name, metric in token_metrics(NAMES).items()}
    assert 0 < found["span_f1"] < 1


@pytest.mark.slow
def test_the_best_epoch_is_kept(tmp_path, monkeypatch):
    told, seen, built = [0.2, 0.9, 0.4], [], []

    def build():
        built.append(new_model())
        return built[-1]

    def score(self, labels, predictions):
        assert predictions.ndim == labels.ndim == 2, "one label a subword, not all logits"
        seen.append({name: tensor.clone() for name, tensor in built[-1].state_dict().items()})
        return {"span_f1": told[len(seen) - 1], "accuracy": 1 - told[len(seen) - 1]}

    monkeypatch.setattr(WordDev, "score", score)
    model = tune(tmp_path / "a", build=build, select="best_on_dev", epochs=3)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, seen[1][name]), name


def test_what_cannot_be_trained_is_refused(tmp_path):
    with pytest.raises(MosecrotError, match="at least one training text"):
        tune(tmp_path / "a", LabelledTokens((), ()))
    with pytest.raises(MosecrotError, match="at least one training text"):
        tune(tmp_path / "a", LabelledTokens((("\u200b",),), ((0,),)))
    with pytest.raises(MosecrotError, match="needs a dev set"):
        tune(tmp_path / "a", dev=None, select="best_on_dev")


def one_by_one(model, tokenizer, words):
    """One sentence alone, not padded; the label at each word's first subword."""
    (window,) = encode_words(tokenizer, [words])
    inputs = {name: torch.tensor([ids]) for name, ids in window.inputs.items()}
    if model.config.model_type in ("distilbert", "mpnet"):
        inputs.pop("token_type_ids", None)
    with torch.no_grad():
        return model(**inputs).logits[0, list(window.positions)].argmax(-1).tolist()


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_batches_and_padding_change_nothing(architecture, side, monkeypatch):
    tiny = tiny_encoder(architecture)
    if side == "left" and architecture not in ("roberta", "xlm-roberta", "mpnet"):
        pytest.skip("these count positions from the left edge, padding included")
    model = tiny.model(AutoModelForTokenClassification).double().train()
    tiny.tokenizer.padding_side = side
    sentences = entities(23, longest=9).sentences
    monkeypatch.setattr(prediction, "_TOKENS_A_BATCH", 60)
    predicted = predict_tokens(model, tiny.tokenizer, sentences, ("A", "B", "C"))
    assert model.training
    model.eval()
    assert [list(labels) for labels in predicted] == [one_by_one(model, tiny.tokenizer, s) for s in sentences]
    assert len({label for labels in predicted for label in labels}) > 1
    assert {labels.dtype for labels in predicted} == {np.dtype(np.int64)}


def test_long_sentences_and_none():
    model = new_model().eval()
    words = [WORDS[i % len(WORDS)] for i in range(300)]
    (labels,) = predict_tokens(model, TOKENIZER, [words], NAMES, max_length=64)
    assert len(labels) == 300
    assert predict_tokens(model, TOKENIZER, [], NAMES) == []
