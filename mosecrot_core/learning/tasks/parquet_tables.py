"""Tables of named columns in Parquet files, as the hub keeps data sets."""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mosecrot_core.errors import InputError
from mosecrot_core.locations import MOST_LINES

_ROWS_AT_ONCE = 10_000
_MOST_VALUES = 200_000_000


def read_parquet(
    path: Path, columns: Sequence[str], remedy: str = ""
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield the number of each row, from 1, with its values in some columns, as Python objects.

    Raises:
        InputError: It is no Parquet file, is damaged, or lacks a column; then `remedy` is what to do.
    """
    with _opened(path) as file:
        for name in columns:
            column_position(name, file.schema_arrow.names, path, 1, remedy)
        check_size(file.metadata, path, MOST_LINES)
        number = 0
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=list(dict.fromkeys(columns))):
            for values in zip(*(batch.column(name).to_pylist() for name in columns), strict=True):
                number += 1
                yield number, values


def parquet_columns(path: Path) -> list[str]:
    """Return the names of a Parquet file's columns.

    Raises:
        InputError: As `read_parquet`.
    """
    with _opened(path) as file:
        return list(file.schema_arrow.names)


def check_size(metadata: Any, path: Path, most_rows: int | None = None) -> None:
    """Refuse a table that cannot be held: a column of equal values takes a few bytes, however many they are.

    Args:
        metadata: pyarrow's, of the file.
        path: The file.
        most_rows: How many rows it may have; none: as many as values.

    Raises:
        InputError: It has too many rows, or a column, whose values may be in lists, too many values.
    """
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = range(metadata.num_columns)
    values = max((sum(group.column(place).num_values for group in groups) for place in columns), default=0)
    most_rows = most_rows or _MOST_VALUES
    if metadata.num_rows > most_rows or values > _MOST_VALUES:
        most = f"{most_rows:,} rows and {_MOST_VALUES:,} values a column"
        problem = f"a table of at most {most} was expected, more came"
        raise InputError(problem, path=path, remedy="Cut it to the rows you need.")


def column_position(name: str, names: Sequence[str], path: Path, line: int, remedy: str) -> int:
    """Return the position of a column.

    Raises:
        InputError: It is not there, or there are several; the message names the one that was probably meant.
    """
    if names.count(name) > 1:
        raise InputError(f"{names.count(name)} columns are called {name!r}", path=path, line=line)
    if name in names:
        return names.index(name)
    folded = {known.casefold(): known for known in names}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    meant = f" Did you mean {folded[close[0]]!r}?" if close else ""
    raise InputError(
        f"there is no column {name!r}; found {', '.join(map(repr, names))}",
        path=path,
        line=line,
        remedy=(remedy + meant).strip(),
    )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a Parquet file; what is wrong with it is told as InputError."""
    from pyarrow import ArrowException, parquet  # slow to import

    if not path.is_file():
        raise InputError("there is no such file", path=path, remedy="Check the path.")
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (ArrowException, OSError, ValueError) as error:
        raise InputError(f"not a Parquet file: {error}", path=path, remedy="Fetch it again.") from error
