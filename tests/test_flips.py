"""Labels beside the bilingual model's, each held to a count made by hand."""

import numpy as np
import pandas as pd
import pytest

from mosecrot_core.runs.flips import (
    CHANGE_COLUMNS,
    FLIP_COLUMNS,
    LOST,
    OTHER,
    SAME,
    WON,
    class_changes,
    flips,
)


def examples(gold, names, words=None):
    kind = pd.CategoricalDtype(names)
    n = len(gold)
    return pd.DataFrame({
        "example": range(n) if words is None else np.arange(n) // words, "language": "fr",
        "word": 0 if words is None else np.arange(n) % words, "text": [f"text {i}" for i in range(n)],
        "gold": pd.Categorical.from_codes(gold, dtype=kind),
    })  # fmt: skip


def test_each_label_is_lost_won_or_stays():
    gold, before, here = ([0, 0, 0, 1, 2, 2], [0, 0, 1, 0, 0, 1], [0, 1, 0, 2, 0, 2])
    table = flips(examples(gold, ["a", "b", "c"]), np.array(before), np.array(here))
    assert list(table.columns) == FLIP_COLUMNS
    assert table["flip"].tolist() == [SAME, LOST, WON, OTHER, SAME, WON]
    assert table["bilingual"].tolist() == ["a", "a", "b", "a", "a", "b"]
    assert table["predicted"].tolist() == ["a", "b", "a", "c", "a", "c"]


@pytest.mark.parametrize("wrong", [[0], [0, 3], [0, -1]])
def test_labels_that_are_not_of_these_examples_are_refused(wrong):
    for said in ((wrong, [0, 0]), ([0, 0], wrong)):
        with pytest.raises(ValueError, match="label"):
            flips(examples([0, 1], ["a", "b", "c"]), *map(np.array, said))


def scores(gold, said, name):
    """Precision, recall and F1 by the book."""
    hits = sum(g == s == name for g, s in zip(gold, said, strict=True))
    precision = hits / said.count(name) if name in said else 0
    recall = hits / gold.count(name) if name in gold else 0
    return precision, recall, 2 * precision * recall / (precision + recall) if hits else 0


def test_changes_of_classes_are_those_of_their_scores():
    rng = np.random.default_rng(0)
    gold, before, here = rng.integers(0, 4, (3, 90))
    gold[gold == 3] = 0  # a class that is only predicted
    names = ["a", "b", "c", "d", "never"]
    found = class_changes(flips(examples(gold, names), before, here))
    assert list(found.columns) == CHANGE_COLUMNS
    assert found["label"].tolist() == names[:4]
    for k, row in enumerate(found.to_dict("records")):
        was, now = scores(list(gold), list(before), k), scores(list(gold), list(here), k)
        for i, name in enumerate(("precision", "recall", "f1")):
            assert row[name] == pytest.approx(now[i])
            assert row[f"{name}_change"] == pytest.approx(now[i] - was[i])
        assert row["support"] == (gold == k).sum()


def test_a_class_that_one_model_alone_predicts_is_compared_with_nothing():
    table = flips(examples([0, 0], ["a", "b", "c"]), np.array([0, 1]), np.array([0, 2]))
    found = class_changes(table).set_index("label")
    assert found.index.tolist() == ["a", "b", "c"]
    assert found["predicted"].tolist() == [1, 0, 1]
    assert found["f1_change"].tolist() == [0, 0, 0]


def test_tags_are_scored_by_entity():
    names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    gold = [1, 2, 0, 3, 3, 4]
    whole, cut = [1, 2, 0, 3, 3, 4], [1, 0, 0, 3, 0, 4]
    found = class_changes(flips(examples(gold, names, words=3), np.array(whole), np.array(cut)))
    assert found["label"].tolist() == ["PER", "LOC"]
    assert found["support"].tolist() == [1, 2]
    assert found["recall"].tolist() == [0, 0.5], "of (3, 3 4), the first is found"
    assert found["recall_change"].tolist() == [-1, -0.5]
