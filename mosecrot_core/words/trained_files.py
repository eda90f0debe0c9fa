"""Word vectors trained on text files and kept in a file, so that the same training is done once."""

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from mosecrot_core import __version__
from mosecrot_core.errors import InputError
from mosecrot_core.files import alone, file_hash
from mosecrot_core.words.raw_text import read_texts
from mosecrot_core.words.vector_training import TrainedVectors, VectorTraining, check_ending, train_vectors


def train_vector_file(
    files: Sequence[Path],
    out: Path,
    settings: VectorTraining | None = None,
    *,
    column: int | None = None,
    progress: bool = False,
) -> TrainedVectors:
    """Train word vectors on text files and write them to a file that `WordVectors.load` reads.

    Args:
        files: As for `read_texts`.
        out: ``NAME.bin`` keeps subwords, ``NAME.safetensors`` words alone; it appears whole or not at all.
        settings: How to train.
        column: As for `read_texts`.
        progress: Show a bar on standard error.

    Raises:
        InputError: See `read_texts` and `train_vectors`; or `out` is one of the files, or has another ending.
    """
    settings = settings or VectorTraining()
    check_ending(out, subwords=settings.model == "fasttext")
    if out.exists() and any(out.samefile(path) for path in files if path.exists()):
        raise InputError("this is a text to train on", path=out, remedy="Name another file to write.")
    texts = read_texts(files, column)
    trained = train_vectors(texts, settings, path=_named(files), progress=progress)
    trained.save(out)
    return trained


def cached_vectors(
    files: Sequence[Path],
    settings: VectorTraining,
    folder: Path,
    *,
    column: int | None = None,
    progress: bool = False,
) -> Path:
    """Give the file of the vectors trained on text files, which is made unless it is in the folder.

    Its name is a hash of all that the vectors depend on: the files' content and order, the column, the
    settings, and the versions of this library and of gensim. Two processes that want it at once make
    it once.

    Args:
        files: As for `read_texts`.
        settings: How to train.
        folder: Where the files are kept.
        column: As for `read_texts`.
        progress: Show a bar on standard error.

    Returns:
        The path, for `WordVectors.load`: fastText's ``.bin`` where there are subwords, else ``.safetensors``.

    Raises:
        InputError: See `read_texts` and `train_vectors`.
    """
    depends = {
        "settings": settings.model_dump(mode="json"),
        "column": column,
        "files": [_hash(path) for path in files],
        "versions": [__version__, version("gensim")],
    }
    key = hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()[:24]
    out = folder / f"{key}{'.bin' if settings.model == 'fasttext' else '.safetensors'}"
    if not out.exists():
        with alone(folder / f".{key}.lock"):
            if not out.exists():
                train_vector_file(files, out, settings, column=column, progress=progress)
    return out


def _hash(path: Path) -> str:
    if not path.is_file():
        problem = "a file was expected, a directory came" if path.is_dir() else "there is no such file"
        raise InputError(problem, path=path, remedy="Check the path.")
    return file_hash(path)


def _named(files: Sequence[Path]) -> str:
    others = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0]}{others}"
