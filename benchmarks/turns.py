"""What the benchmarks of fine-tuning and interpolation share: methods in turns, texts of any length."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from typing import Any


def in_turns(
    script: str, methods: Sequence[str], rounds: int, device: str, options: Sequence[str] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Run each method in turn, each time in a process of its own and every other round backwards.

    Args:
        script: What `--one METHOD --device DEVICE` makes print what it measured, as JSON in the last line.
        methods: Their names.
        rounds: How often each runs.
        device: cpu or cuda.
        options: What else the script is given.

    Returns:
        By method what was measured in each round.
    """
    runs: dict[str, list[dict[str, Any]]] = {method: [] for method in methods}
    # Threads that wait for each other busily take several times as long where cores are shared.
    environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ}
    if device == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = ""
    for number in range(rounds):
        for method in methods[:: 1 if number % 2 else -1]:
            command = [sys.executable, script, "--one", method, "--device", device, *options]
            done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            runs[method].append(json.loads(done.stdout.splitlines()[-1]))
    return runs


def joined(requests: Sequence[str], length: int, rng: random.Random) -> str:
    """Join random requests to a text of so many words."""
    words: list[str] = []
    while len(words) < length:
        words += rng.choice(requests).split()
    return " ".join(words[:length])
