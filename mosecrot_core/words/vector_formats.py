"""Which format a vector file has, and the reader of each."""

import struct
from pathlib import Path

from mosecrot_core.errors import InputError
from mosecrot_core.words.binary_vectors import read_npz, read_word2vec
from mosecrot_core.words.subword_vectors import FASTTEXT_MAGIC, Composer, read_fasttext, read_spacy
from mosecrot_core.words.text_vectors import read_text
from mosecrot_core.words.vector_file import read_vector_file, stored_precision
from mosecrot_core.words.vector_stream import open_stream
from mosecrot_core.words.vector_table import Precision, VectorTable

FORMATS = ("auto", "text", "word2vec", "fasttext", "npz", "spacy", "safetensors")
_LARGEST_HEADER = 100_000_000  # of a safetensors file, in bytes


def detect_format(path: Path, format: str = "auto") -> str:  # noqa: A002  # the word that users know
    """Tell the format of an existing file or folder by its first bytes, and by ``.bin`` where they do not.

    Args:
        path: Where it is.
        format: What the user says it is; ``auto`` looks.

    Returns:
        One of ``text``, ``word2vec``, ``fasttext``, ``npz``, ``spacy``, ``safetensors``.

    Raises:
        InputError: The path is missing, empty or broken gzip, or there is no such format.
    """
    if format not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}; {format!r} came", path=path)
    if format not in ("auto", "spacy") and path.is_dir():
        problem = f"a file was expected for format {format!r}, a directory came"
        raise InputError(problem, path=path, remedy="Name the file, or use format='spacy'.")
    if format != "auto":
        return format
    if path.is_dir():
        return "spacy"
    with open_stream(path) as stream:
        start = stream.read(9)
    if start[:4] == struct.pack("<i", FASTTEXT_MAGIC):
        return "fasttext"
    if start[:4] == b"PK\x03\x04":
        return "npz"
    if start[8:] == b"{" and int.from_bytes(start[:8], "little") <= _LARGEST_HEADER:
        return "safetensors"
    return "word2vec" if ".bin" in path.suffixes[-2:] else "text"


def choose_precision(path: Path, form: str, asked: Precision | None) -> Precision:
    """Give the precision asked for, else that of a safetensors file, else float32.

    Raises:
        InputError: There is no such precision, or the safetensors file is damaged.
    """
    if asked is None:
        return stored_precision(path) if form == "safetensors" else "float32"
    if asked not in ("float32", "float16"):
        raise InputError(f"precision must be float32 or float16; {asked!r} came", path=path)
    return asked


def read_vectors(path: Path, form: str, table: VectorTable, *, progress: bool = False) -> Composer | None:
    """Read a file or folder of a known format into a table.

    Returns:
        A function that makes a row for any word from its subwords, where the file has them.

    Raises:
        InputError: It is missing, damaged or in another format.
    """
    if form == "spacy":
        return read_spacy(path, table)
    if form == "fasttext":
        return read_fasttext(path, table, progress=progress)
    if form == "npz":
        read_npz(path, table)
    elif form == "word2vec":
        read_word2vec(path, table, progress=progress)
    elif form == "safetensors":
        read_vector_file(path, table, progress=progress)
    else:
        read_text(path, table, progress=progress)
    return None
