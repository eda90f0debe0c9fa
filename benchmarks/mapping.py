"""Mapping a vocabulary over its anchors: time and memory beside the bare matrix product, and beside peers.

    python benchmarks/mapping.py [--quick] [--device cuda] [--json FILE] [--parquet FILE]

The job: for V target rows of d numbers and A anchors with source rows of D numbers, the k nearest anchors by
cosine, their weights (`standard`) and the weighted sums [V, D]. The floor is the float32 product of the rows
with the anchors alone, chunk by chunk, by NumPy on all cores, run in turns with ours in the same process.
Every size and method has a process of its own, so that its peak of memory is its own; the best of several
runs counts; `into a kept array` spares ours the first use of 300 MB of new memory. Rows are random, around
centres like words; recall is measured on 1,000 of them against float64.

`--quick`: 100,000 rows of 300 numbers only, and peers at 5,000 anchors only. Peers that are not installed are
named with the way to get them.
"""

import argparse
import json
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
from mapping_peers import Peer, peers
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from mosecrot_core.mapping.alignment import PaperRepresentations
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
SMALL = 100_000  # rows up to which peers run, and all is repeated
REPEATS = 5


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


def weigh(found: Neighbours, table: FloatArray, out: FloatArray | None = None) -> FloatArray:
    """Do what is left of it once the neighbours are known."""
    return combine(found, lambda cosines: relative_weights(cosines, "standard"), table, out=out)


def with_csls(rows: FloatArray, keys: FloatArray, table: FloatArray) -> FloatArray:
    """Do the job with hubs ranked later."""
    return PaperRepresentations(k=K, ranking="csls").fit(table, keys).map_target(rows)


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


class Memory:
    """The most memory that this process takes from here on, beyond what it has now."""

    def __init__(self) -> None:
        self._resets = Path("/proc/self/clear_refs").exists()  # Linux; elsewhere the peak so far counts
        if self._resets:
            Path("/proc/self/clear_refs").write_text("5")
        self._before = self._peak()

    def mb(self) -> float:
        """Return it in MB."""
        return self._peak() - self._before

    def _peak(self) -> float:
        if self._resets:
            status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
            return int(status["VmHWM"].split()[0]) * 1024 / 1e6
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def case(vocabulary: int, anchors: int, dim: int, device: str, method: str) -> list[dict[str, Any]]:
    """Measure one size in this process: `ours`, or a peer by name."""
    rows, keys = rows_like_words(vocabulary, dim, 1), rows_like_words(anchors, dim, 2)
    table = np.random.default_rng(3).standard_normal((anchors, SOURCE_DIM), dtype=np.float32)
    common = {"vocab": vocabulary, "anchors": anchors, "dim": dim, "device": device}
    if method == "ours":
        return [{**common, **row} for row in _ours(rows, keys, table, device)]
    peer = next(peer for peer in peers() if peer.name == method)
    return [{**common, **_peer(peer, rows, keys, table)}]


def _ours(rows: FloatArray, keys: FloatArray, table: FloatArray, device: str) -> list[dict[str, Any]]:
    times: dict[str, list[float]] = {}

    def add(name: str, job: Callable[[], object]) -> None:
        times.setdefault(name, []).append(seconds(job))

    import torch  # noqa: F401  # as in every run, which needs it for the encoder

    ours(rows[:2000], keys, table, device=device)  # compiled
    found = recall(nearest(rows[:CHECKED], keys, K, device=device).indices, rows, keys)
    memory = Memory()
    add("ours", lambda: ours(rows, keys, table, device=device))
    peak = memory.mb() - len(rows) * 4 * (SOURCE_DIM + 2 * K) / 1e6  # less sums and neighbours
    kept = np.zeros((len(rows), SOURCE_DIM), np.float32) if len(rows) <= SMALL else None
    for turn in range(REPEATS if len(rows) <= SMALL else 1):
        add("floor", lambda: floor(rows, keys))
        if turn:
            add("ours", lambda: ours(rows, keys, table, device=device))
        if kept is not None:
            add("ours, into a kept array", lambda: weigh(nearest(rows, keys, K, device=device), table, kept))
            add("ours, CSLS ranking", lambda: with_csls(rows, keys, table))
            _from_cache(rows, keys, table, add)
    extra = {"ours": {"recall": found, "peak_mb": peak}}
    return [_row(name, taken, times["floor"], **extra.get(name, {})) for name, taken in times.items()]


