"""`mosecrot sweep small.yaml` by several processes that are killed at random; as a program, in its full size.

    python tests/killed_sweeps.py sweep 20    60 tasks, two workers, 20 kills
    python tests/killed_sweeps.py ray 20      the same on two nodes of Ray, one of which is removed
    python tests/killed_sweeps.py run 100     `mosecrot run`, killed 100 times

What is written is logged as it is written, so that doing a thing twice shows.
"""

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import torch
from killed_runs import forked_processes, mosecrot_run, run_to_the_end
from small_experiment import SETTINGS, write_small_experiment

from mosecrot_core import cli
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.store import Run

HEAD = SETTINGS[: SETTINGS.index("methods:")].replace("[0, 1]", str(list(range(12))))
SIXTY = f"""\
{HEAD.replace("epochs: 3", "epochs: 1")}
methods:
  softmax:
    alignment: {{method: paper, weighting: softmax, k: 8, temperature: 0.1}}
    save: true
  least_squares:
    alignment: {{method: least_squares}}
    source_rows: kept
nulls: [shuffled]
"""
LOG = "written.log"


def log_what_is_written(log):
    """Let this process write down every step and model when it is there; none may be there before."""

    def logging(write, place):
        def written(self, key, *arguments):
            assert not place(self, key).exists(), f"{key} is done twice"
            write(self, key, *arguments)
            descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(descriptor, f"{key}\n".encode())
            os.close(descriptor)

        return written

    Run.write_step = logging(Run.write_step, lambda run, key: run.folder / "steps" / f"{key}.parquet")
    Run.write_model = logging(Run.write_model, Run.model_folder)


def mosecrot_sweep(folder):
    """Be one worker, with one thread."""
    os.chdir(folder)
    torch.set_num_threads(1)
    log_what_is_written(folder / LOG)
    sys.argv = ["mosecrot", "sweep", "small.yaml", "--quiet", "--attempts", "30"]
    cli.main()


def kill_workers(processes, folder, workers, kills, rng, longest=1.0):
    """Run the sweep with so many workers, kill one after another, and wait; return how many were killed."""

    def start():
        process = processes.Process(target=mosecrot_sweep, args=(folder,))
        process.start()
        return process

    running, killed = [start() for _ in range(workers)], 0
    while killed < kills and any(process.is_alive() for process in running):
        time.sleep(rng.uniform(0, longest))
        number = rng.randrange(workers)
        if running[number].is_alive():
            running[number].kill()
            killed += 1
        running[number].join()
        assert running[number].exitcode in (0, -signal.SIGKILL)
        running[number] = start()
    for process in running:
        process.join(300)
        assert process.exitcode == 0
    return killed


def kill_runs(processes, folder, kills, rng, longest=1.0):
    """Run the experiment, kill it at random moments; return how many kills found it at work."""
    killed = 0
    for _ in range(kills):
        process = processes.Process(target=mosecrot_run, args=(folder,))
        process.start()
        process.join(rng.uniform(0, longest))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        assert process.exitcode in (0, -signal.SIGKILL)
    run_to_the_end(processes, folder)
    return killed


def assert_same_tables(run, undisturbed):
    """Compare two run folders, row by row."""
    for name in TABLES:
        found, wanted = (pd.read_parquet(folder / f"{name}.parquet") for folder in (run, undisturbed))
        pd.testing.assert_frame_equal(found, wanted, check_exact=True)


def assert_nothing_twice_and_nothing_half(folder, name="small"):
    """Look at what a sweep left: each result was written once, and nothing else is there."""
    written = Counter((folder / LOG).read_text().split())
    assert set(written.values()) == {1}
    run = folder / "runs" / name
    left = [path for path in run.rglob("*") if path.suffix == ".tmp" or (path.is_dir() and "." in path.name)]
    assert not left, "models, checkpoints and half-written files are gone"
    done = Counter(
        path.name.split(".")[0]
        for path in run.glob("tasks/*.end")
        if json.loads(path.read_text())["state"] == "done"
    )
    assert set(done.values()) == {1}, "each task was ended once"


def main():
    what, kills = sys.argv[1], int(sys.argv[2])
    rng = random.Random(0)
    processes = forked_processes()
    with tempfile.TemporaryDirectory() as place:
        inputs = write_small_experiment(Path(place) / "inputs", SIXTY).parent
        undisturbed, disturbed = Path(place) / "undisturbed", Path(place) / "disturbed"
        for folder in (undisturbed, disturbed):
            shutil.copytree(inputs, folder)
        begun = time.perf_counter()
        run_to_the_end(processes, undisturbed)
        sys.stdout.write(f"undisturbed: {time.perf_counter() - begun:.0f} s\n")
        begun = time.perf_counter()
        if what == "run":
            killed = kill_runs(processes, disturbed, kills, rng, 2.0)
        elif what == "sweep":
            killed = kill_workers(processes, disturbed, 2, kills, rng, 2.0)
            assert_nothing_twice_and_nothing_half(disturbed)
        else:
            from ray_cluster import kill_ray_workers

            killed = kill_ray_workers(disturbed, kills, rng, longest=4.0)
            assert_nothing_twice_and_nothing_half(disturbed)
        assert_same_tables(disturbed / "runs" / "small", undisturbed / "runs" / "small")
        seconds = time.perf_counter() - begun
        same = "every row is the same, nothing was done twice"
        sys.stdout.write(f"{what}: killed {killed} times in {seconds:.0f} s; {same}\n")


if __name__ == "__main__":
    main()
