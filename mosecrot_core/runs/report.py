"""A run in the terminal: the progress bar, the result table, the list of settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from mosecrot_core.runs.comparison import EVERY
from mosecrot_core.runs.schema import MODEL_COLUMNS
from mosecrot_core.runs.stage_report import print_stages
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.summary import beside_nulls, metrics_of, summarise
from mosecrot_core.runs.surface_report import has_surfaces, print_surfaces
from mosecrot_core.runs.terminal import new_table, percent, wide_console

NULL_TITLES = {"shuffled": "shuf", "gaussian": "rand", "mean_row": "mean"}


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


class NoProgress:
    """Shows nothing."""

    def start(self, total: int) -> None:
        """Say nothing."""

    def step(self, title: str) -> None:
        """Say nothing."""

    def part(self, done: int, total: int) -> None:
        """Say nothing."""

    def done(self) -> None:
        """Say nothing."""


@contextmanager
def progress_bar(quiet: bool) -> Iterator[ProgressBar]:
    """Show a bar on standard error, a line a step where that is no terminal, or nothing."""
    console = Console(stderr=True, quiet=quiet)
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("{task.description:<44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*columns, console=console, disable=quiet) as bar:
        yield _Bar(bar)


class _Bar:
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


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console, self._total, self._done = console, 0, 0

    def start(self, total: int) -> None:
        self._total = total

    def step(self, title: str) -> None:
        self._console.print(f"[{self._done + 1}/{self._total}] {title}", markup=False, highlight=False)

    def part(self, done: int, total: int) -> None:
        """Say nothing: a log wants no line for every batch."""

    def done(self) -> None:
        self._done += 1


def print_report(run: Run, metric: str | None = None) -> None:
    """Print the result table of a run by one metric, the task's main one if none is named."""
    console, results = wide_console(_WHOLE_WIDTH), run.results()
    metric = metric or next(iter(metrics_of(results)), "score")
    summary = summarise(results, metric)
    if summary.empty and has_surfaces(run):
        print_surfaces(run)
        return
    if summary.empty:
        state = run.info().get("state", "unknown")
        why = "no target language has test texts" if state == "done" else f"state: {state}"
        console.print(f"{run.folder}: no {metric} yet ({why}).", style="yellow", soft_wrap=True)
    else:
        console.print(f"[bold]{run.name}[/bold]: {metric} in percent, mean over seeds")
        console.print(result_table(summary, narrow=console.width < _WHOLE_WIDTH))
        console.print(_FOOTNOTE, style="dim", highlight=False)
    print_stages(run)
    for folder in run.table("models", MODEL_COLUMNS)["folder"]:
        console.print(f"model: {run.folder / folder}", highlight=False, markup=False, soft_wrap=True)


def result_table(summary: pd.DataFrame, narrow: bool = False) -> Table:
    """Lay out a summary of one metric as a rich table, in percent; a narrow one shows one null baseline."""
    rows = beside_nulls(summary)
    nulls = [name for name in NULL_TITLES if name in rows and not (narrow and name != "shuffled")]
    titles = ("mean ± sd", "95 %", "n", "cover", *(NULL_TITLES[name] for name in nulls), "gain", "source")
    table = new_table(["method"], titles)
    for language, block in rows.groupby("language", sort=False):
        table.add_row(f"[bold]{language}[/bold] ({block['n'].iloc[0]} test texts)")
        best = block["mean"].max()
        for row in block.to_dict(orient="records"):
            style = "bold green" if row["mean"] == best else None
            table.add_row(f"  {row['method']}", *_cells(row, nulls), style=style)
        table.add_section()
    return table


def print_comparison(comparison: pd.DataFrame) -> None:
    """Print what `compare_methods` found, in percent, one block a language."""
    console = Console()
    against, metric = comparison[["against", "metric"]].iloc[0] if len(comparison) else ("nothing", "")
    console.print(f"{metric} in percent, less that of [bold]{against}[/bold]")
    table = new_table(["method"], ("difference", "95 %", "p", "p (Holm)", "pairs"))
    for language, block in comparison.groupby("language", sort=False):
        table.add_row(f"[bold]{language}[/bold]")
        for row in block.to_dict(orient="records"):
            table.add_row(f"  {row['method']}", *_compared(row), style=_sure(row))
        table.add_section()
    console.print(table)
    console.print(_PAIRED, style="dim", highlight=False)


