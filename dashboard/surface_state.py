"""The choices of the Surfaces page, all in the link as those of `state.py` are."""

import state
import streamlit as st

from mosecrot_core.learning.interpolation_grid import SOURCE, WHOLE, Point

MEAN = "mean over seeds"
SHARES, RAW = "% of the bilingual", "Raw scores"
ONE, ALL = "This unit", "All units"
CONTOURS, SPACE = "Contours", "Surfaces"
LINES = {"from the source model": "source", "from the target model": "target"}


def choose_scope(scopes: list[str]) -> str:
    """Offer which weights were mixed."""
    return state.choose_one(
        "Weights", "scope", scopes, "Which weights were mixed: all, or a part of the model"
    )


def choose_seed(seeds: list[int]) -> int | None:
    """Offer the seeds, and the mean over them, which None stands for."""
    titles: dict[str, int | None] = {MEAN: None} if len(seeds) > 1 else {}
    titles |= {str(seed): seed for seed in seeds}
    return titles[state.choose_one("Seed", "seed", list(titles))]


def choose_share() -> bool:
    """Offer how scores are written; whether it is in percent of the bilingual model's."""
    return state.one_of("Scores", "values", (SHARES, RAW)) == SHARES


def choose_every_unit(n: int) -> bool:
    """Offer to put all units together, if there are several; whether it is so."""
    return n > 1 and state.one_of("Lines and shapes of", "of", (ONE, ALL)) == ALL


def choose_space() -> bool:
    """Offer contours or surfaces in space; whether it is the latter."""
    return state.one_of("Drawn as", "drawn", (CONTOURS, SPACE)) == SPACE


def choose_line() -> str:
    """Offer the line that shapes are measured on."""
    return LINES[state.one_of("On the line", "line", tuple(LINES))]


def choose_difference(titles: list[str]) -> str:
    """Offer whose scores are subtracted."""
    return state.choose_one("Difference", "difference", titles, "The panel on the right")


def choose_read(names: list[str]) -> str:
    """Offer whose texts are listed."""
    return state.one_of("Texts in", "read", tuple(names))


def choose_flip(kinds: list[str]) -> str:
    """Offer what became of a label."""
    return state.one_of("Flips", "flip", tuple(kinds))


def choose_page(n: int) -> int:
    """Offer the pages of a list, from 1; whatever the link says, it is one of them."""
    if not 1 <= st.session_state.get("part", 1) <= n:
        st.session_state["part"] = 1
    return int(st.number_input(f"Page, of {n:,}", 1, n, key="part", bind="query-params"))


def choose_point(points: set[Point]) -> Point:
    """Offer the points that were scored, as two numbers; the link holds which, as with a click on one."""
    now = _linked_point(points)
    helps = ("How much of the source model: 0 none, 1 all of it", "How much of the target model")
    values = (
        sorted({point.source for point in points}),
        sorted({point.target for point in points if point.source == now.source}),
    )
    keys = ("a1-field", "a2-field")
    for key, number in zip(keys, (now.source, now.target), strict=True):
        st.session_state[key] = written(number)

    def change() -> None:
        wanted = [round(float(st.session_state[key]) * WHOLE) for key in keys]
        # Between tenths, there are points on the lines only.
        _link_point(points, Point(*wanted) if Point(*wanted) in points else Point(wanted[0], 0))

    for place, key, options, help_text in zip(st.columns(2), keys, values, helps, strict=True):
        place.selectbox(key[:2], list(map(written, options)), key=key, help=help_text, on_change=change)
    return now


def name_point(points: set[Point], a1: object, a2: object) -> None:
    """Choose a point that was clicked; nothing where none was scored."""
    if isinstance(a1, int | float) and isinstance(a2, int | float) and max(abs(a1), abs(a2)) < WHOLE:
        point = Point(round(a1 * WHOLE), round(a2 * WHOLE))
        if point in points:
            _link_point(points, point)


def _linked_point(points: set[Point]) -> Point:
    """Return the point that the link names, else the source model."""
    named = {(written(point.source), written(point.target)): point for point in points}
    preset = _preset(points)
    a1, a2 = (
        st.query_params.get(name, written(number))
        for name, number in (("a1", preset.source), ("a2", preset.target))
    )
    return named.get((a1, a2), preset)


def _link_point(points: set[Point], point: Point) -> None:
    preset = _preset(points)
    for name, number, usual in (("a1", point.source, preset.source), ("a2", point.target, preset.target)):
        if number == usual:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = written(number)


def _preset(points: set[Point]) -> Point:
    return SOURCE if SOURCE in points else min(points)


def written(thousandths: int) -> str:
    """Write a coefficient as people do.

    >>> written(0), written(-500), written(975)
    ('0', '-0.5', '0.975')
    """
    return f"{thousandths / WHOLE:g}"
