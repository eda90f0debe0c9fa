"""A run in the terminal: the progress bar, the result table, the list of settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from mosecrot_core.runs.store import Run
from mosecrot_core.runs.summary import beside_nulls, summarise

NULL_TITLES = {"shuffled": "shuffled", "gaussian": "N(mu,Sigma)", "mean_row": "mean row"}


class ProgressBar(Protocol):
    """What the runner tells of its progress."""

    def start(self, total: int) -> None:
        """Say how many steps there are."""

    def step(self, title: str) -> None:
        """Say what is being done now."""

    def part(self, done: int, total: int) -> None:
        """Say how far the present step is."""

    def done(self) -> None:
        """Count one more step."""


@contextmanager
def progress_bar(quiet: bool) -> Iterator[ProgressBar]:
    """Show a bar on standard error, or nothing."""
    columns = (
        TextColumn("{task.description:<44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bar:
        yield _RichBar(bar)


class _RichBar:
    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._whole = bar.add_task("getting ready", total=None)
        self._title = ""

    def start(self, total: int) -> None:
        self._bar.update(self._whole, total=total, completed=0)

    def step(self, title: str) -> None:
        self._title = title
        self._bar.update(self._whole, description=title)

    def part(self, done: int, total: int) -> None:
        self._bar.update(self._whole, description=f"{self._title} ({done}/{total})")

    def done(self) -> None:
        self._bar.advance(self._whole)


def print_report(run: Run, metric: str = "macro_f1") -> None:
    """Print the result table of a run, one block a language."""
    console = Console()
    summary = summarise(run.results(), metric)
    info = run.info()
    if summary.empty:
        console.print(f"{run.folder}: no {metric} yet (state: {info.get('state', 'unknown')}).", style="yellow")
        return
    console.print(result_table(summary, metric, run.name))
    console.print(_footnote(summary), style="dim", highlight=False)


def result_table(summary: pd.DataFrame, metric: str, title: str) -> Table:
    """Lay out a summary as a rich table, scores in percent."""
    rows = beside_nulls(summary)
    nulls = [name for name in NULL_TITLES if name in rows]
    table = Table(title=f"{title}: {metric}, percent", title_justify="left")
    table.add_column("language")
    table.add_column("method", overflow="fold")
    for name in ("mean", "sd", "95 % interval", "seeds", "coverage"):
        table.add_column(name, justify="right")
    for name in nulls:
        table.add_column(NULL_TITLES[name], justify="right")
    table.add_column("over shuffled", justify="right")
    for language, block in rows.groupby("language", sort=False):
        best = block["mean"].max()
        for row in block.to_dict(orient="records"):
            style = "bold" if row["mean"] == best else None
            table.add_row(str(language), *_cells(row, nulls), style=style)
        table.add_section()
    return table


def _cells(row: dict[str, Any], nulls: list[str]) -> list[str]:
    interval = "-" if pd.isna(row["low"]) else f"{100 * row['low']:.1f} to {100 * row['high']:.1f}"
    return [
        str(row["method"]), _percent(row["mean"]), _percent(row["sd"]), interval, str(row["n_seeds"]),
        _percent(row["coverage"]), *(_percent(row[name]) for name in nulls),
        _percent(row.get("over_shuffled"), sign="+"),
    ]  # fmt: skip


def _percent(value: Any, sign: str = "") -> str:
    return "-" if value is None or pd.isna(value) else f"{100 * value:{sign}.1f}"


def _footnote(summary: pd.DataFrame) -> str:
    sizes = summary.groupby("language", sort=False)["n"].first()
    tests = ", ".join(f"{language} {n}" for language, n in sizes.items())
    return (
        f"Test texts: {tests}. Mean over seeds with sample standard deviation and 95 % t interval; coverage is "
        "the share of tokens with a row. Null baselines: anchor pairs shuffled, random rows, the mean row."
    )


def print_settings() -> None:
    """Print every key of an experiment file."""
    from mosecrot_core.runs.experiment import Experiment

    schema = Experiment.model_json_schema()
    definitions = schema.get("$defs", {})
    table = Table(show_lines=False, title="Keys of an experiment file", title_justify="left")
    for name in ("group", "key", "default", "meaning"):
        table.add_column(name, overflow="fold")
    for group, content in {"(top)": schema, **definitions}.items():
        for key, value in content.get("properties", {}).items():
            default = "(needed)" if key in content.get("required", []) else str(value.get("default", ""))
            meaning = " ".join(str(value.get("description", "")).split())
            choices = value.get("enum") or [value["const"]] if "enum" in value or "const" in value else []
            table.add_row(group, key, default, f"{meaning} {'|'.join(map(str, choices))}".strip())
        table.add_section()
    Console().print(table, highlight=False)
