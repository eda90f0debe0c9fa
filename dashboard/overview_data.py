"""What is in each run, in a line: for choosing one."""

from contextlib import suppress
from typing import Any

import data
import pandas as pd
import stored
import streamlit as st
from stored import Stamp

from mosecrot_core.errors import InputError
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.summary import metrics_of, summarise

LANGUAGE_COLUMNS = [
    "language", "texts", "anchors", "suspect", "coverage", "best", "metric", "score", "shuffled", "source",
]  # fmt: skip
_SUSPECT_BELOW = 0.5


def runs_table(runs: list[Run]) -> pd.DataFrame:
    """Describe runs, a row each: `name`, `state`, `updated`, `languages`, `methods`, `models`, `about`."""
    return pd.DataFrame([_row(run) for run in runs])


def languages_table(run: Run) -> pd.DataFrame:
    """Describe a run's target languages, columns LANGUAGE_COLUMNS.

    `texts` and `anchors` are counts, `suspect` counts candidate pairs of a quality below 0.5; `best` is the
    stitched method with the best mean `score` by the task's main metric, `shuffled` and `source` what it has
    with its pairs shuffled and in the source language. What is not known is missing.
    """
    stamps = tuple(stored.table_stamp(run, name) for name in ("results", "anchors", "quality"))
    languages = tuple(data.languages(run))
    return _languages_table(str(run.folder), languages, stamps)


def _row(run: Run) -> dict[str, Any]:
    about = {"name": run.name, "state": "damaged", "updated": "", "languages": "", "methods": 0, "models": 0}
    with suppress(InputError):
        info = data.info(run)
        summary = data.summary(run)
        methods = summary.loc[summary["baseline_of"] == "", "method"].nunique()
        updated = str(info.get("updated", ""))[:16].replace("T", " ")
        about |= {
            "state": str(info.get("state", "unknown")), "updated": updated,
            "languages": ", ".join(data.languages(run)), "methods": methods,
            "models": len(stored.table(run, "models")),
        }  # fmt: skip
    return {**about, "about": data.setting(run, "description") or ""}


@st.cache_data(max_entries=64, show_spinner=False)
def _languages_table(folder: str, languages: tuple[str, ...], stamps: tuple[Stamp, ...]) -> pd.DataFrame:
    results, anchors = (
        stored.cached_table(folder, name, stamp)
        for name, stamp in zip(("results", "anchors"), stamps, strict=False)
    )
    suspects = _suspects(folder, stamps[2])
    n_anchors = anchors.groupby("language").size()
    rows = []
    for language in languages:
        own = results[results["language"] == language]
        rows.append({
            "language": language, "anchors": n_anchors.get(language), "suspect": suspects.get(language),
            **_best(own),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=LANGUAGE_COLUMNS)


def _suspects(folder: str, stamp: Stamp) -> dict[str, int]:
    if stamp is None:
        return {}
    scored = Run(folder).table("quality", ["language", "quality"])
    counts = (scored["quality"] < _SUSPECT_BELOW).groupby(scored["language"]).sum()
    return {str(language): int(n) for language, n in counts.items()}


def _best(results: pd.DataFrame) -> dict[str, Any]:
    """Describe the best method that has null baselines beside it, else the best of all."""
    if results.empty:
        return {}
    metric = metrics_of(results)[0]
    summary = summarise(results, metric)
    nulls = summary[summary["baseline_of"] != ""]
    methods = summary[summary["baseline_of"] == ""]
    stitched = methods[methods["method"].isin(nulls["baseline_of"])]
    best = (methods if stitched.empty else stitched).sort_values("mean", kind="stable").iloc[-1]
    shuffled = nulls.loc[nulls["method"] == f"{best['method']}:shuffled", "mean"]
    return {
        "texts": int(best["n"]), "coverage": best["coverage"], "best": best["method"], "metric": metric,
        "score": best["mean"], "shuffled": shuffled.iloc[0] if len(shuffled) else None,
        "source": best["source_mean"],
    }  # fmt: skip
