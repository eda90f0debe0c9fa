"""Are the pairs that score lowest in a real noisy list wrong? 200 hand-labelled Maltese pairs say.

    python benchmarks/anchor_real_noise.py [--json FILE] [--data FOLDER]

The list is Wiktionary's English-Maltese one. The vectors are fastText ones, trained here on all the Maltese
at hand (UD MUDT, NTREX-128, SIB-200: little text, poor vectors). The labels (`data/maltese_pairs.tsv`) were
given without sight of any score. The rivals score the same pairs.
"""

import argparse
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from anchor_noise import RIVALS
from gensim.models import FastText
from gensim.models.fasttext import save_facebook_model
from noise_lists import DATA, encoder
from rich.console import Console
from rich.table import Table
from sklearn.metrics import average_precision_score, roc_auc_score

from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.anchors.judged_pairs import JudgedPairs
from mosecrot_core.text_files import read_lines
from mosecrot_core.words.lexicon import LexiconSettings, read_lexicon
from mosecrot_core.words.vectors import WordVectors

LABELS = Path(__file__).parent / "data" / "maltese_pairs.tsv"
LOWEST = (10, 20, 50)


def sentences(data: Path) -> Iterator[list[str]]:
    """Read all the Maltese text, lower-cased and cut at white space and punctuation."""
    for path in sorted((data / "ud").glob("mt_mudt-ud-*.conllu.gz")):
        for _, line in read_lines(path):
            if line.startswith("# text = "):
                yield words(line.removeprefix("# text = "))
    for _, line in read_lines(data / "ntrex" / "ref.mlt.txt.gz"):
        yield words(line)
    for path in sorted((data / "sib200" / "mlt_Latn").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            yield words(line.split("\t")[-1])


def words(text: str) -> list[str]:
    """Cut text into words; an article or preposition stays apart from its noun (`il-ktieb`)."""
    return re.findall(r"[\w']+-?", text.lower())


def vectors(data: Path) -> tuple[WordVectors, int]:
    """Train fastText vectors; also return the number of words of text."""
    text = list(sentences(data))
    model = FastText(text, vector_size=100, window=5, min_count=1, epochs=30, workers=1, seed=0, sg=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mt.bin"
        save_facebook_model(model, str(path))
        return WordVectors.load(path, format="fasttext"), sum(len(sentence) for sentence in text)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument(
        "--data", type=Path, default=DATA, help="folder with lexica/, ud/, ntrex/ and sib200/"
    )
    asked = parser.parse_args()
    target, n_words = vectors(asked.data)
    lexicon = read_lexicon(LexiconSettings(path=str(asked.data / "lexica/wiktionary/maltese.txt")))
    judged = JudgedPairs(lexicon, encoder(), target, AnchorSettings(), ("en", "mt"))
    labels = pd.read_csv(LABELS, sep="\t", keep_default_na=False, quoting=3)
    pairs = judged.candidates.pairs[["source", "target"]].reset_index()
    labelled = labels.merge(pairs, on=["source", "target"], how="left")
    known = labelled["index"].notna().to_numpy()
    place, right = labelled.loc[known, "index"].to_numpy(int), labelled.loc[known, "right"].to_numpy() == 1
    scores = {"ours": judged.quality.table["quality"].to_numpy(np.float64)}
    scores |= {name: score(judged.candidates) for name, score in RIVALS.items()}
    rows = []
    for name, values in scores.items():
        order = np.argsort(values[place], kind="stable")
        rows.append({
            "method": name, "auroc": float(roc_auc_score(right, values[place])),
            "average_precision": float(average_precision_score(~right, -values[place])),
            **{f"precision_of_{k}_lowest": float((~right[order[:k]]).mean()) for k in LOWEST},
        })  # fmt: skip
    table = Table(
        title=f"{len(place)} labelled pairs of {len(pairs):,} scored, {(~right).sum()} wrong "
        f"({(~right).mean():.1%}); vectors from {n_words:,} words of text"
    )
    for column in rows[0]:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else value for value in row.values()))
    Console(width=130).print(table)
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
