"""The small experiment with words to label: names of three kinds, in two languages."""

from pathlib import Path

import numpy as np
from small_experiment import PLAIN, SETTINGS, TOPICS, foreign, write_small_experiment

LABELS = {"animals": "B-PER", "food": "I-PER", "weather": "B-LOC"}
TAGS = {"animals": "NOUN", "food": "VERB", "weather": "ADJ"}
SIZES = {("en", "train"): 96, ("en", "dev"): 16, ("en", "test"): 30, ("zu", "train"): 96, ("zu", "test"): 40}
ENTITIES = """\
task:
  name: panx
  source: panx
"""
PARTS_OF_SPEECH = """\
task:
  name: universal_dependencies
  source: ud
  languages: {en: en_small, zu: zu_small}
"""
TREES = PARTS_OF_SPEECH.replace("universal_dependencies", "dependencies")
TRAINING = "training: {learning_rate: 5.0e-3, epochs: 5, batch_size: 12, max_length: 16}\n"
METHODS = """\
methods:
  softmax: {alignment: {method: paper, weighting: softmax, k: 8, temperature: 0.1}, save: true}
  least_squares: {alignment: {method: least_squares}, source_rows: kept}
  above: {kind: in_language, alignment: {method: least_squares}}
  multilingual: {kind: zero_shot, encoder: encoder}
  raw_word_pieces: {kind: raw_word_pieces}
  logistic_regression: {kind: logistic_regression}
nulls: [shuffled]
"""


def write_small_token_experiment(folder: Path, task: str = ENTITIES, methods: str = METHODS) -> Path:
    """Write all that `write_small_experiment` does, and the same sentences as PAN-X and as CoNLL-U."""
    file = write_small_experiment(
        folder, SETTINGS[: SETTINGS.index("task:")].replace("[0, 1]", "[0]") + task + TRAINING + methods
    )
    rng = np.random.default_rng(1)
    for (language, split), n in SIZES.items():
        drawn = [_sentence(language, rng) for _ in range(n)]
        _write(folder / f"panx/{split}-{language}.tsv", ("\n".join(map(_panx, s)) + "\n" for s in drawn))
        numbered = (
            [_conllu(i, *row, *arc) for i, (row, arc) in enumerate(zip(s, _tree(s), strict=True), 1)]
            for s in drawn
        )
        _write(folder / f"ud/{language}_small-ud-{split}.conllu", ("\n".join(s) + "\n" for s in numbered))
    return file


def write_unspaced_token_experiment(folder: Path) -> Path:
    """Write it for Chinese: vectors of words of one and two characters; without test sentences."""
    file = write_small_token_experiment(folder)
    file.write_text(file.read_text().replace("zu:\n", "zh:\n").replace("zu.vec", "zh.vec"))
    rows = np.random.default_rng(0).standard_normal((3, 20))
    entries = ["中国", "人", "的"]
    lines = [f"{entry} {' '.join(map(str, row))}\n" for entry, row in zip(entries, rows, strict=True)]
    (folder / "zh.vec").write_text("".join(["3 20\n", *lines]))
    (folder / "en-zu.txt").write_text("cat 中国\ndog 人\ncow 的\n")
    (folder / "panx/train-zh.tsv").write_text("的\tO\n")
    return file


def _sentence(language: str, rng) -> list[tuple[str, str | None]]:
    """Draw words and the topic of each; an animal begins a name that some food may go on with."""
    words: list[tuple[str, str | None]] = []
    for topics in (("animals",), ("weather",), ("animals", "food")):
        words += [(str(word), None) for word in rng.choice(PLAIN, rng.integers(1, 3))]
        words += [(str(rng.choice(TOPICS[topic])), topic) for topic in topics]
    return [(word if language == "en" else foreign(word), topic) for word, topic in words]


def _panx(row: tuple[str, str | None]) -> str:
    word, topic = row
    return f"{word}\t{LABELS.get(topic, 'O')}"


def _tree(words: list[tuple[str, str | None]]) -> list[tuple[int, str]]:
    """Head and relation of each word: the weather is the root, the animals before and behind it hang on it,
    food on the latter, all else on the next of these.
    """
    topics = [topic for _, topic in words]
    weather = topics.index("weather") + 1
    last = max(i for i, topic in enumerate(topics, 1) if topic == "animals")
    known = {weather: (0, "root"), last: (weather, "obj"), topics.index("animals") + 1: (weather, "nsubj")}
    for i, topic in reversed(list(enumerate(topics, 1))):
        if topic == "food":
            known[i] = (last, "nmod")
        elif topic is None:
            known[i] = (min(j for j in known if j > i and topics[j - 1]), "det")
    return [known[i] for i in range(1, len(words) + 1)]


def _conllu(number: int, word: str, topic: str | None, head: int, relation: str) -> str:
    return "\t".join(
        [str(number), word, "_", TAGS.get(topic, "DET"), "_", "_", str(head), relation, "_", "_"]
    )


def _write(path: Path, sentences) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(sentences))
