"""Whether the columns of a run's tables hold what `schema.py` says: a run folder may be from elsewhere."""

from collections.abc import Sequence

import pandas as pd

from mosecrot_core.anchors.signals import SIGNALS

NUMBERS = frozenset((
    "value", "coverage", "source_value", "anchor", "line", "score", "round", "similarity", "margin", "share",
    "quality", "information", "x", "y", "pairs", "weight", "cosine", "source_norm", "target_norm", "angle",
    "threshold", "given", "accepted", "right", "changed", "low", "high", "confidence", "accuracy", *SIGNALS,
))  # fmt: skip
WHOLE = frozenset(("seed", "n", "pair", "example", "a1", "a2"))
TEXTS = frozenset((
    "language", "method", "baseline_of", "metric", "source", "target", "suggestion", "reason", "folder",
    "text", "origin", "form", "side",
    "file", "scope", "stage", "label",
))  # fmt: skip
_KINDS = {"whole numbers": WHOLE, "numbers": NUMBERS, "text": TEXTS}


def misfit(table: pd.DataFrame, columns: Sequence[str]) -> str:
    """Say what is wrong with the kind of a column's values; empty if nothing is.

    >>> misfit(pd.DataFrame({"seed": ["x"], "language": ["fr"]}), ["seed", "language"])
    "whole numbers in column 'seed' expected, str came"
    """
    if not table.columns.is_unique:
        return "a column is there twice"
    for name in columns:
        expected = next((kind for kind, names in _KINDS.items() if name in names), "")
        needed = expected == "whole numbers" and len(table) > 0
        if expected and (needed or not table[name].isna().all()) and not _holds(table[name], expected):
            return f"{expected} in column {name!r} expected, {table[name].dtype} came"
    return ""


def _holds(column: pd.Series, expected: str) -> bool:
    if expected == "numbers":
        return bool(pd.api.types.is_numeric_dtype(column))
    if expected == "whole numbers":
        return bool(pd.api.types.is_integer_dtype(column) and column.notna().all())
    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    return isinstance(values.dtype, pd.StringDtype)
