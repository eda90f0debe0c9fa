"""A complete experiment of real files that runs in seconds: a tiny BERT and an invented language."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tiny_encoders import bert_tokenizer
from transformers import BertConfig, BertModel

from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.report import progress_bar
from mosecrot_core.runs.runner import run_experiment
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.workbench import Workbench

_TOPICS = {
    "animals": "cat dog horse cow sheep bird fish mouse goat duck wolf bear",
    "food": "bread milk cheese apple soup rice salt honey butter egg meat tea",
    "weather": "rain snow wind storm cloud sun fog ice heat frost hail thunder",
}
_PLAIN = "the a near old big small my your with and under over red green is was here there now very"
TOPICS = {name: words.split() for name, words in _TOPICS.items()}
PLAIN = _PLAIN.split()
WORDS = [*(word for words in TOPICS.values() for word in words), *PLAIN]
SIZES = {("en", "train"): 48, ("en", "dev"): 18, ("en", "test"): 30, ("zu", "train"): 36, ("zu", "test"): 30}
WIDTH, DIM = 32, 20

SETTINGS = """\
name: small
description: Topics in an invented language.
seeds: [0, 1]
source: {language: en, encoder: encoder}
targets:
  zu:
    vectors: {path: zu.vec}
    lexicon: {path: en-zu.txt}
task:
  name: files
  files:
    en: {train: en.train.tsv, dev: en.dev.tsv, test: en.test.tsv}
    zu: {train: zu.train.tsv, test: zu.test.tsv}
training: {learning_rate: 2.0e-3, epochs: 3, batch_size: 8, max_length: 16}
methods:
  standard:
    alignment: {method: paper, weighting: standard, k: 8}
  softmax:
    alignment: {method: paper, weighting: softmax, k: 8, temperature: 0.1}
    save: true
  sparsemax:
    alignment: {method: paper, weighting: sparsemax, k: 8}
  least_squares:
    alignment: {method: least_squares}
    source_rows: kept
  raw_word_pieces: {kind: raw_word_pieces}
  logistic_regression: {kind: logistic_regression}
"""


def write_small_experiment(folder: Path, settings: str = SETTINGS) -> Path:
    """Write encoder, vectors, word list, labelled texts and settings; return the YAML file."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    rows = _meanings(rng)
    write_encoder(folder / "encoder", rows)
    _write_vectors(folder / "zu.vec", rows, rng)
    pairs = [f"{word} {foreign(word)}\n" for word in WORDS if word not in ("honey", "hail", "goat")]
    (folder / "en-zu.txt").write_text("".join(pairs))
    for (language, split), n in SIZES.items():
        lines = (f"{label}\t{text}\n" for label, text in _texts(n, language, rng))
        (folder / f"{language}.{split}.tsv").write_text("label\ttext\n" + "".join(lines))
    file = folder / "small.yaml"
    file.write_text(settings)
    return file


def foreign(word: str) -> str:
    """Translate: `cat` is `tacu`."""
    return word[::-1] + "u"


def _meanings(rng) -> np.ndarray:
    """Rows ``[len(WORDS), WIDTH]`` in which words of one topic lie together."""
    centres = {word: rng.standard_normal(WIDTH) for word in PLAIN}
    for words in TOPICS.values():
        centres |= dict.fromkeys(words, rng.standard_normal(WIDTH))
    return np.array([centres[word] + 0.5 * rng.standard_normal(WIDTH) for word in WORDS], dtype=np.float32)


def write_encoder(folder: Path, rows: np.ndarray, words: Sequence[str] = WORDS) -> None:
    """Save a random BERT whose rows of the words are given."""
    torch.manual_seed(0)
    tokenizer = bert_tokenizer(words)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=24, initializer_range=0.1,
    )  # fmt: skip
    model = BertModel(config)
    with torch.no_grad():
        model.embeddings.word_embeddings.weight[tokenizer.convert_tokens_to_ids(list(words))] = torch.tensor(
            rows
        )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def write_bilingual_encoder(file: Path) -> None:
    """Write `both/` beside the small experiment: an encoder that knows both languages' words alike."""
    rows = Workbench(load_experiment(file), file.parent).encoder.rows
    words = [*WORDS, *map(foreign, WORDS)]
    both = np.tile(rows[-len(WORDS) :], (2, 1))
    assert both.shape == (len(words), WIDTH)
    write_encoder(file.with_name("both"), both, words)


def run_file(file: Path, name: str = "run") -> Run:
    """Run an experiment file into a folder beside it."""
    with progress_bar(quiet=True) as bar:
        return run_experiment(load_experiment(file), file.parent, file.with_name(name), bar)


def _write_vectors(path: Path, rows: np.ndarray, rng) -> None:
    """Write the meanings, turned into another space and blurred; one word of the texts has no vector."""
    turned = rows @ rng.standard_normal((WIDTH, DIM)) / WIDTH**0.5
    turned += 0.2 * rng.standard_normal(turned.shape)
    known = [(foreign(word), row) for word, row in zip(WORDS, turned, strict=True) if word != "very"]
    lines = [f"{word} {' '.join(f'{x:.5f}' for x in row)}\n" for word, row in known]
    path.write_text(f"{len(lines)} {DIM}\n" + "".join(lines))


def _texts(n: int, language: str, rng) -> list[tuple[str, str]]:
    """Draw labelled sentences; a fifth also mention another topic."""
    names = list(TOPICS)
    out = []
    for i in range(n):
        label = names[i % len(names)]
        words = [*rng.choice(TOPICS[label], 2), *rng.choice(PLAIN, rng.integers(2, 5))]
        if rng.random() < 0.2:
            words.append(rng.choice(TOPICS[names[(i + 1) % len(names)]]))
        words = [str(word) for word in rng.permutation(words)]
        out.append((label, " ".join(words if language == "en" else map(foreign, words))))
    return out
