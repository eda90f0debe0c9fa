"""How much of the way to the encoder's own score in its own language does a method close, over many runs?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mosecrot_core.errors import InputError
from mosecrot_core.runs.comparison import EVERY
from mosecrot_core.runs.summary import half_width, metrics_of, summarise

GAP_COLUMNS = [
    "run", "language", "metric", "baseline", "baseline_mean", "mean", "source_mean", "gain", "low", "high",
    "gap", "closed", "n_units",
]  # fmt: skip


def gap_closed(results: Mapping[str, pd.DataFrame], method: str, baselines: Sequence[str]) -> pd.DataFrame:
    """Measure a method between the best of some others and what the same encoder scores in the source.

    The best is chosen on the scores themselves, in each language of each run: that favours it.

    Args:
        results: Tables as `schema.RESULT_COLUMNS`, by the name of the run; by the task's main metric.
        method: The method.
        baselines: What it is to leave behind, such as the paper's three weightings; runs may lack some.

    Returns:
        One row a run and language, and one over all: `gain` is the method's mean over seeds less the
        baseline's, `gap` the source score of the method's own fine-tuned models less the baseline's,
        `closed` = gain / gap. Over all: the means of gains and gaps, and the 95 % t interval `low`..`high` of
        the gain, a unit being a language of a run (missing with one unit, and in each row of one).

    Raises:
        InputError: A run has no such method, none of the baselines, or no score in the source language.
    """
    rows = [row for run, table in results.items() for row in _of_run(run, table, method, baselines)]
    units = pd.DataFrame(rows)
    gains, n = units["gain"].to_numpy(float), len(units)
    half = half_width(gains)
    means = units[["baseline_mean", "mean", "source_mean", "gain", "gap"]].mean().to_dict()
    over_all = {
        "run": EVERY, "language": EVERY, "metric": "", "baseline": "", **means, "n_units": n,
        "low": means["gain"] - half, "high": means["gain"] + half, "closed": means["gain"] / means["gap"],
    }  # fmt: skip
    return pd.DataFrame([*rows, over_all], columns=GAP_COLUMNS)


def _of_run(run: str, results: pd.DataFrame, method: str, baselines: Sequence[str]) -> list[dict[str, Any]]:
    metric = next(iter(metrics_of(results)), "score")
    summary = summarise(results, metric) if len(results) else results
    there = [name for name in baselines if name in set(summary["method"])]
    if method not in set(summary["method"]) or not there:
        known = ", ".join(summary[summary["baseline_of"] == ""]["method"].unique()) or "no method yet"
        raise InputError(
            f"{run}: {method} and one of {', '.join(baselines)} are needed; the run has {known}",
            remedy="Finish the run, or name the methods with --method and --baselines.",
        )
    rows = []
    for language, block in summary.groupby("language", sort=False):
        means: dict[str, float] = dict(zip(block["method"], block["mean"], strict=True))
        compared = [name for name in there if name in means]
        if method not in means or not compared:
            continue
        best = max(compared, key=lambda name: means[name])
        ours, theirs = means[method], means[best]
        source = float(block[block["method"] == method]["source_mean"].iloc[0])
        if np.isnan(source):
            raise InputError(f"{run}: {method} has no score in the source language: give it test texts")
        gain, gap = ours - theirs, source - theirs
        rows.append({
            "run": run, "language": str(language), "metric": metric, "baseline": best,
            "baseline_mean": theirs, "mean": ours, "source_mean": source, "gain": gain, "gap": gap,
            "closed": gain / gap if gap > 0 else np.nan, "low": np.nan, "high": np.nan, "n_units": 1,
        })  # fmt: skip
    return rows
