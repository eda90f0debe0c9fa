"""Words of a vocabulary whose row is not mapped: those that the list translates, and frequent ones.

A word of the list that has no vector of its own need not be mapped: the list says what it means. It has the
row of its translation, as the encoder reads that, where a method has it so (`listed`). A frequent word that
the list lacks, too, has the row of words as frequent (`frequent`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.han import all_scripts


@dataclass(frozen=True, eq=False)
class UnmappedWords:
    """Those of a vocabulary by one method, by the number of their entry, ascending."""

    listed: pd.DataFrame
    """The pairs whose words are read through their translation, columns LISTED_COLUMNS."""
    frequent: pd.Series
    """What share of all words each has that is read as source words as frequent; none is listed."""

    @property
    def entries(self) -> NDArray[np.int64]:
        """All of them ``[n]``."""
        return np.concatenate([self.listed.index, self.frequent.index]).astype(np.int64)

    def among(self, entries: NDArray[np.int64]) -> "UnmappedWords":
        """Return those of them that are among some entries."""
        listed, frequent = self.listed, self.frequent
        return UnmappedWords(listed[listed.index.isin(entries)], frequent[frequent.index.isin(entries)])


def unmapped_words(bench: Workbench, words: TargetWords, language: str, name: str) -> UnmappedWords:
    """Find the words of a vocabulary that a method does not map."""
    pairs = bench.anchors(language, name).listed
    listed = listed_entries(words, pairs if bench.experiment.mapped(name).takes_listed else pairs[:0])
    lacked, translated = bench.lacked_words(language, name), set(listed.index)
    frequent = {
        entry: lacked[word]
        for entry, word in enumerate(words.vocabulary.entries)
        if word in lacked and entry not in translated
    }
    return UnmappedWords(listed, pd.Series(frequent, dtype=float))


def listed_entries(words: TargetWords, listed: pd.DataFrame) -> pd.DataFrame:
    """Find the entries of a vocabulary that have no vector of their own among pairs.

    Args:
        words: The vocabulary.
        listed: Columns LISTED_COLUMNS.

    Returns:
        The pairs found, by the number of the entry, ascending.
    """
    normalise, place_of = words.vocabulary.segmentation.normalise, dict[str, int]()
    written = [(word, place) for place, word in enumerate(listed["word"])]
    other = [(form, place) for word, place in written for form in all_scripts(word)]
    for form, place in written + other:
        place_of.setdefault(normalise(form), place)
    places = np.array([place_of.get(entry, -1) for entry in words.vocabulary.entries], np.int64)
    found = np.flatnonzero((places >= 0) & (words.forms == ""))
    return listed.iloc[places[found]].set_axis(found)
