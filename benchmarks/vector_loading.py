"""How long do word vectors take to load, and how much memory? Beside gensim, on the same file, in one run.

    python benchmarks/vector_loading.py [--words N] [--dim D] [--rounds R] [--quick] [--json FILE]

The file is made from a seed and looks like fastText's: a header, words of several scripts, four decimals.
Each load is a process of its own, ours and gensim's in turn; what is timed is the call alone, with what it
imports when it is first made. Words and rows must be the same, bit by bit. `peak` is the memory of the whole
process; `above_table` is what it grew by in the call, less the table itself. Gensim's counterpart of the fast
format is its own, a pickle with an array beside it. At the default size the files take 5 GB.
"""

import argparse
import gzip
import hashlib
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

SYLLABLES = [
    "ka",
    "mo",
    "ti",
    "le",
    "ña",
    "ço",
    "été",
    "стра",
    "вод",
    "水",
    "日本",
    "ελ",
    "λη",
    "कि",
    "की",
    "مر",
]
CELLS: dict[str, tuple[str, str | None]] = {
    # what is loaded: the file, gensim's way
    "text": ("fr.vec", "text"),
    "text gz": ("fr.vec.gz", "text"),
    "word2vec": ("fr.bin", "binary"),
    "fast": ("fr.safetensors", "native"),
    "fast mapped": ("fr.safetensors", "native mapped"),
    "fast float16": ("fr.half.safetensors", None),
    "text to float16": ("fr.vec", None),
    "convert text": ("fr.vec", None),
}


def word(number: int) -> str:
    """Make a word: syllables that spell a number, so that all differ."""
    parts = [SYLLABLES[number % len(SYLLABLES)]]
    while number := number // len(SYLLABLES):
        parts.append(SYLLABLES[number % len(SYLLABLES)])
    return "".join(parts)


def blocks(n: int, dim: int) -> Iterator[tuple[list[str], np.ndarray]]:
    """Draw words and rows, these as whole ten-thousandths (0 + turns -0 into 0)."""
    rng = np.random.default_rng(0)
    for start in range(0, n, 5_000):
        stop = min(start + 5_000, n)
        yield (
            [word(i) for i in range(start, stop)],
            0 + np.rint(rng.standard_normal((stop - start, dim)) * 600),
        )


def write_files(folder: Path, n: int, dim: int) -> None:
    """Write the table in every format."""
    from gensim.models import KeyedVectors

    from mosecrot_core.words.conversion import convert_vectors

    shown = {i: f"{i / 10_000:.4f}" for i in range(-10_000, 10_001)}
    header = f"{n} {dim}\n".encode()
    with (
        (folder / "fr.vec").open("wb") as text,
        gzip.open(folder / "fr.vec.gz", "wb", compresslevel=1) as packed,
        (folder / "fr.bin").open("wb") as binary,
    ):
        for file in (text, packed, binary):
            file.write(header)
        for words, tenthousandths in blocks(n, dim):
            whole = tenthousandths.astype(int).tolist()
            lines = [
                f"{name} {' '.join([shown[i] for i in row])}\n"
                for name, row in zip(words, whole, strict=True)
            ]
            for file in (text, packed):
                file.write("".join(lines).encode())
            rows = (tenthousandths / 10_000).astype("<f4")
            for name, row in zip(words, rows, strict=True):
                binary.write(name.encode() + b" " + row.tobytes())
    convert_vectors(folder / "fr.vec", folder / "fr.safetensors")
    convert_vectors(folder / "fr.vec", folder / "fr.half.safetensors", precision="float16")
    KeyedVectors.load_word2vec_format(str(folder / "fr.bin"), binary=True).save(
        str(folder / "fr.kv"), separately=["vectors"]
    )


def our_loader(cell: str, path: Path) -> Callable[[], tuple[list[str], Any]]:
    """Prepare our way of loading."""
    from mosecrot_core.words.conversion import convert_vectors
    from mosecrot_core.words.vectors import WordVectors

    def load() -> tuple[list[str], Any]:
        if cell == "convert text":
            convert_vectors(path, path.with_name("converted.safetensors"))
            return [], np.zeros((0, 0), np.float32)
        precision = "float16" if cell == "text to float16" else None
        vectors = WordVectors.load(path, precision=precision, memory_mapped=cell.endswith("mapped"))
        return vectors.words, vectors.rows

    return load


