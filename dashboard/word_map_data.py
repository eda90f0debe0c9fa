"""The words of a run on the map: where they lie, before they are brought together and after."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import space_data
import stored
import streamlit as st
from pairs import EXTENT, inside, on_map
from stored import Stamp

from mosecrot_core.display import short
from mosecrot_core.runs.schema import WORD_MAP_COLUMNS
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.word_space import WordSpace
from mosecrot_core.words.flat_map import FEW

_WORD = 40
_HALF = 0.47  # of the map's width, where each language is by itself


class WordMap:
    """Words of both sides, which are numbered: 0 is the source, 1 the target.

    Args:
        table: Rows of the run's `word_map`.
        space: The words and anchors of the run.
        together: Whether both sides are in one space; else they stand side by side.
    """

    def __init__(self, table: pd.DataFrame, space: WordSpace, *, together: bool) -> None:
        self.together = together
        self.table = table.sort_values(["rank", "side"], kind="stable").reset_index(drop=True)
        self.side = (self.table["side"] == "target").to_numpy(np.int64)
        self.words: list[str] = self.table["word"].astype(str).tolist()
        self.x, self.y = (self._on_map(name) for name in ("x", "y"))
        self.placed = (self.x >= 0) & (self.y >= 0)
        words = list(zip(self.side.tolist(), self.words, strict=True))
        self._row_of = {word: row for row, word in enumerate(words)}
        anchors = _of_anchors(space)
        self.is_anchor = np.array([word in anchors for word in words], bool)

    def __len__(self) -> int:
        return len(self.table)

    def row_of(self, side: int, word: str) -> int | None:
        """Return the row of a word that has a place; None if it has none."""
        row = self._row_of.get((side, word))
        return row if row is not None and self.placed[row] else None

    def inside(self, areas: Sequence[dict[str, Any]]) -> np.ndarray:
        """Mark the words that lie in areas drawn on the map."""
        return inside(self.x, self.y, areas) & self.placed

    @cached_property
    def labels(self) -> np.ndarray:
        """What the pointer shows of each word: itself, and after mapping the word that it is nearest to."""
        near = self.table["near"].fillna("").astype(str).tolist()
        words = [short(word, _WORD) for word in self.words]
        told = [
            f"{word} \u2192 {short(other, _WORD)}" if other else word
            for word, other in zip(words, near, strict=True)
        ]
        return np.array(told, dtype=object)

    @cached_property
    def is_flattened(self) -> bool:
        """Whether it shows more than two directions, flattened by UMAP."""
        places = self.table.loc[self.placed, ["side", "x", "y"]].drop_duplicates()
        return len(places) >= FEW if self.together else bool((places["side"].value_counts() >= FEW).any())

    @cached_property
    def mixed(self) -> dict[int, tuple[float, float]]:
        """By side the mean share of the other side among the words nearest to its words, and by chance."""
        found = {}
        for side in (0, 1):
            own = self.placed & (self.side == side)
            shares = self.table.loc[own, "other"]
            if shares.notna().any():
                found[side] = float(shares.mean()), float(1 - own.sum() / self.placed.sum())
        return found

    def _on_map(self, axis: str) -> np.ndarray:
        values = self.table[axis].to_numpy(np.float64)
        if self.together:
            return on_map(values)
        places = np.full(len(values), -1, np.int32)
        for side in (0, 1):
            own = self.side == side
            found = on_map(values[own])
            if axis == "x":
                shifted = np.round(found * _HALF + side * (1 - _HALF) * EXTENT).astype(np.int32)
                found = np.where(found < 0, found, shifted)
            places[own] = found
        return places


def _of_anchors(space: WordSpace) -> set[tuple[int, str]]:
    """Return side and name of each word that is part of an anchor pair."""
    names = (space.sides[side].words["word"].tolist() for side in (0, 1))
    places = space.places.T.tolist()
    return {
        (side, own[row]) for side, (own, rows) in enumerate(zip(names, places, strict=True)) for row in rows
    }


def drawn_by(run: Run, method: str) -> str:
    """Return the method that the map of a method was drawn by: the first that weighs anchors as it does."""
    known = space_data.methods(run)
    return next(name for name, by in known.items() if by == known[method])


def word_map(run: Run, language: str, method: str, space: WordSpace) -> WordMap | None:
    """Return the map of a method, or without its name the one before any; None if the run has none.

    It is shared by all sessions, so never changed.
    """
    stamps = tuple(stored.table_stamp(run, name) for name in ("word_map", "spaces", "words", "anchors"))
    return None if None in stamps else _word_map(str(run.folder), language, method, stamps, space)


@st.cache_resource(max_entries=4, show_spinner="Reading the map")
def _word_map(
    folder: str,
    language: str,
    method: str,
    stamps: tuple[Stamp, ...],  # noqa: ARG001 - the key of the cache
    _space: WordSpace,
) -> WordMap | None:
    table = Run(Path(folder)).table("word_map", WORD_MAP_COLUMNS, [("method", "==", method)])
    own = table["language"] == language
    table = table[own if method else own | (table["side"] == "source")]
    return WordMap(table, _space, together=bool(method)) if len(table) else None
