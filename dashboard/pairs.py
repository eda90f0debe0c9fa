"""The candidate pairs of one run and language as triage needs them: worst first, searchable, on a map."""

import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

EXTENT = 10_000
"""Places on the map are whole numbers from 0 to this."""
_NOWHERE = -1


class Pairs:
    """Pairs of one language; a row number counts them from 0, those most likely wrong first.

    Args:
        table: Rows of `Run.quality` of one language.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        table = table.drop_duplicates(["source", "target"])
        self.table = table.sort_values("quality", kind="stable", na_position="last").reset_index(drop=True)
        self.source: list[str] = self.table["source"].astype(str).tolist()
        self.target: list[str] = self.table["target"].astype(str).tolist()
        self.quality = self.table["quality"].to_numpy(np.float64)
        telling = self.table["information"].to_numpy(np.float64)
        self.telling = np.empty(len(self.table), dtype=np.int64)
        """The place of each row where those come first on which a decision would teach most."""
        self.telling[np.argsort(-telling, kind="stable")] = np.arange(len(self.table))
        self._row_of = {pair: row for row, pair in enumerate(zip(self.source, self.target, strict=True))}
        self._row_of_number = {number: row for row, number in enumerate(self.table["pair"].tolist())}
        words = zip(self.source, self.target, self.table["word"].fillna("").astype(str).tolist(), strict=True)
        self._find = pd.Series(fold_all(["\n".join(row) for row in words]), dtype="str")
        self.x, self.y = (on_map(self.table[name].to_numpy(np.float64)) for name in ("x", "y"))
        self.placed = (self.x != _NOWHERE) & (self.y != _NOWHERE)

    def __len__(self) -> int:
        return len(self.table)

    def pair(self, row: int) -> tuple[str, str]:
        """Return source and target word."""
        return self.source[row], self.target[row]

    def row_of(self, pair: Sequence[str]) -> int | None:
        """Return the row of source and target word; None if the run has no such pair."""
        return self._row_of.get(tuple(pair)) if len(pair) == 2 else None

    def rows_of_numbers(self, numbers: Sequence[int]) -> list[int]:
        """Return the rows of pair numbers, as `source_near` has them; what is not there is left out."""
        return [self._row_of_number[int(n)] for n in numbers if int(n) in self._row_of_number]

    def find(self, text: str) -> np.ndarray:
        """Mark the rows whose words contain the text, whatever its case and encoding of accents."""
        wanted = fold(text.strip())
        if not wanted:
            return np.ones(len(self), dtype=bool)
        return self._find.str.contains(wanted, regex=False).to_numpy(bool)

    def inside(self, areas: Sequence[dict[str, Any]]) -> np.ndarray:
        """Mark the rows that lie in the areas drawn on the map.

        Args:
            areas: As ECharts tells them: `brush_type` rect or polygon, and `coord_range`.
        """
        return inside(self.x, self.y, areas) & self.placed


def fold(text: str) -> str:
    """Make letters comparable: one encoding of accents, no case.

    >>> fold("STRASSE") == fold("stra\u00dfe"), fold("e\u0301t\u00e9") == fold("\u00c9T\u00c9")
    (True, True)
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def fold_all(texts: list[str]) -> list[str]:
    """Fold many texts, as one: ten times as fast."""
    folded = fold("\0".join(texts)).split("\0")
    return folded if len(folded) == len(texts) else [fold(text) for text in texts]


def on_map(values: np.ndarray) -> np.ndarray:
    """Turn places into whole numbers from 0 to EXTENT; -1 for what has none."""
    known = np.isfinite(values)
    places = np.full(len(values), _NOWHERE, dtype=np.int32)
    if known.any():
        low, high = values[known].min(), values[known].max()
        share = (values[known] - low) / (high - low) if high > low else np.full(known.sum(), 0.5)
        places[known] = np.round(share * EXTENT).astype(np.int32)
    return places


def inside(x: np.ndarray, y: np.ndarray, areas: Sequence[dict[str, Any]]) -> np.ndarray:
    """Mark the places that lie in areas, as ECharts tells them: `brush_type` and `coord_range`."""
    found = np.zeros(len(x), dtype=bool)
    for area in areas:
        corners = _polygon(area)
        if len(corners):
            found |= _inside(x, y, corners)
    return found


def _polygon(area: dict[str, Any]) -> np.ndarray:
    """Return corners [K, 2]; none if the area is not one that can be read."""
    try:
        corners = np.asarray(area["coord_range"], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        return np.empty((0, 2))
    if area.get("brush_type") == "rect" and corners.shape == (2, 2):
        (left, right), (bottom, top) = corners
        return np.array([[left, bottom], [right, bottom], [right, top], [left, top]])
    return corners if corners.ndim == 2 and corners.shape[1] == 2 else np.empty((0, 2))


def _inside(x: np.ndarray, y: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Even-odd rule: a point is inside if a ray to the right crosses the outline an odd number of times."""
    (left, bottom), (right, top) = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
    px, py = x[near].astype(np.float64), y[near].astype(np.float64)
    odd = np.zeros(len(near), dtype=bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 != y1:
            crosses = (y0 > py) != (y1 > py)
            odd ^= crosses & (px < (x1 - x0) * (py - y0) / (y1 - y0) + x0)
    found = np.zeros(len(x), dtype=bool)
    found[near[odd]] = True
    return found
