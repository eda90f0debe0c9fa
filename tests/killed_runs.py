"""The command `mosecrot run small.yaml` in processes of their own, which are killed and started again."""

import multiprocessing
import os
import shutil
import sys
import time

import torch

from mosecrot_core import cli


def mosecrot_run(folder):
    """Run what lies in a folder, with one thread."""
    os.chdir(folder)
    torch.set_num_threads(1)
    sys.argv = ["mosecrot", "run", "small.yaml", "--quiet"]
    cli.main()


def forked_processes():
    """Processes that need not import torch each: they are forked from one that has it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            "mosecrot_core.cli",
            "mosecrot_core.runs.execution",
            "transformers.models.bert.modeling_bert",
            "rich.progress",
        ]
    )
    return context


def run_to_the_end(processes, folder):
    """Run it and wait."""
    process = processes.Process(target=mosecrot_run, args=(folder,))
    process.start()
    process.join(120)
    assert process.exitcode == 0


def run_a_copy(processes, inputs, folder):
    """Copy the inputs into a folder and run them; return the run's folder."""
    shutil.copytree(inputs, folder)
    run_to_the_end(processes, folder)
    return folder / "runs" / "small"


def kill_when(processes, folder, moment):
    """Start, and kill -9 as soon as it is time."""
    process = processes.Process(target=mosecrot_run, args=(folder,))
    process.start()
    until = time.monotonic() + 60
    while process.is_alive() and not moment(folder / "runs" / "small"):
        assert time.monotonic() < until
        time.sleep(0.001)
    process.kill()
    process.join()
    assert process.exitcode in (-9, 0), "0: a machine so busy that the moment was missed"
