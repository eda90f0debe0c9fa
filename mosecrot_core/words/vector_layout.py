"""How the fast format of word vectors lies on the disk: one safetensors file.

It holds ``vectors`` ``[V, d]`` (F32 or F16), ``word_bytes`` (U8: all words as UTF-8, end to end) and
``word_ends`` ``[V]`` (I64: where each of them ends). Its metadata names the format and has the counts of
`LoadReport`.
"""

import json
import math
import re
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import InputError
from mosecrot_core.unpacking import GZIP_MAGIC
from mosecrot_core.words.vector_stream import CUT_OFF
from mosecrot_core.words.vector_table import LoadReport, Precision

ROWS_START = 4096
"""What comes before them: the length of the header, the header and blanks, which may follow it."""
CONVERT = "Convert the vectors again: mosecrot vectors convert IN OUT."
_FORMAT, _VERSION = "mosecrot word vectors", "1"
_TENSORS = ("vectors", "word_ends", "word_bytes")
_WIDTHS = {"F32": 4, "F16": 2, "I64": 8, "U8": 1}
_PRECISIONS: dict[str, Precision] = {"F32": "float32", "F16": "float16"}
_Tensors: TypeAlias = dict[str, tuple[str, list[int]]]  # type and shape by name


@dataclass(frozen=True, eq=False)
class Layout:
    """What a file holds, checked before any of it is believed."""

    precision: Precision
    shape: tuple[int, int]
    """V and d."""
    rows_start: int
    """First byte of the rows."""
    ends: NDArray[np.int64]
    """Where each word ends in ``text``, after where the first one starts ``[V + 1]``."""
    text: bytes
    dropped: dict[str, int]
    """What was dropped when the file was made, by field of `LoadReport`."""

    @classmethod
    def of(cls, path: Path) -> "Layout":
        """Read the layout of a file.

        Raises:
            InputError: It is no such file, is damaged, cut off, or of a later version.
        """
        from safetensors import SafetensorError, safe_open

        with path.open("rb") as raw:
            length = raw.read(8)
        if length.startswith(GZIP_MAGIC):
            problem = "a safetensors file is read as it lies on the disk, a packed one came"
            raise InputError(problem, path=path, remedy="Unpack it: gunzip FILE.")
        try:
            with safe_open(path, framework="np") as file:  # compares offsets, shapes and the file's size
                order: list[str] = file.offset_keys()
                views = {name: file.get_slice(name) for name in order}
                found = {name: (str(view.get_dtype()), view.get_shape()) for name, view in views.items()}
                dropped = _check_metadata(path, file.metadata() or {}, found)
                _check_tensors(path, found)
                ends, text = file.get_tensor("word_ends"), file.get_tensor("word_bytes").tobytes()
        except (SafetensorError, OSError) as error:
            problem = f"not a readable safetensors file ({error})"
            raise InputError(problem, path=path, remedy=CUT_OFF) from error
        ends = np.concatenate([[0], ends])
        if (np.diff(ends) < 1).any() or ends[-1] != len(text):
            problem = f"ends of words that rise to {len(text)} were expected, others came"
            raise InputError(problem, path=path, remedy=CONVERT)
        kind, (count, dim) = found["vectors"]
        start = 8 + int.from_bytes(length, "little")
        start += sum(_n_bytes(*found[name]) for name in order[: order.index("vectors")])
        return cls(_PRECISIONS[kind], (count, dim), start, ends, text, dropped)

    def words(self, path: Path, start: int, stop: int) -> list[str]:
        """Decode some of the words."""
        ends = self.ends[start : stop + 1].tolist()
        try:
            return [self.text[a:b].decode() for a, b in pairwise(ends)]
        except UnicodeDecodeError as error:
            problem = f"words in UTF-8 were expected, {error.object[:40]!r} came"
            raise InputError(problem, path=path, remedy=CONVERT) from error


def header_of(shape: tuple[int, int], precision: Precision, n_bytes: int, report: LoadReport) -> bytes:
    """Give the length of the header and the header, with blanks up to where the rows start."""
    kind = next(kind for kind, name in _PRECISIONS.items() if name == precision)
    sizes: _Tensors = {
        "vectors": (kind, list(shape)),
        "word_ends": ("I64", [shape[0]]),
        "word_bytes": ("U8", [n_bytes]),
    }
    counts = {name: str(count) for name, count in report.as_dict().items()}
    header: dict[str, object] = {"__metadata__": {"format": _FORMAT, "version": _VERSION, **counts}}
    start = 0
    for name, (dtype, dims) in sizes.items():
        end = start + _n_bytes(dtype, dims)
        header[name] = {"dtype": dtype, "shape": dims, "data_offsets": [start, end]}
        start = end
    length = ROWS_START - 8
    return struct.pack("<Q", length) + json.dumps(header).encode().ljust(length)


def stored_type(precision: Precision) -> np.dtype[np.float32] | np.dtype[np.float16]:
    """Return the numbers' type in the file, whatever this machine's order of bytes."""
    return np.dtype(precision).newbyteorder("<")


def _check_metadata(path: Path, metadata: dict[str, str], found: _Tensors) -> dict[str, int]:
    """Refuse other formats; give what was dropped when the file was made."""
    if metadata.get("format") != _FORMAT:
        names = ", ".join(list(found)[:5]) or "nothing"
        problem = f"a safetensors file of word vectors was expected, one with {names[:200]} came"
        raise InputError(problem, path=path, remedy="Make one with: mosecrot vectors convert IN OUT.")
    if metadata.get("version") != _VERSION:
        problem = f"version {_VERSION} of the format was expected, {metadata.get('version')} came"
        raise InputError(problem, path=path, remedy="Update this package, or convert the vectors again.")
    counts = {
        name: metadata.get(name, "0") for name in LoadReport().as_dict() if name not in ("read", "kept")
    }
    if not all(re.fullmatch(r"[0-9]{1,15}", count) for count in counts.values()):
        raise InputError(f"counts of words were expected, {counts} came", path=path, remedy=CONVERT)
    return {name: int(count) for name, count in counts.items()}


def _check_tensors(path: Path, found: _Tensors) -> None:
    (kind, rows), (_, ends), (_, text) = (found.get(name, ("", [])) for name in _TENSORS)
    fits = len(rows) == 2 and len(ends) == len(text) == 1 and rows[0] == ends[0] >= 1 and rows[1] >= 1
    kinds = [found.get(name, ("", []))[0] for name in _TENSORS]
    if len(found) != len(_TENSORS) or not fits or kind not in _PRECISIONS or kinds[1:] != ["I64", "U8"]:
        expected = "vectors F32 or F16 [V, d], word_ends I64 [V] and word_bytes U8 [n] were expected"
        came = ", ".join(f"{name} {kind} {shape}" for name, (kind, shape) in list(found.items())[:5])
        raise InputError(f"{expected}, {came or 'nothing'} came", path=path, remedy=CONVERT)


def _n_bytes(dtype: str, shape: list[int]) -> int:
    return _WIDTHS[dtype] * math.prod(shape)
