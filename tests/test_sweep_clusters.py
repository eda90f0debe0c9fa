"""Sweeps on a Ray cluster of two nodes, and as the jobs that submitit makes for Slurm."""

import importlib.util
import os
import random
import re
import sys
import time

import pytest
from killed_sweeps import assert_nothing_twice_and_nothing_half, assert_same_tables
from small_experiment import run_file, write_small_experiment
from test_sweep import FEW

from mosecrot_core.errors import InputError
from mosecrot_core.runs.hints import Hints
from mosecrot_core.runs.ray_executor import do_task, on_ray
from mosecrot_core.runs.report import NoProgress
from mosecrot_core.runs.slurm_executor import on_slurm
from mosecrot_core.runs.sweep import load_sweep
from mosecrot_core.runs.sweeping import run_sweep
from mosecrot_core.runs.task_list import sweep_status
from mosecrot_core.runs.tasks import Tasks

needs_ray = pytest.mark.skipif(
    not importlib.util.find_spec("ray"), reason="the extra cluster is not installed"
)
needs_submitit = pytest.mark.skipif(
    not importlib.util.find_spec("submitit"), reason="the extra cluster is not installed"
)


@pytest.fixture
def folder(tmp_path):
    return write_small_experiment(tmp_path / "small", FEW).parent


@needs_ray
@pytest.mark.slow
def test_two_nodes_of_ray_find_what_one_process_finds_though_workers_die_and_a_node_goes(
    folder, monkeypatch, one_thread
):
    from ray_cluster import kill_ray_workers

    for name in ("PYTHONPATH", "MOSECROT_TEST_LOG", "RAY_USAGE_STATS_ENABLED"):
        monkeypatch.setenv(name, os.environ.get(name, ""))  # as before when it is over
    assert kill_ray_workers(folder, 2, random.Random(0), longest=1.0) == 2
    assert_nothing_twice_and_nothing_half(folder)
    assert_same_tables(folder / "runs" / "small", run_file(folder / "small.yaml").folder)


def test_what_waits_for_a_failed_task_is_left_alone():
    assert do_task("no sweep", "key", ("done", ""), ("failed", "")) == ("waiting", "")
    assert do_task("no sweep", "key", ("waiting", "")) == ("waiting", "")


def test_without_the_packages_it_is_said_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "submitit", None)
    tasks = Tasks(load_sweep(folder / "small.yaml", folder / "runs"))
    for execute in (on_ray(), on_slurm(1)):
        with pytest.raises(InputError, match=r"pip install 'mosecrot\[cluster\]'"):
            execute(tasks, NoProgress())


@needs_ray
def test_a_cluster_that_is_not_there_is_named(folder):
    tasks = Tasks(load_sweep(folder / "small.yaml", folder / "runs"))
    with pytest.raises(InputError, match=r"no Ray cluster at 127\.0\.0\.1:1"):
        on_ray("127.0.0.1:1")(tasks, NoProgress())


@needs_submitit
@pytest.mark.slow
def test_a_job_of_submitit_does_a_sweep(folder, one_thread):
    """Its executor of processes on this machine, since there is no Slurm here; all else is as there."""
    sweep = load_sweep(folder / "small.yaml", folder / "runs")
    run_sweep(sweep, on_slurm(1, cluster="local"), NoProgress(), wait=False)
    jobs = list(sweep.folder.glob("slurm/*_submitted.pkl"))
    assert len(jobs) == 1
    tasks = Tasks(sweep)
    until = time.monotonic() + 200
    while not tasks.is_over():
        assert time.monotonic() < until
        time.sleep(0.5)
    assert_same_tables(sweep.folder, run_file(folder / "small.yaml").folder)
    assert sweep_status(sweep.folder).counts["done"] == len(tasks.by_key)


@needs_submitit
def test_what_slurm_is_asked_for(folder, tmp_path, monkeypatch):
    """An `sbatch` that only writes down its script stands in for Slurm's."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, does in {
        "sbatch": f'cp "$1" {tmp_path}/script.sh; echo Submitted batch job 17',
        "srun": "exit 1", "squeue": "exit 1", "sacct": "exit 1", "scontrol": "exit 1", "scancel": "exit 1",
    }.items():  # fmt: skip
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    sweep = load_sweep(folder / "small.yaml", folder / "runs")
    execute = on_slurm(3, Hints(cpus=4, gpus=1, memory=20), minutes=90, options={"partition": "gpu"})
    run_sweep(sweep, execute, NoProgress(), wait=False)
    script = (tmp_path / "script.sh").read_text()
    for asked in ("array=0-2", "cpus-per-task=4", "gpus-per-node=1", "mem=20GB", "time=90", "partition=gpu"):
        assert re.search(rf"^#SBATCH --{asked}", script, re.MULTILINE), asked
    assert "job-name=small" in script
    assert "--signal=USR2" in script, "a job that is cut off is queued again"
