"""What the pages show of a run: what it is, its results, its anchors and the decisions on them."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import stored
import streamlit as st
from pairs import Pairs, fold, fold_all
from stored import Stamp

from mosecrot_core.anchors.review import REVIEWS, Reviews
from mosecrot_core.errors import InputError
from mosecrot_core.figures import null_name
from mosecrot_core.runs.paper_numbers import PaperTable, paper_table
from mosecrot_core.runs.run_list import list_runs
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.summary import beside_nulls, summarise

_UNKNOWN = "und"  # the code of a language that is not known


def runs_in(folder: Path) -> dict[str, Run]:
    """Return the runs of a folder by name, newest first; none if it is not there."""
    try:
        return {run.name: run for run in list_runs(folder)}
    except OSError as error:
        # A run that is deleted while the folder is read; the next look is whole again.
        raise InputError(
            f"cannot be read ({error.strerror})", path=folder, remedy="Load the page again."
        ) from error


def info(run: Run) -> dict[str, Any]:
    """Return run.json, of a schema that this version reads."""
    return Run.open(run.folder).info()


def info_stamp(run: Run) -> Stamp:
    """Return what changes when run.json does."""
    return stored.stamp_of(run.folder / "run.json")


def setting(run: Run, *keys: str) -> str | None:
    """Return what the run's experiment file says under some keys; None if it does not say."""
    found = stored.experiment(run, *keys)
    return None if found is None else str(found)


def source_language(run: Run) -> str | None:
    """Return the language that the experiment trains in, as its file says; None if it does not say."""
    return setting(run, "source", "language")


def paper(run: Run) -> PaperTable | None:
    """Return the table of the paper that a run repeats, if it is one of those experiments."""
    return paper_table(setting(run, "name") or run.name)


def results(run: Run) -> pd.DataFrame:
    """Return every score of a run; columns RESULT_COLUMNS."""
    return stored.table(run, "results")


def summary(run: Run) -> pd.DataFrame:
    """Return every score over seeds, null baselines as rows; columns as `summarise` has them."""
    return _summary(str(run.folder), stored.table_stamp(run, "results"))


def score_table(run: Run, metric: str, language: str) -> pd.DataFrame:
    """Return the methods of a language, best first, with their null baselines in columns of their own."""
    rows = summary(run)
    rows = rows[rows["metric"] == metric]
    kept = beside_nulls(rows[rows["language"] == language])
    return kept.sort_values("mean", ascending=False, kind="stable").reset_index(drop=True)


def nulls_in(run: Run) -> list[str]:
    """Name the null baselines that a run has."""
    rows = summary(run)
    return list(rows.loc[rows["baseline_of"] != "", "method"].map(null_name).unique())


def languages(run: Run) -> list[str]:
    """Name the target languages that a run has come to.

    A damaged table is left to the page that needs it.
    """
    seen: dict[str, None] = {}
    for name in ("results", "anchors", "dropped", "points", "point_previews"):
        with suppress(InputError):
            seen |= dict.fromkeys(_languages_in(str(run.folder), name, stored.table_stamp(run, name)))
    return list(seen)


def has_anchors(run: Run) -> bool:
    """Say whether any method of the run is tied by anchor pairs, be they all left out."""
    return bool(len(stored.table(run, "anchors")) or len(stored.table(run, "dropped")))


def anchor_methods(run: Run, language: str) -> list[str]:
    """Name the methods for which it is known how much each anchor of a language carries."""
    use = stored.table(run, "anchor_use")
    return [str(method) for method in use.loc[use["language"] == language, "method"].unique()]


def anchors(run: Run, language: str, method: str | None) -> pd.DataFrame:
    """Return the anchors of a language, those that carry most first.

    Returns:
        `source`, `target`, `word`, `composed`, `score`, `line`, where some are grown also `round` (missing
        for those of the list), `share` (missing if the method's use is not known) and `find`, which `search`
        looks in.
    """
    stamps = tuple(stored.table_stamp(run, name) for name in ("anchors", "anchor_use", "grown_anchors"))
    return _anchors(str(run.folder), language, method, stamps)


def has_quality(run: Run) -> bool:
    """Say whether the run has scored its candidate pairs; older runs have not."""
    return stored.table_stamp(run, "quality") is not None


