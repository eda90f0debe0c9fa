"""Plain text lists: MUSE, Wiktionary TSV, and lists with a score, PanLex's column names among them."""

from collections.abc import Iterator
from itertools import chain
from math import isfinite
from pathlib import Path

from mosecrot_core.errors import InputError
from mosecrot_core.words.lexicon_formats.reading import NAN, Options, RawPair, Tally, text_lines

MALFORMED = "malformed line"
PANLEX_COMMENT = "# PanLex"
"""What a file written by `fetch_panlex` begins with."""
_SCORE_NAMES = ("trans_quality", "translation_quality", "score", "quality")
# Best first: the text itself before PanLex's degraded form of it, which is lower case without accents.
_SOURCE_NAMES = ("source", "trans_txt", "source_txt", "trans_txt_degr", "trans_txt_degraded")
_TARGET_NAMES = ("target", "txt", "target_txt", "txt_degr", "txt_degraded")


def read_muse(path: Path, options: Options, tally: Tally) -> Iterator[RawPair]:
    """Yield the pairs of ``source target``, split at white space."""
    del options
    for number, line in text_lines(path):
        tally.count(number)
        cells = line.split()
        if len(cells) == 2:
            yield RawPair(cells[0], cells[1], NAN, number)
        else:
            tally.drop(MALFORMED)


def read_wiktionary(path: Path, options: Options, tally: Tally) -> Iterator[RawPair]:
    """Yield the pairs of ``source TAB target``; further columns are not looked at."""
    del options
    for number, line in text_lines(path):
        tally.count(number)
        cells = line.split("\t")
        if len(cells) < 2:
            tally.drop(MALFORMED)
        else:
            yield RawPair(cells[0], cells[1], NAN, number)


def read_scored(path: Path, options: Options, tally: Tally) -> Iterator[RawPair]:
    """Yield the pairs of ``source TAB target TAB score``, in the order that a header may give."""
    del options
    lines = text_lines(path)
    first = next(lines, None)
    if first is None:
        return
    columns = scored_columns(first[1])
    rest = lines if columns else chain([first], lines)
    yield from _scored_rows(rest, columns or (0, 1, 2), tally)


def read_panlex(path: Path, options: Options, tally: Tally) -> Iterator[RawPair]:
    """Yield the pairs of a PanLex table: a header names source, target and translation quality in any order.

    The names are those of the API, version 2 (``trans_txt``, ``txt``, ``trans_quality``, ``txt_degr``), the
    longer ``txt_degraded`` and ``translation_quality``, or ``source``, ``target``, ``score``.

    Raises:
        InputError: The header does not name the three columns.
    """
    del options
    lines = text_lines(path)
    header = next((entry for entry in lines if not entry[1].startswith(PANLEX_COMMENT)), None)
    if header is None:
        return
    columns = scored_columns(header[1])
    if columns is None:
        problem = (
            f"a header that names source, target and translation quality was expected, {header[1]!r} came"
        )
        names = (
            f"Name the columns {'/'.join(_SOURCE_NAMES[:2])}, {'/'.join(_TARGET_NAMES[:2])}, trans_quality."
        )
        raise InputError(problem, path=path, line=header[0], remedy=names)
    yield from _scored_rows(lines, columns, tally)


def scored_columns(header: str) -> tuple[int, int, int] | None:
    r"""Find the columns of source, target and score in a header; None where it is none.

    >>> scored_columns("txt_degr\ttrans_quality\ttxt\ttrans_txt"), scored_columns("dog\tchien\t0.5")
    ((3, 2, 1), None)
    """
    names = [name.strip().casefold() for name in header.split("\t")]
    found = [
        next((names.index(name) for name in known if name in names), -1)
        for known in (_SOURCE_NAMES, _TARGET_NAMES, _SCORE_NAMES)
    ]
    return None if -1 in found else (found[0], found[1], found[2])


def number(text: str) -> float | None:
    """Read a finite number; None where there is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _scored_rows(
    lines: Iterator[tuple[int, str]], columns: tuple[int, int, int], tally: Tally
) -> Iterator[RawPair]:
    source, target, score = columns
    for line_number, line in lines:
        tally.count(line_number)
        cells = line.split("\t")
        if len(cells) <= max(columns):
            tally.drop(MALFORMED)
        elif (value := number(cells[score])) is None:
            # An empty cell is worth naming: PanLex has pairs without a quality, a broken number is damage.
            tally.drop(MALFORMED if cells[score].strip() else "no translation quality")
        else:
            yield RawPair(cells[source], cells[target], value, line_number)
