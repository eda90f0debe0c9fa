"""Is one method better than another? Paired over languages and seeds, corrected for how many are compared."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mosecrot_core.errors import InputError
from mosecrot_core.runs.summary import metrics_of

EVERY = "all"
"""Stands in the column `language` for all languages together."""
THESE = "these alone"
"""Stands there for all of them, too, where they are not taken for a sample of others."""
COMPARISON_COLUMNS = [
    "language", "method", "against", "metric", "difference", "low", "high", "p", "p_holm", "n_pairs",
]  # fmt: skip
OVER_RUNS_COLUMNS = ["run", *COMPARISON_COLUMNS]


def compare_methods(results: pd.DataFrame, against: str, metric: str | None = None) -> pd.DataFrame:
    """Compare every method with one, in each language and over all of them.

    A pair is a language and a seed that both methods have a score for; a method that no seed matters to
    goes with every seed of the other. The interval and p are those of the paired t test, two-sided; p_holm
    is p corrected by Holm's method (1979) for all comparisons in the table.

    Args:
        results: Columns as `schema.RESULT_COLUMNS`.
        against: The method, or a null baseline such as `softmax:shuffled`, to compare the others with.
        metric: Which score; none: the task's main one.

    Returns:
        One row a method and language, and a method's row over all languages (`all`) where there are
        several: `difference` is its mean score less that of `against`, with the 95 % interval `low`..`high`.
        With one pair, `low`, `high`, `p` and `p_holm` are missing.

    Raises:
        InputError: There is no such method or metric; the message lists those there are.
    """
    pairs, metric = _pairs(results, against, metric)
    return _tested(pairs, against, metric)


def compare_runs(
    results: pd.DataFrame, others: pd.DataFrame, against: str, metric: str | None = None
) -> pd.DataFrame:
    """Compare every method of a run with the same method of another run, as `compare_methods` does.

    Args:
        results: Columns as `schema.RESULT_COLUMNS`.
        others: The other run's.
        against: Its name.
        metric: Which score; none: the main one of the first.

    Returns:
        As `compare_methods`; a row a method and language that both runs have.

    Raises:
        InputError: The runs have no method, language and metric in common.
    """
    metric = metric or next(iter(metrics_of(results)), "score")
    ours, theirs = (
        side[(side["metric"] == metric) & (side["baseline_of"] == "")] for side in (results, others)
    )
    pairs = {
        method: _differences(ours[ours["method"] == method], theirs[theirs["method"] == method])
        for method in ours["method"].unique()
    }
    if not any(map(len, pairs.values())):
        raise InputError(f"the runs have no {metric} of one method and language in common")
    return _tested(pairs, against, metric)


def compare_over_runs(
    results: Mapping[str, pd.DataFrame], against: str, metric: str | None = None
) -> pd.DataFrame:
    """Compare every method with one over several runs, such as one of each task.

    A pair is a language of a run, with its mean over seeds. Two questions are answered, with an interval and
    p each: is the method better in general, of which these pairs are a sample (`all`), and is it better on
    these pairs, whatever it is on others (`these alone`)?

    Args:
        results: Tables as `schema.RESULT_COLUMNS`, by the name of the run; a method may be missing in some.
        against: As for `compare_methods`; every run has it.
        metric: Which score; none: each task's main one.

    Returns:
        Columns `OVER_RUNS_COLUMNS`. For each method a row a run and language (`n_pairs`: its seeds; no
        test), and two over all, whose `run` is `all` and whose `difference` is the mean over pairs. Their
        `language` is `these alone` (the t test of a mean of means, each with the spread of its own seeds,
        degrees of freedom after Satterthwaite, 1946; `n_pairs`: all seeds; missing if one has a single seed)
        and `all` (the paired t test; `n_pairs`: how many languages of runs). Both two-sided, with the 95 %
        interval; p_holm is p corrected for the number of methods.

    Raises:
        InputError: A run, which the message names, has no such method or metric; or none has another method.
    """
    units = []
    for run, table in results.items():
        try:
            pairs, of_run = _pairs(table, against, metric)
        except InputError as error:
            raise InputError(f"{run}: {error.problem}") from error
        for method, differences in pairs.items():
            for language, values in differences.groupby("language", sort=False)["difference"]:
                units.append({
                    "run": run, "language": language, "method": method, "metric": of_run,
                    "difference": values.mean(), "n_pairs": len(values), "error": _error(values),
                })  # fmt: skip
    if not units:
        raise InputError(f"the runs have no method beside {against!r}")
    rows: list[dict[Any, Any]] = []
    for name, block in pd.DataFrame(units).groupby("method", sort=False):
        over_all = {"run": EVERY, "method": name, "metric": ""}
        rows += block.to_dict("records")
        rows.append({**over_all, "language": THESE, **_of_these(block)})
        rows.append({**over_all, "language": EVERY, **_paired(block["difference"])})
    table = pd.DataFrame(rows, columns=OVER_RUNS_COLUMNS).assign(against=against)
    of_question = table.groupby(["run", "language"])["p"]
    return table.assign(p_holm=of_question.transform(lambda p: holm(p.to_numpy(float))))


def _pairs(results: pd.DataFrame, against: str, metric: str | None) -> tuple[dict[str, pd.DataFrame], str]:
    """Return each method's differences, as `_differences` does, and the metric that they are of."""
    known = metrics_of(results)
    metric = metric or next(iter(known), "score")
    if metric not in known:
        raise InputError(f"there are no scores {metric!r}; the run has {', '.join(known) or 'none'}")
    found = results[results["metric"] == metric]
    if against not in set(found["method"]):
        there = ", ".join(found["method"].unique())
        raise InputError(f"there is no method {against!r}; the run has {there}")
    methods = found[(found["baseline_of"] == "") & (found["method"] != against)]
    theirs = found[found["method"] == against]
    pairs = {
        method: _differences(methods[methods["method"] == method], theirs)
        for method in methods["method"].unique()
    }
    return pairs, metric


