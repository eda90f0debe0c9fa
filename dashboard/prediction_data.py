"""What a run's methods predicted, and how they read the texts."""

import pandas as pd
import stored
import streamlit as st
from stored import Stamp

from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.store import Run


def has_predictions(run: Run) -> bool:
    """Say whether the run has kept what its methods predicted; older runs have not."""
    return (
        stored.table_stamp(run, "predictions") is not None and stored.table_stamp(run, "examples") is not None
    )


def predicted_by(run: Run, language: str) -> dict[str, list[int]]:
    """Return the seeds of each method with predictions on a language, in the order of the experiment."""
    found = _predicted_by(str(run.folder), language, stored.table_stamp(run, "predictions"))
    listed = stored.experiment(run, "methods")
    order = [name for name in listed if name in found] if isinstance(listed, dict) else []
    return {name: found[name] for name in dict.fromkeys([*order, *found])}


def predictions(run: Run, language: str, method: str, seed: int) -> pd.DataFrame:
    """Return each test text, or word of one, with its labels: `example`, `word`, `text`, `gold`, `predicted`.

    It is shared by all sessions, so never changed.
    """
    stamps = (stored.table_stamp(run, "predictions"), stored.table_stamp(run, "examples"))
    return _predictions(str(run.folder), language, method, seed, stamps)


def seed_scores(run: Run, language: str, method: str, seed: int) -> dict[str, float]:
    """Return the scores of one method and seed by metric, the task's main one first."""
    rows = stored.table(run, "results")
    rows = rows[(rows["language"] == language) & (rows["method"] == method) & (rows["seed"] == seed)]
    return dict(zip(rows["metric"], rows["value"].astype(float), strict=True))


def reads_as_it_is(run: Run, language: str, method: str) -> bool:
    """Say whether a method reads text through its encoder's own tokenizer, not through word vectors."""
    return not _readers(run, language).get(method, True)


def tokens(run: Run, language: str, method: str, example: int) -> pd.DataFrame:
    """Return the tokens of an example as a method reads it, with their places in it as index."""
    reader = method if method in _readers(run, language) else ""
    where = [("language", "==", language), ("example", "==", example), ("method", "==", reader)]
    return run.table("tokens", TABLES["tokens"], where).reset_index(drop=True)


def word_anchors(run: Run, language: str, method: str, token: list[str]) -> pd.DataFrame:
    """Return the anchors behind some tokens, the heaviest first; columns WORD_ANCHOR_COLUMNS."""
    where = [("language", "==", language), ("method", "==", method), ("token", "in", token)]
    return run.table("word_anchors", TABLES["word_anchors"], where) if token else pd.DataFrame()


@st.cache_data(max_entries=64, show_spinner=False)
def _predicted_by(folder: str, language: str, stamp: Stamp) -> dict[str, list[int]]:  # noqa: ARG001 - as above
    rows = Run(folder).table("predictions", TABLES["predictions"], [("language", "==", language)])
    pairs = rows[["method", "seed"]].drop_duplicates()
    return {str(method): part["seed"].tolist() for method, part in pairs.groupby("method", sort=False)}


def _readers(run: Run, language: str) -> dict[str, bool]:
    """Name the methods that cut texts in their own way, and say whether any token has a vector there."""
    return _read_own_way(str(run.folder), language, stored.table_stamp(run, "tokens"))


@st.cache_data(max_entries=64, show_spinner=False)
def _read_own_way(folder: str, language: str, stamp: Stamp) -> dict[str, bool]:  # noqa: ARG001 - as above
    rows = Run(folder).table("tokens", TABLES["tokens"], [("language", "==", language)])
    mapped = rows["origin"].isin(["vectors", "subwords"])
    return {
        str(method): bool(any_) for method, any_ in mapped.groupby(rows["method"]).any().items() if method
    }


@st.cache_resource(max_entries=16, show_spinner="Reading the predictions")
def _predictions(
    folder: str,
    language: str,
    method: str,
    seed: int,
    stamps: tuple[Stamp, Stamp],  # noqa: ARG001 - as above
) -> pd.DataFrame:
    run, of_language = Run(folder), ("language", "==", language)
    which = [of_language, ("method", "==", method), ("seed", "==", seed)]
    said = run.table("predictions", TABLES["predictions"], which)
    examples = run.table("examples", TABLES["examples"], [of_language])
    columns = ["example", "word", "text", "gold", "predicted"]
    return examples.merge(said[["example", "word", "predicted"]], on=["example", "word"])[columns]
