"""Rows of labelled files: TSV, CSV, JSON lines and Parquet with named columns, and TSV without a header."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.parquet_tables import column_position, parquet_columns, read_parquet
from mosecrot_core.text_files import read_lines

Form = Literal["auto", "tsv", "quoted_tsv", "csv", "jsonl", "parquet"]
_SUFFIXES: Mapping[str, Form] = {
    ".tsv": "tsv",
    ".tab": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}


_HALF = re.compile("[\ud800-\udfff]")


class Row(NamedTuple):
    """Cells of the columns asked for, stripped, and the line (in Parquet the row, from 1) they come from."""

    line: int
    cells: tuple[str, ...]


def read_rows(path: Path, columns: Sequence[str], form: Form = "auto", remedy: str = "") -> Iterator[Row]:
    """Yield the rows of a table.

    Args:
        path: The file; text may be packed with gzip.
        columns: Names of the columns wanted; every row has them in this order.
        form: `tsv`: tab-separated, quotes are ordinary characters. `csv`: comma-separated, quoted as in RFC
            4180; `quoted_tsv` the same with tabs. `jsonl`: one JSON object a line. `auto` goes by the suffix.
        remedy: What to do where a column is missing.

    Raises:
        InputError: The file is missing, empty, damaged or not UTF-8, lacks a column, or has a row that does
            not fit.
    """
    form = _form(path, form)
    read = {"jsonl": _json_rows, "parquet": _parquet_rows}.get(form, partial(_table_rows, form))
    count = 0
    for line, cells in read(path, columns, remedy):
        count += 1
        yield Row(line, tuple(cell.strip() for cell in cells))
    if not count:
        raise InputError("labelled texts were expected, the file holds none", path=path)


def column_names(path: Path, form: Form = "auto") -> list[str]:
    """Return the names of a table's columns; those of JSON lines are the first object's.

    Raises:
        InputError: As `read_rows`.
    """
    match _form(path, form):
        case "parquet":
            return parquet_columns(path)
        case "jsonl":
            return next((list(record) for _, record in _json_records(path)), [])
        case table:
            return _header(_cells(table, path), path)


def read_columns(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a tab-separated file without a header.

    Args:
        path: The file, plain or .gz.
        columns: What its columns are, for messages.

    Raises:
        InputError: The file is missing, empty, damaged or not UTF-8, or a line has more or fewer columns.
    """
    count = 0
    for line, cells in _tsv_cells(path):
        if len(cells) != len(columns):
            problem = (
                f"{len(columns)} columns expected ({', '.join(columns)}; tabs between), {len(cells)} found"
            )
            raise InputError(problem, path=path, line=line, remedy="Check that it is the file you mean.")
        count += 1
        yield Row(line, tuple(cell.strip() for cell in cells))
    if not count:
        raise InputError(f"lines of {', '.join(columns)} were expected, the file holds none", path=path)


def label_number(label: str, numbers: Mapping[str, int], path: Path, line: int, remedy: str = "") -> int:
    """Return the number of a label.

    Raises:
        InputError: It is not among the known ones.
    """
    if label not in numbers:
        raise InputError(
            f"label {label!r} is not known; the labels are {', '.join(numbers)}",
            path=path,
            line=line,
            remedy=remedy,
        )
    return numbers[label]


def checked_text(text: str, column: str, path: Path, line: int) -> str:
    """Return a cell that must not be empty.

    Raises:
        InputError: It is.
    """
    if not text:
        problem = f"column {column!r} is empty"
        raise InputError(problem, path=path, line=line, remedy="Fill it in or remove the row.")
    return text


def _form(path: Path, form: Form) -> Form:
    if form != "auto":
        return form
    suffix = Path(path.stem if path.suffix == ".gz" else path.name).suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(
            f"the suffix {suffix!r} does not tell the format",
            path=path,
            remedy=f"Set `format` to one of {', '.join(dict.fromkeys(_SUFFIXES.values()))}.",
        )
    return _SUFFIXES[suffix]


_Cells = Iterator[tuple[int, list[str]]]
"""Line and cells."""


def _table_rows(form: Form, path: Path, columns: Sequence[str], remedy: str) -> _Cells:
    cells = _cells(form, path)
    names = _header(cells, path)
    wanted = [column_position(name, names, path, 1, remedy) for name in columns]
    for line, row in cells:
        if len(row) != len(names):
            raise InputError(
                f"{len(names)} columns expected as in the header, {len(row)} found",
                path=path,
                line=line,
                remedy="Check for a stray separator "
                + ("in the text; CSV can quote it." if form == "tsv" else "or a quote that is never closed."),
            )
        yield line, [row[position] for position in wanted]


def _header(cells: _Cells, path: Path) -> list[str]:
    _, header = next(cells, (0, []))
    if not header:
        raise InputError("a header line was expected, the file is empty", path=path)
    return [name.strip() for name in header]


def _cells(form: Form, path: Path) -> _Cells:
    return _tsv_cells(path) if form == "tsv" else _csv_cells(path, "," if form == "csv" else "\t")


def _tsv_cells(path: Path) -> _Cells:
    return ((number, line.split("\t")) for number, line in read_lines(path) if line)


def _csv_cells(path: Path, delimiter: str) -> _Cells:
    """Yield (line on which the row starts, cells); a quoted cell may span lines."""
    reader = csv.reader((line + "\n" for _, line in read_lines(path)), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"not valid CSV: {error}",
            path=path,
            line=line,
            remedy="A quote inside a quoted text is written twice.",
        ) from error


def _json_rows(path: Path, columns: Sequence[str], remedy: str) -> _Cells:
    for number, record in _json_records(path):
        names = list(record)
        values = [record[names[column_position(name, names, path, number, remedy)]] for name in columns]
        yield number, [_as_text(v, name, path, number) for v, name in zip(values, columns, strict=True)]


def _json_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:  # the former also for 5,000 digits
            raise InputError(
                f"not a JSON object: {error}",
                path=path,
                line=number,
                remedy="One object a line is expected (JSON lines), not a list or a pretty-printed document.",
            ) from error
        if not isinstance(record, dict):
            raise InputError(f"a JSON object expected, found {type(record).__name__}", path=path, line=number)
        yield number, record


def _parquet_rows(path: Path, columns: Sequence[str], remedy: str) -> _Cells:
    for number, values in read_parquet(path, columns, remedy):
        yield number, [_as_text(v, name, path, number) for v, name in zip(values, columns, strict=True)]


def _as_text(value: object, column: str, path: Path, line: int) -> str:
    if isinstance(value, str):
        if not value.isascii() and _HALF.search(value):
            problem = (
                f"column {column!r}: whole characters expected, half of one (an escaped surrogate) found"
            )
            raise InputError(problem, path=path, line=line, remedy="Write the file again, in UTF-8.")
        return value
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    raise InputError(f"column {column!r}: text expected, found {type(value).__name__}", path=path, line=line)
