"""What two methods, or one method of two runs, say of the same test texts or words."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from mosecrot_core.errors import InputError

PAIRED_COLUMNS = ["example", "word", "text", "gold", "one", "other"]


@dataclass(frozen=True)
class Agreement:
    """How many units are right with both, with one only, with the other only, with neither."""

    both: int
    one: int
    other: int
    neither: int

    @property
    def p(self) -> float:
        """The exact McNemar test (1947), two-sided: would a coin fall so between `one` and `other`?"""
        n = self.one + self.other
        return float(stats.binomtest(self.one, n).pvalue) if n else 1.0


def side_by_side(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Lay predictions beside each other.

    Args:
        one: `example`, `word`, `text`, `gold`, `predicted`, a row a unit.
        other: The same units.

    Returns:
        Columns PAIRED_COLUMNS; labels as text.

    Raises:
        InputError: They are not of the same texts with the same right labels.
    """
    keys = ["example", "word"]
    both = one.merge(other, on=keys, suffixes=("", "_of_other"))
    alike = len(both) == len(one) == len(other) and _same(both, "text") and _same(both, "gold")
    if not alike:
        raise InputError("the two were not scored on the same test texts: nothing can be laid side by side")
    labels = {name: both[name].astype(str) for name in ("gold", "predicted", "predicted_of_other")}
    return both.assign(**labels).rename(columns={"predicted": "one", "predicted_of_other": "other"})[
        PAIRED_COLUMNS
    ]


def agreement(paired: pd.DataFrame) -> Agreement:
    """Count who is right; columns as `side_by_side` gives them."""
    mine, theirs = (np.asarray(paired[name] == paired["gold"]) for name in ("one", "other"))
    counts = (mine & theirs, mine & ~theirs, ~mine & theirs, ~mine & ~theirs)
    return Agreement(*(int(count.sum()) for count in counts))


def _same(both: pd.DataFrame, column: str) -> bool:
    return bool((both[column].astype(str) == both[f"{column}_of_other"].astype(str)).all())
