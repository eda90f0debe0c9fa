"""The commands that read finished runs: `show`, `compare`, `gap` and `surfaces`."""

from typing import Annotated, Literal

import typer

from mosecrot_core.cli_options import FormOption, RunArgument, RunsArgument


def show(
    folder: RunArgument,
    metric: Annotated[
        str | None,
        typer.Option(help="Such as macro_f1 or span_f1; left out: the main one, or all with --format."),
    ] = None,
    form: FormOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Print a run's results: mean, spread over seeds, interval, coverage, null baselines."""
    from mosecrot_core.runs.export import as_text
    from mosecrot_core.runs.report import print_report
    from mosecrot_core.runs.store import Run
    from mosecrot_core.runs.summary import summarise

    opened = Run.open(folder)
    if as_json or form:
        typer.echo(as_text(summarise(opened.results(), metric), form or "json"))
    else:
        print_report(opened, metric)


def compare(
    folders: RunsArgument,
    against: Annotated[
        str,
        typer.Option(help="What the others are compared with: a method, or a null as softmax:shuffled."),
    ],
    metric: Annotated[str | None, typer.Option(help="Left out: the task's main one.")] = None,
    form: FormOption = None,
) -> None:
    """Tell which methods differ: paired t tests over languages and seeds, corrected by Holm's method.

    Over several runs, such as one of each task, a pair is a language of a run, with its mean over seeds.
    """
    from mosecrot_core.runs.comparison import compare_methods, compare_over_runs
    from mosecrot_core.runs.export import as_text
    from mosecrot_core.runs.report import print_comparison, print_over_runs
    from mosecrot_core.runs.run_list import results_by_run

    results = results_by_run(folders)
    if len(results) == 1:
        (alone,) = results.values()
        table, printed = compare_methods(alone, against, metric), print_comparison
    else:
        table, printed = compare_over_runs(results, against, metric), print_over_runs
    if form:
        typer.echo(as_text(table, form))
    else:
        printed(table)


def gap(
    folders: RunsArgument,
    method: Annotated[str, typer.Option(help="The method that is measured.")] = "recommended",
    baselines: Annotated[
        str, typer.Option(help="What it is to leave behind: the best of these, in each language.")
    ] = "standard,softmax,sparsemax",
    form: FormOption = None,
) -> None:
    """Tell how much of the way from other methods to the source language's score a method closes."""
    from mosecrot_core.runs.export import as_text
    from mosecrot_core.runs.gap import gap_closed
    from mosecrot_core.runs.report import print_gap
    from mosecrot_core.runs.run_list import results_by_run

    names = [name.strip() for name in baselines.split(",") if name.strip()]
    table = gap_closed(results_by_run(folders), method, names)
    if form:
        typer.echo(as_text(table, form))
    else:
        print_gap(table, method)


def surfaces(
    folder: RunArgument,
    metric: Annotated[str | None, typer.Option(help="Left out: the task's main one.")] = None,
    line: Annotated[
        Literal["source", "target"], typer.Option(help="From which model the line runs to the bilingual one.")
    ] = "source",
    scope: Annotated[str, typer.Option(help="Which weights were mixed.")] = "all",
    form: FormOption = None,
) -> None:
    """Tell how flat and how straight the scores of interpolated models are (triples)."""
    from mosecrot_core.runs.export import as_text
    from mosecrot_core.runs.store import Run
    from mosecrot_core.runs.surface_report import print_surfaces, surface_table

    opened = Run.open(folder)
    if form:
        typer.echo(as_text(surface_table(opened, metric, line, scope), form))
    else:
        print_surfaces(opened, metric, line, scope)
