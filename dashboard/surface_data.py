"""What a run's interpolated models score and say: points by unit, lines, shapes, labels."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import stored
import streamlit as st
from numpy.typing import NDArray
from stored import Stamp

from mosecrot_core.errors import InputError
from mosecrot_core.learning.interpolation_grid import BILINGUAL, Point
from mosecrot_core.runs.flips import flips
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.summary import metrics_of
from mosecrot_core.runs.surface_report import surface_table
from mosecrot_core.runs.surface_statistics import UNIT_COLUMNS, averaged, normalised, shapes, units
from mosecrot_core.runs.surface_statistics import unit_names as unit_of

_MODEL = ["method", "language", "seed", "scope", "read"]


@dataclass(frozen=True)
class Chosen:
    """Which scores are looked at."""

    run: Run
    method: str
    language: str
    """The target."""
    metric: str
    scope: str
    seed: int | None
    """None: the mean over all."""

    @property
    def unit(self) -> str:
        """The name that `surface_statistics.units` gives to method and target language."""
        return f"{self.method}, {self.language}"

    @property
    def key(self) -> tuple[str, str, str, str, str, int | None]:
        """What tells it from another choice."""
        return str(self.run.folder), self.method, self.language, self.metric, self.scope, self.seed


@dataclass(frozen=True)
class Known:
    """What a unit has, in the order in which it was scored."""

    metrics: list[str]
    scopes: list[str]
    seeds: list[int]
    source: str | None
    """The language that it was transferred from, where it was read."""
    rough: bool
    """Whether it has no finished triple: only a preview of one."""


def interpolates(run: Run) -> bool:
    """Say whether the run has scored models between those of a triple."""
    return bool(_units(str(run.folder), _stamps(run)))


def methods(run: Run, language: str) -> list[str]:
    """Name the methods with such models in a target language."""
    found = _units(str(run.folder), _stamps(run))
    return [method for method, target in found if target == language]


def known(run: Run, method: str, language: str) -> Known:
    """Say what there is of a unit."""
    return _units(str(run.folder), _stamps(run))[method, language]


def points(chosen: Chosen, *, every_unit: bool = False, every_metric: bool = False) -> pd.DataFrame:
    """Return what is chosen, or the same of every finished unit, or metric; columns UNIT_COLUMNS."""
    found = _points(str(chosen.run.folder), chosen.scope, _stamps(chosen.run), early=not every_unit)
    if not every_metric:
        found = found[found["metric"] == chosen.metric]
    if not every_unit:
        found = found[found["unit"] == chosen.unit]
    return found if chosen.seed is None else found[found["seed"] == chosen.seed]


def means(chosen: Chosen, *, share: bool, every_unit: bool = False) -> pd.DataFrame:
    """Return means over the chosen seeds, in shares of the bilingual model's or not; NORMALISED_COLUMNS."""
    return _means(chosen, _stamps(chosen.run), share=share, every_unit=every_unit)


def seed_means(chosen: Chosen, *, share: bool) -> pd.DataFrame:
    """Return what `means` does for each seed by itself, with a column `seed`."""
    seeds = sorted(points(chosen)["seed"].unique())
    parts = [means(replace(chosen, seed=int(seed)), share=share).assign(seed=seed) for seed in seeds]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*UNIT_COLUMNS, "mean"])


def unit_names(chosen: Chosen) -> list[str]:
    """Name the finished units that have the chosen metric and scope."""
    found = _points(str(chosen.run.folder), chosen.scope, _stamps(chosen.run), early=False)
    return [str(name) for name in found.loc[found["metric"] == chosen.metric, "unit"].unique()]


def shape_numbers(chosen: Chosen, line: str) -> pd.DataFrame:
    """Return the shapes of all units and seeds; columns SHAPE_COLUMNS."""
    found = _shapes(str(chosen.run.folder), chosen.metric, chosen.scope, line, _stamps(chosen.run))
    return found if chosen.seed is None else found[found["seed"] == chosen.seed]


def deltas(chosen: Chosen) -> pd.DataFrame:
    """Return the norms and angles of all units and chosen seeds; DELTA_COLUMNS and `unit`."""
    found = stored.table(chosen.run, "deltas")
    found = found.assign(unit=unit_of(found))
    return found if chosen.seed is None else found[found["seed"] == chosen.seed]


def report(chosen: Chosen, line: str) -> pd.DataFrame:
    """Return what `mosecrot surfaces` prints, means over all seeds; columns SURFACE_REPORT_COLUMNS."""
    stamps = tuple(stored.table_stamp(chosen.run, name) for name in ("points", "deltas"))
    return _report(str(chosen.run.folder), chosen.metric, chosen.scope, line, stamps)


def scores_at(chosen: Chosen, point: Point) -> pd.DataFrame:
    """Return every metric at a point beside the bilingual model's: `metric`, `read`, `here`, `bilingual`."""
    found = averaged(points(chosen, every_metric=True)).set_index(["metric", "read"])
    here, before = (
        found.loc[(found["a1"] == place.source) & (found["a2"] == place.target), "mean"]
        for place in (point, BILINGUAL)
    )
    both = pd.DataFrame({"here": here, "bilingual": before.reindex(here.index)}).reset_index()
    order = {name: i for i, name in enumerate(metrics_of(points(chosen, every_metric=True)))}
    return both.sort_values("metric", key=lambda names: names.map(order), kind="stable")


