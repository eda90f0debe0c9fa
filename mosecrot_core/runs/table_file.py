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
_ROWS_AT_ONCE = 1 << 17


def read_rows(path: Path, where: Sequence[Condition]) -> pd.DataFrame:
    """Read the rows that meet all conditions.

    They are chosen as they come: pyarrow's own choice, by what the file says of its parts, waits forever
    where that contradicts itself.

    Raises:
        InputError: It has too many rows or values.
        Exception: What pyarrow and pandas raise of a damaged file, of any kind.
    """
    with ParquetFile(path) as file:
        check_rows(file, path)
        check_lists(file, path)
        found: pd.DataFrame = (_chosen(file, where) if where else file.read()).to_pandas()
    return found


def _chosen(file: ParquetFile, where: Sequence[Condition]) -> Table:
    wanted = filters_to_expression(list(where))
    parts = [Table.from_batches([batch]).filter(wanted) for batch in file.iter_batches(_ROWS_AT_ONCE)]
    return concat_tables([file.schema_arrow.empty_table(), *parts])
