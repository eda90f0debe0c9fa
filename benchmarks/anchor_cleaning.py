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
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from noise_lists import DATA, ENCODER, VECTORS, encoder, muse, target_vectors
from rich.console import Console
from rich.table import Table
from transformers import PreTrainedModel

from mosecrot_core.anchors.anchor_set import AnchorSet, AnchorSettings
from mosecrot_core.anchors.planted_noise import NoiseKind, plant
from mosecrot_core.anchors.quality import score_pairs
from mosecrot_core.anchors.signals import SUSPECT
from mosecrot_core.learning.training import fine_tune
from mosecrot_core.mapping.alignment import Alignment, LeastSquares, PaperRepresentations
from mosecrot_core.runs.anchor_sweep import HeldOut, task_scores
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.workbench import Workbench

ALIGNMENTS: dict[str, Alignment] = {
    "standard": PaperRepresentations(weighting="standard"),
    "sparsemax": PaperRepresentations(weighting="sparsemax"),
    "softmax, tau 0.1": PaperRepresentations(weighting="softmax", temperature=0.1),
    "least squares": LeastSquares(),
}
ALL, CLEANED, THINNED, PERFECT = "all pairs", "quality >= 0.5", "random, as many", "perfect"


def load(data: Path) -> HeldOut:
    """Read encoder, vectors and pairs, and hold out every pair of a fifth of the target words."""
    source, target = encoder(), target_vectors("fr", data)
    return HeldOut.of(muse("fr", data, source, target), source, target, share=0.2, seed=0)


def choose(bench: HeldOut, kind: NoiseKind, rate: float, seed: int) -> dict[str, AnchorSet]:
    """Plant noise, and choose anchors in every way."""
    spoiled, wrong, _ = plant(bench.listed, kind, rate, seed)
    quality = score_pairs(spoiled, seed=seed).table
    kept = quality["quality"].to_numpy() >= SUSPECT
    thinned = np.random.default_rng(seed).permutation(kept)
    print(
        f"{kind} {rate:.0%} seed {seed}: {wrong.sum():,} of {len(wrong):,} wrong; {kept.sum():,} kept, "
        f"{(kept & wrong).sum():,} of them wrong; estimated share wrong {1 - quality['quality'].mean():.3f}"
    )
    ways = {ALL: np.ones(len(wrong), bool), CLEANED: kept, THINNED: thinned, PERFECT: ~wrong}
    return {name: bench.choose(spoiled.pairs[chosen], AnchorSettings()) for name, chosen in ways.items()}


def retrieval_rows(
    bench: HeldOut, kinds: list[NoiseKind], rates: list[float], seeds: range
) -> Iterator[dict[str, object]]:
    """Measure P@1, P@5 and MRR."""
    for kind, rate, seed in product(kinds, rates, seeds):
        for way, anchors in choose(bench, kind, rate, seed).items():
            common = {"kind": kind, "rate": rate, "seed": seed, "anchors": way}
            for found in bench.scores(anchors, ALIGNMENTS).to_dict("records"):
                yield {**common, "measure": f"P@1 {found['ranking']}", "value": found["p_at_1"], **found}


def downstream_rows(
    bench: HeldOut, data: Path, rates: list[float], seeds: range
) -> Iterator[dict[str, object]]:
    """Fine-tune on English SIB-200 once a seed, and read French through every set of anchors."""
    work = Workbench(_sib200(data), Path())
    words, test = work.target("fr").words, work.corpus.get("fr", "test")
    for seed in seeds:
        model = _fine_tuned(work, seed)
        for rate in rates:
            for way, anchors in choose(bench, "random", rate, seed).items():
                common = {"kind": "random", "rate": rate, "seed": seed, "anchors": way}
                for found in task_scores(work, model, words, test, anchors, ALIGNMENTS).to_dict("records"):
                    yield {**common, "measure": "macro-F1 SIB-200", "value": found["macro_f1"], **found}


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
