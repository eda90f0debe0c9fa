"""How long do 100,000 pairs take to score, and how much memory? Beside the bare matrix product they need.

    python benchmarks/anchor_speed.py [--pairs N] [--dim D] [--json FILE]

The pairs are synthetic, and the worst case: every word occurs once on either side. Both spaces are random
linear views of one hidden space plus noise. The floor is, for each of the four searches, one float32 product
of all the words with the most frequent ones, that ranks are counted among.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd

from mosecrot_core.anchors.candidates import Candidates, Side
from mosecrot_core.anchors.measuring import MOST_WORDS
from mosecrot_core.anchors.point_map import point_map
from mosecrot_core.anchors.quality import score_pairs


def synthetic(n: int, dim: int) -> Candidates:
    """Make n pairs of distinct words."""
    rng = np.random.default_rng(0)
    hidden = rng.standard_normal((n, 64)).astype(np.float32)
    sides = []
    for name in ("source", "target"):
        view = rng.standard_normal((64, dim)).astype(np.float32) / 8
        rows = hidden @ view + 0.5 * rng.standard_normal((n, dim)).astype(np.float32)
        sides.append(Side.of([f"{name}{i}" for i in range(n)], np.arange(n), rows))
    words = pd.DataFrame({"source": sides[0].words, "target": sides[1].words})
    return Candidates(words.assign(word=words["target"], score=np.nan, line=range(n)), *sides, ("en", "fr"))


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--json", type=Path, help="write the figures here")
    asked = parser.parse_args()
    candidates = synthetic(asked.pairs, asked.dim)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    score_pairs(candidates)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = candidates.source.rows
    start = time.perf_counter()
    for chunk in np.array_split(rows, 50):
        chunk @ rows[:MOST_WORDS].T
    floor = 4 * (time.perf_counter() - start)
    start = time.perf_counter()
    point_map(candidates)
    figures = {
        "pairs": asked.pairs, "dim": asked.dim, "seconds": seconds, "floor_seconds": floor,
        "times_floor": seconds / floor, "peak_mib": peak / 1024, "peak_before_mib": before / 1024,
        "point_map_seconds": time.perf_counter() - start,
    }  # fmt: skip
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}, indent=1))
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
