"""Is a bundle whole, does its card say what its scores say, and does it load without this package?"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from huggingface_hub import ModelCard

from mosecrot_core.errors import InputError
from mosecrot_core.files import file_hash
from mosecrot_core.text_files import read_json_object, read_lines

CARD, SUMS = "README.md", "SHA256SUMS"
_SUFFIXES = (".json", ".safetensors", ".txt", ".model", ".csv", ".yaml", ".md")
"""What a bundle may hold: nothing that could run as code."""
_LINE = re.compile(r"([0-9a-f]{64})  ([\w.-]+)")
_SECONDS = 600


def sums_of(place: Path) -> str:
    """Write the hashes of a bundle's files as `sha256sum` does, but not the card's, which may be edited."""
    return "".join(f"{file_hash(path)}  {path.name}\n" for path in _files(place) if path.name != CARD)


def check_bundle(place: Path) -> str:
    """Check a bundle: its files by their hashes, its card, and that plain Transformers loads it.

    What is loaded runs in a process of its own, offline, which cannot import this package and would run no
    code from the bundle.

    Returns:
        What the model says of a text, or which encoder was loaded.

    Raises:
        InputError: Something is missing, changed, not listed, or does not load.
    """
    _check_files(place)
    card = _card(place)
    _check_scores(place, card)
    return _load(place, card.data.get("pipeline_tag"))


def _files(place: Path) -> list[Path]:
    """List a bundle's files but for its list; git and the hub add hidden ones."""
    return sorted(p for p in place.iterdir() if not p.name.startswith(".") and p.name != SUMS)


def _check_files(place: Path) -> None:
    listed: dict[str, str] = {}
    for number, line in read_lines(place / SUMS, longest=1000):
        match = _LINE.fullmatch(line)
        if match is None or match[2].startswith("."):
            raise InputError("a hash and a file's name expected", path=place / SUMS, line=number)
        listed[match[2]] = match[1]
    there = {path.name: path for path in _files(place)}
    for path in there.values():
        if not path.is_file() or path.suffix not in _SUFFIXES:
            raise InputError("a file of a model, a table or a text expected", path=path, remedy="Remove it.")
    if odd := sorted(there.keys() - listed.keys() - {CARD}):
        raise InputError(f"not listed in {SUMS}", path=place / odd[0], remedy="Remove it.")
    for name, expected in listed.items():
        if name not in there:
            raise InputError("the file is missing", path=place / name, remedy=_AGAIN)
        if file_hash(there[name]) != expected:
            raise InputError(f"the file is not the one that {SUMS} lists", path=place / name, remedy=_AGAIN)


def _card(place: Path) -> ModelCard:
    text = "\n".join(line for _, line in read_lines(place / CARD))
    try:
        return ModelCard(text)
    except Exception as error:  # of YAML, or of what it says
        problem = f"not a model card of the hub ({error})"
        raise InputError(
            problem, path=place / CARD, remedy="Correct what stands between its --- lines."
        ) from error


def _check_scores(place: Path, card: ModelCard) -> None:
    """Find each score that the card gives in the table of scores."""
    made = read_json_object(place / "mosecrot.json", _AGAIN)
    table = pd.read_csv(place / "results.csv", keep_default_na=False)
    own = table[(table["language"] == made.get("language")) & (table["method"] == made.get("method"))]
    own = own[own["seed"] == made.get("seed")]
    scores = {str(row["metric"]): float(row["value"]) for row in own.to_dict(orient="records")}
    given = {result.metric_name: result.metric_value for result in card.data.get("eval_results") or ()}
    if scores != given:
        raise InputError("its scores are not those of results.csv", path=place / CARD, remedy=_AGAIN)


def _load(place: Path, task: str | None) -> str:
    command = [sys.executable, "-P", "-c", _PROGRAM, str(place.absolute()), task or ""]
    done = subprocess.run(  # noqa: S603 - our own program
        command, capture_output=True, text=True, timeout=_SECONDS, stdin=subprocess.DEVNULL, check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"},
    )  # fmt: skip
    if done.returncode:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise InputError(f"plain Transformers does not load it ({reason})", path=place, remedy=_AGAIN)
    said: Any = json.loads(done.stdout.splitlines()[-1])
    return str(said)


_AGAIN = "Make the bundle again: mosecrot export RUN --overwrite; or fetch it again."
_PROGRAM = """\
import json, sys
sys.modules["mosecrot_core"] = None
from transformers import AutoModel, AutoModelForSequenceClassification, AutoModelForTokenClassification
from transformers import AutoTokenizer, pipeline
folder, task = sys.argv[1:]
kinds = {"text-classification": AutoModelForSequenceClassification,
         "token-classification": AutoModelForTokenClassification, "": AutoModel}
tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
model, found = kinds[task].from_pretrained(
    folder, trust_remote_code=False, use_safetensors=True, output_loading_info=True
)
if task and found["missing_keys"]:
    sys.exit("weights are missing: " + ", ".join(sorted(found["missing_keys"])))
said = pipeline(task, model=model, tokenizer=tokenizer)("a b") if task else type(model).__name__
print(json.dumps(str(said)))
"""
