"""The points at which interpolated models are evaluated (Wu et al. 2022, section 4 and footnote 5).

Points are whole thousandths, so that 0 and 1 are exact, and a point has one name wherever it is met: on the
line between two models (Eq. 1, 2) or on the plane through three (Eq. 3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WHOLE = 1000
_TENTHS = range(-500, 1501, 100)
_BETWEEN = (25, 50, 75, 125, 150, 175, 825, 850, 875, 925, 950, 975)  # footnote 5
ALPHAS = tuple(sorted((*_TENTHS, *_BETWEEN)))
"""The 33 mixing coefficients of a line, in thousandths; they mirror each other around one half."""
_COARSE, _FINER = 500, 200


@dataclass(frozen=True, order=True)
class Point:
    """A place on the plane: theta = (1 - a1 - a2) theta_bi + a1 theta_src + a2 theta_tgt (Eq. 3).

    >>> Point(500, 0).weights
    (0.5, 0.5, 0.0)
    """

    source: int
    """a1 in thousandths: 1000 is the model trained on the source language only."""
    target: int
    """a2 in thousandths: 1000 is the model trained on the target language only."""

    @property
    def weights(self) -> tuple[float, float, float]:
        """How much of the bilingual, the source and the target model; they add up to 1."""
        return (WHOLE - self.source - self.target) / WHOLE, self.source / WHOLE, self.target / WHOLE


BILINGUAL, SOURCE, TARGET = Point(0, 0), Point(WHOLE, 0), Point(0, WHOLE)


def source_line() -> dict[int, Point]:
    """Map each alpha of Eq. 1 to its point: 0 is the source model, 1000 the bilingual one."""
    return {alpha: Point(WHOLE - alpha, 0) for alpha in ALPHAS}


def target_line() -> dict[int, Point]:
    """Map each alpha of Eq. 2 to its point: 0 is the target model, 1000 the bilingual one."""
    return {alpha: Point(0, WHOLE - alpha) for alpha in ALPHAS}


def plane() -> list[Point]:
    """Return the 441 points of the plane."""
    return [Point(source, target) for source in _TENTHS for target in _TENTHS]


def lines() -> list[Point]:
    """Return the 65 points of both lines, each once; the three models first."""
    return _coarse_first({*source_line().values(), *target_line().values()})


def rough_plane() -> list[Point]:
    """Return 5 x 5 points of the plane, the three models first."""
    return _coarse_first({point for point in plane() if _level(point) < 2})


def all_points() -> list[Point]:
    """Return the 465 points of the plane and both lines, each once, from coarse to fine.

    Whoever evaluates them in this order soon has the three models themselves and a rough surface.
    """
    return _coarse_first({*plane(), *lines()})


def preview_sizes(points: Sequence[Point]) -> list[int]:
    """Say after how many points, from coarse to fine, a rough surface is there, and then a finer one.

    >>> preview_sizes(all_points())
    [25, 137]
    """
    levels = [_level(point) for point in points]
    sizes = {sum(level <= rough for level in levels) for rough in (1, 2)}
    return sorted(sizes - {0, len(points)})


def _coarse_first(points: Iterable[Point]) -> list[Point]:
    return sorted(points, key=lambda point: (_level(point), point))


def _level(point: Point) -> int:
    if point in (BILINGUAL, SOURCE, TARGET):
        return 0
    first = _TENTHS[0]
    for level, step in enumerate((_COARSE, _FINER), start=1):
        if (point.source - first) % step == (point.target - first) % step == 0:
            return level
    return 3