def gensim_loader(way: str, path: Path) -> Callable[[], tuple[list[str], Any]]:
    """Prepare gensim's way of loading."""
    from gensim.models import KeyedVectors

    def load() -> tuple[list[str], Any]:
        if way.startswith("native"):
            keyed = KeyedVectors.load(
                str(path.with_name("fr.kv")), mmap="r" if way.endswith("mapped") else None
            )
        else:
            keyed = KeyedVectors.load_word2vec_format(str(path), binary=way == "binary")
        return keyed.index_to_key, keyed.vectors

    return load


def measure(reader: str, cell: str, folder: Path) -> dict[str, Any]:
    """Load once in this process."""
    file, way = CELLS[cell]
    load = our_loader(cell, folder / file) if reader == "ours" else gensim_loader(str(way), folder / file)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    words, rows = load()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mapped = cell.endswith("mapped")
    digest = hashlib.sha256("\n".join(words).encode())
    for chunk in np.array_split(rows, max(1, len(rows) // 5_000)):
        digest.update(np.ascontiguousarray(chunk))
    return {
        "seconds": seconds, "peak_mib": peak / 1024,
        "above_table_mib": (peak - before) / 1024 - (0 if mapped else rows.nbytes / 2**20),
        "digest": digest.hexdigest(),
    }  # fmt: skip


def in_a_process(reader: str, cell: str, folder: Path) -> dict[str, Any]:
    """Load once in a new process."""
    command = [sys.executable, __file__, "--measure", reader, cell, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def compare(cell: str, folder: Path, rounds: int) -> dict[str, Any]:
    """Load in turn, ours and gensim's; the middle of the rounds counts."""
    runs: dict[str, list[dict[str, Any]]] = {"ours": [], "gensim": []}
    for _ in range(rounds):
        for reader in ("ours", "gensim") if CELLS[cell][1] else ("ours",):
            runs[reader].append(in_a_process(reader, cell, folder))
    if len(digests := {run["digest"] for found in runs.values() for run in found}) > 1:
        raise SystemExit(f"{cell}: not the same vectors ({digests})")
    row: dict[str, Any] = {"cell": cell, "megabytes": (folder / CELLS[cell][0]).stat().st_size / 1e6}
    for reader, found in runs.items():
        for name in ("seconds", "peak_mib", "above_table_mib"):
            row[f"{reader}_{name}"] = statistics.median(run[name] for run in found) if found else None
    both = row["gensim_seconds"] is not None
    ratios = [theirs["seconds"] / ours["seconds"] for ours, theirs in zip(*runs.values(), strict=both)]
    return row | {"times_faster": statistics.median(ratios) if both else None, "same_vectors": both or None}


def show(row: dict[str, Any] | None) -> None:
    """Print a line of the table; none prints its head."""
    names = ["cell", "times_faster", "ours_seconds", "gensim_seconds", "ours_peak_mib", "gensim_peak_mib"]
    names += ["ours_above_table_mib", "gensim_above_table_mib"]
    values = names if row is None else [row[name] for name in names]
    shown = ["-" if v is None else v if isinstance(v, str) else f"{v:,.2f}" for v in values]
    print(
        "  ".join(f"{text:>{max(len(name), 15)}}" for name, text in zip(names, shown, strict=True)),
        flush=True,
    )


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--words", type=int, default=500_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="5,000 words, one round")
    parser.add_argument("--folder", type=Path, help="where to put the files while it runs")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        reader, cell, folder = asked.measure
        print(json.dumps(measure(reader, cell, Path(folder))))
        return
    words, rounds = (5_000, 1) if asked.quick else (asked.words, asked.rounds)
    if asked.write:
        write_files(asked.write, words, asked.dim)
        return
    folder = Path(tempfile.mkdtemp(dir=asked.folder))
    try:
        # In a process too: a new process takes over the peak memory of the one that starts it.
        size = ["--words", str(words), "--dim", str(asked.dim)]
        subprocess.run([sys.executable, __file__, "--write", str(folder), *size], check=True)
        show(None)
        rows = []
        for cell in CELLS:
            rows.append(compare(cell, folder, rounds))
            show(rows[-1])
    finally:
        shutil.rmtree(folder)
    if asked.json:
        figures = {"words": words, "dim": asked.dim, "rounds": rounds, "cells": rows}
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