def _tested(pairs: dict[str, pd.DataFrame], against: str, metric: str) -> pd.DataFrame:
    """Test each method's pairs, in each language and over all of them."""
    rows = []
    for method, differences in pairs.items():
        parts = list(differences.groupby("language", sort=False)["difference"])
        if len(parts) > 1:
            parts.append((EVERY, differences["difference"]))
        rows += [{"language": language, "method": method, **_paired(values)} for language, values in parts]
    table = pd.DataFrame(rows, columns=COMPARISON_COLUMNS).assign(against=against, metric=metric)
    return table.assign(p_holm=holm(table["p"].to_numpy(float)))


def _differences(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Return the difference of each pair of two methods' scores, columns `language` and `difference`."""
    seeds = sorted({*ours["seed"], *theirs["seed"]} - {-1}) or [-1]
    sides = [_by_seed(side, seeds) for side in (ours, theirs)]
    both = sides[0].merge(sides[1], on=["language", "seed"], suffixes=("", "_of_other"))
    return both.assign(difference=both["value"] - both["value_of_other"])


def _by_seed(side: pd.DataFrame, seeds: list[int]) -> pd.DataFrame:
    """Give a method that no seed matters to every seed."""
    columns = side[["language", "seed", "value"]]
    seeded, same = columns[columns["seed"] != -1], columns[columns["seed"] == -1]
    repeated = [same.assign(seed=seed) for seed in seeds]
    return pd.concat([seeded, *repeated], ignore_index=True)


def _paired(values: pd.Series) -> dict[str, float]:
    """Test the mean of some pairs' differences; one pair has no spread."""
    return _tested_mean(float(values.mean()), _error(values), len(values) - 1, len(values))


def _error(values: pd.Series) -> float:
    """Return the standard error of the mean; NaN of one value."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _of_these(block: pd.DataFrame) -> dict[str, float]:
    """Test the mean of means, each of `n_pairs` differences with a standard error `error`."""
    variances, n = block["error"].to_numpy(float) ** 2, block["n_pairs"].to_numpy(int)
    freedom = np.nan
    if variances.any() and (n > 1).all():
        freedom = variances.sum() ** 2 / (variances**2 / (n - 1)).sum()
    error = float(np.sqrt(variances.sum()) / len(n))
    return _tested_mean(float(block["difference"].mean()), error, freedom, int(n.sum()))


def _tested_mean(mean: float, error: float, freedom: float, n_pairs: int) -> dict[str, float]:
    """Test a mean by its standard error; without one (NaN), there is no test."""
    if np.isnan(error):
        return {"difference": mean, "n_pairs": n_pairs}
    alike = 1.0 if mean == 0 else 0.0  # where all pairs differ by the same
    half = float(stats.t.ppf(0.975, freedom)) * error if error > 0 else 0.0
    p = float(2 * stats.t.sf(abs(mean) / error, freedom)) if error > 0 else alike
    return {"difference": mean, "low": mean - half, "high": mean + half, "p": p, "n_pairs": n_pairs}


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correct p values for their number (Holm, 1979); those missing stay missing and do not count.

    >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).round(2).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    corrected = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    raised = p[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(raised), 1)
    return corrected
