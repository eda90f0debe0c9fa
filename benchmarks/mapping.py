"""Mapping a vocabulary over its anchors: time and memory beside the bare matrix product, and beside peers.

    python benchmarks/mapping.py [--quick] [--device cuda] [--json FILE] [--parquet FILE]

The job: for V target rows of d numbers and A anchors with source rows of D numbers, the k nearest anchors by
cosine, their weights (`standard`) and the weighted sums [V, D]. The floor is the float32 product of the rows
with the anchors alone, chunk by chunk, by NumPy on all cores, run in turns with ours in the same process;
every case has a process of its own, so that its peak of memory is its own. Rows are random, clustered like
words (`rows_like_words`); recall is measured on 1,000 of them against a float64 reference.

`--quick`: 100,000 rows only. Peers that are not installed are named with the way to get them.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from mosecrot_core.mapping.neighbour_cache import NeighbourCache
from mosecrot_core.mapping.relative import combine, relative_weights
from mosecrot_core.threads import n_threads
from mosecrot_core.words.neighbours import Neighbours, nearest

FloatArray = NDArray[np.float32]
VOCABULARIES = (30_522, 100_000, 1_000_000, 2_000_000)
ANCHORS = (1_309, 5_000, 11_836)
DIMS = (300, 768)
K, SOURCE_DIM = 50, 768
CHUNK_ROWS = 1024
CHECKED = 1000
REPEATS = 5
GIB = 1 << 30


def rows_like_words(n: int, dim: int, seed: int) -> FloatArray:
    """Draw rows around 500 centres, of unequal lengths, chunk by chunk."""
    centres = np.random.default_rng(0).standard_normal((500, dim), dtype=np.float32)
    rng, rows = np.random.default_rng(seed), np.empty((n, dim), np.float32)
    for start in range(0, n, 50_000):
        part = rows[start : start + 50_000]
        part[:] = rng.standard_normal(part.shape, dtype=np.float32)
        part += 0.7 * centres[rng.integers(0, len(centres), len(part))]
        part *= rng.uniform(0.5, 2, (len(part), 1)).astype(np.float32)
    return rows


def ours(rows: FloatArray, keys: FloatArray, table: FloatArray, **options: Any) -> FloatArray:
    """Do the whole job."""
    return weigh(nearest(rows, keys, K, **options), table)


def weigh(found: Neighbours, table: FloatArray) -> FloatArray:
    """Do what is left of it once the neighbours are known."""
    return combine(found, relative_weights(found.cosines, "standard"), table)


def with_csls(rows: FloatArray, keys: FloatArray, table: FloatArray) -> FloatArray:
    """Do the job with hubs ranked later."""
    hubness = nearest(keys, keys, 11).cosines[:, 1:].mean(axis=1) / 2
    return ours(rows, keys, table, penalties=hubness)


def floor(rows: FloatArray, keys: FloatArray) -> None:
    """Multiply the rows with the anchors and throw the product away."""
    transposed = np.ascontiguousarray(keys.T)
    starts = range(0, len(rows), CHUNK_ROWS)

    def multiply(mine: range) -> None:
        room = np.empty((CHUNK_ROWS, len(keys)), np.float32)
        for start in mine:
            part = rows[start : start + CHUNK_ROWS]
            np.matmul(part, transposed, out=room[: len(part)])

    threads = n_threads()
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        list(pool.map(multiply, [starts[thread::threads] for thread in range(threads)]))


def recall(found: NDArray[np.int32], rows: FloatArray, keys: FloatArray) -> float:
    """Return the share of the true neighbours that were found, of the first rows."""
    left, right = (part.astype(np.float64) for part in (rows[: len(found)], keys))
    cosines = left @ right.T / np.linalg.norm(left, axis=1)[:, None] / np.linalg.norm(right, axis=1)
    least = -np.partition(-cosines, K - 1, axis=1)[:, K - 1 : K]
    return float((np.take_along_axis(cosines, found.astype(np.int64), axis=1) >= least).mean())


def seconds(job: Callable[[], object]) -> float:
    """Time a job once."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def peak_mb() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def case(vocabulary: int, anchors: int, dim: int, device: str, peers: bool) -> list[dict[str, Any]]:
    """Measure one size, in this process."""
    rows, keys = rows_like_words(vocabulary, dim, 1), rows_like_words(anchors, dim, 2)
    table = np.random.default_rng(3).standard_normal((anchors, SOURCE_DIM), dtype=np.float32)
    options: dict[str, Any] = {} if device == "cpu" else {"device": device}
    ours(rows[:2000], keys, table, **options)  # compiled, loaded
    before, repeats = peak_mb(), REPEATS if vocabulary <= 100_000 else 1
    common = {"vocab": vocabulary, "anchors": anchors, "dim": dim, "device": device}
    times: dict[str, list[float]] = {}

    def add(name: str, job: Callable[[], object]) -> None:
        times.setdefault(name, []).append(seconds(job))

    checked = recall(nearest(rows[:CHECKED], keys, K, **options).indices, rows, keys)
    add("ours", lambda: ours(rows, keys, table, **options))
    peak = (
        peak_mb() - before - vocabulary * (SOURCE_DIM * 4 + K * 8 + K * 4) / 1e6
    )  # result, neighbours, weights
    for turn in range(repeats):
        add("floor", lambda: floor(rows, keys))
        if turn:
            add("ours", lambda: ours(rows, keys, table, **options))
        if vocabulary <= 100_000:
            add("ours, CSLS ranking", lambda: with_csls(rows, keys, table))
            _from_cache(rows, keys, table, add)
    least = min(times["floor"])
    results = [
        {"method": name, **common, "seconds": min(taken), "ratio_to_gemm": min(taken) / least,
         "recall": checked if name == "ours" else None, "peak_mb": peak if name == "ours" else None}
        for name, taken in times.items()
    ]  # fmt: skip
    return results + (_peers(rows, keys, table, common, least) if peers else [])


