"""What interpolated models' scores say, in numbers: normalised curves, how flat and how straight they are.

"Flatter" and "linearly" (Wu et al. 2022, section 5) are there a matter of looking; here they are measured.
"""

import numpy as np
import pandas as pd

from mosecrot_core.learning.interpolation_grid import BILINGUAL, WHOLE
from mosecrot_core.runs.summary import half_width, half_widths

UNIT_COLUMNS = ["unit", "seed", "read", "metric", "a1", "a2", "value"]
"""`unit` names a task in a pair of languages; `read` the language whose texts are scored (`source` or
`target`); `a1` and `a2` are those of Eq. 3 in thousandths."""
NORMALISED_COLUMNS = ["unit", "read", "metric", "a1", "a2", "mean", "variance", "n_seeds"]
CURVE_COLUMNS = ["read", "metric", "alpha", "mean", "low", "high", "variance", "n_units"]
SHAPE_COLUMNS = ["unit", "seed", "read", "metric", "rise", "slope", "linearity", "lowest", "area_95"]
_NEAR = 0.95
_SUMMARY_COLUMNS = ["read", "metric", "number", "mean", "low", "high", "n_units"]
_PLACE = ["a1", "a2"]


def units(points: pd.DataFrame, scope: str = "all") -> pd.DataFrame:
    """Take the points of a run apart into units: a method and a target language each.

    Args:
        points: Columns as `schema.POINT_COLUMNS`.
        scope: Keep what was mixed in this scope.

    Returns:
        Columns UNIT_COLUMNS, as the other functions take them.
    """
    found = points[points["scope"] == scope]
    read = np.where(found["read"] == found["language"], "target", "source")
    return found.assign(unit=unit_names(found), read=read)[UNIT_COLUMNS]


def unit_names(table: pd.DataFrame) -> pd.Series:
    """Name the unit of each row, by its `method` and `language`."""
    return table["method"] + ", " + table["language"]


def normalised(points: pd.DataFrame) -> pd.DataFrame:
    """Divide means and variances over seeds by the bilingual model's mean score (section 4).

    Args:
        points: Columns UNIT_COLUMNS.

    Returns:
        Columns NORMALISED_COLUMNS: `mean` = mean_seed P / mean_seed P_bi, `variance` = var_seed P (ddof 1) /
        mean_seed P_bi; missing where the bilingual model scores 0 or was not scored, the variance also with
        one seed. A score below 0 is divided like any other.
    """
    keys = ["unit", "read", "metric"]
    table = averaged(points)
    at_bilingual = (table["a1"] == BILINGUAL.source) & (table["a2"] == BILINGUAL.target)
    whole = table[at_bilingual].set_index(keys)["mean"].replace(0, np.nan)
    divisor = whole.reindex(pd.MultiIndex.from_frame(table[keys])).to_numpy(float)
    return table.assign(mean=table["mean"] / divisor, variance=table["variance"] / divisor)


def averaged(points: pd.DataFrame) -> pd.DataFrame:
    """Average over seeds what `normalised` divides.

    Args:
        points: Columns UNIT_COLUMNS.

    Returns:
        Columns NORMALISED_COLUMNS: `mean` and `variance` (ddof 1, missing with one seed) of the scores.
    """
    over_seeds = points.groupby(["unit", "read", "metric", *_PLACE], sort=False)["value"]
    table = over_seeds.agg(mean="mean", variance="var", n_seeds="size").reset_index()
    return table[NORMALISED_COLUMNS]


