"""BIO against the rule applied until nothing changes, and against spans listed the slow way."""

import random
from itertools import product

import pytest

from mosecrot_core.learning.bio import continued, is_bio, repair_bio
from mosecrot_core.learning.token_scores import span_f1, token_metrics

NAMES = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
SHORT = [list(labels) for n in range(5) for labels in product(NAMES, repeat=n)]


def repaired_slowly(labels):
    """One change at a time, until there is none to make."""
    labels = list(labels)
    while True:
        for i, label in enumerate(labels):
            if label[0] == "I" and (i == 0 or labels[i - 1][2:] != label[2:]):
                labels[i] = "B" + label[1:]
                break
        else:
            return labels


def spans(labels):
    """List (type, first, last) of labels that are BIO."""
    found = set()
    for first, label in enumerate(labels):
        if label[0] == "B":
            last = first
            while last + 1 < len(labels) and labels[last + 1] == "I" + label[1:]:
                last += 1
            found.add((label[2:], first, last))
    return found


def slow_f1(gold, predicted):
    sides = [
        {(i, *span) for i, labels in enumerate(side) for span in spans(repaired_slowly(labels))}
        for side in (gold, predicted)
    ]
    hits = len(sides[0] & sides[1])
    return 2 * hits / (len(sides[0]) + len(sides[1])) if hits else 0.0


def numbers(sentences):
    return [[NAMES.index(label) for label in labels] for labels in sentences]


def test_every_short_sentence_is_repaired_as_by_the_rule_applied_again_and_again():
    for labels in SHORT:
        assert repair_bio(labels) == repaired_slowly(labels)
        assert repair_bio(repair_bio(labels)) == repair_bio(labels)


def test_valid_bio_and_what_is_outside_stay():
    assert repair_bio(["B-PER", "B-PER", "I-PER", "O", "B-LOC"]) == ["B-PER", "B-PER", "I-PER", "O", "B-LOC"]
    assert repair_bio([]) == []


def as_iob1(labels):
    """BIO as IOB1: `B-` only between two neighbours of one type."""
    return [
        "I" + label[1:] if label[0] == "B" and (i == 0 or labels[i - 1][2:] != label[2:]) else label
        for i, label in enumerate(labels)
    ]


def test_iob1_and_back():
    valid = [labels for labels in SHORT if repaired_slowly(labels) == labels]
    assert any(as_iob1(labels) != labels for labels in valid)
    assert all(repair_bio(as_iob1(labels)) == labels for labels in valid)


@pytest.mark.parametrize(
    ("names", "spans_"),
    [(NAMES, True), (("O",), False), (("O", "NOUN"), False), (("B-",), False), ((), False)],
)
def test_which_labels_mark_spans(names, spans_):
    assert is_bio(names) is spans_


def test_what_goes_on():
    assert continued(("O", "B-X", "NOUN", "I-Y", "B-Y")) == [0, 1, 2, 3, 3], "no I-X to go on with"


@pytest.mark.parametrize("seed", range(8))
def test_span_f1_against_listed_spans_also_where_labels_are_no_bio(seed):
    rng = random.Random(seed)
    gold = [rng.choices(NAMES, k=rng.randint(1, 9)) for _ in range(12)]
    predicted = [[g if rng.random() < 0.7 else rng.choice(NAMES) for g in labels] for labels in gold]
    score = span_f1(numbers(gold), numbers(predicted), NAMES)
    assert score == pytest.approx(slow_f1(gold, predicted))
    assert 0 < score < 1


def test_repairing_is_what_seqeval_does_by_default():
    """Its default is CoNLL's own rule, which reads a stray `I-X` as a beginning: no score changes."""
    from seqeval.metrics import f1_score

    rng = random.Random(0)
    gold, predicted = ([rng.choice(SHORT[-625:]) for _ in range(200)] for _ in range(2))
    assert span_f1(numbers(gold), numbers(predicted), NAMES) == pytest.approx(f1_score(gold, predicted))


@pytest.mark.parametrize(
    ("gold", "predicted", "f1"),
    [
        ("B-PER I-PER O", "B-PER I-PER O", 1.0),
        ("B-PER I-PER O", "B-PER O O", 0.0),  # the right beginning is not enough
        ("B-PER I-PER O", "B-LOC I-LOC O", 0.0),  # nor is the right place
        ("B-PER I-PER O", "I-PER I-PER O", 1.0),  # repaired
        ("B-PER B-PER", "B-PER I-PER", 0.0),  # two persons are not one
        ("B-PER O B-LOC", "B-PER O O", 2 / 3),
        ("O O", "O O", 0.0),
        ("O O", "B-PER O", 0.0),
    ],
)
def test_span_f1_by_hand(gold, predicted, f1, recwarn):
    assert span_f1(numbers([gold.split()]), numbers([predicted.split()]), NAMES) == pytest.approx(f1)
    assert not recwarn.list


def test_metrics_of_entities_and_tags():
    entities, tags = token_metrics(NAMES), token_metrics(("NOUN", "VERB"))
    assert (list(entities), list(tags)) == (["span_f1", "accuracy"], ["accuracy", "macro_f1"])
    gold, predicted = [[1, 2, 0], [0]], [[1, 2, 3], [0]]
    assert entities["span_f1"](gold, predicted) == pytest.approx(2 / 3)
    assert entities["accuracy"](gold, predicted) == 0.75
    gold, predicted = [[0, 1], [1, 1]], [[0, 0], [1, 1]]
    assert tags["accuracy"](gold, predicted) == 0.75
    assert tags["macro_f1"](gold, predicted) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_predictions_that_do_not_fit_are_refused():
    for metric in [*token_metrics(NAMES).values(), *token_metrics(("A", "B")).values()]:
        with pytest.raises(ValueError, match="one predicted label"):
            metric([[0, 1], [0]], [[0], [1, 0]])
