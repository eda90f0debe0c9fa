"""A run beside a published table: the scores of both, what was set otherwise, and what can be said of it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from scipy import stats

from mosecrot_core.runs.comparison import EVERY
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.summary import beside_nulls

_SURE = 0.05
_FEWEST = 3
_EXACT = 1e-9
_NO_MATTER = {"name", "description", "training.checkpoint"}
"""Settings that change no score."""


def beside_paper(published: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """Lay a run's scores beside published ones.

    Args:
        published: Published scores, a row a method and a column a language.
        summary: As `summarise` returns it, of one metric.

    Returns:
        One row for each language and method of either: `language`, `method`, `published`, and the columns of
        `beside_nulls`; missing where one side lacks them. The paper's languages and methods come first.
    """
    paper = published.rename_axis("method").reset_index()
    paper = paper.melt("method", var_name="language", value_name="published").dropna(subset="published")
    both = paper.merge(beside_nulls(summary), on=["language", "method"], how="outer")
    for name, first in (("language", published.columns), ("method", published.index)):
        order = list(dict.fromkeys([*first, *summary.loc[summary["baseline_of"] == "", name]]))
        both[name] = pd.Categorical(both[name], order)
    both = both.sort_values(["language", "method"], ignore_index=True)
    return both.astype({"language": "object", "method": "object"})


def side_by_side(beside: pd.DataFrame) -> pd.DataFrame:
    """Show what `beside_paper` returns as one table in percent, the paper's columns before the run's.

    Returns:
        Texts such as ``53`` (published) and ``45.2 ± 1.3`` (mean and standard deviation over seeds), empty
        where there is none; columns (`paper` or `this run`, language).
    """
    texts = {
        "paper": [_percent(score) for score in beside["published"]],
        "this run": [_spread(mean, sd) for mean, sd in zip(beside["mean"], beside["sd"], strict=True)],
    }
    keys = pd.MultiIndex.from_frame(beside[["method", "language"]])
    sides = {}
    for side, cells in texts.items():
        wide = pd.Series(cells, keys).unstack(fill_value="", sort=False)  # noqa: PD010 - texts, no numbers
        sides[side] = wide.loc[:, (wide != "").any()]
    return pd.concat(sides, axis=1)


def settings_beside(paper: Experiment, run: Experiment) -> pd.DataFrame:
    """Return the settings that two experiments do not share, columns `paper` and `this run`.

    Compared is what either of their files sets; of methods, which there are. What one of them cannot have,
    such as a folder of another task, is empty.
    """
    sides = [_flat(experiment.model_dump(mode="json")) for experiment in (paper, run)]
    said = [_flat(experiment.model_dump(mode="json", exclude_unset=True)) for experiment in (paper, run)]
    keys = [key for key in dict.fromkeys([*said[0], *said[1]]) if key not in _NO_MATTER]
    rows = {key: [side.get(key, "") for side in sides] for key in keys}
    differing = {key: texts for key, texts in rows.items() if texts[0] != texts[1]}
    return pd.DataFrame.from_dict(differing, orient="index", columns=["paper", "this run"], dtype=str)


def what_it_says(beside: pd.DataFrame, comparison: pd.DataFrame) -> list[str]:
    """Say in sentences how a run and a published table agree.

    Args:
        beside: As `beside_paper` returns it.
        comparison: As `compare_methods` returns it for the run's scores.
    """
    return [_best(beside), _order(beside), _gains(beside), _tests(comparison)]


def _best(beside: pd.DataFrame) -> str:
    """Name the best method of each language, among those that both sides have."""
    shared = beside[beside["method"].isin(_shared(beside))]
    paper, run = (_best_of(shared, column) for column in ("published", "mean"))
    return f"Best of the methods that both have: in the paper {paper}; in this run {run}."


def _best_of(beside: pd.DataFrame, column: str) -> str:
    parts = beside.dropna(subset=column).groupby("language", sort=False)
    found = []
    for language, part in parts:
        top = part[column].max()
        names = " and ".join(part.loc[part[column] == top, "method"])
        found.append(f"{names} in {language} ({_percent(top)})")
    return ", ".join(found) or "none"


def _order(beside: pd.DataFrame) -> str:
    """Compare the order of the methods' means over each side's languages."""
    shared = _shared(beside)
    means = beside.groupby("method")[["published", "mean"]].mean().loc[shared]
    if len(shared) < _FEWEST:
        return f"Too few methods to compare their order ({len(shared)})."
    tau = stats.kendalltau(means["published"], means["mean"]).statistic
    return (
        f"The order of these {len(shared)} methods, by their means over languages: Kendall's tau {tau:+.2f} "
        "(1: the same order, 0: unrelated, -1: reversed)."
    )


def _gains(beside: pd.DataFrame) -> str:
    """Say how far the stitched methods stand above their shuffled pairs."""
    if "over_shuffled" not in beside or beside["over_shuffled"].isna().all():
        return "No method has a null baseline."
    gains = beside.dropna(subset="over_shuffled").sort_values("over_shuffled", kind="stable")
    ends = [
        f"{_percent(row['over_shuffled'], '+')} ({row['method']} in {row['language']})"
        for row in (gains.iloc[0], gains.iloc[-1])
    ]
    above = int((gains["over_shuffled"] > 0).sum())
    return (
        f"{above} of {len(gains)} scores of stitched methods are above those of their own shuffled pairs: "
        f"from {ends[0]} to {ends[1]} points."
    )


def _tests(comparison: pd.DataFrame) -> str:
    """Say which methods a paired test tells apart, over all languages where there are several."""
    whole = comparison[comparison["language"] == EVERY]
    tested = (whole if len(whole) else comparison).dropna(subset="p_holm")
    against = ", ".join(comparison["against"].unique())
    if tested.empty:
        return f"Too few seeds to test the differences from {against}."
    sides = []
    for word, apart in (("better", tested["difference"] > 0), ("worse", tested["difference"] < 0)):
        names = tested.loc[apart & (tested["p_holm"] < _SURE)]
        listed = [f"{row['method']} ({_percent(row['difference'], '+')})" for _, row in names.iterrows()]
        sides.append(f"{word}: {', '.join(listed) or 'none'}")
    return f"By paired tests (p < {_SURE:g} after Holm) against {against}, {'; '.join(sides)}."


def _shared(beside: pd.DataFrame) -> list[str]:
    known = beside.groupby("method", sort=False)[["published", "mean"]].count()
    return [str(method) for method in known.index[(known > 0).all(axis=1)]]


def _percent(value: float, sign: str = "") -> str:
    """Write a share in percent with as many digits as were given: published ones often have two."""
    if pd.isna(value):
        return ""
    percent = 100 * value
    return f"{percent:{sign}.{0 if abs(percent - round(percent)) < _EXACT else 1}f}"


def _spread(mean: float, sd: float) -> str:
    if pd.isna(mean):
        return ""
    return f"{100 * mean:.1f}" if pd.isna(sd) else f"{100 * mean:.1f} ± {100 * sd:.1f}"


def _flat(dump: Mapping[str, Any]) -> dict[str, str]:
    """Name every setting by its path; targets by what is set of them, methods by their names alone."""
    flat = {"languages": ", ".join(dump["targets"]), "methods": ", ".join(dump["methods"])}
    flat |= dict(_leaves({key: value for key, value in dump.items() if key not in {"targets", "methods"}}))
    by_setting: dict[str, dict[str, str]] = {}
    for language, target in dump["targets"].items():
        for path, value in _leaves(target):
            by_setting.setdefault(path, {})[language] = value
    return flat | {path: _of_languages(values) for path, values in by_setting.items()}


def _of_languages(values: Mapping[str, str]) -> str:
    """Name the languages where they differ."""
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    return ", ".join(f"{language} {value}" for language, value in values.items())


def _leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}.")
        elif isinstance(value, list | tuple):
            yield path, ", ".join(map(str, value))
        elif value is not None:
            yield path, str(value)
