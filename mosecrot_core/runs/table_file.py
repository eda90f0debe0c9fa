"""Some rows of a table's Parquet file, which may be from elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pyarrow import Table, concat_tables
from pyarrow.parquet import ParquetFile, filters_to_expression

from mosecrot_core.learning.tasks.parquet_tables import check_lists, check_rows

Condition = tuple[str, str, Any]
"""Column, comparison (`==`, `in`), value."""
ROWS_TOGETHER = 1 << 13
"""How many rows of a table are written as one part of its file, which is read whole or not at all."""


def read_rows(path: Path, where: Sequence[Condition]) -> pd.DataFrame:
    """Read the rows that meet all conditions.

    Of each part of the file, what is compared is read first, and the rest if any row is wanted. pyarrow's own
    choice, by what the file says of its parts, waits forever where that contradicts itself.

    Raises:
        InputError: It has too many rows or values.
        Exception: What pyarrow and pandas raise of a damaged file, of any kind.
    """
    with ParquetFile(path) as file:
        check_rows(file, path)
        parts = _parts_with(file, where)
        check_lists(file, path, parts)
        found: pd.DataFrame = (_chosen(file, where, parts) if where else file.read()).to_pandas()
    return found


def _parts_with(file: ParquetFile, where: Sequence[Condition]) -> list[int]:
    parts = range(file.num_row_groups)
    if not where:
        return list(parts)
    wanted, compared = filters_to_expression(list(where)), [name for name, _, _ in where]
    return [part for part in parts if file.read_row_group(part, compared).filter(wanted).num_rows]


def _chosen(file: ParquetFile, where: Sequence[Condition], parts: Sequence[int]) -> Table:
    wanted = filters_to_expression(list(where))
    tables = [file.read_row_group(part).filter(wanted) for part in parts]
    return concat_tables([file.schema_arrow.empty_table(), *tables])
