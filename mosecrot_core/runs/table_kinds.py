"""Whether the columns of a run's tables hold what `schema.py` says: a run folder may be from elsewhere."""

from collections.abc import Sequence

import pandas as pd

from mosecrot_core.anchors.signals import SIGNALS

NUMBERS = frozenset((
    "seed", "value", "n", "coverage", "source_value", "anchor", "line", "score", "round", "similarity", "margin", "share", "pair",
    "quality", "information", "x", "y", "pairs", "example", "weight", "cosine", "a1", "a2", "source_norm", "target_norm", "angle",
    "threshold", "given", "accepted", "right", "changed", "low", "high", "confidence", "accuracy", *SIGNALS,
))  # fmt: skip
TEXTS = frozenset((
    "language", "method", "baseline_of", "metric", "source", "target", "suggestion", "reason", "folder", "text", "origin", "form", "side",
    "file", "scope", "stage", "label",
))  # fmt: skip


def misfit(table: pd.DataFrame, columns: Sequence[str]) -> str:
    """Say what is wrong with the kind of a column's values; empty if nothing is.

    >>> misfit(pd.DataFrame({"seed": ["x"], "language": ["fr"]}), ["seed", "language"])
    "numbers in column 'seed' expected, str came"
    """
    if not table.columns.is_unique:
        return "a column is there twice"
    for name in columns:
        expected = "numbers" if name in NUMBERS else "text" if name in TEXTS else ""
        if expected and not table[name].isna().all() and not _holds(table[name], expected):
            return f"{expected} in column {name!r} expected, {table[name].dtype} came"
    return ""


def _holds(column: pd.Series, expected: str) -> bool:
    if expected == "numbers":
        return pd.api.types.is_numeric_dtype(column)
    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    return isinstance(values.dtype, pd.StringDtype)