def print_over_runs(comparison: pd.DataFrame) -> None:
    """Print what `compare_over_runs` found, in percent, one block a method."""
    console = wide_console(_WHOLE_WIDTH)
    console.print(f"each task's score in percent, less that of [bold]{comparison['against'].iloc[0]}[/bold]")
    table = new_table(("method", "language"), ("difference", "95 %", "p", "p (Holm)", "pairs"))
    for method, block in comparison.groupby("method", sort=False):
        table.add_row(f"[bold]{method}[/bold]")
        for row in block.to_dict(orient="records"):
            over_all = row["language"] == EVERY
            table.add_row(
                f"  {row['run']}", "" if over_all else row["language"], *_compared(row), style=_sure(row)
            )
        table.add_section()
    console.print(table)
    console.print(_OVER_RUNS, style="dim", highlight=False)


def print_gap(table: pd.DataFrame, method: str) -> None:
    """Print what `gap_closed` found, in percent."""
    console = wide_console(_WHOLE_WIDTH)
    console.print(f"[bold]{method}[/bold] between the best baseline and the source language, in percent")
    numbers = ("its score", "score", "source", "gain", "95 %", "closed")
    shown = new_table(("run", "language", "baseline"), numbers)
    for row in table.to_dict(orient="records"):
        spread = "" if pd.isna(row["low"]) else f"{percent(row['low'], '+')} to {percent(row['high'], '+')}"
        scores = [percent(row[name]) for name in ("baseline_mean", "mean", "source_mean")]
        style = "bold" if row["n_units"] > 1 else None
        cells = [*scores, percent(row["gain"], "+"), spread, percent(row["closed"])]
        shown.add_row(row["run"], row["language"], row["baseline"], *cells, style=style)
    console.print(shown)
    console.print(_GAP, style="dim", highlight=False)


def _sure(row: dict[Any, Any]) -> str | None:
    """Return the style of a row whose difference is surely one."""
    if not row["p_holm"] < _SURE:  # missing ones neither
        return None
    return "bold green" if row["difference"] > 0 else "red"


def _compared(row: dict[Any, Any]) -> list[str]:
    spread = "" if pd.isna(row["p"]) else f"{percent(row['low'], '+')} to {percent(row['high'], '+')}"
    chances = ["" if pd.isna(row[name]) else f"{row[name]:.3f}" for name in ("p", "p_holm")]
    return [percent(row["difference"], "+"), spread, *chances, str(row["n_pairs"])]


def _cells(row: dict[Any, Any], nulls: list[str]) -> list[str]:
    one_seed = pd.isna(row["sd"])
    return [
        percent(row["mean"]) if one_seed else f"{percent(row['mean'])} ± {percent(row['sd'])}",
        "" if one_seed else f"{percent(row['low'])}-{percent(row['high'])}",
        str(row["n_seeds"]),
        percent(row["coverage"]),
        *(percent(row[name]) for name in nulls),
        percent(row.get("over_shuffled"), sign="+"),
        percent(row["source_mean"]),
    ]


_WHOLE_WIDTH = 92
_SURE = 0.05
_PAIRED = """\
Paired t test, a pair being a language and a seed; two-sided. p (Holm): corrected for the number
of comparisons in the table; coloured where below 0.05."""
_OVER_RUNS = """\
Means over seeds (pairs: how many). all: paired t test, a pair being a language of a run, of which these
are a sample; these alone: the same mean with the spread of the seeds only, which says nothing of other
languages and tasks. Two-sided; p (Holm): corrected for the number of methods; coloured where below 0.05."""
_GAP = """\
Means over seeds by each task's main metric. source: the method's own models on the source language;
closed: gain / (source - baseline); last row: means, t interval over the languages of all runs."""
_FOOTNOTE = """\
sd: sample standard deviation over n seeds; 95 %: t interval of the mean;
cover: test tokens that have a row. Null baselines of each stitched method:
shuf: shuffled anchor pairs; rand: rows drawn from N(mu, Sigma); mean: the mean
row everywhere. gain: mean less shuf; a method without gain transferred nothing.
source: the same models on the source language's own test texts."""
