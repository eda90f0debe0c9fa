"""Several processes fine-tune one model together, as `torchrun` and `accelerate launch` start them."""

import subprocess
import sys

import pytest
from small_experiment import write_small_experiment

TOGETHER = """
import os, sys
from pathlib import Path
import torch
from mosecrot_core.learning.training import fine_tune
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.workbench import Workbench

folder = Path(sys.argv[1])
experiment = load_experiment(folder / "small.yaml")
bench, steps = Workbench(experiment, folder), []
train = bench.corpus.get("en", "train")
model = fine_tune(
    bench.new_classifier, bench.source_tokenizer, train, None, experiment.training, 0, folder / "work",
    lambda done, total: steps.append((done, total)),
)
torch.save([steps[-1], model.state_dict()], folder / f"{os.environ['RANK']}.pt")
"""


@pytest.mark.slow
def test_two_processes_end_with_the_same_model_in_half_the_steps(tmp_path):
    import torch

    write_small_experiment(tmp_path)
    (tmp_path / "together.py").write_text(TOGETHER)
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*start, tmp_path / "together.py", tmp_path], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    (steps, first), (other_steps, second) = (torch.load(tmp_path / f"{rank}.pt") for rank in "01")
    assert steps == other_steps == (9, 9), "48 texts, 8 in each of two processes, 3 epochs"
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not (tmp_path / "work").exists()
