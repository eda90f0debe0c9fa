"""What the parts of the Surfaces page share: which scores, how written, what languages are called."""

from dataclasses import dataclass
from functools import cached_property

import figure_export
import pandas as pd
import surface_data
from surface_data import Chosen

from mosecrot_core.display import short
from mosecrot_core.figures import metric_title
from mosecrot_core.learning.interpolation_grid import Point
from mosecrot_core.surface_panels import LOSS, Measure, measure_of

_LONGEST = 40


@dataclass(frozen=True)
class View:
    """A choice of scores and how they are shown."""

    chosen: Chosen
    source: str
    """The source language."""
    share: bool
    """Scores in shares of the bilingual model's."""
    every_unit: bool
    """Lines and shapes of all units together."""
    kind: str
    """`svg` or `png`."""

    @cached_property
    def names(self) -> dict[str, str]:
        """What the languages read are called in charts."""
        return {"source": short(self.source, _LONGEST), "target": short(self.chosen.language, _LONGEST)}

    @cached_property
    def line_names(self) -> dict[str, str]:
        """What they are called on lines, where there may be several targets."""
        return {**self.names, "target": "the target language"} if self.every_unit else self.names

    @cached_property
    def title(self) -> str:
        """What the metric is called."""
        return short(metric_title(self.chosen.metric), _LONGEST) + (
            ", lower is better" if self.chosen.metric == LOSS else ""
        )

    @cached_property
    def measure(self) -> Measure:
        """How scores are written."""
        return measure_of(self.chosen.metric, normalised=self.share)

    @cached_property
    def means(self) -> pd.DataFrame:
        """The unit's scores, means over the chosen seeds."""
        return surface_data.means(self.chosen, share=self.share)

    @cached_property
    def points(self) -> set[Point]:
        """Those that are scored."""
        places = self.means[["a1", "a2"]].drop_duplicates()
        return {Point(int(a1), int(a2)) for a1, a2 in places.itertuples(index=False)}

    @property
    def n_points(self) -> int:
        """How many are scored."""
        return len(self.points)

    @property
    def over_seeds(self) -> str:
        """Say which seeds."""
        if self.chosen.seed is not None:
            return f"seed {self.chosen.seed}"
        n = surface_data.points(self.chosen)["seed"].nunique()
        return f"means over {n} seeds"

    @property
    def file_name(self) -> str:
        """Begin the name of a file."""
        chosen = self.chosen
        seed = "mean" if chosen.seed is None else str(chosen.seed)
        parts = (chosen.run.name, chosen.method, chosen.language, chosen.metric, chosen.scope, seed)
        return figure_export.name_file(*parts)
