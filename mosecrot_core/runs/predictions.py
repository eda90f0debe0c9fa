"""What a method's predictions come to: which classes it confuses, and its F1 on each."""

import re
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.learning.bio import OUTSIDE, is_bio

CLASS_COLUMNS = ["label", "precision", "recall", "f1", "support", "predicted"]

_OF_TREES = re.compile(r"[0-9]+:")  # the head, before the relation
Kind = Literal["entities", "relations", "labels"]
Counts = NDArray[np.integer[Any]]


def kind_of(labels: pd.Series) -> Kind:
    """Say what the classes of labels (a categorical) are: types of `entities`, `relations`, or `labels`."""
    names = [str(name) for name in labels.cat.categories]
    if is_bio(names):
        return "entities"
    return "relations" if names and all(_OF_TREES.match(name) for name in names) else "labels"


def class_of(labels: pd.Series) -> pd.Series:
    """Return labels (a categorical) by class, X of entities' ``B-X`` and ``I-X``, X of trees' ``3:X``.

    Others stay.

    >>> names = pd.CategoricalDtype(["O", "B-PER", "I-PER"])
    >>> class_of(pd.Series(["I-PER", "O"], dtype=names)).tolist()
    ['PER', 'O']
    """
    kind, names = kind_of(labels), [str(name) for name in labels.cat.categories]
    if kind == "labels":
        return labels
    if kind == "entities":
        classes = [name if name == OUTSIDE else name[2:] for name in names]
    else:
        classes = [_OF_TREES.sub("", name) for name in names]
    kept = list(dict.fromkeys(classes))
    numbers = {name: number for number, name in enumerate(kept)}
    codes = np.array([numbers[name] for name in classes])[labels.cat.codes]
    return pd.Series(pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(kept)), index=labels.index)


def confusion(gold: pd.Series, predicted: pd.Series) -> pd.DataFrame:
    """Count how often each label was taken for each: rows are right, columns predicted, all labels in order.

    Args:
        gold: A categorical.
        predicted: A categorical of the same categories.

    Raises:
        ValueError: The categories differ.
    """
    names = list(gold.cat.categories)
    if names != list(predicted.cat.categories):
        raise ValueError(f"the same labels expected: {names} and {list(predicted.cat.categories)}")
    cells = gold.cat.codes.to_numpy(np.int64) * len(names) + predicted.cat.codes.to_numpy(np.int64)
    counts = np.bincount(cells, minlength=len(names) ** 2).reshape(len(names), len(names))
    return pd.DataFrame(counts, index=names, columns=names)


def scores_by_class(table: pd.DataFrame) -> pd.DataFrame:
    """Score each class as its task counts it: entities, relations with their heads, or labels.

    Args:
        table: `example`, `word`, `gold`, `predicted`, categoricals of the same categories.

    Returns:
        Columns CLASS_COLUMNS.
    """
    gold, predicted = table["gold"], table["predicted"]
    score = {
        "entities": lambda: entity_scores(table.sort_values(["example", "word"], kind="stable")),
        "relations": lambda: relation_scores(gold, predicted),
        "labels": lambda: class_scores(confusion(gold, predicted)),
    }
    return score[kind_of(gold)]()


def class_scores(counts: pd.DataFrame) -> pd.DataFrame:
    """Return precision, recall and F1 of each class that occurs in either, columns CLASS_COLUMNS.

    The mean of `f1` is macro-F1. What has no denominator is 0, as in scikit-learn with `zero_division=0`.

    Args:
        counts: As `confusion` returns them.
    """
    cells = counts.to_numpy()
    hits, support, predicted = np.diag(cells), cells.sum(axis=1), cells.sum(axis=0)
    occurs = np.flatnonzero(support + predicted)
    names = [str(name) for name in counts.index[occurs]]
    return _scores(names, hits[occurs], support[occurs], predicted[occurs])


def relation_scores(gold: pd.Series, predicted: pd.Series) -> pd.DataFrame:
    """Return precision, recall and F1 of each relation that occurs in either, columns CLASS_COLUMNS.

    A hit has the right head, too: `recall` is a relation's own LAS.

    Args:
        gold: Heads with relations, ``3:nsubj``, a categorical.
        predicted: The same, of the same categories.
    """
    right = gold.cat.codes.to_numpy() == predicted.cat.codes.to_numpy()
    relations = class_of(gold)
    parts = (relations[right], relations, class_of(predicted))
    names = [str(name) for name in relations.cat.categories]
    hits, support, said = (np.bincount(part.cat.codes, minlength=len(names)) for part in parts)
    occurs = np.flatnonzero(support + said)
    return _scores([names[i] for i in occurs], hits[occurs], support[occurs], said[occurs])


def entity_scores(table: pd.DataFrame) -> pd.DataFrame:
    """Return precision, recall and F1 of each type of entity, columns CLASS_COLUMNS, counted in entities.

    A hit has the same first and last word and the same type, after BIO repair (`bio.repair_bio`).

    Args:
        table: `example`, `word`, `gold`, `predicted`, sorted by the first two; BIO labels.
    """
    gold, predicted = (_spans(table["example"], table[side]) for side in ("gold", "predicted"))
    hits = gold.merge(predicted)
    types = list(dict.fromkeys(name for name in class_of(table["gold"]).cat.categories if name != OUTSIDE))
    counts = [
        spans["label"].value_counts().reindex(types, fill_value=0).to_numpy()
        for spans in (hits, gold, predicted)
    ]
    return _scores(types, counts[0], counts[1], counts[2])


def _spans(example: pd.Series, labels: pd.Series) -> pd.DataFrame:
    """List the entities: `start`, `end` (rows, both in it) and `label`."""
    names = [str(name) for name in labels]
    types = np.array([name if name == OUTSIDE else name[2:] for name in names], dtype=object)
    inside = types != OUTSIDE
    changes = np.concatenate([[True], (types[1:] != types[:-1]) | (np.diff(example.to_numpy()) != 0)])
    begins = np.array([name.startswith("B-") for name in names], dtype=bool)
    breaks = ~inside | begins | changes[: len(names)]
    starts = np.flatnonzero(breaks & inside)
    after = np.append(np.flatnonzero(breaks), len(names))
    ends = after[np.searchsorted(after, starts, side="right")] - 1
    return pd.DataFrame({"start": starts, "end": ends, "label": types[starts]})


def _scores(labels: list[str], hits: Counts, support: Counts, predicted: Counts) -> pd.DataFrame:
    both = support + predicted
    values = {
        "precision": hits / np.maximum(predicted, 1),
        "recall": hits / np.maximum(support, 1),
        "f1": 2 * hits / np.maximum(both, 1),
    }
    return pd.DataFrame({"label": labels, **values, "support": support, "predicted": predicted})
