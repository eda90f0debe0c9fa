"""Can planted wrong pairs be told from right ones? Ours beside the obvious rivals, in one run.

    python benchmarks/anchor_noise.py [--quick] [--json FILE] [--data FOLDER]

MUSE en-fr and en-zh pairs that both vocabularies know are taken for right, and some are spoiled (see
`mosecrot_core/anchors/planted_noise.py`). Our model was learned from other lists (the demo's WordNet pairs),
without the kind of noise that it is tested on. Figures are over the pairs that could have been spoiled: all,
or those of stop words. `--quick`: Chinese only, at 20 %.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from noise_lists import DATA, encoder, learn, muse, planted_lists, target_vectors
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.metrics import average_precision_score, roc_auc_score
from tqdm import tqdm

from mosecrot_core.anchors.candidates import Candidates
from mosecrot_core.anchors.planted_noise import NOISE_KINDS, NoiseKind, plant
from mosecrot_core.anchors.quality import score_pairs
from mosecrot_core.anchors.quality_model import QualityModel
from mosecrot_core.anchors.word_usage import frequency_gap
from mosecrot_core.words.neighbours import FloatArray, nearest, normalise

RATES = (0.05, 0.1, 0.2, 0.4)
SEED = 1
Scores = NDArray[np.floating]


def procrustes(candidates: Candidates) -> tuple[FloatArray, FloatArray]:
    """Rotate the target rows onto the source rows, all pairs taken for right; rows of either, by word."""
    source, target = candidates.source, candidates.target
    left, _, right = np.linalg.svd(
        target.rows[target.of_pair].T @ source.rows[source.of_pair], full_matrices=False
    )
    return source.rows, normalise(target.rows @ (left @ right))


def cosine_after_procrustes(candidates: Candidates) -> Scores:
    """Return the cosine of each pair, all of them having taught the rotation."""
    source, target = procrustes(candidates)
    return np.einsum("nd,nd->n", source[candidates.source.of_pair], target[candidates.target.of_pair])


def mutual_nearest_neighbour(candidates: Candidates) -> Scores:
    """Return 1 where both words are each other's nearest after Procrustes, 0.5 where one is, else 0."""
    source, target = procrustes(candidates)
    forward, backward = nearest(source, target, 1).indices[:, 0], nearest(target, source, 1).indices[:, 0]
    s, t = candidates.source.of_pair, candidates.target.of_pair
    return ((forward[s] == t).astype(float) + (backward[t] == s)) / 2


def frequency_ratio(candidates: Candidates) -> Scores:
    """Return how little the words' frequencies differ."""
    return -frequency_gap(candidates)


RIVALS: dict[str, Callable[[Candidates], Scores]] = {
    "cosine after Procrustes": cosine_after_procrustes,
    "mutual nearest neighbour": mutual_nearest_neighbour,
    "frequency ratio": frequency_ratio,
}


def figures(right: NDArray[np.bool_], scores: Scores) -> dict[str, float]:
    """Measure how well low scores find the wrong pairs."""
    n_wrong = int((~right).sum())
    lowest = np.argsort(scores, kind="stable")[:n_wrong]
    return {
        "auroc": float(roc_auc_score(right, scores)),
        "average_precision": float(average_precision_score(~right, -scores)),
        "precision_at_rate": float((~right[lowest]).mean()),
    }


def ours(model: QualityModel, tested: NoiseKind, candidates: Candidates) -> Scores:
    """Score the pairs; the noise that the model is fitted to the list with is not the one tested either."""
    planted: NoiseKind = "frequency_matched" if tested == "random" else "random"
    return score_pairs(candidates, model=model, planted=planted).table["quality"].to_numpy()


def rows(lists: dict[str, Candidates], rates: tuple[float, ...]) -> Iterator[dict[str, object]]:
    """Plant every kind of noise at every rate in every list, and measure every method."""
    learned_from = list(tqdm(planted_lists(), desc="Learning", unit=" lists"))
    models = {kind: learn(learned_from, without=kind) for kind in NOISE_KINDS}
    for name, clean in lists.items():
        for kind in NOISE_KINDS:
            for rate in rates:
                spoiled, wrong, could = plant(clean, kind, rate, SEED)
                methods = {"ours": partial(ours, models[kind], kind), **RIVALS}
                for method, score in methods.items():
                    start = time.perf_counter()
                    scores = score(spoiled)
                    seconds = time.perf_counter() - start
                    yield {
                        "list": name, "kind": kind, "rate": rate,
                        "wrong": int(wrong.sum()), "pairs": int(could.sum()), "method": method,
                        **figures(~wrong[could], scores[could]), "seconds": seconds,
                    }  # fmt: skip


def print_table(table: pd.DataFrame) -> None:
    """Print the AUROC of every method side by side, and the other figures of ours."""
    console, wide = Console(width=150), Table(title="AUROC (ours: AP, P at rate, s)")
    methods = ["ours", *RIVALS]
    for column in ("list", "kind", "rate", "wrong", "pairs", *methods, "AP", "P at rate", "s"):
        wide.add_column(column, justify="left" if column in ("list", "kind") else "right")
    for key, part in table.groupby(["list", "kind", "rate", "wrong", "pairs"], sort=False):
        by_method = part.set_index("method")
        ours = by_method.loc["ours"]
        wide.add_row(
            *(str(value) for value in key), *(f"{by_method.loc[m, 'auroc']:.3f}" for m in methods),
            f"{ours['average_precision']:.3f}", f"{ours['precision_at_rate']:.3f}", f"{ours['seconds']:.1f}",
        )  # fmt: skip
    console.print(wide)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="Chinese only, at 20 %%")
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with vectors/ and lexica/")
    asked = parser.parse_args()
    source = encoder()
    languages = ("zh",) if asked.quick else ("fr", "zh")
    lists = {
        f"MUSE en-{code}": muse(code, asked.data, source, target_vectors(code, asked.data))
        for code in languages
    }
    rates = (0.2,) if asked.quick else RATES
    n_rows = len(lists) * len(NOISE_KINDS) * len(rates) * (1 + len(RIVALS))
    table = pd.DataFrame(tqdm(rows(lists, rates), total=n_rows, desc="Measuring", unit=" rows"))
    print_table(table)
    if asked.json:
        asked.json.write_text(json.dumps(table.to_dict("records"), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
