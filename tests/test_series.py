"""How the series of a figure are told apart."""

import pytest
from contrast import contrast

from mosecrot_core.series import COLOURS, DASHES, SYMBOLS, line_of, marker_of


@pytest.mark.parametrize("page", ["#FDFDFC", "#11161B"])
@pytest.mark.parametrize("colour", COLOURS)
def test_colours_are_seen_on_light_and_dark_pages(colour, page):
    assert contrast(colour, page) >= 3


def test_no_two_of_the_first_series_look_alike():
    for looks in (COLOURS, SYMBOLS, DASHES):
        assert len(set(looks)) == len(looks)
    whole = [(*marker_of(series).values(), *line_of(series).values()) for series in range(42)]
    assert len(set(whole)) == 42
    of_first = [(marker_of(series)["symbol"], line_of(series)["dash"]) for series in range(6)]
    assert len({symbol for symbol, _ in of_first}) == len({dash for _, dash in of_first}) == 6
