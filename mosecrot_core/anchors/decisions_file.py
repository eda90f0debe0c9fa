r"""Decisions as a table of text that comes back exactly and that a spreadsheet can open without harm.

One decision a line, columns apart by tabs, UTF-8 with a byte-order mark (else Excel takes it for another
encoding). The first line names the columns; `source:en` and `target:fr` also name the languages. In a cell
the backslash escapes: ``\\`` is a backslash, ``\t`` ``\n`` ``\r`` what they are everywhere, ``\uXXXX`` any
other control character or mark that turns the direction of text; before any other character it means that
character. So it stands before whatever a spreadsheet would start a formula or a quotation with (``= + - @ "``
and their wide forms), at the start of a cell and after a space, comma, semicolon or bar, at which a
spreadsheet may be told to split.
"""

import re
from pathlib import Path

import pandas as pd

from mosecrot_core.anchors.review import STANDING_COLUMNS
from mosecrot_core.anchors.verdict import Decision, check_decision
from mosecrot_core.display import UNSEEN
from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path
from mosecrot_core.text_files import read_lines

_STARTS = re.compile(r"(^|[\s,;|])(?=[=+\-@\"\uff1d\uff0b\uff0d\uff20\uff02])")
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.)|$)")
_MEANT = {"t": "\t", "n": "\n", "r": "\r"}
_BATCH = re.compile(r"[0-9]{0,18}")
_WORDS = ("source", "target")
_MOST_LINES = 1_000_000


def escape(text: str) -> str:
    r"""Write a word as a cell.

    >>> print(escape("=1+1"), escape("a\tb"), escape("well-known"))
    \=1+1 a\tb well-known
    """
    if text.isalnum():
        return text
    marked = _STARTS.sub(r"\1\\", text.replace("\\", "\\\\"))
    return UNSEEN.sub(lambda found: _NAMED.get(found[0], f"\\u{ord(found[0]):04x}"), marked)


def unescape(cell: str) -> str:
    """Read a cell back.

    Raises:
        ValueError: A backslash has nothing behind it.
    """
    if (
        cell.startswith('"') and cell.endswith('"') and len(cell) > 1
    ):  # a spreadsheet saved it: `escape` never
        cell = cell[1:-1].replace('""', '"')
    return _ESCAPE.sub(_meant, cell) if "\\" in cell else cell


def _meant(found: re.Match[str]) -> str:
    if found[1] is not None:
        return chr(int(found[1], 16))
    if found[2] is None:
        raise ValueError("a backslash with nothing behind it")
    return _MEANT.get(found[2], found[2])


def write_table(decisions: pd.DataFrame, path: Path, languages: tuple[str, str] | None) -> None:
    """Write decisions, columns STANDING_COLUMNS; whole or not at all."""
    names = dict(zip(_WORDS, languages, strict=True)) if languages else {}
    header = [f"{name}:{escape(names[name])}" if name in names else name for name in STANDING_COLUMNS]
    rows = zip(*(decisions[name] for name in STANDING_COLUMNS), strict=True)
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        file.write("\t".join(header) + "\n")
        for row in rows:
            file.write("\t".join(escape(str(value)) for value in row) + "\n")


def read_table(path: Path, languages: tuple[str, str]) -> pd.DataFrame:
    """Read decisions, columns STANDING_COLUMNS; of two on one pair the later line counts.

    The columns source, target and verdict must be there, in any order; others may be left out or added.

    Raises:
        InputError: No such table, other languages, a line that is not understood; with its number.
    """
    lines = ((number, line) for number, line in read_lines(path, most=_MOST_LINES) if line)
    first = next(lines, None)
    if first is None:
        raise InputError("a table of decisions was expected, the file is empty", path=path)
    places = _places(first[1], path, languages)
    rows: dict[tuple[str, str], list[str | int]] = {}
    for number, line in lines:
        row = _row(line.split("\t"), places, path, number)
        rows.pop((row[0], row[1]), None)
        rows[row[0], row[1]] = [*row[:-1], int(row[-1] or 0)]
    return pd.DataFrame(list(rows.values()), columns=STANDING_COLUMNS).astype({"batch": "int64"})


def _places(header: str, path: Path, languages: tuple[str, str]) -> dict[str, int]:
    """Find out which column is where."""
    places: dict[str, int] = {}
    expected = dict(zip(_WORDS, languages, strict=True))
    try:
        cells = [unescape(cell) for cell in header.split("\t")]
    except ValueError as error:
        raise InputError(str(error), path=path, line=1) from None
    for place, cell in enumerate(cells):
        name, _, language = cell.strip().partition(":")
        if language and name in expected and language != expected[name]:
            problem = f"the {name} words should be {expected[name]!r}, here they are {language!r}"
            raise InputError(problem, path=path, line=1, remedy="Name the languages of this file.")
        places.setdefault(name, place)
    if missing := [name for name in (*_WORDS, "verdict") if name not in places]:
        raise InputError(
            f"a first line that names the columns was expected, {', '.join(missing)} missing",
            path=path,
            line=1,
            remedy="Separate columns by tabs: source, target, verdict (accept, reject, correct), correction.",
        )
    return places


def _row(cells: list[str], places: dict[str, int], path: Path, number: int) -> list[str]:
    """Read one line: the values of STANDING_COLUMNS, empty where the table has no such column."""
    if len(cells) <= max(places.values()):
        problem = f"{max(places.values()) + 1} columns expected, {len(cells)} found"
        raise InputError(problem, path=path, line=number)
    try:
        row = [unescape(cells[places[name]]) if name in places else "" for name in STANDING_COLUMNS]
        check_decision(Decision(row[0], row[1], row[2], row[3], row[4] or None, row[5] or None))
    except (ValueError, InputError) as error:
        raise InputError(str(error), path=path, line=number) from None
    if not _BATCH.fullmatch(row[-1]):
        raise InputError(f"a batch is a number, {row[-1][:20]!r} came", path=path, line=number)
    return row
