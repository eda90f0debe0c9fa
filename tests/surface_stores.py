"""Synthetic runs of interpolated models, whose scores are those of the labels that they keep."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mosecrot_core.learning.interpolation_grid import Point, rough_plane
from mosecrot_core.runs.schema import (
    DELTA_COLUMNS,
    POINT_COLUMNS,
    POINT_EXAMPLE_COLUMNS,
    POINT_PREDICTION_COLUMNS,
)
from mosecrot_core.runs.store import Run

CLASSES = ("lights", "music", "timers", "<b>weather</b>")
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
N_WORDS = 4


def write_surfaces(
    folder: Path,
    *,
    languages: Sequence[str] = ("fr", "zh"),
    methods: Sequence[str] = ("stitched",),
    seeds: int = 2,
    points: Sequence[Point] | None = None,
    classes: Sequence[str] = CLASSES,
    n: int = 40,
    scopes: Sequence[str] = ("all",),
    texts: Sequence[str] = (),
    **info: object,
) -> Run:
    """Write a run whose models are right on fewer and fewer examples away from the bilingual one.

    Args:
        folder: Where to.
        languages: The targets; the source is `en`.
        methods: Names of the triples.
        seeds: How many.
        points: Those scored; 5 x 5 by default.
        classes: The labels, TAGS for words.
        n: How many examples, or words, each language has.
        scopes: What is mixed.
        texts: The first texts.
        info: For run.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run, rng = Run(folder), np.random.default_rng(4)
    run.write_info(**{"state": "done", **info})
    run.write_text("experiment.yaml", "source:\n  language: en\n")
    scores, said, examples, deltas = [], [], [], []
    by_word = list(classes) == list(TAGS)
    grid = np.array([(point.source, point.target) for point in points or rough_plane()])
    for method in methods:
        gold = {read: rng.integers(0, len(classes), n) for read in ("en", *languages)}
        for read, labels in gold.items():
            own = [*texts, *(f"text {i} in {read}" for i in range(n))][:n]
            examples.append(_examples(read, method, own, labels, classes, by_word=by_word))
        for k, language in enumerate(languages):
            for seed in range(seeds):
                for scope in scopes:
                    for read in ("en", language):
                        right = _share_right(grid, read == "en", k) - 0.01 * seed
                        labels = _labels(rng, gold[read], right, len(classes))
                        where = {
                            "language": language, "method": method, "seed": seed, "scope": scope,
                            "read": read, "a1": grid[:, 0], "a2": grid[:, 1],
                        }  # fmt: skip
                        said.append(pd.DataFrame({**where, "predicted": list(labels.astype(np.int16))}))
                        values = {
                            "macro_f1": _macro_f1(labels, gold[read], len(classes)),
                            "accuracy": (labels == gold[read]).mean(axis=1), "loss": -2 * np.log(right),
                        }  # fmt: skip
                        scores += [
                            pd.DataFrame({**where, "metric": name, "value": value})
                            for name, value in values.items()
                        ]
                deltas.append((language, method, seed, 2.0 + k, 1.0, 80.0 + seed))
    tables = {
        "points": (scores, POINT_COLUMNS), "point_predictions": (said, POINT_PREDICTION_COLUMNS),
        "point_examples": (examples, POINT_EXAMPLE_COLUMNS),
    }  # fmt: skip
    for name, (parts, columns) in tables.items():
        run.write_table(name, pd.concat(parts, ignore_index=True)[columns])
    run.write_table("deltas", pd.DataFrame(deltas, columns=DELTA_COLUMNS))
    return run


def _share_right(grid: np.ndarray, reads_source: bool, k: int) -> np.ndarray:
    """Return a smooth surface ``[points]``: flat for the source, a slope for the target, falling outside."""
    a1, a2 = grid[:, 0] / 1000, grid[:, 1] / 1000
    falls = (0.06 * a1**2, 0.2 * a2**2) if reads_source else ((0.3 + 0.05 * k) * a1**2, 0.05 * a2**2)
    far = np.maximum(0, np.hypot(a1 - 0.4, a2 - 0.4) - 0.7)
    return np.clip((0.95 if reads_source else 0.9) - falls[0] - falls[1] - 0.35 * far**2, 0.08, 0.97)


def _labels(rng: np.random.Generator, gold: np.ndarray, right: np.ndarray, n_classes: int) -> np.ndarray:
    """Return labels ``[points, n]``; an example that is harder than a model is good gets a wrong one."""
    hard = rng.permutation(len(gold)) / len(gold)
    wrong = (gold + rng.integers(1, n_classes, len(gold))) % n_classes
    return np.where(hard < right[:, None], gold, wrong)


def _macro_f1(labels: np.ndarray, gold: np.ndarray, n_classes: int) -> np.ndarray:
    scores = []
    for k in range(n_classes):
        hits = ((labels == k) & (gold == k)).sum(axis=1)
        scores.append(2 * hits / np.maximum((labels == k).sum(axis=1) + (gold == k).sum(), 1))
    return np.mean(scores, axis=0)


def _examples(
    read: str, method: str, texts: list[str], gold: np.ndarray, classes: Sequence[str], *, by_word: bool
) -> pd.DataFrame:
    place = np.arange(len(texts), dtype=np.int32)
    kind = pd.CategoricalDtype(list(classes))
    return pd.DataFrame({
        "language": read, "method": method, "example": place // N_WORDS if by_word else place,
        "word": place % N_WORDS if by_word else 0, "text": texts,
        "gold": pd.Categorical.from_codes(gold, dtype=kind),
    })  # fmt: skip