def labels_at(chosen: Chosen, point: Point, read: str) -> pd.DataFrame | None:
    """Lay what a point's models say of a language beside what the bilingual models say.

    Args:
        chosen: Whose models.
        point: Which point.
        read: The language.

    Returns:
        As `flips` has it, with `seed`, below each other for the seeds; None where the run has not kept it.

    Raises:
        InputError: The labels do not belong to the examples.
    """
    stamps = tuple(stored.table_stamp(chosen.run, name) for name in ("point_predictions", "point_examples"))
    if None in stamps:
        return None
    said, examples = _said(str(chosen.run.folder), chosen.method, chosen.language, chosen.scope, read, stamps)
    parts = []
    for seed, of_seed in said.items():
        if chosen.seed in (None, seed) and {point, BILINGUAL} <= of_seed.keys():
            try:
                found = flips(examples, of_seed[BILINGUAL], of_seed[point])
            except ValueError as error:
                raise InputError(
                    str(error), path=chosen.run.folder / "point_predictions.parquet",
                    remedy="Run the experiment again.",
                ) from error  # fmt: skip
            parts.append(found.assign(seed=seed))
    return pd.concat(parts, ignore_index=True) if parts else None


Stamps = tuple[Stamp, Stamp]


def _stamps(run: Run) -> Stamps:
    return stored.table_stamp(run, "points"), stored.table_stamp(run, "point_previews")


def _tables(folder: str, stamps: Stamps) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the points of finished triples, and those of an unfinished one that is its unit's first."""
    done = stored.cached_table(folder, "points", stamps[0])
    early = stored.cached_table(folder, "point_previews", stamps[1])
    unit = ["method", "language"]
    known = pd.MultiIndex.from_frame(done[unit].drop_duplicates())
    return done, early[~pd.MultiIndex.from_frame(early[unit]).isin(known)]


@st.cache_data(max_entries=32, show_spinner=False)
def _units(folder: str, stamps: Stamps) -> dict[tuple[str, str], Known]:
    done, early = _tables(folder, stamps)
    return {**_known_in(done, rough=False), **_known_in(early, rough=True)}


def _known_in(table: pd.DataFrame, *, rough: bool) -> dict[tuple[str, str], Known]:
    found = {}
    for (method, language), part in table.groupby(["method", "language"], sort=False):
        others = [str(read) for read in part["read"].unique() if read != language]
        scopes = [str(scope) for scope in part["scope"].unique()]
        seeds = sorted(int(seed) for seed in part["seed"].unique())
        found[str(method), str(language)] = Known(
            metrics_of(part), scopes, seeds, others[0] if others else None, rough
        )
    return found


@st.cache_resource(max_entries=8, show_spinner="Reading the points")
def _points(folder: str, scope: str, stamps: Stamps, *, early: bool) -> pd.DataFrame:
    done, previews = _tables(folder, stamps)
    both = pd.concat([done, previews], ignore_index=True) if early and len(previews) else done
    return units(both, scope)


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs={Chosen: lambda chosen: chosen.key})
def _means(
    chosen: Chosen,
    stamps: Stamps,  # noqa: ARG001 - the key of the cache
    *,
    share: bool,
    every_unit: bool,
) -> pd.DataFrame:
    found = points(chosen, every_unit=every_unit)
    return normalised(found) if share else averaged(found)


@st.cache_data(max_entries=64, show_spinner=False)
def _shapes(folder: str, metric: str, scope: str, line: str, stamps: Stamps) -> pd.DataFrame:
    found = _points(folder, scope, stamps, early=False)
    return shapes(found[found["metric"] == metric], line)


@st.cache_data(max_entries=64, show_spinner=False)
def _report(
    folder: str,
    metric: str,
    scope: str,
    line: str,
    stamps: tuple[Stamp, ...],  # noqa: ARG001 - the key of the cache
) -> pd.DataFrame:
    return surface_table(Run(folder), metric, line, scope)


Said = dict[int, dict[Point, NDArray[np.int16]]]


@st.cache_resource(max_entries=12, show_spinner="Reading what the models say")
def _said(
    folder: str,
    method: str,
    language: str,
    scope: str,
    read: str,
    stamps: tuple[Stamp, ...],  # noqa: ARG001 - the key of the cache
) -> tuple[Said, pd.DataFrame]:
    """Return a unit's labels by seed and point, and the examples that they are of."""
    run, of_method = Run(folder), ("method", "==", method)
    values = (method, language, scope, read)
    names = [name for name in _MODEL if name != "seed"]
    where = [(name, "==", value) for name, value in zip(names, values, strict=True)]
    rows = run.table("point_predictions", TABLES["point_predictions"], where)
    said: Said = {}
    for row in rows.itertuples(index=False):
        said.setdefault(int(row.seed), {})[Point(int(row.a1), int(row.a2))] = np.asarray(row.predicted)
    examples = run.table("point_examples", TABLES["point_examples"], [("language", "==", read), of_method])
    return said, examples
