"""Scores over seeds: mean, standard deviation and 95 % interval, with the null baselines beside them."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mosecrot_core.errors import InputError

SUMMARY_COLUMNS = [
    "language", "method", "baseline_of", "metric", "mean", "sd", "n_seeds", "low", "high", "coverage", "n",
    "source_mean",
]  # fmt: skip


def summarise(results: pd.DataFrame, metric: str | None = None) -> pd.DataFrame:
    """Aggregate scores over seeds.

    Args:
        results: Columns as `schema.RESULT_COLUMNS`.
        metric: Keep only this one.

    Returns:
        One row per language, method and metric, in the order in which they first occur: `mean`, `sd`
        (ddof 1), `n_seeds`, the 95 % t interval of the mean over seeds `low`..`high`, `coverage`, `n`
        test texts, and `source_mean`, the same models' mean score on the source language. With one seed,
        `sd`, `low` and `high` are missing.

    Raises:
        InputError: There are scores, but none of this metric; the message lists those there are.
    """
    if metric is not None:
        known = results["metric"].unique()
        if len(known) and metric not in known:
            raise InputError(f"there are no scores {metric!r}; the run has {', '.join(known)}")
        results = results[results["metric"] == metric]
    keys = ["language", "method", "baseline_of", "metric"]
    rows = [
        dict(zip(keys, key, strict=True)) | _spread(group) for key, group in results.groupby(keys, sort=False)
    ]
    return pd.DataFrame(rows, columns=SUMMARY_COLUMNS)


def half_width(values: NDArray[np.float64]) -> float:
    """Return half of the 95 % t interval of the mean; NaN for one value."""
    n = len(values)
    return float(half_widths(values.std(ddof=1, keepdims=True), np.array([n]))[0]) if n > 1 else np.nan


def half_widths(deviations: NDArray[np.float64], n: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return half of the 95 % t interval of each mean, of `n` values with a standard deviation (ddof 1)."""
    return np.asarray(stats.t.ppf(0.975, n - 1) * deviations / np.sqrt(n), np.float64)


def metrics_of(results: pd.DataFrame) -> list[str]:
    """Name the metrics of a result table or a summary, the task's main one first."""
    return [str(name) for name in results["metric"].unique()]


def _spread(group: pd.DataFrame) -> dict[str, Any]:
    values = group["value"].to_numpy(dtype=float)
    mean, n = float(values.mean()), len(values)
    sd = float(values.std(ddof=1)) if n > 1 else np.nan
    half = half_width(values)
    return {
        "mean": mean,
        "sd": sd,
        "n_seeds": n,
        "low": mean - half,
        "high": mean + half,
        "coverage": float(group["coverage"].mean()),
        "n": int(group["n"].iloc[0]),
        "source_mean": float(group["source_value"].mean()),
    }


def beside_nulls(summary: pd.DataFrame) -> pd.DataFrame:
    """Put each method's null baselines into columns of its own row.

    Returns:
        The rows of `summary` that are methods, with a column for each null baseline (its mean) and
        `over_shuffled`: the method's mean less that of shuffled anchor pairs.
    """
    is_null = summary["baseline_of"] != ""
    methods = summary[~is_null].copy()
    nulls = summary[is_null].assign(null=lambda t: t["method"].str.split(":").str[-1])
    for null in nulls["null"].unique():
        found = nulls[nulls["null"] == null].set_index(["language", "baseline_of", "metric"])["mean"]
        keys = pd.MultiIndex.from_frame(methods[["language", "method", "metric"]])
        methods[null] = found.reindex(keys).to_numpy()
    if "shuffled" in methods:
        methods["over_shuffled"] = methods["mean"] - methods["shuffled"]
    return methods.reset_index(drop=True)
