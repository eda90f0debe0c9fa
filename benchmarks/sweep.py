"""What a sweep costs beside its work, and what a second worker brings.

    OMP_NUM_THREADS=1 python benchmarks/sweep.py [--rounds 3]

The experiment is the tests' small one. Overhead: the same tasks by `mosecrot run` and by a sweep in this
process, in turns; the difference for each task, of processor time and of time on the clock. Throughput:
fine-tunings of some seconds each, from the beginning of the first to the end of the last, with one worker and
with two.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from killed_sweeps import SIXTY
from small_experiment import SETTINGS, write_small_experiment

from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.report import NoProgress
from mosecrot_core.runs.runner import run_experiment
from mosecrot_core.runs.sweep import load_sweep
from mosecrot_core.runs.sweeping import here, run_sweep
from mosecrot_core.runs.task_list import sweep_status
from mosecrot_core.runs.tasks import Tasks

HEAD = SETTINGS[: SETTINGS.index("methods:")].replace("[0, 1]", str(list(range(8))))
LONG = f"""\
{HEAD.replace("epochs: 3", "epochs: 60")}
methods:
  least_squares: {{alignment: {{method: least_squares}}, source_rows: kept}}
nulls: []
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement; the best counts")
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        overhead(Path(folder) / "overhead", rounds)
        throughput(Path(folder) / "throughput", rounds)


def overhead(folder: Path, rounds: int) -> None:
    """Compare a sweep in this process with `mosecrot run`."""
    file = write_small_experiment(folder, SIXTY)
    experiment = load_experiment(file)
    n = len(Tasks(load_sweep(file, folder / "none")).by_key)
    run_experiment(experiment, folder, folder / "warm" / "small", NoProgress())

    def as_run(turn: int) -> None:
        run_experiment(experiment, folder, folder / f"run{turn}" / "small", NoProgress())

    def as_sweep(turn: int) -> None:
        run_sweep(load_sweep(file, folder / f"sweep{turn}"), here(), NoProgress())

    taken: dict[str, list[tuple[float, float]]] = {"run": [], "sweep": []}
    for turn in range(rounds):
        taken["run"].append(timed(as_run, turn))
        taken["sweep"].append(timed(as_sweep, turn))
    last = sweep_status(folder / f"sweep{rounds - 1}" / "small")
    within = sum(task.attempt.seconds for task in last.tasks if task.attempt)
    beside = (taken["sweep"][-1][1] - within) / n
    print(f"planning, choosing and claiming tasks, and reading what is done: {1000 * beside:.0f} ms for each")
    best = {name: [min(own) for own in zip(*times, strict=True)] for name, times in taken.items()}
    for place, clock in enumerate(("processor", "clock")):
        more = (best["sweep"][place] - best["run"][place]) / n
        print(f"{clock}: run {best['run'][place]:.2f} s, sweep {best['sweep'][place]:.2f} s, "
              f"{1000 * more:+.0f} ms for each of {n} tasks")  # fmt: skip


def timed(work: Callable[[int], None], turn: int) -> tuple[float, float]:
    """Return the processor's seconds and the clock's."""
    processor, clock = time.process_time(), time.perf_counter()
    work(turn)
    return time.process_time() - processor, time.perf_counter() - clock


def throughput(folder: Path, rounds: int) -> None:
    """Compare two workers with one."""
    file = write_small_experiment(folder, LONG)
    found: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for turn in range(rounds):
        for workers, own in found.items():
            own.append(rate(file, folder / f"{workers}-{turn}", workers))
    one, two = (max(own) for own in found.values())
    times = two[0] / one[0]
    print(f"one worker {one[0]:.3f} fine-tunings a second, two {two[0]:.3f}: {times:.2f} times as many")
    print(f"within tasks: {one[1]:.1%} and {two[1]:.1%} of the workers' time")


def rate(file: Path, runs: Path, workers: int) -> tuple[float, float]:
    """Return how many fine-tunings a second so many workers did, and the share of their time within tasks."""
    command = [sys.executable, "-m", "mosecrot_core", "sweep", str(file), "--quiet"]
    subprocess.run([*command, "--runs", str(runs), "--workers", str(workers)], check=True, env=os.environ)
    folder = runs / "small"
    tasks = {
        task.key: task for task in sweep_status(folder).tasks if task.kind in ("fine-tuning", "stitched")
    }
    spans = [
        (ended - task.attempt.seconds, ended)
        for key, task in tasks.items()
        if task.attempt is not None
        for ended in [(folder / "tasks" / f"{key}.1.end").stat().st_mtime]
    ]
    span = max(ended for _, ended in spans) - min(begun for begun, _ in spans)
    tunings = sum(task.kind == "fine-tuning" for task in tasks.values())
    return tunings / span, sum(ended - begun for begun, ended in spans) / span / workers


if __name__ == "__main__":
    main()
