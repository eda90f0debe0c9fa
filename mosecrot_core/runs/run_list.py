"""Several runs: those in a folder, and the results of some together."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mosecrot_core.errors import InputError
from mosecrot_core.runs.store import Run


def list_runs(folder: Path) -> list[Run]:
    """Return the runs in a folder (or the folder itself, if it is one), newest first."""
    candidates = [folder] if (folder / "run.json").exists() else folder.glob("*/")
    times = {path: time for path in candidates if (time := _modified(path / "run.json")) is not None}
    return [Run(path) for path in sorted(times, key=lambda path: (-times[path], path.name))]


def results_by_run(folders: Sequence[Path]) -> dict[str, pd.DataFrame]:
    """Return the results of several runs by name; runs of one name go by their folders.

    Raises:
        InputError: A folder holds no run, or is there twice.
    """
    runs: dict[Path, Run] = {}
    for folder in folders:
        if (place := folder.resolve()) in runs:
            raise InputError("this run is given twice", path=folder)
        runs[place] = Run.open(folder)
    names = Counter(run.name for run in runs.values())
    return {run.name if names[run.name] == 1 else str(run.folder): run.results() for run in runs.values()}


def _modified(path: Path) -> float | None:
    """Return a file's time of change; None if it is not, or no longer, there."""
    try:
        return path.stat().st_mtime
    except OSError:
        return None
