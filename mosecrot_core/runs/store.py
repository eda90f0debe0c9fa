"""The only on-disk schema: a run folder holds its config, environment, results (Parquet) and models.

    RUN/run.json             schema, name, state, times, environment
    RUN/experiment.yaml      the experiment as it was run, every default written out
    RUN/results.parquet      one row a score; see RESULT_COLUMNS
    RUN/anchors.parquet      one row an anchor pair and language; see ANCHOR_COLUMNS
    RUN/grown_anchors.parquet  which anchors the word list grew by; see GROWN_ANCHOR_COLUMNS
    RUN/anchor_use.parquet   how much of the mapped text each anchor carries, by method
    RUN/quality.parquet      one row a candidate pair and language: score, reasons; see QUALITY_COLUMNS
    RUN/signals.parquet      the values behind each score, a column a signal
    RUN/dropped.parquet      pairs that did not become anchors: language, reason, pairs
    RUN/examples.parquet     the test texts, or their words, with the right labels; see EXAMPLE_COLUMNS
    RUN/predictions.parquet  what each method said of them; see PREDICTION_COLUMNS
    RUN/tokens.parquet       how they were cut, and where the rows come from; see TOKEN_COLUMNS
    RUN/word_anchors.parquet the anchors nearest to each word of them; see WORD_ANCHOR_COLUMNS
    RUN/models.parquet       which stitched models were saved: language, method, seed, folder
    RUN/models/NAME/         the stitched models, as Hugging Face folders
    RUN/steps/KEY.parquet    finished steps, by the hash of what they depend on
    RUN/steps/KEY.NAME.parquet  what a finished step has for a second table
    RUN/steps/KEY.model/     a fine-tuned model whose steps are not all done
    RUN/steps/KEY.work/      checkpoints of a fine-tuning that is not done
    RUN/.lock                locked while a process works on the run

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
import pyarrow

from mosecrot_core.anchors.signals import SIGNALS
from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path, lock, remove_folder, remove_temporary

SCHEMA = 1
RESULT_COLUMNS = [
    "language", "method", "baseline_of", "metric", "seed", "value", "n", "coverage", "source_value",
]  # fmt: skip
"""`baseline_of` names the method that a null baseline stands beside, else it is empty; `seed` is -1 for a
deterministic method; `n` counts the test texts; `coverage` is the share of their tokens with a row;
`source_value` is the same fine-tuned model's score on the source language's own test texts, if it has any."""
ANCHOR_COLUMNS = ["language", "anchor", "source", "target", "token", "word", "composed", "score", "line"]
"""`anchor` counts the anchors of a language from 0; `line` is that of the word list, from 1, or 0 for a pair
that the list does not have: a reviewer added it, or it is grown; then `score` is missing."""
GROWN_ANCHOR_COLUMNS = [
    "language", "method", "anchor", "source", "target", "round", "similarity", "margin",
]  # fmt: skip
"""`method` is empty for the run's anchors, where `anchor` is theirs, else it names a method with anchors of
its own, and `anchor` counts those. `round` from 1 says when the pair came, `similarity` how near its words
then were (CSLS, or the cosine), `margin` by how much that exceeds what either word has with any other."""
ANCHOR_USE_COLUMNS = ["language", "method", "anchor", "share"]
QUALITY_COLUMNS = [
    "language", "pair", "source", "target", "token", "word", "line", "score", "quality", "reasons",
    "suggestion", "information", "anchor", "source_near", "target_near", "x", "y",
]  # fmt: skip
"""`pair` counts the candidates of a language from 0; `quality` in [0, 1] reads as the probability that the
pair is right; `reasons` names the signals against it, strongest first;
`information` tells how much a decision on it would teach the model; `anchor` says whether the run uses it;
`source_near` and `target_near` are the pairs nearest to it on either side; `x`, `y` its place on the map."""
SIGNAL_COLUMNS = ["language", "pair", *SIGNALS]
DROPPED_COLUMNS = ["language", "reason", "pairs"]
MODEL_COLUMNS = ["language", "method", "seed", "folder"]
EXAMPLE_COLUMNS = ["language", "example", "word", "text", "gold"]
"""A row a text; where words have labels, a row a word of a sentence. `example` and `word` count from 0;
`gold` is a categorical, whose categories are all labels of the task in their order."""
PREDICTION_COLUMNS = ["language", "method", "seed", "example", "word", "predicted"]
"""As `gold`, but what the method says; null baselines are not among the methods. `seed` as in the results."""
TOKEN_COLUMNS = ["language", "method", "example", "word", "token", "origin", "form", "read"]
"""Tokens in order. `method` is empty for what is read through word vectors, the same for all such methods,
else it names the one that reads through its encoder's own tokenizer. `origin` is one of ORIGINS; `form` is
the vectors' word whose row the token has, where there is one; `read` is false behind what the model takes."""
ORIGINS = ("vectors", "subwords", "unknown", "encoder")
"""Where a token's row is from: a word of the vectors, subwords of theirs, none, or the encoder's own."""
WORD_ANCHOR_COLUMNS = ["language", "method", "token", "source", "target", "weight", "cosine"]
"""The anchors of each token, the heaviest first; `weight` is missing where the method weighs no anchors: then
they are those nearest by cosine. A token's row is their sum only together with those left out here."""
TABLES = {
    "results": RESULT_COLUMNS,
    "anchors": ANCHOR_COLUMNS,
    "grown_anchors": GROWN_ANCHOR_COLUMNS,
    "anchor_use": ANCHOR_USE_COLUMNS,
    "quality": QUALITY_COLUMNS,
    "signals": SIGNAL_COLUMNS,
    "dropped": DROPPED_COLUMNS,
    "models": MODEL_COLUMNS,
    "examples": EXAMPLE_COLUMNS,
    "predictions": PREDICTION_COLUMNS,
    "tokens": TOKEN_COLUMNS,
    "word_anchors": WORD_ANCHOR_COLUMNS,
}
Condition = tuple[str, str, Any]
"""Column, comparison (`==`, `in`), value."""
_REMOVE = "Remove it and run the experiment again."


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
        run._check_schema(run.info())
        return run

    @classmethod
    def take_up(cls, folder: str | Path) -> "Run":
        """Open a run to go on with it, or to begin it; without writing anything.

        Raises:
            InputError: A file is in the way, or a newer version wrote the run.
        """
        run = cls(folder)
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
    def taken(self) -> Iterator[None]:
        """Work on this run alone, without what a killed process left half-written.

        Raises:
            InputError: Another process is at work on it.
        """
        with lock(self.folder / ".lock") as free:
            if not free:
                raise InputError(
                    "another mosecrot is at work on this run",
                    path=self.folder,
                    remedy="Wait for it or stop it.",
                )
            for folder in (self.folder, self.folder / "steps", self.folder / "models"):
                remove_temporary(folder)
            yield

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
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(f"cannot be read ({error})", path=path, remedy=_REMOVE) from error
        if not isinstance(content, dict):
            raise InputError("a JSON object expected", path=path, remedy=_REMOVE)
        return content

    @property
    def state(self) -> str | None:
        """`running`, `stopped` or `done` as run.json has it; None if it is missing or damaged."""
        try:
            return str(self.info().get("state"))
        except InputError:
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
            InputError: The file is damaged.
        """
        path = self.folder / f"{name}.parquet"
        try:
            found = pd.read_parquet(path, filters=list(where) or None)
        except FileNotFoundError:
            return pd.DataFrame(columns=columns)
        except (OSError, ValueError, pyarrow.ArrowException) as error:
            raise InputError(f"cannot be read ({error})", path=path, remedy=_REMOVE) from error
        if missing := [column for column in columns if column not in found]:
            raise InputError(f"columns are missing: {', '.join(missing)}", path=path, remedy=_REMOVE)
        return found

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
        return self.folder / "steps" / f"{key}.model"

    def write_model(self, key: str, save: Callable[[Path], object]) -> None:
        """Keep a fine-tuned model; `save` writes it into the folder it is given."""
        with atomic_path(self.model_folder(key)) as temporary:
            save(temporary)

    def drop_tuning(self, key: str) -> None:
        """Remove a fine-tuned model and its checkpoints, which are no longer needed."""
        remove_folder(self.model_folder(key))
        remove_folder(self.work_folder(key))

    def work_folder(self, key: str) -> Path:
        """Return where a fine-tuning keeps its checkpoints."""
        return self.folder / "steps" / f"{key}.work"


def list_runs(folder: Path) -> list[Run]:
    """Return the runs in a folder (or the folder itself, if it is one), newest first."""
    candidates = [folder] if (folder / "run.json").exists() else folder.glob("*/")
    times = {path: time for path in candidates if (time := _modified(path / "run.json")) is not None}
    return [Run(path) for path in sorted(times, key=lambda path: (-times[path], path.name))]


def _modified(path: Path) -> float | None:
    """Return a file's time of change; None if it is not, or no longer, there."""
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
