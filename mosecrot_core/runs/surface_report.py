"""What a run's interpolated models come to: a row a unit and language read, and means over all units."""

from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mosecrot_core.errors import InputError
from mosecrot_core.learning.interpolation_grid import BILINGUAL, SOURCE, TARGET
from mosecrot_core.runs.schema import DELTA_COLUMNS, POINT_COLUMNS
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.surface_statistics import SHAPE_COLUMNS, shape_summary, shapes, units

LOSS = "loss"
_NUMBERS = SHAPE_COLUMNS[4:]
_MODELS = {"bilingual": BILINGUAL, "source_only": SOURCE, "target_only": TARGET}
SURFACE_REPORT_COLUMNS = ["unit", "read", *_MODELS, *_NUMBERS, "norm_ratio", "angle", "n_seeds"]


def surface_metrics(run: Run) -> list[str]:
    """Name the metrics that a run's interpolated models are scored by, the task's main one first."""
    return [str(name) for name in run.table("points", POINT_COLUMNS)["metric"].unique()]


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
    points = run.table("points", POINT_COLUMNS)
    metric = metric or next(iter(surface_metrics(run)), "score")
    for name, wanted in (("metric", metric), ("scope", scope)):
        known = [str(value) for value in points[name].unique()]
        if wanted not in known:
            raise InputError(f"no points of {name} {wanted!r}; the run has {', '.join(known) or 'none'}")
    found = units(points[points["metric"] == metric], scope)
    table = shapes(found, line).groupby(["unit", "read"], sort=False)[_NUMBERS].mean().reset_index()
    keys = pd.MultiIndex.from_frame(table[["unit", "read"]])
    for name, point in _MODELS.items():
        here = found[(found["a1"] == point.source) & (found["a2"] == point.target)]
        table[name] = here.groupby(["unit", "read"])["value"].mean().reindex(keys).to_numpy()
    table["n_seeds"] = found.groupby(["unit", "read"])["seed"].nunique().reindex(keys).to_numpy()
    deltas = run.table("deltas", DELTA_COLUMNS)
    deltas = deltas.assign(
        unit=deltas["method"] + ", " + deltas["language"],
        norm_ratio=deltas["source_norm"] / deltas["target_norm"],
    )
    both = deltas.groupby("unit")[["norm_ratio", "angle"]].mean().reset_index()
    return table.merge(both, on="unit", how="left")[SURFACE_REPORT_COLUMNS]


def print_surfaces(run: Run, metric: str | None = None, line: str = "source", scope: str = "all") -> None:
    """Print `surface_table` and, over several units, the means with their intervals."""
    console = Console(width=None if Console().is_terminal else _WIDTH)
    table = surface_table(run, metric, line, scope)
    metric = metric or surface_metrics(run)[0]
    console.print(
        f"[bold]{run.name}[/bold]: {metric}, from the {line} model to the bilingual one, scope {scope}"
    )
    shown = _table("unit", ("read", "bilingual", "source", "target", *_TITLES, "ratio", "angle", "n"))
    for row in table.to_dict(orient="records"):
        scores = [_percent(row[name]) for name in _MODELS]
        numbers = [*map(_number, (row[name] for name in _NUMBERS)), _number(row["norm_ratio"])]
        ends = (_number(row["angle"], 0), str(row["n_seeds"]))
        shown.add_row(row["unit"], row["read"], *scores, *numbers, *ends)
    console.print(shown)
    if len(table["unit"].unique()) > 1:
        points = run.table("points", POINT_COLUMNS)
        found = shapes(units(points[points["metric"] == metric], scope), line)
        whole = _table("number", ("read", "mean", "95 %", "units"))
        for row in shape_summary(found).to_dict(orient="records"):
            spread = f"{_number(row['low'])} to {_number(row['high'])}" if pd.notna(row["low"]) else ""
            whole.add_row(row["number"], row["read"], _number(row["mean"]), spread, str(row["n_units"]))
        console.print(whole)
    console.print(_FOOTNOTE, style="dim", highlight=False)


def _table(first: str, others: tuple[str, ...]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(first, no_wrap=True)
    for title in others:
        table.add_column(title, justify="left" if title == "read" else "right", no_wrap=True)
    return table


def _percent(value: Any) -> str:
    return "" if pd.isna(value) else f"{100 * value:.1f}"


def _number(value: Any, digits: int = 2) -> str:
    return "" if pd.isna(value) else f"{value:.{digits}f}"


_WIDTH = 110
_TITLES = ("rise", "slope", "R^2", "lowest", "near")
_FOOTNOTE = """\
bilingual, source, target: what the three models score, in percent, mean over n seeds. On the line, in
shares of the bilingual score: rise: alpha 1 less alpha 0; slope of the straight line that fits best and
its R^2; the lowest score between them. near: share of the plane with 95 % of the bilingual score or more.
ratio, angle: of the two deltas (Wu et al. 2022, appendix B)."""
