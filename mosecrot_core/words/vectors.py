"""The word vectors of one language, from any of the usual files, and their rows for any list of words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path
from mosecrot_core.locations import resolve_path
from mosecrot_core.words.binary_vectors import read_npz, read_word2vec
from mosecrot_core.words.subword_vectors import Composer, read_fasttext, read_spacy
from mosecrot_core.words.vector_formats import detect_format, read_text
from mosecrot_core.words.vector_table import LoadReport, VectorTable

__all__ = ["LoadReport", "WordVectors"]

_FORMATS = ("auto", "text", "word2vec", "fasttext", "npz", "spacy")


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors, and a way to compose more where the file has subwords.

    >>> vectors = WordVectors(["chat", "chien"], np.eye(2, dtype=np.float32), LoadReport(read=2, kept=2))
    >>> vectors.lookup(["chien", "loup"])[1].tolist()
    [True, False]
    """

    words: list[str]
    """Distinct words ``[V]`` in the order of the file, which is most frequent first in the usual ones."""
    rows: NDArray[np.float32]
    """Their vectors ``[V, d]``, finite and none of them all zeros."""
    report: LoadReport
    """What was dropped on the way in."""
    composer: Callable[[str], NDArray[np.float32] | None] | None = None
    """Makes a row ``[d]`` for any word from its subwords, None for one too short; None without subwords."""

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or len(self.rows) != len(self.words):
            problem = f"one row for each of {len(self.words)} words was expected, rows {self.rows.shape} came"
            raise InputError(problem)

    @property
    def dim(self) -> int:
        """Numbers in a vector, d."""
        return int(self.rows.shape[1])

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each stored word."""
        return {word: row for row, word in enumerate(self.words)}

    def known_as(self, word: str) -> str | None:
        """Give the stored spelling of a word (as it is, lower, capitalised, upper case), or None."""
        variants = (word, word.lower(), word.capitalize(), word.upper())
        return next((variant for variant in variants if variant in self), None)

    def lookup(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Give rows for words: the stored ones, else rows composed of subwords.

        Args:
            words: ``[n]``, any words, repeated or not.

        Returns:
            Rows ``[n, d]``, all zeros where a word was not found, and whether it was found ``[n]``.
        """
        places = np.array([self.index.get(word, -1) for word in words], dtype=np.intp)
        found = places >= 0
        rows = np.zeros((len(words), self.dim), dtype=np.float32)
        rows[found] = self.rows[places[found]]
        if self.composer is None:
            return rows, found
        for place in np.flatnonzero(~found).tolist():
            row = self.composer(words[place])
            if row is not None and row.any() and np.isfinite(row).all():
                rows[place], found[place] = row, True
        return rows, found

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        format: str = "auto",  # noqa: A002  # the word that users know
        limit: int | None = None,
        progress: bool = False,
    ) -> "WordVectors":
        """Read word vectors from a file or a spaCy package.

        Args:
            path: A file (plain or gzip), a folder of a spaCy pipeline or vocabulary, or ``package:NAME``.
            format: ``auto`` or ``text`` (.vec), ``word2vec`` (.bin), ``fasttext`` (.bin), ``npz``, ``spacy``.
            limit: Keep only the first words that are usable, at least 1; reading stops there.
            progress: Show a bar on standard error for the formats that take long.

        Raises:
            InputError: The file is missing, damaged, in another format, or holds no usable vector.
        """
        place = resolve_path(path)
        if format not in _FORMATS:
            raise InputError(f"format must be one of {', '.join(_FORMATS)}; {format!r} came", path=place)
        table = VectorTable(place, limit)
        composer = _read(
            place, detect_format(place) if format == "auto" else format, table, progress=progress
        )
        words, rows, report = table.finish()
        return cls(words, rows, report, composer)

    def save_npz(self, path: str | Path) -> None:
        """Write words and rows to a NumPy archive that `load` reads; subwords are not kept.

        The file appears whole or not at all: it is written under another name and then renamed.
        """
        with atomic_path(Path(path)) as temporary, temporary.open("wb") as file:
            np.savez(file, words=np.array(self.words, dtype=np.str_), vectors=self.rows)


def _read(path: Path, form: str, table: VectorTable, *, progress: bool) -> Composer | None:
    if path.is_dir() and form != "spacy":
        problem = f"a file was expected for format {form!r}, a directory came"
        raise InputError(problem, path=path, remedy="Name the file, or use format='spacy'.")
    if form == "spacy":
        return read_spacy(path, table)
    if form == "fasttext":
        return read_fasttext(path, table, progress=progress)
    if form == "npz":
        read_npz(path, table)
    elif form == "word2vec":
        read_word2vec(path, table, progress=progress)
    else:
        read_text(path, table, progress=progress)
    return None
