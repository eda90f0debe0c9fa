"""The word vectors of one language, from any of the usual files, and their rows for any list of words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import InputError
from mosecrot_core.locations import resolve_path
from mosecrot_core.words.han import HanRows, is_han, other_scripts
from mosecrot_core.words.vector_file import map_vector_file, new_vector_file, stored_precision
from mosecrot_core.words.vector_formats import choose_precision, detect_format, read_vectors
from mosecrot_core.words.vector_table import LoadReport, MemoryRows, Precision, Rows, VectorTable

__all__ = ["LoadReport", "WordVectors"]


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors, and a way to compose more where the file has subwords.

    >>> vectors = WordVectors(["chat", "chien"], np.eye(2, dtype=np.float32), LoadReport(read=2, kept=2))
    >>> vectors.lookup(["chien", "loup"])[1].tolist()
    [True, False]
    """

    words: list[str]
    """Distinct words ``[V]`` in the order of the file, which is most frequent first in the usual ones."""
    rows: Rows
    """Their vectors ``[V, d]``, finite, none all zeros; float32, or on request float16, or on the disk."""
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
        """Give the stored spelling of a word, or None.

        It is tried as it is, in lower, capitalised and upper case, and Chinese in the other script.
        """
        casings = (word, word.lower(), word.capitalize(), word.upper())
        return next((variant for variant in chain(casings, other_scripts(word)) if variant in self), None)

    def lookup(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Give rows for words: the stored ones, else rows composed of subwords.

        A Chinese character has a row where any word holds it (`han.py`), with or without subwords.

        Args:
            words: ``[n]``, any words, repeated or not.

        Returns:
            Rows ``[n, d]``, float32, all zeros where a word was not found, and whether it was found ``[n]``.
        """
        places = np.array([self.index.get(word, -1) for word in words], dtype=np.intp)
        found = places >= 0
        rows = np.zeros((len(words), self.dim), dtype=np.float32)
        rows[found] = self.rows[places[found]]
        for place in np.flatnonzero(~found).tolist():
            row = self._composed(words[place])
            if row is not None and row.any() and np.isfinite(row).all():
                rows[place], found[place] = row, True
        return rows, found

    @cached_property
    def han(self) -> HanRows:
        """Rows of the Chinese characters that the words hold."""
        return HanRows(self.words, self.rows)

    def _composed(self, word: str) -> NDArray[np.float32] | None:
        row = self.han.row(word) if len(word) == 1 and is_han(word) else None
        return self.composer(word) if row is None and self.composer is not None else row

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        format: str = "auto",  # noqa: A002  # the word that users know
        limit: int | None = None,
        precision: Precision | None = None,
        memory_mapped: bool = False,
        progress: bool = False,
    ) -> "WordVectors":
        """Read word vectors from a file or a spaCy package.

        Args:
            path: A file (plain or gzip), a folder of a spaCy pipeline or vocabulary, or ``package:NAME``.
            format: ``auto`` or ``text`` (.vec), ``word2vec`` (.bin), ``fasttext`` (.bin), ``npz``, ``spacy``,
                ``safetensors`` (what `save` and ``mosecrot vectors convert`` write).
            limit: Keep only the first words that are usable, at least 1; reading stops there.
            precision: How the rows are kept: ``float32``, or ``float16`` in half the memory (3 digits). None:
                as a safetensors file has them, float32 from any other.
            memory_mapped: Leave the rows of a safetensors file on the disk, and let the system fetch those in
                use. All are read once, in parts, to check them.
            progress: Show a bar on standard error for the formats that take long.

        Raises:
            InputError: The file is missing, damaged, in another format, or holds no usable vector; or it
                cannot be mapped, or not in this precision.
        """
        place = resolve_path(path)
        form = detect_format(place, format)
        kept = choose_precision(place, form, precision)
        if memory_mapped:
            _check_mappable(place, form, kept)
            return cls(*map_vector_file(place, limit, progress=progress))
        store = MemoryRows(kept)
        table = VectorTable(place, limit, store)
        composer = read_vectors(place, form, table, progress=progress)
        words, report = table.finish()
        return cls(words, store.finish(), report, composer)

    def save(self, path: str | Path, precision: Precision | None = None) -> None:
        """Write words and rows to a safetensors file that `load` reads fastest, or maps; subwords are lost.

        The file appears whole or not at all: it is written under another name and then renamed.

        Args:
            path: The file; ``.safetensors`` is its usual ending.
            precision: How the rows are kept; None: as they are.

        Raises:
            InputError: A word holds half a character, or a number is too large for float16.
        """
        place = Path(path)
        kept = precision or ("float16" if self.rows.dtype == np.float16 else "float32")
        with new_vector_file(place, kept) as file:
            table = VectorTable(place, None, file)
            start = 0
            while start < len(self):
                stop = start + table.room(self.dim)
                table.add(self.words[start:stop], self.rows[start:stop])
                start = stop
            words, written = table.finish()
            zero_rows = self.report.zero_rows + written.zero_rows  # float16 makes more of them
            file.finish(words, replace(self.report, kept=written.kept, zero_rows=zero_rows))


def _check_mappable(path: Path, form: str, precision: Precision) -> None:
    if form != "safetensors":
        problem = f"only a safetensors file can be memory-mapped, {form} came"
        raise InputError(problem, path=path, remedy="Convert it once: mosecrot vectors convert IN OUT.")
    if (stored := stored_precision(path)) != precision:
        problem = f"a memory-mapped file can only be read as it is, {stored}; {precision} was asked for"
        raise InputError(problem, path=path, remedy="Leave out precision, or convert the vectors to it.")
