"""A sweep in the terminal: its results, setting by setting, and how far it is."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape

from mosecrot_core.runs.report import print_report
from mosecrot_core.runs.schema import SWEEP_FILE
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.summary import metrics_of, summarise
from mosecrot_core.runs.sweep import Sweep, described
from mosecrot_core.runs.task_list import Progress, SweepStatus, sweep_status
from mosecrot_core.runs.terminal import new_table, percent, wide_console

_WIDTH = 110
_STATES: tuple[Progress, ...] = ("done", "running", "failed", "waiting")


def print_sweep(sweep: Sweep, runs: Sequence[Run]) -> None:
    """Print the results of a sweep: the run's own table, or a line a setting, language and method."""
    if len(runs) == 1:
        print_report(runs[0])
        return
    console, table = wide_console(_WIDTH), new_table(("setting", "language", "method"), ("mean", "sd", "n"))
    metric = ""
    for own, run in zip(sweep.settings, runs, strict=True):
        results = run.results()
        metric = next(iter(metrics_of(results)), "")
        summary = summarise(results, metric or None)
        for row in summary[summary["baseline_of"] == ""].to_dict(orient="records"):
            words = escape(described(own.values)), row["language"], row["method"]
            table.add_row(*words, percent(row["mean"]), percent(row["sd"]), str(row["n_seeds"]))
        table.add_section()
    console.print(
        f"[bold]{sweep.name}[/bold]: {metric} in percent over seeds; a run each beside {sweep.folder}"
    )
    console.print(table)


def print_status(folder: Path, *, all_tasks: bool = False) -> None:
    """Print how far a sweep is, or a run."""
    console = wide_console(_WIDTH)
    if not (folder / SWEEP_FILE).exists():
        info = Run.open(folder).info()
        console.print(f"{info.get('name')}: {info.get('state')}, {_share(info)} steps done", highlight=False)
        if info.get("problem"):
            console.print(f"why: {info['problem']}", markup=False, highlight=False)
        return
    found = sweep_status(folder)
    counts = ", ".join(f"{found.counts[state]} {state}" for state in _STATES if found.counts[state])
    console.print(f"{found.name}: {counts} of {len(found.tasks)} tasks", highlight=False)
    if found.counts["running"] or found.counts["waiting"]:
        console.print(_time_left(found), highlight=False)
    table = new_table(("state", "task", "run", "where"), ("attempt", "seconds"))
    for task in found.tasks:
        if all_tasks or task.state in ("running", "failed"):
            attempt = task.attempt
            where = f"{task.worker.host}, process {task.worker.process}" if task.worker else ""
            numbers = ("", "") if attempt is None else (str(attempt.number), f"{attempt.seconds:.1f}")
            table.add_row(task.state, escape(task.title), task.run, where, *numbers)
    if table.row_count:
        console.print(table)
    for problem, n in _problems(found).items():
        console.print(f"failed, {n} tasks: {problem}", markup=False, highlight=False, soft_wrap=True)


def status_json(folder: Path) -> str:
    """Return how far a sweep is for other programs, or run.json."""
    if not (folder / SWEEP_FILE).exists():
        return json.dumps(Run.open(folder).info(), indent=2)
    found = sweep_status(folder)
    guessed = {"seconds_left": found.seconds_left, "untimed": found.untimed}
    return json.dumps({**asdict(found), "counts": found.counts, **guessed}, indent=2)


def _problems(found: SweepStatus) -> Counter[str]:
    return Counter(
        task.attempt.problem for task in found.tasks if task.state == "failed" and task.attempt is not None
    )


def _time_left(found: SweepStatus) -> str:
    workers = f"{len(found.workers)} at work" if found.workers else "nobody is at work"
    if found.seconds_left is None:
        return f"time left: not known yet; {workers}"
    minutes, seconds = divmod(round(found.seconds_left), 60)
    hours, minutes = divmod(minutes, 60)
    one = "" if found.workers else " for one worker"
    about, why = "about", ""
    if found.untimed:
        about, why = "at least", f" ({_never_done(found.untimed)})"
    return f"time left: {about} {hours}:{minutes:02}:{seconds:02}{one}{why}; {workers}"


def _never_done(kinds: list[str]) -> str:
    if len(kinds) > 3:
        return f"of {len(kinds)} kinds of tasks none is done yet"
    return " and ".join(f"no {kind.replace('_', ' ')}" for kind in kinds) + " is done yet"


def _share(info: dict[str, Any]) -> str:
    return f"{info.get('done', '?')} of {info.get('total', '?')}"
