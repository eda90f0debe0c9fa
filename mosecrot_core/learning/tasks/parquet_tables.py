"""Tables of named columns in Parquet files, as the hub keeps data sets."""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mosecrot_core.errors import InputError
from mosecrot_core.text_files import MOST_LINES

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

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
        check_rows(file, path, MOST_LINES)
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


def check_rows(file: "ParquetFile", path: Path, most: int | None = None) -> None:
    """Refuse a table that cannot be held: a column of equal values takes a few bytes, however many they are.

    Raises:
        InputError: It has more rows than that, or than 200,000,000.
    """
    most = most or _MOST_VALUES
    if file.metadata.num_rows > most:
        raise _too_large(f"{most:,} rows", path)


def check_lists(file: "ParquetFile", path: Path, parts: Sequence[int]) -> None:
    """Refuse columns of lists with too many values in some row groups, which are counted as they are read.

    What the file itself says of a column is not asked for: where that contradicts itself, pyarrow ends the
    process.

    Raises:
        InputError: A column has more than 200,000,000 values.
    """
    from pyarrow.types import is_list

    for name in (field.name for field in file.schema_arrow if is_list(field.type)):
        values = 0
        for batch in file.iter_batches(_ROWS_AT_ONCE, parts, columns=[name], use_threads=False):
            values += len(batch.column(0).flatten())
            if values > _MOST_VALUES:
                raise _too_large(f"{_MOST_VALUES:,} values a column", path)


def _too_large(expected: str, path: Path) -> InputError:
    problem = f"a table of at most {expected} was expected, more came"
    return InputError(problem, path=path, remedy="Cut it to the rows you need.")


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
