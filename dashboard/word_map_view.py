"""What the parts of the map of words share: which map, which words of it, and what it shows."""

from dataclasses import dataclass

import figure_export
import numpy as np
from word_map_data import WordMap

from mosecrot_core.display import short, visible
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.weighing import Weighing
from mosecrot_core.runs.word_space import WordSpace

HEIGHT = 560
LONGEST = 40
"""Letters of a word that are shown."""


@dataclass(frozen=True, eq=False)
class View:
    """What is looked at."""

    run: Run
    language: str
    space: WordSpace
    map: WordMap
    by: Weighing
    """How the method weighs anchors."""
    drawn_by: str
    """The method that the map is of; empty: before any."""
    codes: tuple[str, str]
    """Source and target language."""
    shown: tuple[int, ...]
    """The sides that are drawn."""

    @property
    def key(self) -> str:
        """The chart's key: another map forgets the lasso."""
        sides = "".join(map(str, self.shown))
        return f"points-{self.run.name}-{self.language}-{self.drawn_by}-{sides}"

    @property
    def rows(self) -> list[np.ndarray]:
        """The words of each side that is drawn."""
        return [np.flatnonzero(self.map.placed & (self.map.side == side)) for side in self.shown]

    @property
    def file_name(self) -> str:
        """Begin the name of a file."""
        return figure_export.name_file(self.run.name, self.language, self.drawn_by or "before", "map")

    @property
    def counted(self) -> str:
        """How many words of each side are drawn, in words."""
        told = zip((self.codes[side] for side in self.shown), map(len, self.rows), strict=True)
        return " and ".join(f"{n:,} words of {visible(code)}" for code, n in told)

    @property
    def explained(self) -> str:
        """What the map shows and what it does not, in words."""
        if self.map.together:
            text = (
                f"The encoder's own words and those that {short(self.drawn_by, LONGEST)} maps, in one space."
            )
            for side, (share, chance) in self.map.mixed.items():
                text += (
                    f" Of the 10 words nearest to a word of {visible(self.codes[side])}, {100 * share:.0f} % "
                    f"on average are of the other language; were all mixed evenly, {100 * chance:.0f} %."
                )
        else:
            text = (
                "Each language by itself, side by side: an encoder's row and a word vector have no numbers "
                "in common, so that no word of one is near or far from a word of the other."
            )
        if self.map.is_flattened:
            return (
                f"{text} UMAP keeps who is near to whom; how far groups lie from each other, how large and "
                "how dense they are tells nothing. Words that share a row lie on one point."
            )
        return f"{text} So few words are drawn along the two directions in which they differ most."
