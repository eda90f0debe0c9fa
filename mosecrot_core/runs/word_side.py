"""The words of one side that a run has kept (`word_tables.py`), with their static rows, to be looked up."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.errors import InputError
from mosecrot_core.runs.schema import WORD_COLUMNS
from mosecrot_core.runs.store import Run
from mosecrot_core.words.neighbours import FloatArray
from mosecrot_core.words.vectors import WordVectors


@dataclass(frozen=True, eq=False)
class Side:
    """The words of one language.

    Attributes:
        words: Columns `word` (empty for a piece of one), `form`, `origin`, `token`.
        units: Their static rows, of length 1, ``[n, d]``.
        lengths: How long the rows are ``[n]``.
    """

    words: pd.DataFrame
    units: FloatArray
    lengths: FloatArray

    @classmethod
    def of(cls, words: pd.DataFrame, rows: NDArray[np.floating]) -> "Side":
        """Return a side of words and their rows ``[n, d]``."""
        units = rows.astype(np.float32)
        lengths = np.sqrt(np.einsum("nd,nd->n", units, units))
        units /= np.where(lengths > 0, lengths, 1)[:, None]
        return cls(words, units, lengths)

    def rows(self, places: NDArray[np.int64]) -> FloatArray:
        """Return the static rows of some words ``[k, d]``."""
        return np.asarray(self.units[places] * self.lengths[places, None])

    @cached_property
    def named(self) -> NDArray[np.int64]:
        """The rows of whole words ``[n]``, in their order: most frequent first, or by token."""
        return np.flatnonzero(self.words["word"].to_numpy() != "")

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row of each word."""
        names = self.words["word"].to_numpy()
        return {names[row]: int(row) for row in self.named[::-1]}

    @cached_property
    def names(self) -> NDArray[np.object_]:
        """The whole words ``[n]``."""
        return np.asarray(self.words["word"].to_numpy(object)[self.named])

    @cached_property
    def folded(self) -> pd.Series:
        """The whole words in lower case ``[n]``, which `find` looks in."""
        return pd.Series(self.names, dtype="str").str.lower()

    def find(self, text: str, most: int) -> list[str]:
        """List words that begin with a text, then words that contain it, the most frequent first."""
        wanted = text.strip().lower()
        if not wanted:
            return []
        starts = self.folded.str.startswith(wanted).to_numpy(bool)
        contains = self.folded.str.contains(wanted, regex=False).to_numpy(bool)
        exact = (self.folded == wanted).to_numpy(bool)
        parts = (self.names[exact], self.names[starts][:most], self.names[contains & ~starts][:most])
        return list(dict.fromkeys(name for part in parts for name in part))[:most]


def read_side(run: Run, space: pd.Series) -> Side:
    """Read a side: a row of the table `spaces`.

    Raises:
        InputError: The file is damaged, or has no row of any word of the language.
    """
    language, is_source = str(space["language"]), space["side"] == "source"
    words = run.table("words", WORD_COLUMNS, [("language", "==", language)])
    words = words[(words["origin"] == "encoder") == is_source]
    words = words.assign(word=words["word"].fillna("").astype("str"))  # numbers elsewhere are no damage
    file = f"steps/{Path(str(space['file'])).name}"  # whatever a table says, it is a file of the run
    vectors = WordVectors.load(run.folder / file)
    places = pd.Index(vectors.words).get_indexer(words["form"])
    kept = np.flatnonzero(places >= 0)
    if not len(kept):
        raise InputError(
            f"rows of words of {language} expected, none came",
            path=run.folder / file,
            remedy="Remove it and run the experiment again.",
        )
    return Side.of(words.iloc[kept].reset_index(drop=True), vectors.rows[places[kept]])
