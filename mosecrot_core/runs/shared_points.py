"""Points of a grid, each computed once, by as many processes as share the folder; a kill loses one point.

FOLDER/A1_A2.parquet   what was found at a point, its coordinates in thousandths
FOLDER/.locks/A1_A2    locked while a process computes it
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from mosecrot_core.files import atomic_path, lock, remove_temporary
from mosecrot_core.learning.interpolation_grid import Point
from mosecrot_core.threads import over_items

_WAIT = 0.2  # seconds, while another process computes the last points
Compute = Callable[[Point], pd.DataFrame]
Progress = Callable[[int, int], None]
"""Called with (points done, points in all)."""


def compute_points(
    folder: Path,
    points: Sequence[Point],
    computes: Sequence[Compute],
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Compute the points that are not there, in their order, and return all of them.

    Points that another process is computing are left to it; if it dies, they are computed here.

    Args:
        folder: Where points are kept, of one question only: what is there is not computed again.
        points: Which are wanted, coarse ones first if a preview is.
        computes: Each finds the rows of a point; the same for the same point, whoever computes it. They
            work side by side, each in a thread of its own if there are several.
        progress: Told after each point.

    Returns:
        The rows of all points behind columns `a1` and `a2`, sorted by these: the same for any number of
        processes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    while missing := _missing(folder, points):
        if not _some_computed(folder, missing, computes, points, progress):
            time.sleep(_WAIT)
    return points_so_far(folder, points)


def points_so_far(folder: Path, points: Sequence[Point]) -> pd.DataFrame:
    """Return the rows of those points that are there, as `compute_points` does of all: a preview."""
    there = [point for point in sorted(points) if _file(folder, point).exists()]
    tables = [
        pd.read_parquet(_file(folder, point)).assign(a1=point.source, a2=point.target) for point in there
    ]
    if not tables:
        return pd.DataFrame(columns=["a1", "a2"])
    table = pd.concat(tables, ignore_index=True)
    return table[["a1", "a2", *(column for column in table if column not in ("a1", "a2"))]]


def _some_computed(
    folder: Path,
    missing: Sequence[Point],
    computes: Sequence[Compute],
    points: Sequence[Point],
    progress: Progress | None,
) -> bool:
    """Compute those of the missing points that no other process is at; tell whether there was one."""
    here = []

    def one(point: Point, compute: Compute) -> None:
        if _computed(folder, point, compute, points, progress):
            here.append(point)

    over_items(missing, one, iter(computes).__next__, len(computes))
    return bool(here)


def _computed(
    folder: Path,
    point: Point,
    compute: Compute,
    points: Sequence[Point],
    progress: Progress | None,
) -> bool:
    """Compute a point unless it is there or another process is at it; tell whether it was computed."""
    file = _file(folder, point)
    with lock(folder / ".locks" / file.stem) as free:
        if not free or file.exists():
            return False
        remove_temporary(folder, file.name)  # nobody else can be at this one
        with atomic_path(file) as temporary:
            compute(point).to_parquet(temporary, index=False)
    if progress:
        progress(len(points) - len(_missing(folder, points)), len(points))
    return True


def _missing(folder: Path, points: Sequence[Point]) -> list[Point]:
    there = {path.stem for path in folder.glob("*.parquet")}
    return [point for point in points if _file(folder, point).stem not in there]


def _file(folder: Path, point: Point) -> Path:
    return folder / f"{point.source}_{point.target}.parquet"
