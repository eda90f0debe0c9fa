"""What Google Translate gives: the saved phrasebook, and tables of translations with a translation back."""

import csv
import unicodedata
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from mosecrot_core.errors import InputError
from mosecrot_core.words.lexicon_formats.columns import MALFORMED
from mosecrot_core.words.lexicon_formats.glosses import bare_english
from mosecrot_core.words.lexicon_formats.reading import NAN, Options, RawPair, Tally, text_lines

OTHER_LANGUAGES = "pair of other languages"
_SOURCE_NAMES = ("source", "source_text", "text", "word")
_TARGET_NAMES = ("target", "translation", "translated_text", "target_text")
_BACK_NAMES = ("back_translation", "back-translation", "backtranslation", "back translation")


def read_google_translate(path: Path, options: Options, tally: Tally) -> Iterator[RawPair]:
    """Yield the pairs of a phrasebook or of a table with a header; tab or comma parts the columns.

    A phrasebook has four columns and no header: two language names, the text and its translation. People save
    in both directions, so rows of the opposite direction are turned round: the languages of the settings, or
    else of the first row, say which direction is wanted. A table names `source` and `target`; where it has a
    `back_translation`, the score is 1 if that is the source word again (without case, ``to``, article), 0 if
    it is another, none if it is empty. A pair that does not come back is often a synonym, so it is kept;
    ``min_score: 0.5`` leaves only those that do come back.

    Raises:
        InputError: It is neither, or a quoted cell is not closed.
    """
    lines = text_lines(path)
    start = next(lines, None)
    if start is None:
        return
    delimiter = "\t" if "\t" in start[1] else ","
    rows = _rows(path, chain([start], lines), delimiter)
    first = next(rows)
    columns = table_columns(first[1])
    if columns is not None:
        yield from _table(rows, columns, tally)
    elif len(first[1]) == 4:
        yield from _phrasebook(chain([first], rows), options.languages, tally)
    else:
        wanted = "a phrasebook of four columns, or a header with source and target,"
        problem = f"{wanted} was expected, {start[1][:200]!r} came"
        raise InputError(problem, path=path, line=start[0], remedy="Write a first line: source,target")


def table_columns(cells: list[str]) -> tuple[int, int, int | None] | None:
    """Find source, target and back-translation in a header; None where it is none.

    >>> table_columns(["target", "source"]), table_columns(["dog", "chien"])
    ((1, 0, None), None)
    """
    names = [cell.strip().casefold() for cell in cells]
    source, target, back = (
        next((names.index(name) for name in known if name in names), None)
        for known in (_SOURCE_NAMES, _TARGET_NAMES, _BACK_NAMES)
    )
    return None if source is None or target is None else (source, target, back)


def _rows(path: Path, lines: Iterator[tuple[int, str]], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    number = 0

    def texts() -> Iterator[str]:
        nonlocal number
        for line, text in lines:
            number = line
            yield text + "\n"

    # In tab-separated text a quotation mark is a character like others.
    if delimiter == "\t":
        reader = csv.reader(texts(), delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(texts(), strict=True)
    try:
        for cells in reader:
            yield number, cells
    except csv.Error as error:
        problem = f"rows parted by {'tabs' if delimiter == chr(9) else 'commas'} were expected ({error})"
        raise InputError(problem, path=path, line=number, remedy="Look for an odd quotation mark.") from error


def _phrasebook(
    rows: Iterator[tuple[int, list[str]]], languages: tuple[str, str] | None, tally: Tally
) -> Iterator[RawPair]:
    wanted = tuple(map(_folded, languages)) if languages else None
    for number, cells in rows:
        tally.count(number)
        if len(cells) != 4:
            tally.drop(MALFORMED)
            continue
        spoken = (_folded(cells[0]), _folded(cells[1]))
        wanted = wanted or spoken
        if spoken == wanted:
            yield RawPair(cells[2], cells[3], NAN, number)
        elif spoken[::-1] == wanted:
            yield RawPair(cells[3], cells[2], NAN, number)
        else:
            tally.drop(OTHER_LANGUAGES)


def _table(
    rows: Iterator[tuple[int, list[str]]], columns: tuple[int, int, int | None], tally: Tally
) -> Iterator[RawPair]:
    source, target, back = columns
    for number, cells in rows:
        tally.count(number)
        if len(cells) <= max(source, target):
            tally.drop(MALFORMED)
            continue
        returned = cells[back] if back is not None and back < len(cells) else ""
        score = float(_bare(returned) == _bare(cells[source])) if returned.strip() else NAN
        yield RawPair(cells[source], cells[target], score, number)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split())).casefold()


def _bare(text: str) -> str:
    return bare_english(_folded(text))
