"""Tables and numbers as the reports of runs lay them out in a terminal."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


def wide_console(width: int) -> Console:
    """Return a console that is wide enough for whole tables where it is no terminal."""
    own = Console()
    return own if own.is_terminal else Console(width=width)


def new_table(words: Iterable[str], numbers: Iterable[str]) -> Table:
    """Begin a table with columns of words, to the left, and of numbers behind them, to the right."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for title in words:
        table.add_column(title, no_wrap=True)
    for title in numbers:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def percent(value: Any, sign: str = "") -> str:
    """Write a share in percent; nothing where it is missing.

    >>> percent(0.123), percent(0.5, "+"), percent(-0.0001, "+"), percent(None)
    ('12.3', '+50.0', '+0.0', '')
    """
    return "" if value is None or pd.isna(value) else f"{100 * value:{sign}z.1f}"