def _from_cache(
    rows: FloatArray, keys: FloatArray, table: FloatArray, add: Callable[[str, Callable[[], object]], None]
) -> None:
    search = NeighbourCache(K)
    search(rows, keys, K)
    add("ours, from the cache", lambda: weigh(search(rows, keys, K), table))
    add("ours, from the cache, k = 10", lambda: weigh(search(rows, keys, 10), table))


def _peers(
    rows: FloatArray, keys: FloatArray, table: FloatArray, common: dict[str, Any], least: float
) -> list[dict[str, Any]]:
    from mapping_peers import peers

    results = []
    for peer in peers():
        if peer.missing or (peer.most_cells and len(rows) * len(keys) > peer.most_cells):
            continue
        before, taken = peak_mb(), seconds(lambda peer=peer: peer.run(rows, keys, table, K))
        found = None if peer.indices is None else peer.indices(rows[:CHECKED], keys, table, K)
        results.append({
            "method": peer.name if peer.does == "all" else f"{peer.name} ({peer.does})", **common,
            "seconds": taken, "ratio_to_gemm": taken / least,
            "recall": None if found is None else recall(found, rows, keys), "peak_mb": peak_mb() - before,
        })  # fmt: skip
    return results


def print_table(table: pd.DataFrame) -> None:
    """Print every row."""
    shown = Table(
        title=f"{platform.processor() or platform.machine()}, {n_threads()} cores; k = {K}, D = 768"
    )
    for column in table.columns:
        shown.add_column(column, justify="left" if column in ("method", "device") else "right")
    for row in table.itertuples(index=False):
        shown.add_row(*("" if pd.isna(v) else f"{v:,.3f}" if isinstance(v, float) else f"{v}" for v in row))
    Console(width=140).print(shown)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="100,000 rows of 300 numbers only")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--parquet", type=Path, default=Path("mapping.parquet"), help="and here")
    parser.add_argument("--case", nargs=3, type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case:
        print(json.dumps(case(*asked.case, asked.device, peers=asked.case[0] <= 100_000)))
        return
    sizes = list(
        product((100_000,), ANCHORS, (300,)) if asked.quick else product(VOCABULARIES, ANCHORS, DIMS)
    )
    rows: list[dict[str, Any]] = []
    for size in tqdm(sizes, unit=" sizes"):
        command = [sys.executable, __file__, "--device", asked.device, "--case", *map(str, size)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True, env=os.environ)
        if done.returncode:
            print(f"{size} failed with exit status {done.returncode}", file=sys.stderr)
            continue
        rows += json.loads(done.stdout.splitlines()[-1])
        pd.DataFrame(rows).to_parquet(asked.parquet)
    table = pd.DataFrame(rows)
    print_table(table)
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
