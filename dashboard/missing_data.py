"""The words of a run's texts that no pair translates, and the pairs that they were given since."""

import re
from itertools import islice

import data
import pandas as pd
import stored
import streamlit as st
from stored import Stamp

from mosecrot_core.anchors.verdict import Decision
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.store import Run

_SENTENCES = 3


def is_known(run: Run) -> bool:
    """Say whether the run has looked for missing words; older runs have not."""
    return stored.table_stamp(run, "missing") is not None


def missing(run: Run, language: str) -> pd.DataFrame:
    """Return the missing words of a language: `word`, `count`, `share`, `read_as`, `pair` or empty."""
    rows = stored.table(run, "missing")
    rows = rows[rows["language"] == language].drop(columns="language").reset_index(drop=True)
    held = data.verdicts(run, language)
    held = held[held["verdict"] == "accept"]
    given = dict(zip(held["target"], held["source"], strict=True))
    return rows.assign(pair=[given.get(word, "") for word in rows["word"]])


def accepted_word(run: Run, typed: str) -> str:
    """Return a typed source word as the encoder knows it; empty if it has no token of its own for it."""
    known = _source_words(str(run.folder), data.source_language(run) or "", stored.table_stamp(run, "words"))
    if not known:
        return typed  # the run does not tell
    return next((form for form in (typed, typed.lower()) if form in known), "")


def give_pair(run: Run, language: str, word: str, source: str, before: str, author: str) -> None:
    """Accept a pair for a word, in place of the one that it was given before, if any.

    Raises:
        InputError: It cannot be written.
    """
    rejected = [Decision(before, word, "reject")] if before else []
    data.reviews(run, language).record([*rejected, Decision(source, word, "accept")], author)


def sentences(run: Run, language: str, word: str) -> list[str]:
    """Return a few test texts with a word in them; none if only other texts have it."""
    texts = _texts(str(run.folder), language, stored.table_stamp(run, "examples"))
    whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    within = re.compile(re.escape(word), re.IGNORECASE)  # where no space divides words
    for pattern in (whole, within):
        if found := list(islice(filter(pattern.search, texts), _SENTENCES)):
            return found
    return []


@st.cache_resource(max_entries=8, show_spinner=False)
def _source_words(folder: str, language: str, stamp: Stamp) -> frozenset[str]:
    words = stored.cached_table(folder, "words", stamp)
    return frozenset(words.loc[words["language"] == language, "word"]) - {""}


@st.cache_resource(max_entries=8, show_spinner=False)
def _texts(folder: str, language: str, stamp: Stamp) -> list[str]:  # noqa: ARG001 - the key of the cache
    rows = Run(folder).table("examples", TABLES["examples"], [("language", "==", language)])
    return [" ".join(part) for _, part in rows["text"].astype(str).groupby(rows["example"])]
