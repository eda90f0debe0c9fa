"""Data sets of the Hugging Face hub that are stored as Parquet, from the hub or from its cache."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mosecrot_core.errors import InputError

_NAME = re.compile(r"[\w.-]+")
_ROWS_AT_ONCE = 10_000


def hub_parquet_files(
    dataset: str, config: str, split: str, *, revision: str | None = None, instead: str
) -> list[Path]:
    """Return the Parquet files of one split, fetched if they are not in the cache.

    Args:
        dataset: Hub id, such as ``unimelb-nlp/wikiann``.
        config: Name of its configuration: the folder that the files lie in.
        split: The split as the data set names it, such as ``validation``.
        revision: Commit, tag or branch; None = the newest.
        instead: What the user can do without the hub, a sentence.

    Raises:
        InputError: The hub does not give the data set (no connection, no such name) or has no such split.
    """
    for name in (config, split):
        if not _NAME.fullmatch(name) or name in (".", ".."):
            raise InputError(f"the name of a configuration or split was expected, {name!r} came")
    from huggingface_hub import snapshot_download  # slow to import

    pattern = f"{config}/{split}-*.parquet"
    try:
        folder = Path(
            snapshot_download(dataset, repo_type="dataset", revision=revision, allow_patterns=[pattern])
        )
    except (OSError, ValueError, RuntimeError) as error:
        problem = f"the hub does not give the data set {dataset!r} ({error})"
        raise InputError(problem, remedy=f"Check the name and the connection. {instead}") from error
    if files := sorted(folder.glob(pattern)):
        return files
    problem = f"the data set {dataset!r} has no files {pattern}, or they are not in the cache"
    raise InputError(problem, remedy=f"Check the language and the connection. {instead}")


def read_parquet(path: Path, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the values of some columns, row by row.

    Raises:
        InputError: It is no Parquet file, is damaged, or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if missing := [name for name in columns if name not in file.schema_arrow.names]:
                problem = f"columns {', '.join(columns)} expected, {', '.join(missing)} missing"
                raise InputError(problem, path=path, remedy=f"It has {', '.join(file.schema_arrow.names)}.")
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=list(columns)):
                yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"a Parquet file was expected ({error})", path=path, remedy="Fetch it again."
        ) from error
