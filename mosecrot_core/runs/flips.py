"""What one interpolated model says of each example, beside the bilingual model: which labels flip."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.runs.predictions import CLASS_COLUMNS, class_of, kind_of, scores_by_class

FLIP_COLUMNS = ["example", "word", "text", "gold", "bilingual", "predicted", "flip"]
LOST, WON, OTHER, SAME = "right to wrong", "wrong to right", "wrong to wrong", "same"
"""What became of a label: right with the bilingual model only, right with this one only, wrong with
both in different ways, or both say the same."""
_SCORES = ["precision", "recall", "f1"]
CHANGE_COLUMNS = [*CLASS_COLUMNS, *(f"{name}_change" for name in _SCORES)]


def flips(examples: pd.DataFrame, bilingual: NDArray[np.int16], here: NDArray[np.int16]) -> pd.DataFrame:
    """Lay what two models say beside each other.

    Args:
        examples: `example`, `word`, `text`, `gold` (a categorical), a row a text or word ``[n]``.
        bilingual: What the bilingual model says, as numbers of the categories of `gold` ``[n]``.
        here: What the other model says ``[n]``.

    Returns:
        Columns FLIP_COLUMNS, a row an example in their order; the labels are categoricals like `gold`, `flip`
        is one of LOST, WON, OTHER, SAME.

    Raises:
        ValueError: The labels are not as many as the examples, or no numbers of categories.
    """
    for said in (bilingual, here):
        if len(said) != len(examples):
            raise ValueError(f"labels of {len(examples)} examples expected, got {len(said)}")
        if len(said) and not 0 <= int(said.min()) <= int(said.max()) < len(examples["gold"].cat.categories):
            raise ValueError("a label is no number of a category")
    kind = pd.CategoricalDtype(list(examples["gold"].cat.categories))
    gold = examples["gold"].cat.codes.to_numpy()
    was, is_ = bilingual == gold, here == gold
    flip = np.select([bilingual == here, was, is_], [SAME, LOST, WON], default=OTHER)
    named = {
        name: pd.Categorical.from_codes(said, dtype=kind)
        for name, said in (("bilingual", bilingual), ("predicted", here))
    }
    return examples.reset_index(drop=True).assign(**named, flip=flip)[FLIP_COLUMNS]


def class_changes(table: pd.DataFrame) -> pd.DataFrame:
    """Score each class of a model, and tell by how much each score differs from the bilingual model's.

    Args:
        table: As `flips` returns it.

    Returns:
        Columns CHANGE_COLUMNS, a row a class that occurs, or a type of entity where labels are BIO tags;
        counted as in `predictions.scores_by_class`. A class that only one of the models has is compared
        with scores of 0.
    """
    here, before = _scores(table, "predicted"), _scores(table, "bilingual")
    before = before.set_index("label")[_SCORES].reindex(here["label"], fill_value=0.0)
    changes = {f"{name}_change": here[name].to_numpy() - before[name].to_numpy() for name in _SCORES}
    return here.assign(**changes)[CHANGE_COLUMNS]


def _scores(table: pd.DataFrame, said: str) -> pd.DataFrame:
    """Score what a column says; a row a class that occurs in any of the three columns."""
    found = scores_by_class(table.assign(predicted=table[said]))
    if kind_of(table["gold"]) == "entities":
        return found
    columns = [class_of(table[name]) for name in ("gold", "bilingual", "predicted")]
    occurring = set().union(*(set(column.unique()) for column in columns))
    rows = [str(name) for name in columns[0].cat.categories if name in occurring]
    return found.set_index("label").reindex(rows, fill_value=0).reset_index()[CLASS_COLUMNS]
