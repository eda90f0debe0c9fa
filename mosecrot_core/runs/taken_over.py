"""Finished steps that one run takes over from another."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from mosecrot_core.files import atomic_path
from mosecrot_core.runs.steps import Step
from mosecrot_core.runs.store import Run


def take_over(step: Step, old: Run, new: Run) -> None:
    """Let a finished step be in both runs, with the models that it saved."""
    if new.has_step(step.key) or not old.has_step(step.key):
        return
    for table in (step.table, *step.beside):
        if table == "models":
            for folder in old.step(step.key, table if table in step.beside else "")["folder"]:
                _take_folder(old.folder / folder, new.folder / folder)
    names = [f"steps/{step.key}.{table}.parquet" for table in step.beside]
    for name in (step.file, *names, f"steps/{step.key}.parquet"):  # the last says that it is done
        take_file(old.folder / name, new.folder / name)


def take_file(old: Path, new: Path) -> None:
    """Let a file be in both places: as one file where the disk can, else as a copy."""
    if new.exists() or not old.exists():
        return
    new.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        os.link(old, new)
        return
    with atomic_path(new) as temporary:
        shutil.copyfile(old, temporary)


def _take_folder(old: Path, new: Path) -> None:
    if not old.is_dir():
        return
    with atomic_path(new) as temporary:
        for path in sorted(old.rglob("*")):
            if path.is_file():
                take_file(path, temporary / path.relative_to(old))
