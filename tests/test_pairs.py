"""Pairs of texts are cut, read and learned from as the encoder's own tokenizer and a slow reading have it."""

import numpy as np
import pytest
import torch
from test_training import FAST, TOKENIZER, new_model
from tiny_encoders import ARCHITECTURES, WORDS, tiny_encoder
from transformers import AutoModel, AutoModelForSequenceClassification

from mosecrot_core.learning import prediction
from mosecrot_core.learning.averaged_vectors import average_vectors, compare_averages
from mosecrot_core.learning.dev_sets import TextDev
from mosecrot_core.learning.evaluation_set import EvaluationSet
from mosecrot_core.learning.interpolation import Interpolation
from mosecrot_core.learning.prediction import encode, predict, tokens_read
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.scores import accuracy, macro_f1
from mosecrot_core.learning.task_heads import head_of
from mosecrot_core.learning.tasks.corpus import LabelledCorpus, LabelledTexts
from mosecrot_core.learning.text_head import TextHead
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.target_vocabulary import TokenizerSettings
from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.words.vector_table import LoadReport
from mosecrot_core.words.vectors import WordVectors

CLASSES = ("a", "b", "c")
LIMITS = (30, 17, 12, 9, 8)
FRAMES = {  # opening, between, closing; whether the second text has a type of its own
    "bert": (["[CLS]"], ["[SEP]"], ["[SEP]"], True),
    "roberta": (["<s>"], ["</s>", "</s>"], ["</s>"], False),
}


def pairs(seed=0, n=23, longest=14, words=WORDS):
    rng = np.random.default_rng(seed)
    drawn = [[" ".join(rng.choice(words, rng.integers(1, longest))) for _ in range(n)] for _ in range(2)]
    return LabelledTexts(tuple(drawn[0]), tuple(rng.integers(0, 3, n).tolist()), tuple(drawn[1]))


def target_words(architecture, *, joint):
    """A tokenizer for a target language whose words are spelled as the encoder's own."""
    tiny = tiny_encoder(architecture)
    encoder = SourceEncoder.from_model(tiny.model(AutoModel), tiny.tokenizer)
    rows = np.random.default_rng(0).standard_normal((len(WORDS), 3), dtype=np.float32)
    vectors = WordVectors(WORDS, rows, LoadReport(read=len(WORDS), kept=len(WORDS)))
    words = TargetWords.build(vectors, encoder, TokenizerSettings(), "fr")
    return words.with_source() if joint else words


