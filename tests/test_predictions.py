"""What predictions come to, against scikit-learn, seqeval and counting by hand."""

import numpy as np
import pandas as pd
import pytest
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as of_entities
from sklearn import metrics

from mosecrot_core.learning.bio import repair_bio
from mosecrot_core.learning.scores import macro_f1
from mosecrot_core.learning.token_scores import span_f1
from mosecrot_core.runs.predictions import (
    CLASS_COLUMNS,
    class_of,
    class_scores,
    confusion,
    entity_scores,
    kind_of,
    relation_scores,
    scores_by_class,
)

TOPICS = ["lights", "music", "never", "weather"]
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def labelled(codes, names):
    return pd.Series(pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(names)))


@pytest.fixture
def topics():
    rng = np.random.default_rng(0)
    gold = rng.choice([0, 1, 3], 200)
    predicted = np.where(rng.random(200) < 0.6, gold, rng.choice([0, 1], 200))
    return labelled(gold, TOPICS), labelled(predicted, TOPICS)


def test_confusion_counts_each_pair_of_labels(topics):
    gold, predicted = topics
    found = confusion(gold, predicted)
    assert list(found.index) == list(found.columns) == TOPICS
    for right in TOPICS:
        for said in TOPICS:
            by_hand = sum(pair == (right, said) for pair in zip(gold, predicted, strict=True))
            assert found.loc[right, said] == by_hand
    assert found.loc["never"].sum() == 0


def test_confusion_refuses_other_labels():
    with pytest.raises(ValueError, match="the same labels expected"):
        confusion(labelled([0], TOPICS), labelled([0], TOPICS[::-1]))


def test_class_scores_are_those_of_scikit_learn(topics):
    gold, predicted = topics
    found = class_scores(confusion(gold, predicted))
    assert list(found.columns) == CLASS_COLUMNS
    names = ["lights", "music", "weather"]
    assert found["label"].tolist() == names
    expected = metrics.precision_recall_fscore_support(
        gold.astype(str), predicted.astype(str), labels=names, zero_division=0
    )
    for column, values in zip(CLASS_COLUMNS[1:5], expected, strict=True):
        np.testing.assert_allclose(found[column], values)
    assert found["f1"].mean() == pytest.approx(macro_f1(gold.cat.codes, predicted.cat.codes))


def test_without_a_prediction_there_is_no_class():
    none = labelled([], TOPICS)
    assert class_scores(confusion(none, none)).empty


@pytest.mark.parametrize("seed", range(20))
def test_entity_scores_are_those_of_seqeval(seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, 30)
    gold = rng.integers(0, len(TAGS), lengths.sum())
    predicted = np.where(rng.random(len(gold)) < 0.7, gold, rng.integers(0, len(TAGS), len(gold)))
    table = pd.DataFrame({
        "example": np.repeat(np.arange(30), lengths),
        "word": np.concatenate([np.arange(length) for length in lengths]),
        "gold": labelled(gold, TAGS), "predicted": labelled(predicted, TAGS),
    })  # fmt: skip
    sentences = [
        [repair_bio([TAGS[i] for i in part]) for part in np.split(side, np.cumsum(lengths)[:-1])]
        for side in (gold, predicted)
    ]
    found = entity_scores(table).set_index("label").loc[["LOC", "PER"]]  # seqeval sorts by name
    expected = of_entities(*sentences, average=None, zero_division=0)
    for column, values in zip(CLASS_COLUMNS[1:5], expected, strict=True):
        np.testing.assert_allclose(found[column], values)
    hits = (found["recall"] * found["support"]).sum()
    both = [np.split(side, np.cumsum(lengths)[:-1]) for side in (gold, predicted)]
    assert 2 * hits / (found["support"] + found["predicted"]).sum() == pytest.approx(span_f1(*both, TAGS))


def test_an_entity_that_nobody_has_or_says_scores_0():
    table = pd.DataFrame({
        "example": [0], "word": [0], "gold": labelled([0], TAGS), "predicted": labelled([0], TAGS),
    })  # fmt: skip
    for some in (table, table.iloc[:0]):
        found = entity_scores(some)
        assert found["label"].tolist() == ["PER", "LOC"]
        assert not found.drop(columns="label").to_numpy().any()


def test_of_trees_relations_are_the_classes():
    heads = labelled([4, 0, 3], ["0:root", "0:det", "1:root", "1:det", "2:root", "2:det"])
    assert class_of(heads).tolist() == ["root", "root", "det"]
    assert list(class_of(heads).cat.categories) == ["root", "det"]
    other = labelled([0, 1], ["1:root", "at"])
    assert class_of(other).tolist() == ["1:root", "at"]


@pytest.mark.parametrize("seed", range(5))
def test_a_relation_is_right_with_its_head_only(seed):
    """As UD's own scorer counts the arcs of each relation."""
    rng = np.random.default_rng(seed)
    names = [f"{head}:{name}" for head in range(4) for name in ("root", "nsubj", "det", "never")]
    relation = [name.split(":")[1] for name in names]
    gold = rng.integers(0, 4, 200) * 4 + rng.integers(0, 3, 200)
    predicted = np.where(rng.random(200) < 0.6, gold, rng.integers(0, 4, 200) * 4 + rng.integers(0, 3, 200))
    found = relation_scores(labelled(gold, names), labelled(predicted, names))
    assert found["label"].tolist() == ["root", "nsubj", "det"]
    for row in found.to_dict("records"):
        support = [i for i in range(200) if relation[gold[i]] == row["label"]]
        said = [i for i in range(200) if relation[predicted[i]] == row["label"]]
        hits = sum(gold[i] == predicted[i] for i in support)
        assert (row["support"], row["predicted"]) == (len(support), len(said))
        assert row["recall"] == pytest.approx(hits / len(support))
        assert row["precision"] == pytest.approx(hits / len(said))
    las = (gold == predicted).mean()
    assert (found["recall"] * found["support"]).sum() / 200 == pytest.approx(las)


@pytest.mark.parametrize(
    ("names", "kind"),
    [(TAGS, "entities"), (["0:root", "1:det"], "relations"), (["at", "1:det"], "labels")],
)
def test_classes_are_scored_as_their_task_counts_them(names, kind):
    side = labelled([1, 1], names)
    table = pd.DataFrame({"example": [1, 0], "word": [0, 0], "gold": side, "predicted": side})
    assert kind_of(side) == kind
    found = scores_by_class(table).query("support > 0")
    assert found["support"].sum() == 2
    assert found["f1"].tolist() == [1.0]


def test_tags_that_mark_no_spans_are_their_own_classes(topics):
    assert class_of(topics[0]).tolist() == topics[0].tolist()
    entities = class_of(labelled([0, 1, 2, 3, 4], TAGS))
    assert entities.tolist() == ["O", "PER", "PER", "LOC", "LOC"]
    assert list(entities.cat.categories) == ["O", "PER", "LOC"]
