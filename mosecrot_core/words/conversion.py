"""Turning a vector file into the fast format, and telling what is in one, without its rows in memory."""

import os
from dataclasses import dataclass
from pathlib import Path

from mosecrot_core.errors import InputError
from mosecrot_core.locations import resolve_path
from mosecrot_core.words.vector_file import VectorFile, new_vector_file
from mosecrot_core.words.vector_formats import choose_precision, detect_format, read_vectors
from mosecrot_core.words.vector_table import LoadReport, Precision, VectorTable

_SHOWN = 10


@dataclass(frozen=True)
class VectorSummary:
    """What is in a vector file."""

    format: str
    """As `WordVectors.load` names it."""
    words: int
    """Words with a usable vector, V."""
    dim: int
    """Numbers in a vector, d."""
    precision: Precision
    """How `WordVectors.load` keeps the rows unless it is told otherwise."""
    subwords: bool
    """Whether unseen words get a row too, as long as the file is not converted."""
    first_words: tuple[str, ...]
    """The first of the words."""
    report: LoadReport
    """What was dropped."""

    @property
    def n_bytes(self) -> int:
        """Memory that the rows take, in bytes."""
        return self.words * self.dim * (2 if self.precision == "float16" else 4)


def convert_vectors(
    path: str | Path,
    out: Path,
    *,
    format: str = "auto",  # noqa: A002  # the word that users know
    limit: int | None = None,
    precision: Precision | None = None,
    progress: bool = False,
) -> VectorSummary:
    """Write a vector file in the fast format; the words are held in memory, of the rows a few megabytes.

    spaCy and NumPy files are read whole. Subwords are not kept.

    Args:
        path: As for `WordVectors.load`, like `format` and `limit`.
        out: The file to write; it appears whole or not at all.
        format: Format of `path`.
        limit: Keep only the first usable words.
        precision: ``float32`` or ``float16``; None: as a safetensors file has it, float32 from any other.
        progress: Show a bar on standard error for the formats that take long.

    Raises:
        InputError: `path` cannot be read, `out` is the same file or a folder, or a number is too large for
            float16.
    """
    place = resolve_path(path)
    if out.exists() and out.samefile(place):
        raise InputError("this is the file to convert", path=out, remedy="Name another file to write.")
    form = detect_format(place, format)
    with new_vector_file(out, choose_precision(place, form, precision)) as file:
        words, summary = _stream(place, form, limit, file, progress=progress)
        file.finish(words, summary.report)
    return summary


def inspect_vectors(
    path: str | Path,
    *,
    format: str = "auto",  # noqa: A002  # the word that users know
    limit: int | None = None,
    progress: bool = False,
) -> VectorSummary:
    """Read a vector file and tell what is in it; the arguments and errors are those of `WordVectors.load`."""
    place = resolve_path(path)
    form = detect_format(place, format)
    with Path(os.devnull).open("wb") as nowhere:
        file = VectorFile(place, nowhere, choose_precision(place, form, None))
        return _stream(place, form, limit, file, progress=progress)[1]


def _stream(
    path: Path, form: str, limit: int | None, file: VectorFile, *, progress: bool
) -> tuple[list[str], VectorSummary]:
    table = VectorTable(path, limit, file)
    composer = read_vectors(path, form, table, progress=progress)
    words, report = table.finish()
    summary = VectorSummary(
        form, len(words), file.shape[1], file.precision, composer is not None, tuple(words[:_SHOWN]), report
    )
    return words, summary
