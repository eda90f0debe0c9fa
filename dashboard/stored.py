"""What lies in a run's folder, read once: its tables, its experiment file, and what tells that they changed.

Every cached table is keyed by its file's path, time and size, so that an experiment that runs on, or runs
again, shows at the next look. Caches are here and in the modules that are named after what they hold:
`data.py`, `prediction_data.py`, `surface_data.py`.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from mosecrot_core.errors import MosecrotError
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.settings_file import read_yaml
from mosecrot_core.runs.store import Run

Stamp = tuple[int, int] | None


def experiment(run: Run, *keys: str) -> Any:
    """Return what the experiment file has under some keys; None if it has nothing there."""
    file = run.folder / "experiment.yaml"
    content = _experiment(str(file), stamp_of(file))
    try:
        for key in keys:
            content = content[key]
    except (TypeError, KeyError):
        return None
    return content


@st.cache_data(max_entries=64, show_spinner=False)
def _experiment(file: str, stamp: Stamp) -> Any:  # noqa: ARG001 - the key of the cache
    try:
        return read_yaml(Path(file))[1]
    except (OSError, MosecrotError):
        return None


def table(run: Run, name: str) -> pd.DataFrame:
    """Return a table of a run, empty if the run has not got so far."""
    return cached_table(str(run.folder), name, table_stamp(run, name))


def cached_table(folder: str, name: str, stamp: Stamp) -> pd.DataFrame:
    """Return what `table` does, for functions that are cached themselves."""
    return _shared_table(folder, name, stamp).copy(deep=False)  # copied where it is written to


@st.cache_resource(max_entries=64, show_spinner=False)
def _shared_table(folder: str, name: str, stamp: Stamp) -> pd.DataFrame:  # noqa: ARG001 - the key of the cache
    return Run(folder).table(name, TABLES[name])


def table_stamp(run: Run, name: str) -> Stamp:
    """Return what changes when a table does; None if it is not there."""
    return stamp_of(run.folder / f"{name}.parquet")


def stamp_of(path: Path) -> Stamp:
    """Return what changes when a file does; None if it is not there."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
