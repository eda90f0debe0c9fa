"""Models of one source, one target and both languages, from one saved initialisation (Wu et al. 2022, 3.1).

    FOLDER/bilingual/  FOLDER/source/  FOLDER/target/   Hugging Face folders
    FOLDER/MEMBER/triple.json                           what they were made from

The same seed alone does not give the same head: theta_0 is one folder, head included, loaded three times.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path, file_hash
from mosecrot_core.learning.heads import Head
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import Progress, train_model
from mosecrot_core.learning.training_task import bilingual_task
from mosecrot_core.text_files import read_json_object

MEMBERS = ("bilingual", "source", "target")
"""In the order of the weights of `interpolation_grid.Point`."""
_RECORD = "triple.json"


@dataclass(frozen=True, eq=False)
class Side:
    """The labelled texts of a language, and what they are read with."""

    reader: Reader
    train: Any
    """A part of a corpus of the head's kind."""
    dev: Any = None
    """The same, for `select: best_on_dev`."""


def train_triple(
    head: Head[Any],
    initial: Path,
    source: Side,
    target: Side,
    config: TrainConfig,
    seed: int,
    folder: Path,
    progress: Progress | None = None,
) -> None:
    """Fine-tune the three models; those that are there are kept, so that a stopped training goes on.

    Args:
        head: What the task asks of a model.
        initial: theta_0: a model's folder, with its head.
        source: The source language.
        target: The target language, of the same task; its tokenizer has the source's ids too.
        config: How; the dev set of the language that is learned chooses, of both their mean.
        seed: Of the order and of dropout, the same for all three.
        folder: Where they are kept.
        progress: Told after each step of each model.

    Raises:
        InputError: `initial` has no weights, or another triple lies in `folder`.
        MosecrotError: No training texts, or dev texts are needed and missing.
    """
    tasks = {
        name: head.task(side.reader, (side.train, side.dev), config)
        for name, side in (("source", source), ("target", target))
    }
    tasks = {name: replace(task, sizes=(len(task.train),)) for name, task in tasks.items()}
    tasks["bilingual"] = bilingual_task(tasks["source"], tasks["target"])
    tokenizer = target.reader.tokenizer
    record = {
        "initial": _weights_hash(initial),
        "vocabulary": _vocabulary_hash(tokenizer),
        "seed": seed,
        "training": config.matters(),
    }
    for member in MEMBERS:
        place = folder / member
        if place.exists():
            _check_same(_record(place), record, place)
            continue
        work = folder / f"{member}.work"
        model = train_model(
            partial(head.load, initial), tokenizer, tasks[member], config, seed, work, progress
        )
        with atomic_path(place) as temporary:
            model.save_pretrained(temporary)
            (temporary / _RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def load_triple(head: Head[Any], folder: Path) -> dict[str, PreTrainedModel]:
    """Load the three models by name, in the order of MEMBERS.

    Raises:
        InputError: One is not there, or they were not made from the same initialisation, with the same
            vocabulary, seed and settings.
    """
    records = {member: _record(folder / member) for member in MEMBERS}
    for member in MEMBERS[1:]:
        _check_same(records[member], records[MEMBERS[0]], folder / member)
    return {member: head.load(folder / member) for member in MEMBERS}


def _record(place: Path) -> dict[str, Any]:
    try:
        return read_json_object(place / _RECORD, "Train the triple again.")
    except FileNotFoundError:
        raise InputError("no model of a triple here", path=place, remedy="Train it: train_triple.") from None


def _check_same(found: Mapping[str, Any], wanted: Mapping[str, Any], place: Path) -> None:
    names = {"initial": "initialisation", "vocabulary": "vocabulary", "seed": "seed", "training": "settings"}
    if odd := [title for key, title in names.items() if found.get(key) != wanted.get(key)]:
        raise InputError(
            f"models of one triple share initialisation, vocabulary, seed and settings; this one has another "
            f"{' and another '.join(odd)}",
            path=place,
            remedy="Train the triple into an empty folder.",
        )


def _weights_hash(folder: Path) -> str:
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise InputError("a model's folder with *.safetensors expected", path=folder)
    return hashlib.sha256("".join(map(file_hash, files)).encode()).hexdigest()


def _vocabulary_hash(tokenizer: PreTrainedTokenizerBase) -> str:
    ids = sorted(tokenizer.get_vocab().items())
    return hashlib.sha256(json.dumps(ids, ensure_ascii=False).encode()).hexdigest()
