"""What a run's interpolated models come to: a row a unit and language read, and means over all units."""

from typing import Any

import pandas as pd

from mosecrot_core.errors import InputError
from mosecrot_core.learning.interpolation_grid import BILINGUAL, SOURCE, TARGET
from mosecrot_core.runs.schema import DELTA_COLUMNS, POINT_COLUMNS
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.summary import metrics_of
from mosecrot_core.runs.surface_statistics import (
    SHAPE_COLUMNS,
    contrast,
    shape_summary,
    shapes,
    unit_deltas,
    unit_names,
    units,
)
from mosecrot_core.runs.terminal import new_table, percent, wide_console

_NUMBERS = SHAPE_COLUMNS[4:]
_MODELS = {"bilingual": BILINGUAL, "source_only": SOURCE, "target_only": TARGET}
SURFACE_REPORT_COLUMNS = ["unit", "read", *_MODELS, *_NUMBERS, "norm_ratio", "angle", "n_seeds"]

FOOTNOTE = """\
bilingual, source, target: what the three models score, in percent, mean over n seeds. On the line, in
shares of the bilingual score: rise: alpha 1 less alpha 0; slope of the straight line that fits best and
its R^2; the lowest score between them. near: share of the plane with 95 % of the bilingual score or more.
ratio, angle: of the two deltas (Wu et al. 2022, appendix B)."""
"""What each column of the report is."""


def has_surfaces(run: Run) -> bool:
    """Tell whether a run has scored interpolated models."""
    return not run.table("points", POINT_COLUMNS).empty


def unit_scores(run: Run, metric: str | None = None, scope: str = "all") -> pd.DataFrame:
    """Return what a run's interpolated models score.

    Args:
        run: A run with `stitched_triple` or `multilingual_triple` methods.
        metric: Which score; none: the task's main one.
        scope: Which weights were mixed.

    Returns:
        Columns UNIT_COLUMNS.

    Raises:
        InputError: There is no such metric or scope.
    """
    points = run.table("points", POINT_COLUMNS)
    metric = metric or next(iter(metrics_of(points)), "score")
    for name, wanted in (("metric", metric), ("scope", scope)):
        known = [str(value) for value in points[name].unique()]
        if wanted not in known:
            raise InputError(f"no points of {name} {wanted!r}; the run has {', '.join(known) or 'none'}")
    return units(points[points["metric"] == metric], scope)


def surface_table(
    run: Run, metric: str | None = None, line: str = "source", scope: str = "all"
) -> pd.DataFrame:
    """Tell how flat and how straight the surfaces of a run are.

    Args:
        run: A run with `stitched_triple` or `multilingual_triple` methods.
        metric: Which score; none: the task's main one.
        line: From which model the line runs to the bilingual one: `source` (Eq. 1) or `target` (Eq. 2).
        scope: Which weights were mixed.

    Returns:
        Columns SURFACE_REPORT_COLUMNS, means over seeds: the scores of the three models, the numbers of
        `surface_statistics.shapes` on the line, ||delta_src|| / ||delta_tgt|| and the angle between them.

    Raises:
        InputError: There is no such metric or scope.
    """
    found = unit_scores(run, metric, scope)
    return _of_shapes(run, found, shapes(found, line))


def print_surfaces(run: Run, metric: str | None = None, line: str = "source", scope: str = "all") -> None:
    """Print `surface_table` and, over several units, the means with their intervals."""
    console, found = wide_console(_WIDTH), unit_scores(run, metric, scope)
    own, metric = shapes(found, line), found["metric"].iloc[0]
    console.print(
        f"[bold]{run.name}[/bold]: {metric}, from the {line} model to the bilingual one, scope {scope}"
    )
    shown = new_table(("unit", "read"), ("bilingual", "source", "target", *_TITLES, "ratio", "angle", "n"))
    for row in _of_shapes(run, found, own).to_dict(orient="records"):
        scores = [percent(row[name]) for name in _MODELS]
        numbers = [*map(_number, (row[name] for name in _NUMBERS)), _number(row["norm_ratio"])]
        ends = (_number(row["angle"], 0), str(row["n_seeds"]))
        shown.add_row(row["unit"], row["read"], *scores, *numbers, *ends)
    console.print(shown)
    if len(own["unit"].unique()) > 1:
        whole = new_table(("number", "read"), ("mean", "95 %", "units"))
        for row in pd.concat([shape_summary(own), contrast(own)]).to_dict(orient="records"):
            spread = f"{_number(row['low'])} to {_number(row['high'])}" if pd.notna(row["low"]) else ""
            whole.add_row(row["number"], row["read"], _number(row["mean"]), spread, str(row["n_units"]))
        console.print(whole)
    console.print(FOOTNOTE, style="dim", highlight=False)


def _of_shapes(run: Run, found: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Average over seeds, and put the three models' scores and their deltas beside it."""
    table = own.groupby(["unit", "read"], sort=False)[_NUMBERS].mean().reset_index()
    keys = pd.MultiIndex.from_frame(table[["unit", "read"]])
    for name, point in _MODELS.items():
        here = found[(found["a1"] == point.source) & (found["a2"] == point.target)]
        table[name] = here.groupby(["unit", "read"])["value"].mean().reindex(keys).to_numpy()
    table["n_seeds"] = found.groupby(["unit", "read"])["seed"].nunique().reindex(keys).to_numpy()
    deltas = run.table("deltas", DELTA_COLUMNS)
    both = unit_deltas(deltas.assign(unit=unit_names(deltas)))
    return table.merge(both, left_on="unit", right_index=True, how="left")[SURFACE_REPORT_COLUMNS]


def _number(value: Any, digits: int = 2) -> str:
    return "" if pd.isna(value) else f"{value:.{digits}f}"


_WIDTH = 110
_TITLES = ("rise", "slope", "R^2", "lowest", "near")