def named(tokenizer, inputs):
    """Tokens without the marks of a word's beginning."""
    return [
        [token.strip("Ġ▁") for token in tokenizer.convert_ids_to_tokens(each["input_ids"])] for each in inputs
    ]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("joint", [False, True], ids=["swapped", "joint"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_target_words_make_of_a_pair_what_the_encoders_own_tokenizer_does(architecture, joint, limit):
    tiny, part = tiny_encoder(architecture), pairs()
    own_texts = [[tiny.sentence(text.split()) for text in column] for column in part.columns]
    own = encode(tiny.tokenizer, own_texts[0], limit, own_texts[1])
    words = target_words(architecture, joint=joint)
    found = encode(words.tokenizer, part.texts, limit, part.second_texts)
    assert named(words.tokenizer, found) == named(tiny.tokenizer, own)
    assert {len(each["input_ids"]) for each in found} >= {limit} or limit == 30
    for mine, wanted in zip(found, own, strict=True):
        assert mine.keys() == set(words.tokenizer.model_input_names)
        assert all(mine[name] == wanted[name] for name in mine if name != "input_ids")
    assert ("token_type_ids" in found[0]) == (architecture in ("bert", "electra"))
    specials = words.tokenizer.all_special_ids
    kept = words.ids.tolist()
    assert {i for each in found for i in each["input_ids"]} <= {*specials, *kept}


@pytest.mark.parametrize("joint", [None, False, True], ids=["own", "swapped", "joint"])
@pytest.mark.parametrize("architecture", FRAMES)
def test_a_pair_in_its_frame(architecture, joint):
    opening, between, closing, typed = FRAMES[architecture]
    tiny = tiny_encoder(architecture)
    tokenizer = tiny.tokenizer if joint is None else target_words(architecture, joint=joint).tokenizer
    first, second = (tiny.sentence(words) for words in (["cat", "sleeps"], ["red"]))
    (found,) = encode(tokenizer, [first], 128, [second])
    assert named(tokenizer, [found]) == [[*opening, "cat", "sleeps", *between, "red", *closing]]
    front = len(opening) + 2 + len(between)
    if typed:
        assert found["token_type_ids"] == [0] * front + [1, 1]
    else:
        assert not any(found.get("token_type_ids", []))


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("architecture", FRAMES)
def test_the_longer_text_is_cut_first(architecture, limit):
    part, tokenizer = pairs(3), target_words(architecture, joint=True).tokenizer
    found = np.reshape(tokens_read(tokenizer, part.texts, limit, part.second_texts), (-1, 2))
    room = limit - tokenizer.num_special_tokens_to_add(pair=True)
    inputs = encode(tokenizer, part.texts, limit, part.second_texts)
    for (first, second), kept, each in zip(part.rows, found.tolist(), inputs, strict=True):
        left = [len(first.split()), len(second.split())]
        whole = list(left)
        while sum(left) > room:
            left[left[0] < left[1]] -= 1
        assert sorted(kept) == sorted(left), "where both are cut, either may keep the odd one"
        assert all(n <= m for n, m in zip(kept, whole, strict=True))
        assert len(each["input_ids"]) == sum(kept) + limit - room
    assert (found.sum(axis=1) == room).any() or limit == 30


def test_a_text_alone_is_cut_as_before():
    texts = pairs().texts
    tokenizer = tiny_encoder("bert").tokenizer
    assert tokens_read(tokenizer, texts, 8) == [min(6, len(text.split())) for text in texts]
    assert all(not any(each["token_type_ids"]) for each in encode(tokenizer, texts, 8))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("tokens", [512, 60])
def test_batches_of_pairs_change_nothing(architecture, tokens, monkeypatch):
    tiny, part = tiny_encoder(architecture), pairs()
    model = tiny.model(AutoModelForSequenceClassification).double()
    monkeypatch.setattr(prediction, "_TOKENS_A_BATCH", tokens)
    logits = predict(model, tiny.tokenizer, part.texts, 20, part.second_texts)
    for found, (first, second) in zip(logits, part.rows, strict=True):
        inputs = tiny.tokenizer(first, second, truncation=True, max_length=20, return_tensors="pt")
        if architecture in ("distilbert", "mpnet"):
            inputs.pop("token_type_ids", None)
        with torch.no_grad():
            np.testing.assert_allclose(found, model(**inputs).logits[0].numpy(), atol=1e-5, rtol=1e-5)
    swapped = predict(model, tiny.tokenizer, part.second_texts, 20, part.texts)
    assert not np.allclose(logits, swapped), "the order of the two matters"
    alone = predict(model, tiny.tokenizer, part.texts, 20)
    assert not np.allclose(logits, alone), "both are read"


@pytest.mark.parametrize("architecture", ["bert", "electra", "roberta", "xlm-roberta"])
def test_pairs_of_both_languages_are_read_as_by_themselves(architecture):
    """The source through the encoder's own tokenizer, the target through a joint one, in the same batches."""
    tiny, words, head = tiny_encoder(architecture), target_words(architecture, joint=True), TextHead(CLASSES)
    source = tiny.model(AutoModelForSequenceClassification).double()
    shape = len(words.rows), words.encoder.rows.shape[1]
    model = words.stitched(source, np.random.default_rng(1).standard_normal(shape, "f4"))
    sides = {"en": (Reader(tiny.tokenizer, 20), pairs(1)), "fr": (Reader(words.tokenizer, 20), pairs(2))}
    evaluation = EvaluationSet(head, sides)
    logits = evaluation.answers(
        Interpolation([model, model], rows=evaluation.rows, dtype=torch.float64).at((1.0, 0.0))
    )
    for name, (reader, part) in sides.items():
        alone = predict(model, reader.tokenizer, part.texts, 20, part.second_texts)
        np.testing.assert_allclose(logits[name], alone, atol=1e-4, rtol=1e-4)
        scores = evaluation.scores(logits)[name]
        assert {key: scores[key] for key in scores if key != "loss"} == head.scores(model, reader, part)
    other = {**sides, "fr": (sides["fr"][0], pairs(3))}
    assert EvaluationSet(head, other).digest != evaluation.digest


def test_accuracy_is_the_main_score_where_the_task_says_so():
    part = pairs()
    corpus = LabelledCorpus(CLASSES, {("en", "test"): part}, main_metric="accuracy")
    predicted = np.arange(len(part)) % 3
    scores = head_of(corpus).unit_scores(part, predicted)
    assert list(scores.items()) == [
        ("accuracy", accuracy(part.labels, predicted)), ("macro_f1", macro_f1(part.labels, predicted)),
    ]  # fmt: skip
    assert list(TextHead(CLASSES).unit_scores(part, predicted)) == ["macro_f1", "accuracy"]


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_dev_pairs_choose_by_the_main_score(metric):
    corpus = LabelledCorpus(CLASSES, {}, main_metric=metric)
    config = TrainConfig(**FAST, select="best_on_dev")
    task = head_of(corpus).task(Reader(TOKENIZER, 16), (pairs(0), pairs(1)), config)
    assert task.metric == metric
    assert isinstance(task.dev, TextDev)
    labels = np.array([example["labels"] for example in task.dev])
    predicted = np.random.default_rng(0).random((len(labels), 3))
    score = {"accuracy": accuracy, "macro_f1": macro_f1}[metric]
    assert task.dev.score(labels, predicted) == {metric: score(labels, predicted.argmax(-1))}


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("telling", [0, 1])
def test_a_model_learns_from_both_texts(tmp_path, telling):
    """The label is said in one of the two; the other says one at random."""

    def part(n, seed):
        rng = np.random.default_rng(seed)
        said = rng.integers(0, 2, (2, n))
        columns = [[f"the {('cat', 'dog')[own]} {rng.choice(WORDS[5:])}" for own in row] for row in said]
        return LabelledTexts(tuple(columns[0]), tuple(said[telling].tolist()), tuple(columns[1]))

    head, reader = TextHead(("cat", "dog")), Reader(TOKENIZER, 16)
    config = TrainConfig(**{**FAST, "epochs": 12, "learning_rate": 1e-2}, checkpoint="never")
    model = head.fine_tune(new_model, reader, (part(160, 0), None), config, 0, tmp_path / "work")
    assert head.scores(model, reader, part(60, 1))["accuracy"] > 0.9


def test_parts_must_be_pairs_throughout():
    with pytest.raises(ValueError, match="pairs expected: 2 and 1 texts"):
        LabelledTexts(("a", "b"), (0, 0), ("c",))
    part = LabelledTexts(("a", "b"), (0, 0), ("c", "d"))
    assert part.columns == (("a", "b"), ("c", "d"))
    assert part.rows == [("a", "c"), ("b", "d")]
    assert LabelledTexts(("a", "b"), (0, 0)).rows == [("a",), ("b",)]


def test_texts_and_units_of_pairs():
    part, head = LabelledTexts(("a cat", "b"), (0, 1), ("c", "dd")), TextHead(CLASSES)
    assert head.texts(part) == ["a cat", "c", "b", "dd"]
    assert head.units(part) == ["a cat \u2016 c", "b \u2016 dd"]
    assert head.unit_ends(part) == [[(5, 0)], [(1, 0)], [(1, 1)], [(2, 1)]]
    assert [places.tolist() for places in head.unit_places(part)] == [[0, 1], [0, 0]]


def test_averages_of_pairs_against_a_loop():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((len(WORDS), 5)).astype("f4")
    part = pairs(4, n=9)

    def averages(texts):
        return average_vectors(rows, [[WORDS.index(word) for word in text.split()] for text in texts])

    found = TextHead(CLASSES).features(part, averages)
    for features, (first, second) in zip(found, part.rows, strict=True):
        u, v = (
            np.mean([rows[WORDS.index(word)] for word in text.split()], axis=0) for text in (first, second)
        )
        wanted = [
            *u,
            *v,
            *(abs(a - b) for a, b in zip(u, v, strict=True)),
            *(a * b for a, b in zip(u, v, strict=True)),
        ]
        np.testing.assert_allclose(features, wanted, atol=1e-6)
    alone = LabelledTexts(part.texts, part.labels)
    np.testing.assert_array_equal(TextHead(CLASSES).features(alone, averages), averages(part.texts))
    assert compare_averages(np.zeros((0, 5), "f4"), np.zeros((0, 5), "f4")).shape == (0, 20)
