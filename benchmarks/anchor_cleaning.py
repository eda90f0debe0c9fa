"""Does cleaning anchors by their quality help? P@1 on held-out pairs, and macro-F1 on SIB-200 French.

    python benchmarks/anchor_cleaning.py [--quick] [--json FILE] [--data FOLDER]

Of the MUSE en-fr pairs that MiniLM and the French vectors know, those of a fifth of the French words are
held out. Noise is planted in the others, and anchors are chosen four ways: all pairs; those of quality 0.5 or
more; as many at random; and those not planted (perfect cleaning). The model that scores quality was learned
from other lists. `--quick`: one seed, P@1 only, at 40 % random noise.

`recovered` is the share of the loss (perfect - all) that cleaning by score makes good.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from noise_lists import DATA, ENCODER, VECTORS, encoder, muse, target_vectors
from rich.console import Console
from rich.table import Table
from transformers import PreTrainedModel

from mosecrot_core.anchors.anchor_set import AnchorSet, AnchorSettings, build_anchor_set
from mosecrot_core.anchors.candidates import Candidates
from mosecrot_core.anchors.planted_noise import NoiseKind, plant
from mosecrot_core.anchors.quality import score_pairs
from mosecrot_core.anchors.signals import SUSPECT
from mosecrot_core.learning.prediction import predict
from mosecrot_core.learning.scores import METRICS
from mosecrot_core.learning.training import fine_tune
from mosecrot_core.mapping.alignment import Alignment, LeastSquares, RelativeRepresentations
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.stitching import stitch
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.lexicon import Lexicon
from mosecrot_core.words.retrieval import Retrieval, retrieve
from mosecrot_core.words.vectors import WordVectors

HELD_OUT = 0.2
LANGUAGES = ("en", "fr")
ALIGNMENTS: dict[str, Alignment] = {
    "standard": RelativeRepresentations(weighting="standard"),
    "sparsemax": RelativeRepresentations(weighting="sparsemax"),
    "softmax, tau 0.1": RelativeRepresentations(weighting="softmax", temperature=0.1),
    "least squares": LeastSquares(),
}
ALL, CLEANED, THINNED, PERFECT = "all pairs", "quality >= 0.5", "random, as many", "perfect"


@dataclass(frozen=True)
class Bench:
    """The real inputs."""

    source: SourceEncoder
    target: WordVectors
    clean: Candidates
    held_out: Candidates


def load(data: Path) -> Bench:
    """Read encoder, vectors and pairs, and hold out every pair of a fifth of the target words."""
    source, target = encoder(), target_vectors("fr", data)
    pairs = muse("fr", data, source, target)
    words = np.random.default_rng(0).random(len(pairs.target.words)) < HELD_OUT
    out = words[pairs.target.of_pair]
    return Bench(source, target, pairs.subset(np.flatnonzero(~out)), pairs.subset(np.flatnonzero(out)))


def choose(bench: Bench, kind: NoiseKind, rate: float, seed: int) -> dict[str, AnchorSet]:
    """Plant noise, and choose anchors in every way."""
    spoiled, wrong, _ = plant(bench.clean, kind, rate, seed)
    quality = score_pairs(spoiled, seed=seed).table
    kept = quality["quality"].to_numpy() >= SUSPECT
    thinned = np.random.default_rng(seed).permutation(kept)
    print(
        f"{kind} {rate:.0%} seed {seed}: {wrong.sum():,} of {len(wrong):,} wrong; {kept.sum():,} kept, "
        f"{(kept & wrong).sum():,} of them wrong; estimated share wrong {1 - quality['quality'].mean():.3f}"
    )
    ways = {ALL: np.ones(len(wrong), bool), CLEANED: kept, THINNED: thinned, PERFECT: ~wrong}
    return {name: _anchors(bench, spoiled.pairs[chosen]) for name, chosen in ways.items()}


def _anchors(bench: Bench, pairs: pd.DataFrame) -> AnchorSet:
    lexicon = Lexicon(pairs[["source", "target", "score", "line"]].reset_index(drop=True), {}, "MUSE en-fr")
    return build_anchor_set(lexicon, bench.source, bench.target, AnchorSettings(), LANGUAGES)


def translate(bench: Bench, anchors: AnchorSet, alignment: Alignment) -> dict[str, Retrieval]:
    """Look for the English word of every held-out French word among all English words of the list."""
    mapping = alignment.fit(bench.source.rows[anchors.source_ids], anchors.target_rows)
    tokens = np.unique(np.r_[bench.clean.pairs["token"], bench.held_out.pairs["token"]])
    by_word = bench.held_out.pairs.groupby("word", sort=False)["token"]
    right = [np.searchsorted(tokens, part.unique()).tolist() for _, part in by_word]
    rows, _ = bench.target.lookup([str(word) for word, _ in by_word])
    queries, keys = mapping.map_target(rows), mapping.map_source(bench.source.rows[tokens])
    return {ranking: retrieve(queries, keys, right, ranking) for ranking in ("cosine", "csls")}


def retrieval_rows(
    bench: Bench, kinds: list[NoiseKind], rates: list[float], seeds: range
) -> Iterator[dict[str, object]]:
    """Measure P@1, P@5 and MRR."""
    for kind, rate, seed in product(kinds, rates, seeds):
        for way, anchors in choose(bench, kind, rate, seed).items():
            common = {"kind": kind, "rate": rate, "seed": seed, "anchors": way, "n_anchors": len(anchors)}
            for method, alignment in ALIGNMENTS.items():
                for ranking, found in translate(bench, anchors, alignment).items():
                    measured = {"measure": f"P@1 {ranking}", "value": found.p_at_1, **vars(found)}
                    yield {**common, "method": method, **measured}


def downstream_rows(
    bench: Bench, data: Path, rates: list[float], seeds: range
) -> Iterator[dict[str, object]]:
    """Fine-tune on English SIB-200 once a seed, and read French through every set of anchors."""
    work = Workbench(_sib200(data), Path())
    words, test = work.target("fr").words, work.corpus.get("fr", "test")
    for seed in seeds:
        model = _fine_tuned(work, seed)
        for rate in rates:
            for way, anchors in choose(bench, "random", rate, seed).items():
                common = {"kind": "random", "rate": rate, "seed": seed, "anchors": way}
                for method, alignment in ALIGNMENTS.items():
                    mapping = alignment.fit(bench.source.rows[anchors.source_ids], anchors.target_rows)
                    rows = mapping.map_target(words.rows)
                    stitched = stitch(model, work.source_tokenizer, words.tokenizer, rows)
                    labels = predict(stitched, words.tokenizer, test.texts, 128).argmax(axis=1)
                    value = METRICS["macro_f1"](test.labels, labels)
                    measured = {"measure": "macro-F1 SIB-200", "value": value, "n": len(test)}
                    yield {**common, "method": method, **measured}


def _fine_tuned(work: Workbench, seed: int) -> PreTrainedModel:
    train, dev = (work.corpus.get("en", split) for split in ("train", "dev"))
    with tempfile.TemporaryDirectory() as folder:
        return fine_tune(
            lambda: work.new_classifier(None), work.source_tokenizer, train, dev, work.experiment.training,
            seed, Path(folder), lambda *_: None,
        )  # fmt: skip


def _sib200(data: Path) -> Experiment:
    files = {
        code: {split: str(data / f"sib200/{folder}/{split}.tsv") for split in ("train", "dev", "test")}
        for code, folder in (("en", "eng_Latn"), ("fr", "fra_Latn"))
    }
    return Experiment.model_validate({
        "name": "sib200",
        "source": {"language": "en", "encoder": ENCODER},
        "targets": {"fr": {"vectors": {"path": str(data / VECTORS["fr"])},
                           "lexicon": {"path": str(data / "lexica/muse/en-fr.txt.gz")}}},
        "task": {"name": "files", "files": files, "label_column": "category"},
        "training": {"learning_rate": 3e-4, "epochs": 6, "checkpoint": "never", "freeze_embeddings": True},
        "methods": {"softmax": {"alignment": {"method": "relative"}, "source_rows": "kept"}},
    })  # fmt: skip


def print_table(rows: pd.DataFrame) -> None:
    """Print the mean over seeds of every way of choosing, and what it recovers of the loss."""
    keys = ["measure", "kind", "rate", "method"]
    mean = rows.pivot_table(index=keys, columns="anchors", values="value", sort=False)
    spread = rows.pivot_table(index=keys, columns="anchors", values="value", aggfunc="std", sort=False)
    table = Table(title=f"percent, mean (sd) over {rows['seed'].nunique()} seeds")
    for column in (*keys, ALL, CLEANED, THINNED, PERFECT, "recovered"):
        table.add_column(column)
    for key, row in mean.iterrows():
        loss = row[PERFECT] - row[ALL]
        cells = [f"{100 * row[way]:.1f} ({100 * spread.loc[key].get(way, np.nan):.1f})" if key in spread.index
                 else f"{100 * row[way]:.1f}" for way in (ALL, CLEANED, THINNED, PERFECT)]  # fmt: skip
        share = f"{(row[CLEANED] - row[ALL]) / loss:.0%}" if loss > 0 else "no loss"
        table.add_row(*(str(part) for part in key), *cells, share)
    Console(width=160).print(table)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one seed, P@1 only, 40 %% random noise")
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with vectors/, lexica/ and sib200/")
    asked = parser.parse_args()
    bench, seeds = load(asked.data), range(1 if asked.quick else 3)
    kinds: list[NoiseKind] = ["random"] if asked.quick else ["random", "frequency_matched", "near_neighbour"]
    rows = list(retrieval_rows(bench, kinds, [0.4] if asked.quick else [0.0, 0.2, 0.4], seeds))
    if not asked.quick:
        rows += downstream_rows(bench, asked.data, [0.0, 0.4], seeds)
    print_table(pd.DataFrame(rows))
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
