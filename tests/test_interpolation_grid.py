"""The points of Wu et al.'s figures: exact, shared between lines and plane, coarse ones first."""

import math

from mosecrot_core.learning.interpolation_grid import (
    ALPHAS,
    BILINGUAL,
    SOURCE,
    TARGET,
    Point,
    all_points,
    plane,
    source_line,
    target_line,
)


def test_a_line_has_the_papers_33_coefficients():
    tenths = {-500, -400, -300, -200, -100, *range(0, 1501, 100)}
    footnote = {25, 50, 75, 125, 150, 175, 825, 850, 875, 925, 950, 975}
    assert len(ALPHAS) == 33
    assert set(ALPHAS) == tenths | footnote
    assert list(ALPHAS) == sorted(ALPHAS)


def test_alpha_1_is_the_bilingual_model_and_0_the_other_exactly():
    for line, other in ((source_line(), SOURCE), (target_line(), TARGET)):
        assert line[1000] == BILINGUAL
        assert line[0] == other
        assert line[1000].weights == (1.0, 0.0, 0.0)
    assert SOURCE.weights == (0.0, 1.0, 0.0)
    assert TARGET.weights == (0.0, 0.0, 1.0)


def test_a_line_mixes_as_the_equation_says():
    for alpha, point in source_line().items():
        assert point.weights == (alpha / 1000, (1000 - alpha) / 1000, 0.0), "Eq. 1"
    for alpha, point in target_line().items():
        assert point.weights == (alpha / 1000, 0.0, (1000 - alpha) / 1000), "Eq. 2"


def test_weights_are_those_of_equation_3():
    theta = {"bilingual": 2.0, "source": 5.0, "target": 11.0}
    for point in plane():
        a1, a2 = point.source / 1000, point.target / 1000
        shifted = theta["bilingual"] + a1 * (theta["source"] - theta["bilingual"])
        shifted += a2 * (theta["target"] - theta["bilingual"])
        mixed = sum(w * t for w, t in zip(point.weights, theta.values(), strict=True))
        assert math.isclose(mixed, shifted, abs_tol=1e-12)
        assert math.isclose(sum(point.weights), 1)


def test_points_that_lines_and_plane_share_are_there_once():
    points = all_points()
    assert len(points) == len(set(points)) == 465
    assert len(plane()) == 441
    assert set(points) == {*plane(), *source_line().values(), *target_line().values()}


def test_the_models_themselves_come_first_then_a_rough_surface():
    points = all_points()
    assert set(points[:3]) == {BILINGUAL, SOURCE, TARGET}
    rough = {Point(a, b) for a in range(-500, 1501, 500) for b in range(-500, 1501, 500)}
    assert set(points[: len(rough)]) == rough
    finer = {Point(a, b) for a in range(-500, 1501, 200) for b in range(-500, 1501, 200)}
    assert set(points[: len(rough | finer)]) == rough | finer