def difference(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Subtract scores point by point: of one language or unit, less those of another.

    Args:
        first: `a1`, `a2`, `mean`, a row a point.
        second: Likewise.

    Returns:
        `a1`, `a2`, `mean`, the points that both have, in the order of `first`.
    """
    both = first.merge(second, on=_PLACE, suffixes=("", "_second"))
    return both.assign(mean=both["mean"] - both["mean_second"])[[*_PLACE, "mean"]]


def curves(table: pd.DataFrame, line: str = "source") -> pd.DataFrame:
    """Put the units' normalised scores on a line together (Figures 2 and 5 to 9).

    Args:
        table: Columns NORMALISED_COLUMNS.
        line: From which model the line runs to the bilingual one: `source` (Eq. 1) or `target` (Eq. 2).

    Returns:
        Columns CURVE_COLUMNS, by alpha: the means over units, and the 95 % t interval of the mean score over
        units `low`..`high` (missing with one unit). Units whose bilingual model scores 0 are left out.
    """
    known = on_line(table, line).dropna(subset="mean")
    over_units = known.groupby(["read", "metric", "alpha"], sort=True)
    found = over_units.agg(
        mean=("mean", "mean"), sd=("mean", "std"), n_units=("mean", "size"), variance=("variance", "mean")
    ).reset_index()
    half = half_widths(found["sd"].to_numpy(float), found["n_units"].to_numpy(int))
    return found.assign(low=found["mean"] - half, high=found["mean"] + half)[CURVE_COLUMNS]


def on_line(table: pd.DataFrame, line: str) -> pd.DataFrame:
    """Keep the rows of `table` (with `a1`, `a2`) that lie on a line, with their `alpha` in thousandths."""
    moving, still = ("a1", "a2") if line == "source" else ("a2", "a1")
    found = table[table[still] == 0]
    return found.assign(alpha=WHOLE - found[moving])


def shapes(points: pd.DataFrame, line: str = "source") -> pd.DataFrame:
    """Measure the line and the plane of each unit and seed, in shares of its own bilingual model's score.

    Args:
        points: Columns UNIT_COLUMNS.
        line: As for `curves`.

    Returns:
        Columns SHAPE_COLUMNS. On the line, alpha from 0 to 1: `rise` = P(1) - P(0); `slope` of the straight
        line that fits best (least squares, a unit of alpha), `linearity` its R^2 (missing where all scores
        are the same); `lowest` the least score. `area_95`: the share of the plane's points with at least
        95 % of the bilingual score, where more is better. What was not scored is missing.
    """
    keys = ["unit", "seed", "read", "metric"]
    rows = [(*key, *_shape(group, line)) for key, group in points.groupby(keys, sort=False)]
    return pd.DataFrame(rows, columns=SHAPE_COLUMNS)


def shape_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Average shapes over seeds, then over units, with the 95 % t interval over units.

    Args:
        table: Columns SHAPE_COLUMNS.

    Returns:
        One row a `read`, `metric` and `number` (one of the five): `mean`, `low`, `high`, `n_units`; the
        interval is missing with one unit.
    """
    numbers = SHAPE_COLUMNS[4:]
    units = table.groupby(["unit", "read", "metric"], sort=False)[numbers].mean().reset_index()
    rows = []
    for (read, metric), group in units.groupby(["read", "metric"], sort=False):
        rows += [(read, metric, number, *_interval(group[number])) for number in numbers]
    return pd.DataFrame(rows, columns=_SUMMARY_COLUMNS)


def contrast(table: pd.DataFrame, number: str = "rise") -> pd.DataFrame:
    """Tell by how much a number is higher for the target language than for the source, paired by unit.

    Args:
        table: Columns SHAPE_COLUMNS.
        number: One of the five.

    Returns:
        As `shape_summary`, of target less source (each a mean over seeds); `read` is `difference`.
    """
    both = table.pivot_table(index=["metric", "unit"], columns="read", values=number, sort=False)
    both = both.reindex(columns=["source", "target"])  # a stopped run may have one of them
    differences = (both["target"] - both["source"]).groupby(level="metric", sort=False)
    rows = [("difference", metric, number, *_interval(column)) for metric, column in differences]
    return pd.DataFrame(rows, columns=_SUMMARY_COLUMNS)


def delta_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Average norm ratios and angles as `shape_summary` does shapes.

    Args:
        table: `unit`, `seed` and those of `schema.DELTA_COLUMNS` that are numbers.

    Returns:
        As `shape_summary`, of the numbers `norm_ratio` and `angle`; `read` and `metric` are empty.
    """
    rows = [("", "", number, *_interval(column)) for number, column in unit_deltas(table).items()]
    return pd.DataFrame(rows, columns=_SUMMARY_COLUMNS)


def unit_deltas(table: pd.DataFrame) -> pd.DataFrame:
    """Average `norm_ratio` and `angle` over the seeds of each `unit`, the index; for `table` see above."""
    ratios = table.assign(norm_ratio=table["source_norm"] / table["target_norm"])
    return ratios.groupby("unit", sort=False)[["norm_ratio", "angle"]].mean()


def _interval(column: pd.Series) -> tuple[float, float, float, int]:
    """Return the mean, its 95 % t interval and how many values there are."""
    values = column.dropna().to_numpy(float)
    mean, half = (float(values.mean()), half_width(values)) if len(values) else (np.nan, np.nan)
    return mean, mean - half, mean + half, len(values)


def _shape(points: pd.DataFrame, line: str) -> tuple[float, ...]:
    a1, a2, score = (points[name].to_numpy() for name in ("a1", "a2", "value"))
    at_bilingual = score[(a1 == 0) & (a2 == 0)]
    if not len(at_bilingual) or not at_bilingual[0]:
        return (np.nan,) * 5
    shares = score.astype(float) / float(at_bilingual[0])
    grid = (a1 % 100 == 0) & (a2 % 100 == 0)
    inside = (grid & (a1 != 0) & (a2 != 0)).any()
    near = float((shares[grid] >= _NEAR).mean()) if inside else np.nan
    moving, still = (a1, a2) if line == "source" else (a2, a1)
    between = np.flatnonzero((still == 0) & (moving >= 0) & (moving <= WHOLE))
    between = between[np.argsort(-moving[between], kind="stable")]
    alpha, value = (WHOLE - moving[between]) / WHOLE, shares[between]
    ends = dict(zip(alpha, value, strict=True))
    rise = float(ends.get(1.0, np.nan) - ends.get(0.0, np.nan))
    if len(alpha) < 2:
        return rise, np.nan, np.nan, np.nan, near
    slope, level = np.polyfit(alpha, value, 1)
    spread = float(((value - value.mean()) ** 2).sum())
    left = float(((value - slope * alpha - level) ** 2).sum())
    return rise, float(slope), 1 - left / spread if spread else np.nan, float(value.min()), near
