"""Dictionaries of the dictd server: `.index` says where in `.dict` (or gzip `.dict.dz`) each article lies."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from mosecrot_core.errors import InputError
from mosecrot_core.unpacking import named_gzip_errors, open_bytes
from mosecrot_core.words.lexicon_formats.columns import MALFORMED
from mosecrot_core.words.lexicon_formats.glosses import translations
from mosecrot_core.words.lexicon_formats.reading import (
    NAN,
    Options,
    RawPair,
    Tally,
    check_size,
    text_lines,
)

ABOUT = "about the dictionary itself"
OUTSIDE = "article outside the dictionary file"
NOT_TEXT = "article that is not UTF-8"
EXAMPLE = "example or reference"
_DIGITS = {c: n for n, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
_LARGEST_DICTIONARY = 1 << 30
_LARGEST_ARTICLE = 1 << 16
_BLOCK = 1 << 20
_IN_MEMORY = 32 << 20
_NUMBERING = re.compile(r"^\s*(?:\d{1,2}[.):]|[a-z][.)]|[-*\u2022])\s+")
_TAGS = re.compile(r"<[^<>]*>|/[^/]*/|\\[^\\]*\\")
_NO_TRANSLATION = re.compile(
    r'^["\u201c\u00ab\u2013]|^(?:syn(?:onyms?)?|ant(?:onyms?)?|see(?: also)?|note|cf)\b\W', re.I
)


def read_dictd(path: Path, options: Options, tally: Tally) -> Iterator[RawPair]:
    """Yield (headword, translation) of each article, in the dictionary's own direction.

    An article is the headword with its pronunciation, then translations, numbered or not, parted by ``,`` and
    ``;``. With `reversed` the translations are English, and their articles and ``to`` go.

    Args:
        path: The `.index`, the `.dict` or `.dict.dz` beside it, or the folder that holds one such pair.
        options: Whether the list is reversed.
        tally: Where the reasons are counted.

    Raises:
        InputError: One of the two files is missing, or the dictionary is damaged or unpacks to over 1 GiB.
    """
    tally.unit = "entries"
    index, dictionary = dictd_files(path)
    with ExitStack() as stack:
        articles = stack.enter_context(_unpacked(dictionary))
        size = articles.seek(0, 2)
        for line, text in text_lines(index):
            tally.count(line)
            cells = text.split("\t")
            place = (_base64(cells[1]), _base64(cells[2])) if len(cells) >= 3 else (None, None)
            offset, length = place
            if offset is None or length is None:
                tally.drop(MALFORMED)
            elif cells[0].startswith(("00-database", "00database")):
                tally.drop(ABOUT)
            elif offset + length > size or length > _LARGEST_ARTICLE:
                tally.drop(
                    OUTSIDE if offset + length > size else f"article of more than {_LARGEST_ARTICLE} bytes"
                )
            else:
                articles.seek(offset)
                article = articles.read(length)
                # The fourth cell, where there is one, is the headword before it was folded for sorting.
                word = cells[3] if len(cells) > 3 and cells[3].strip() else cells[0]
                yield from _pairs(word, article, line, tally, english=options.reversed)


def dictd_files(path: Path) -> tuple[Path, Path]:
    """Find the index and the dictionary that belong together.

    Raises:
        InputError: One is missing, or a folder holds none or several.
    """
    if path.is_dir():
        found = sorted(path.glob("*.index"))
        if len(found) != 1:
            problem = f"a folder with one .index file was expected, {len(found)} came"
            raise InputError(problem, path=path, remedy="Name the .index file itself.")
        path = found[0]
    stem = re.sub(r"\.(?:index|dict(?:\.dz)?)$", "", path.name)
    index = path.with_name(f"{stem}.index")
    dictionary = next(
        (p for p in (path.with_name(f"{stem}.dict{e}") for e in (".dz", "")) if p.is_file()), None
    )
    if dictionary is None or not index.is_file():
        missing = f"{stem}.dict.dz" if dictionary is None else index.name
        problem = f"a dictd dictionary is two files, {missing} is not beside the other"
        raise InputError(problem, path=path, remedy="Put both in one folder.")
    return index, dictionary


def _unpacked(path: Path) -> IO[bytes]:
    """Open a dictionary for reading at any place; a packed one is unpacked, into a file where it is large."""
    with path.open("rb") as plain:
        if plain.read(2) != b"\x1f\x8b":
            return path.open("rb")
    unpacked = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    size = 0
    with named_gzip_errors(path), open_bytes(path) as stream:
        while block := stream.read(_BLOCK):
            size += len(block)
            check_size(size, path, _LARGEST_DICTIONARY)
            unpacked.write(block)
    return unpacked


def _base64(text: str) -> int | None:
    """Read dictd's numbers, most significant digit first; None where one is none.

    >>> _base64("BA"), _base64("B!"), _base64("")
    (64, None, None)
    """
    text = text.strip()
    if not 0 < len(text) <= 8 or not all(character in _DIGITS for character in text):
        return None
    value = 0
    for character in text:
        value = 64 * value + _DIGITS[character]
    return value


def _pairs(word: str, article: bytes, line: int, tally: Tally, *, english: bool) -> Iterator[RawPair]:
    try:
        text = article.decode("utf-8")
    except UnicodeDecodeError:
        tally.drop(NOT_TEXT)
        return
    for place, row in enumerate(text.splitlines()):
        plain = row.strip()
        if place == 0 and plain.casefold().startswith(word.casefold()):
            plain = _TAGS.sub(" ", plain[len(word) :])  # what is left may be pronunciation and part of speech
        plain = _NUMBERING.sub("", _TAGS.sub(" ", plain).strip())
        if not plain.strip():
            continue
        if _NO_TRANSLATION.match(plain):
            tally.drop(EXAMPLE)
            continue
        found = translations(plain, tally, verb=True, english=english)
        yield from (RawPair(word, translation, NAN, line) for translation in found)
