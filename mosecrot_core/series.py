"""How the series of a figure are told apart: by colour, symbol and dashes together, never by colour alone."""

from typing import Any

COLOURS = ("#2480BF", "#C4560C", "#00876C", "#A5568F", "#7C8490", "#8A7500")
"""Seen on white and on near-black pages: a contrast of at least 3:1."""
SYMBOLS = ("circle", "x", "square", "diamond", "triangle-up", "cross", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def line_of(series: int, width: float = 2) -> dict[str, Any]:
    """Return how plotly draws the line of a series, counted from 0.

    >>> line_of(7)
    {'color': '#C4560C', 'dash': 'dash', 'width': 2}
    """
    return {"color": _nth(COLOURS, series), "dash": _nth(DASHES, series), "width": width}


def marker_of(series: int, size: float = 8) -> dict[str, Any]:
    """Return how plotly marks the points of a series; up to 42 differ in colour or symbol.

    >>> marker_of(6), marker_of(7)["symbol"]
    ({'color': '#2480BF', 'symbol': 'star', 'size': 8}, 'circle')
    """
    return {"color": _nth(COLOURS, series), "symbol": _nth(SYMBOLS, series), "size": size}


def _nth(looks: tuple[str, ...], series: int) -> str:
    return looks[series % len(looks)]
