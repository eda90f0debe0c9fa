"""A run folder, laid out as `schema.py` says, read and written.

Every file is written to a temporary name and renamed, so that a reader never meets half of one.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path, lock, remove_folder, remove_temporary
from mosecrot_core.runs.schema import (
    ANCHOR_COLUMNS,
    ANCHOR_USE_COLUMNS,
    CALIBRATION_COLUMNS,
    DROPPED_COLUMNS,
    GROWN_ANCHOR_COLUMNS,
    MISSING_COLUMNS,
    QUALITY_COLUMNS,
    RESULT_COLUMNS,
    SCHEMA,
    SIGNAL_COLUMNS,
    STAGE_COLUMNS,
)
from mosecrot_core.runs.table_file import ROWS_TOGETHER, Condition, read_rows
from mosecrot_core.runs.table_kinds import misfit
from mosecrot_core.text_files import read_json_object

_REMOVE = "Remove it and run the experiment again."


class Run:
    """A run folder; reading it needs neither torch nor the data it was made from."""

    def __init__(self, folder: str | Path, trained: Path | None = None) -> None:
        self.folder = Path(folder)
        self._trained = (trained or self.folder) / "steps"  # several runs may share what is fine-tuned

    @classmethod
    def open(cls, folder: str | Path) -> "Run":
        """Open an existing run.

        Raises:
            InputError: There is no run, or a newer version wrote it.
        """
        run = cls(folder)
        run._check_schema(run.info())
        return run

    @classmethod
    def take_up(cls, folder: str | Path, trained: Path | None = None) -> "Run":
        """Open a run to go on with it, or to begin it; without writing anything.

        Args:
            folder: The run's.
            trained: The folder that fine-tuned models are kept in meanwhile, where several runs share them.

        Raises:
            InputError: A file is in the way, or a newer version wrote the run.
        """
        run = cls(folder, trained)
        for place in (run.folder, *run.folder.parents):
            if place.exists() and not place.is_dir():
                raise InputError("a folder expected, this is a file", path=place)
        if run.state is not None:
            run._check_schema(run.info())
        return run

    def _check_schema(self, info: dict[str, Any]) -> None:
        schema = info.get("schema")
        if schema != SCHEMA:
            raise InputError(
                f"a run of schema {SCHEMA} expected, this one has {schema!r}",
                path=self.folder,
                remedy="Read it with the version of mosecrot that wrote it, or run it into another folder.",
            )

    @contextmanager
    def taken(self, *, shared: bool = False) -> Iterator[None]:
        """Work on this run alone, without what a killed process left half-written; shared: as a sweep does.

        Raises:
            InputError: Another process is at work on it.
        """
        with lock(self.folder / ".lock", shared=shared) as free:
            if not free:
                raise InputError(
                    "another mosecrot is at work on this run",
                    path=self.folder,
                    remedy="Wait for it or stop it.",
                )
            if not shared:
                for folder in (self.folder, self.folder / "steps", self.folder / "models"):
                    remove_temporary(folder)
            yield

    @property
    def is_taken(self) -> bool:
        """Whether another process is at work on it."""
        if not self.folder.is_dir():
            return False
        with lock(self.folder / ".lock") as free:
            return not free

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    def info(self) -> dict[str, Any]:
        """Return run.json."""
        try:
            return read_json_object(self.folder / "run.json", _REMOVE)
        except FileNotFoundError:
            raise InputError("no run here", path=self.folder, remedy="Make one: mosecrot run FILE.") from None

    @property
    def state(self) -> str | None:
        """`running`, `stopped` or `done` as run.json has it; None if it is missing or damaged."""
        try:
            return str(self.info().get("state"))
        except InputError:
            return None

    @property
    def last_step(self) -> datetime | None:
        """When a step last wrote anything; None if none has."""
        try:
            return datetime.fromtimestamp((self.folder / "steps").stat().st_mtime, UTC)
        except OSError:
            return None

    def write_info(self, **changes: Any) -> None:
        """Update run.json with the given entries and the time."""
        new = {"schema": SCHEMA, "name": self.name, "created": _now()}
        content = new if self.state is None else self.info()
        content |= {**changes, "updated": _now()}
        self.write_text("run.json", json.dumps(content, indent=2, sort_keys=True) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Write a text file of the run."""
        with atomic_path(self.folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def table(self, name: str, columns: list[str], where: Sequence[Condition] = ()) -> pd.DataFrame:
        """Read a table; empty with those columns if the run has not got so far.

        Args:
            name: The table.
            columns: What it must have.
            where: Read only the rows that meet all of these.

        Raises:
            InputError: The file is damaged, or a column lacks or holds values of another kind.
        """
        path = self.folder / f"{name}.parquet"
        try:
            found = read_rows(path, where)
        except FileNotFoundError:
            return pd.DataFrame(columns=columns)
        except InputError:
            raise
        except Exception as error:  # a file from elsewhere may fail in pandas' own notes in it, too
            raise InputError(f"cannot be read ({error})", path=path, remedy=_REMOVE) from error
        if missing := [column for column in columns if column not in found]:
            raise InputError(f"columns are missing: {', '.join(missing)}", path=path, remedy=_REMOVE)
        if problem := misfit(found, columns):
            raise InputError(problem, path=path, remedy=_REMOVE)
        return found

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table of the run."""
        with atomic_path(self.folder / f"{name}.parquet") as temporary:
            table.to_parquet(temporary, index=False, row_group_size=ROWS_TOGETHER)

    def results(self) -> pd.DataFrame:
        """Return every score, columns RESULT_COLUMNS."""
        return self.table("results", RESULT_COLUMNS)

    def anchors(self) -> pd.DataFrame:
        """Return the anchor pairs, columns ANCHOR_COLUMNS."""
        return self.table("anchors", ANCHOR_COLUMNS)

    def grown_anchors(self) -> pd.DataFrame:
        """Return which anchors are grown, columns GROWN_ANCHOR_COLUMNS."""
        return self.table("grown_anchors", GROWN_ANCHOR_COLUMNS)

    def anchor_use(self) -> pd.DataFrame:
        """Return how much each anchor carries, columns ANCHOR_USE_COLUMNS."""
        return self.table("anchor_use", ANCHOR_USE_COLUMNS)

    def quality(self) -> pd.DataFrame:
        """Return the candidate pairs with their scores and reasons, columns QUALITY_COLUMNS."""
        return self.table("quality", QUALITY_COLUMNS)

    def signals(self) -> pd.DataFrame:
        """Return what each pair's score is made of, columns SIGNAL_COLUMNS."""
        return self.table("signals", SIGNAL_COLUMNS)

    def stages(self) -> pd.DataFrame:
        """Return what self-training learned from, columns STAGE_COLUMNS."""
        return self.table("stages", STAGE_COLUMNS)

    def calibration(self) -> pd.DataFrame:
        """Return how sure and how right its models were, columns CALIBRATION_COLUMNS."""
        return self.table("calibration", CALIBRATION_COLUMNS)

    def missing(self) -> pd.DataFrame:
        """Return the words of texts that no pair translates, columns MISSING_COLUMNS."""
        return self.table("missing", MISSING_COLUMNS)

    def dropped(self) -> pd.DataFrame:
        """Return why pairs did not become anchors, columns DROPPED_COLUMNS."""
        return self.table("dropped", DROPPED_COLUMNS)

    def has_step(self, key: str) -> bool:
        """Say whether a step is done."""
        return (self.folder / "steps" / f"{key}.parquet").exists()

    def step(self, key: str, beside: str = "") -> pd.DataFrame:
        """Return what a finished step found; `beside`: for the table of that name, its second one."""
        return self.table(f"steps/{key}.{beside}" if beside else f"steps/{key}", [])

    def write_step(
        self, key: str, table: pd.DataFrame, beside: Mapping[str, pd.DataFrame] = MappingProxyType({})
    ) -> None:
        """Record a finished step: its table, after what it has for other tables, by their names."""
        for name, other in beside.items():
            self.write_table(f"steps/{key}.{name}", other)
        self.write_table(f"steps/{key}", table)

    def model_folder(self, key: str) -> Path:
        """Return where a fine-tuned model is kept until its steps are done."""
        return self._trained / f"{key}.model"

    def write_model(self, key: str, save: Callable[[Path], object]) -> None:
        """Keep a fine-tuned model; `save` writes it into the folder it is given."""
        with atomic_path(self.model_folder(key)) as temporary:
            save(temporary)

    def drop_tuning(self, key: str) -> None:
        """Remove a fine-tuned model and its checkpoints, which are no longer needed."""
        remove_folder(self.model_folder(key))
        remove_folder(self.work_folder(key))
        remove_folder(self.models_folder(key))

    def models_folder(self, key: str) -> Path:
        """Return where the models of a triple or a self-training are kept until its step is done."""
        return self._trained / f"{key}.models"

    def work_folder(self, key: str) -> Path:
        """Return where a fine-tuning keeps its checkpoints."""
        return self._trained / f"{key}.work"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
