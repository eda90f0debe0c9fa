"""Dev scores of several languages are the mean of each one's own."""

import numpy as np
import pytest
from tiny_encoders import bert_tokenizer

from mosecrot_core.learning.dev_sets import SeveralDevs, TextDev, WordDev
from mosecrot_core.learning.scores import macro_f1
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.learning.token_windows import IGNORED, encode_words

NAMES = ("O", "B-X", "I-X")


def text_dev(seed, n):
    rng = np.random.default_rng(seed)
    return TextDev(
        [{"input_ids": [1] * int(rng.integers(1, 9)), "labels": int(rng.integers(3))} for _ in range(n)]
    )


def test_texts_come_by_length_with_their_labels():
    examples = [{"input_ids": [1] * n, "labels": n} for n in (3, 1, 2)]
    assert [each["labels"] for each in TextDev(examples)] == [1, 2, 3]


def test_the_mean_of_two_languages_is_not_the_score_of_both_together():
    devs = [text_dev(0, 30), text_dev(1, 5)]
    both = SeveralDevs(devs)
    labels = np.array([each["labels"] for each in both])
    assert labels.tolist() == [each["labels"] for dev in devs for each in dev]
    predictions = np.random.default_rng(2).random((35, 3))
    parts = [slice(0, 30), slice(30, 35)]
    own = [macro_f1(labels[part], predictions[part].argmax(-1)) for part in parts]
    assert both.score(labels, predictions) == {"macro_f1": pytest.approx(np.mean(own))}
    assert np.mean(own) != pytest.approx(macro_f1(labels, predictions.argmax(-1)))


def test_words_of_two_languages():
    sides = [
        LabelledTokens((("cat", "dog"), ("red", "house", "runs")), ((1, 2), (0, 1, 0))),
        LabelledTokens((("cat",),), ((1,),)),
    ]
    devs = [WordDev(encode_words(bert_tokenizer(), part.sentences), part, NAMES) for part in sides]
    both = SeveralDevs(devs)
    labels = np.full((3, 8), IGNORED)
    for row, example in enumerate(both):
        labels[row, : len(example["labels"])] = example["labels"]
    right = np.where(labels == IGNORED, 0, labels)
    assert both.score(labels, right) == {"span_f1": 1, "accuracy": 1}
    wrong = right.copy()
    wrong[2] = 0
    assert both.score(labels, wrong) == {"span_f1": 0.5, "accuracy": 0.5}