def pairs(run: Run, language: str) -> Pairs:
    """Return the scored candidate pairs of a language; shared by all sessions, so never changed."""
    return _pairs(str(run.folder), language, stored.table_stamp(run, "quality"))


def signals(run: Run, language: str, number: int) -> dict[str, float]:
    """Return what was measured of the pair of that number; nothing if the run does not tell."""
    table = _signals(str(run.folder), language, stored.table_stamp(run, "signals"))
    return table.loc[number].to_dict() if number in table.index else {}


def reviews(run: Run, language: str) -> Reviews:
    """Open the decisions on a language pair: one file beside the runs, for all of them."""
    languages = (source_language(run) or _UNKNOWN, language)
    return Reviews(run.folder.absolute().parent / REVIEWS, languages)


def verdicts(run: Run, language: str) -> pd.DataFrame:
    """Return the decisions that hold on pairs of a language; columns as `Reviews.standing` has them."""
    found = reviews(run, language)
    return _verdicts(str(run.folder), language, found.version(), found)


def dropped(run: Run, language: str) -> pd.DataFrame:
    """Return why pairs of a language did not become anchors: `reason`, `pairs`, most frequent first."""
    rows = stored.table(run, "dropped")
    rows = rows[rows["language"] == language][["reason", "pairs"]]
    return rows.sort_values("pairs", ascending=False, kind="stable").reset_index(drop=True)


def search(table: pd.DataFrame, text: str) -> pd.DataFrame:
    """Keep the rows whose words contain the text, whatever its case and however its accents are encoded."""
    wanted = fold(text.strip())
    return table[table["find"].str.contains(wanted, regex=False)] if wanted else table


@st.cache_data(max_entries=16, show_spinner=False)
def _verdicts(folder: str, language: str, version: int, _reviews: Reviews) -> pd.DataFrame:  # noqa: ARG001 - the key
    return _reviews.standing()


@st.cache_data(max_entries=256, show_spinner=False)
def _languages_in(folder: str, name: str, stamp: Stamp) -> list[str]:
    found = stored.cached_table(folder, name, stamp)["language"]
    return [str(language) for language in found.dropna().unique()]


@st.cache_resource(max_entries=4, show_spinner="Reading the pairs")
def _pairs(folder: str, language: str, stamp: Stamp) -> Pairs:  # noqa: ARG001 - the key of the cache
    table = Run(folder).quality()
    return Pairs(table[table["language"] == language])


@st.cache_resource(max_entries=4, show_spinner=False)
def _signals(folder: str, language: str, stamp: Stamp) -> pd.DataFrame:
    if stamp is None:
        return pd.DataFrame()
    table = Run(folder).signals()
    table = table[table["language"] == language].drop_duplicates("pair")
    return table.set_index("pair").drop(columns="language")


@st.cache_data(max_entries=64, show_spinner=False)
def _summary(folder: str, stamp: Stamp) -> pd.DataFrame:
    return summarise(stored.cached_table(folder, "results", stamp))


@st.cache_data(max_entries=32, show_spinner="Reading the anchors")
def _anchors(folder: str, language: str, method: str | None, stamps: tuple[Stamp, ...]) -> pd.DataFrame:
    table = stored.cached_table(folder, "anchors", stamps[0])
    table = table[table["language"] == language]
    use = stored.cached_table(folder, "anchor_use", stamps[1])
    use = use[(use["language"] == language) & (use["method"] == method)]
    share = use.drop_duplicates("anchor").set_index("anchor")["share"]
    grown = stored.cached_table(folder, "grown_anchors", stamps[2])
    grown = grown[(grown["language"] == language) & (grown["method"] == "")]
    rounds = grown.drop_duplicates("anchor").set_index("anchor")["round"]
    table = table.assign(share=table["anchor"].map(share).astype(float), round=table["anchor"].map(rounds))
    if len(share):
        # An anchor that the method never used carries nothing.
        table["share"] = table["share"].fillna(0.0)
    table = table.sort_values("share", ascending=False, kind="stable", na_position="last")
    words = [table[column].fillna("").astype(str).tolist() for column in ("source", "target", "word")]
    table["find"] = fold_all(["\n".join(row) for row in zip(*words, strict=True)])
    kept = ["source", "target", "word", "composed", "score", "line", "round", "share", "find"]
    if rounds.empty:
        kept.remove("round")
    return table[kept].reset_index(drop=True)
