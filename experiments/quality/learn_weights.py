"""Learn mosecrot_core/anchors/quality_weights.json from noise planted in the demo's word lists.

    python experiments/quality/learn_weights.py [OUT]

Every kind of noise is planted at 10 and at 40 %: in the whole lists, in 3,000 pairs of each, and in these
with random numbers added to the target vectors, so that the model has seen spaces that tell much and little.
"""

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.anchors.candidates import Candidates
from mosecrot_core.anchors.judged_pairs import JudgedPairs
from mosecrot_core.anchors.measuring import measure
from mosecrot_core.anchors.planted_noise import NOISE_KINDS, NoiseKind, plant
from mosecrot_core.anchors.quality_model import STORED, QualityModel
from mosecrot_core.locations import model_folder, resolve_path
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.words.lexicon import read_lexicon
from mosecrot_core.words.neighbours import normalise
from mosecrot_core.words.vectors import WordVectors

DEMO = Path(__file__).parents[1] / "demo.yaml"
RATES = (0.1, 0.4)
FEW = 3_000
BLURS = (2.0, 4.0)
"""Length of the random vector that is added to each target vector, which has length 1."""
SEED = 0


@dataclass(frozen=True)
class Planted:
    """The signals of a list with planted noise."""

    kind: NoiseKind
    signals: pd.DataFrame
    right: NDArray[np.bool_]


def planted_lists(kinds: Collection[NoiseKind] = NOISE_KINDS) -> Iterator[Planted]:
    """Plant noise in the demo's word lists and measure the signals of every pair."""
    for whole in demo_candidates():
        few = some_of(whole)
        for candidates in (whole, few, *(blurred(few, length) for length in BLURS)):
            for kind in kinds:
                for rate in RATES:
                    spoiled, wrong, _ = plant(candidates, kind, rate, SEED)
                    yield Planted(kind, measure(spoiled, SEED)[0], ~wrong)


def learn(lists: Collection[Planted], without: NoiseKind | None = None) -> QualityModel:
    """Learn a model, from all kinds of noise but one if told so."""
    used = [part for part in lists if part.kind != without]
    return QualityModel.learn(
        pd.concat([part.signals for part in used], ignore_index=True),
        np.concatenate([part.right for part in used]),
    )


def demo_candidates() -> Iterator[Candidates]:
    """Read the demo's encoder, vectors and word lists."""
    demo, base = load_experiment(DEMO), DEMO.parent
    encoder = SourceEncoder.load(model_folder(demo.source.encoder, base))
    for language, target in demo.targets.items():
        vectors = WordVectors.load(resolve_path(target.vectors.path, base), limit=target.vectors.limit)
        lexicon = read_lexicon(target.lexicon, base)
        yield JudgedPairs(
            lexicon, encoder, vectors, AnchorSettings(), (demo.source.language, language)
        ).candidates


def some_of(candidates: Candidates) -> Candidates:
    """Draw FEW of the pairs."""
    n = len(candidates)
    return candidates.subset(np.sort(np.random.default_rng(SEED).choice(n, min(FEW, n), replace=False)))


def blurred(candidates: Candidates, length: float) -> Candidates:
    """Add a random vector to each target word's vector."""
    target = candidates.target
    noise = np.random.default_rng(SEED).standard_normal(target.rows.shape).astype(np.float32)
    rows = normalise(target.rows + length / np.sqrt(target.rows.shape[1]) * noise)
    return replace(candidates, target=replace(target, rows=rows))


if __name__ == "__main__":
    model = learn(list(planted_lists()))
    model.save(Path(sys.argv[1]) if len(sys.argv) > 1 else STORED)
    for name, weight in sorted(zip(model.names, model.weights, strict=True), key=lambda item: -abs(item[1])):
        print(f"{name:20} {weight:+.2f}")
