"""The only on-disk schema: a run folder holds its config, environment, results (Parquet) and models.

    RUN/run.json             schema, name, state, times, environment
    RUN/experiment.yaml      the experiment as it was run, every default written out
    RUN/results.parquet      one row a score; see RESULT_COLUMNS
    RUN/anchors.parquet      one row an anchor pair and language; see ANCHOR_COLUMNS
    RUN/anchor_use.parquet   how much of the mapped text each anchor carries, by method
    RUN/dropped.parquet      pairs that did not become anchors: language, reason, pairs
    RUN/models.parquet       which stitched models were saved: language, method, seed, folder
    RUN/models/NAME/         the stitched models, as Hugging Face folders
    RUN/steps/KEY.parquet    finished steps, by the hash of what they depend on
    RUN/steps/KEY.model/     a fine-tuned model whose steps are not all done
    RUN/steps/KEY.work/      checkpoints of a fine-tuning that is not done

Every file is written to a temporary name and renamed, so that a reader never meets half of one.
"""

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow

from mosecrot_core.errors import InputError

SCHEMA = 1
RESULT_COLUMNS = ["language", "method", "baseline_of", "metric", "seed", "value", "n", "coverage"]
"""`baseline_of` names the method that a null baseline stands beside, else it is empty; `seed` is -1 for a
deterministic method; `n` counts the test texts; `coverage` is the share of their tokens with a row."""
ANCHOR_COLUMNS = ["language", "anchor", "source", "target", "token", "word", "composed", "score", "line"]
ANCHOR_USE_COLUMNS = ["language", "method", "anchor", "share"]
DROPPED_COLUMNS = ["language", "reason", "pairs"]
MODEL_COLUMNS = ["language", "method", "seed", "folder"]


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary sibling to write (a file or a folder); it takes the place of `path` at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


class Run:
    """A run folder; reading it needs neither torch nor the data it was made from."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    @classmethod
    def open(cls, folder: str | Path) -> "Run":
        """Open an existing run.

        Raises:
            InputError: There is no run, or a newer version wrote it.
        """
        run = cls(folder)
        schema = run.info().get("schema")
        if schema != SCHEMA:
            raise InputError(
                f"a run of schema {SCHEMA} expected, this one has {schema!r}",
                path=run.folder,
                remedy="Read it with the version of mosecrot that wrote it, or run it again.",
            )
        return run

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    def info(self) -> dict[str, Any]:
        """Return run.json."""
        path = self.folder / "run.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InputError("no run here", path=self.folder, remedy="Make one: mosecrot run FILE.") from None
        except (OSError, ValueError) as error:
            raise InputError(f"cannot be read ({error})", path=path, remedy="Run it again.") from error
        if not isinstance(content, dict):
            raise InputError("a JSON object expected", path=path, remedy="Run it again.")
        return content

    def write_info(self, **changes: Any) -> None:
        """Update run.json with the given entries and the time."""
        path = self.folder / "run.json"
        content = self.info() if path.exists() else {"schema": SCHEMA, "name": self.name, "created": _now()}
        content |= {**changes, "updated": _now()}
        self.write_text("run.json", json.dumps(content, indent=2, sort_keys=True) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Write a text file of the run."""
        with atomic_path(self.folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def table(self, name: str, columns: list[str]) -> pd.DataFrame:
        """Read a table; empty with those columns if the run has not got so far.

        Raises:
            InputError: The file is damaged.
        """
        path = self.folder / f"{name}.parquet"
        try:
            return pd.read_parquet(path)
        except FileNotFoundError:
            return pd.DataFrame(columns=columns)
        except (OSError, ValueError, pyarrow.ArrowException) as error:
            raise InputError(f"cannot be read ({error})", path=path, remedy="Run it again.") from error

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table of the run."""
        with atomic_path(self.folder / f"{name}.parquet") as temporary:
            table.to_parquet(temporary, index=False)

    def results(self) -> pd.DataFrame:
        """Return every score, columns RESULT_COLUMNS."""
        return self.table("results", RESULT_COLUMNS)

    def anchors(self) -> pd.DataFrame:
        """Return the anchor pairs, columns ANCHOR_COLUMNS."""
        return self.table("anchors", ANCHOR_COLUMNS)

    def anchor_use(self) -> pd.DataFrame:
        """Return how much each anchor carries, columns ANCHOR_USE_COLUMNS."""
        return self.table("anchor_use", ANCHOR_USE_COLUMNS)

    def dropped(self) -> pd.DataFrame:
        """Return why pairs did not become anchors, columns DROPPED_COLUMNS."""
        return self.table("dropped", DROPPED_COLUMNS)

    def has_step(self, key: str) -> bool:
        """Say whether a step is done."""
        return (self.folder / "steps" / f"{key}.parquet").exists()

    def step(self, key: str) -> pd.DataFrame:
        """Return what a finished step found."""
        return self.table(f"steps/{key}", [])

    def write_step(self, key: str, table: pd.DataFrame) -> None:
        """Record a finished step."""
        self.write_table(f"steps/{key}", table)

    def model_folder(self, key: str) -> Path:
        """Return where a fine-tuned model is kept until its steps are done."""
        return self.folder / "steps" / f"{key}.model"

    def write_model(self, key: str, save: Callable[[Path], object]) -> None:
        """Keep a fine-tuned model; `save` writes it into the folder it is given."""
        with atomic_path(self.model_folder(key)) as temporary:
            save(temporary)

    def drop_model(self, key: str) -> None:
        """Remove a fine-tuned model that is no longer needed."""
        shutil.rmtree(self.model_folder(key), ignore_errors=True)

    def work_folder(self, key: str) -> Path:
        """Return where a fine-tuning keeps its checkpoints."""
        return self.folder / "steps" / f"{key}.work"


def list_runs(folder: Path) -> list[Run]:
    """Return the runs in a folder (or the folder itself, if it is one), newest first."""
    candidates = [folder] if (folder / "run.json").exists() else sorted(folder.glob("*/"))
    runs = [Run(path) for path in candidates if (path / "run.json").exists()]
    return sorted(runs, key=lambda run: (run.folder / "run.json").stat().st_mtime, reverse=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
