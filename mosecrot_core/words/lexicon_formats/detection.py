"""Which format a word list has: by its name, its first bytes and its first lines."""

import csv
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from mosecrot_core.errors import InputError
from mosecrot_core.unpacking import named_gzip_errors, open_bytes
from mosecrot_core.words.lexicon_formats import apertium, freedict
from mosecrot_core.words.lexicon_formats.columns import PANLEX_COMMENT, number, scored_columns
from mosecrot_core.words.lexicon_formats.google_translate import table_columns
from mosecrot_core.words.lexicon_formats.panlex_swadesh import is_swadesh_archive
from mosecrot_core.words.lexicon_formats.reading import text_lines

_SAMPLE = 20
_START = 1 << 16
_DICTD = (".index", ".dict", ".dict.dz")
_XML = (".tei", ".dix", ".xml")
_NO_LISTS = {
    ".json": "JSON",
    ".jsonl": "JSON",
    ".html": "a web page",
    ".htm": "a web page",
    ".xlsx": "a spreadsheet",
    ".pdf": "PDF",
    ".db": "a database",
    ".sqlite": "a database",
    ".7z": "a 7z archive",
    ".tar": "a tar archive",
    ".xz": "xz data",
    ".bz2": "bzip2 data",
}
_PROLOGUE = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)", re.DOTALL)
_ROOT = re.compile(rb"\s*<(?:[\w.-]+:)?([A-Za-z][\w.-]*)[\s>/]")
_GLOSS = re.compile(r"<(?:i|ol|li|br)\b[^<>]*>", re.IGNORECASE)
_REMEDY = "Set `format`, or convert it to lines of: English word, tab, translation."


def detect_format(path: Path) -> str:
    """Tell the format of an existing word list.

    Returns:
        A value of `LexiconSettings.format` other than ``auto``. Plain text that shows no other sign is
        ``muse`` (no tab), ``wiktionary`` (two columns) or ``scored`` (three).

    Raises:
        InputError: It is of no known format, or cannot be read.
    """
    name = path.name.removesuffix(".gz").casefold()
    if path.is_dir() or name.endswith(_DICTD):
        return "dictd"
    if name.endswith(".zip"):
        if is_swadesh_archive(path):
            return "panlex_swadesh"
        problem = "a zip archive with PanLex's Swadesh lists was expected, another or a broken one came"
        raise InputError(problem, path=path, remedy="Unpack it and name the word list inside.")
    other = next((kind for ending, kind in _NO_LISTS.items() if name.endswith(ending)), None)
    if other:
        raise InputError(f"a word list was expected, {other} came", path=path, remedy=_REMEDY)
    if (form := _xml_format(path, name)) is not None:
        return form
    return _text_format(path, name)


def _xml_format(path: Path, name: str) -> str | None:
    """Tell XML formats by the root element; None where it is no XML."""
    with named_gzip_errors(path), open_bytes(path) as stream:
        start = stream.read(_START).removeprefix(b"\xef\xbb\xbf").lstrip()
    looks_like = name.endswith(_XML) or start.startswith((b"<?xml", b"<!DOCTYPE", b"<!doctype"))
    root = _root(start)
    if root in freedict.ROOTS:
        return "freedict"
    if root == apertium.ROOT:
        return "apertium"
    if looks_like:
        found = f"<{root}>" if root else "no element"
        problem = f"XML of FreeDict (<TEI>) or Apertium (<dictionary>) was expected, {found} came"
        raise InputError(problem, path=path, remedy=_REMEDY)
    return None


def _root(start: bytes) -> str | None:
    """Name the first element of XML; its prologue is looked for nowhere but before it, in linear time."""
    place = 0
    while found := _PROLOGUE.match(start, place):
        place = found.end()
    matched = _ROOT.match(start, place) if start.startswith(b"<") else None
    return matched[1].decode("ascii", "replace") if matched else None


def _text_format(path: Path, name: str) -> str:
    sample = [line for _, line in islice(text_lines(path), _SAMPLE)]
    if not sample:
        raise InputError("a word list was expected, the file is empty", path=path)
    if sample[0].startswith(PANLEX_COMMENT):
        return "panlex"
    first = sample[0].split("\t")
    if len(first) == 1:
        return _without_tabs(path, name, sample)
    if scored_columns(sample[0]) is not None:
        plain = {"source", "target", "score"} <= {cell.strip().casefold() for cell in first}
        return "scored" if plain else "panlex"
    if table_columns(first) is not None:
        return "google_translate"
    if len(first) == 2:
        return "wiktionary_html" if any(map(_GLOSS.search, sample)) else "wiktionary"
    rows = [line.split("\t") for line in sample]
    return "google_translate" if _is_phrasebook(rows) else "scored"


def _without_tabs(path: Path, name: str, sample: Sequence[str]) -> str:
    if sample[0].lstrip().startswith(("{", "[{")):
        raise InputError("a word list was expected, JSON came", path=path, remedy=_REMEDY)
    try:
        rows = list(csv.reader(sample))
    except csv.Error:
        rows = []
    if rows and (table_columns(rows[0]) is not None or _is_phrasebook(rows)):
        return "google_translate"
    if name.endswith(".csv"):
        wanted = "CSV with a header 'source,target', or a phrasebook of four columns,"
        problem = f"{wanted} was expected, {sample[0][:200]!r} came"
        raise InputError(problem, path=path, line=1, remedy=_REMEDY)
    return "muse"


def _is_phrasebook(rows: Sequence[Sequence[str]]) -> bool:
    """Tell a phrasebook: four columns, the first two always the same two languages, and no score."""
    if any(len(row) != 4 for row in rows) or len({frozenset(row[:2]) for row in rows}) != 1:
        return False
    return rows[0][0] != rows[0][1] and number(rows[0][2]) is None
