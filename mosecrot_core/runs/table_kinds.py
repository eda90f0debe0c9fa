"""Whether the columns of a run's tables hold what `schema.py` says: a run folder may be from elsewhere."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from mosecrot_core.anchors.signals import SIGNALS

NUMBERS = frozenset((
    "value", "coverage", "source_value", "anchor", "line", "score", "round", "similarity", "margin", "share",
    "quality", "information", "x", "y", "pairs", "weight", "cosine", "source_norm", "target_norm", "angle",
    "threshold", "given", "accepted", "right", "changed", "low", "high", "confidence", "accuracy", *SIGNALS,
))  # fmt: skip
WHOLE = frozenset(("seed", "n", "pair", "example", "a1", "a2", "count"))
TEXTS = frozenset((
    "language", "method", "baseline_of", "metric", "source", "target", "suggestion", "reason", "folder",
    "text", "origin", "form", "side",
    "file", "scope", "stage", "label", "read_as",
))  # fmt: skip
_KINDS = {"whole numbers": WHOLE, "numbers": NUMBERS, "text": TEXTS}


def misfit(table: pd.DataFrame, columns: Sequence[str]) -> str:
    """Say what is wrong with the kind of a column's values; empty if nothing is.

    >>> misfit(pd.DataFrame({"seed": ["x"], "language": ["fr"]}), ["seed", "language"])
    "whole numbers in column 'seed' expected, str came"
    """
    if not table.columns.is_unique:
        return "a column is there twice"
    if damaged := [name for name in table if not _is_utf_8(table[name])]:
        return f"text in column {damaged[0]!r} expected, its bytes are no UTF-8"
    for name in columns:
        expected = next((kind for kind, names in _KINDS.items() if name in names), "")
        needed = expected == "whole numbers" and len(table) > 0
        if expected and (needed or not table[name].isna().all()) and not _holds(table[name], expected):
            return f"{expected} in column {name!r} expected, {table[name].dtype} came"
    return ""


def _is_utf_8(column: pd.Series) -> bool:
    values = column.cat.categories.to_series() if isinstance(column.dtype, pd.CategoricalDtype) else column
    if not isinstance(values.dtype, pd.StringDtype):
        return True
    try:
        pa.array(values.array).validate(full=True)
    except pa.ArrowException:
        return False
    return True


def _holds(column: pd.Series, expected: str) -> bool:
    if expected == "numbers":
        return bool(pd.api.types.is_numeric_dtype(column))
    if expected == "whole numbers":
        return bool(pd.api.types.is_integer_dtype(column) and column.notna().all())
    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    return isinstance(values.dtype, pd.StringDtype)