def _from_cache(
    rows: FloatArray, keys: FloatArray, table: FloatArray, add: Callable[[str, Callable[[], object]], None]
) -> None:
    search = NeighbourCache(K)
    search(rows, keys, K)
    for _ in range(2):  # in a row, as in a sweep over temperatures
        add("ours, from the cache", lambda: weigh(search(rows, keys, K), table))
        add("ours, from the cache, k = 10", lambda: weigh(search(rows, keys, 10), table))


def _peer(peer: Peer, rows: FloatArray, keys: FloatArray, table: FloatArray) -> dict[str, Any]:
    peer.run(rows[:300], keys, table, K)  # imported, compiled
    found = None
    if peer.indices is not None:
        found = recall(peer.indices(rows[:CHECKED], keys, table, K), rows, keys)
    floors, memory = [seconds(lambda: floor(rows, keys))], Memory()
    taken = [seconds(lambda: peer.run(rows, keys, table, K))]
    peak = memory.mb() - len(rows) * 4 * SOURCE_DIM / 1e6
    floors.append(seconds(lambda: floor(rows, keys)))
    name = peer.name if peer.does == "all" else f"{peer.name} ({peer.does})"
    return _row(name, taken, floors, recall=found, peak_mb=peak)


def _row(name: str, taken: list[float], floors: list[float], **extra: float | None) -> dict[str, Any]:
    """Compare the best times: what else runs on the machine only adds to them."""
    best = {"seconds": min(taken), "ratio_to_gemm": min(taken) / min(floors)}
    return {"method": name, **best, "recall": None, "peak_mb": None, **extra}


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
    parser.add_argument("--quick", action="store_true", help="100,000 rows of 300 numbers, few peers")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--parquet", type=Path, default=Path("mapping.parquet"), help="and here")
    parser.add_argument("--case", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case:
        *size, method = asked.case
        print(json.dumps(case(*map(int, size), asked.device, method)))
        return
    rows: list[dict[str, Any]] = []
    for job in tqdm(jobs(asked.quick), unit=" cases"):
        command = [sys.executable, __file__, "--device", asked.device, "--case", *map(str, job)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
        if done.returncode:
            print(f"{job} failed with exit status {done.returncode}", file=sys.stderr)
            continue
        rows += json.loads(done.stdout.splitlines()[-1])
        pd.DataFrame(rows).to_parquet(asked.parquet)
    print_table(pd.DataFrame(rows))
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def jobs(quick: bool) -> list[tuple[int, int, int, str]]:
    """List the sizes and methods to run; peers get up to 100,000 rows, and what their memory allows."""
    able = [peer for peer in peers() if not peer.missing]
    for peer in peers():
        if peer.missing:
            print(f"{peer.name} is left out: {peer.missing}", file=sys.stderr)
    sizes = product((SMALL,), ANCHORS, (300,)) if quick else product(VOCABULARIES, ANCHORS, DIMS)
    found: list[tuple[int, int, int, str]] = []
    for vocabulary, anchors, dim in sizes:
        found.append((vocabulary, anchors, dim, "ours"))
        if vocabulary <= SMALL and not (quick and anchors != 5_000):
            fits = (p for p in able if p.most_cells is None or vocabulary * anchors <= p.most_cells)
            found += [(vocabulary, anchors, dim, peer.name) for peer in fits]
    return found


if __name__ == "__main__":
    main()
