"""A user's own files, small and right: what they bring to the New run page."""

import json
from pathlib import Path

from mosecrot_core.runs.own_experiment import OwnExperiment
from mosecrot_core.runs.uploads import Part, inputs_folder

_WORDS = {
    "dog": "hundur",
    "cat": "ketta",
    "rain": "regn",
    "snow": "kavi",
    "sun": "s\u00f3l",
    "horse": "hestur",
}
_VECTORS = "".join(f"{word} {i} {i % 2} 1\n" for i, word in enumerate([*_WORDS.values(), "b\u00e1tur", "og"]))
_ENGLISH = "label\ttext\nanimals\tthe dog\nweather\tthe rain\nanimals\tthe cat\nweather\tthe snow\n"
_FAROESE = "label\ttext\nanimals\thundur og ketta\nweather\tregn og kavi\n"
FILES: dict[Part, tuple[str, bytes]] = {
    "vectors": ("cc.fo.300.vec", f"8 3\n{_VECTORS}".encode()),
    "words": ("en-fo.txt", "".join(f"{source} {target}\n" for source, target in _WORDS.items()).encode()),
    "train": ("english.tsv", _ENGLISH.encode()),
    "test": ("faroese.tsv", _FAROESE.encode()),
}
FOUND = [
    {"language": "fo", "what": "word list", "found": "6 pairs"},
    {"language": "fo", "what": "word vectors", "found": "8 words of 3 numbers"},
]


def own_experiment(**changes: object) -> OwnExperiment:
    """Say what a user says; the encoder is one that no cache has."""
    said = {"name": "faroese", "languages": ("en", "fo"), "encoder": "nobody/no-such-encoder"}
    return OwnExperiment(**said | changes)


def write_inputs(runs: Path, name: str = "faroese") -> Path:
    """Write the inputs of a run as if they had been brought and checked; return the experiment file."""
    folder = inputs_folder(runs, name)
    folder.mkdir(parents=True)
    names: dict[Part, str] = {}
    for part, (given, content) in FILES.items():
        names[part] = part + Path(given).suffix
        (folder / names[part]).write_bytes(content)
    (folder / "found.json").write_text(json.dumps({"found": FOUND}))
    (folder / "experiment.yaml").write_text(own_experiment(name=name).as_yaml(names))
    return folder / "experiment.yaml"
