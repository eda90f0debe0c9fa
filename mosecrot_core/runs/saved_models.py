"""The models that a finished run has saved, each with what is known of it."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mosecrot_core.errors import InputError
from mosecrot_core.runs.experiment import Experiment, load_experiment
from mosecrot_core.runs.input_files import InputFile
from mosecrot_core.runs.schema import MODEL_COLUMNS
from mosecrot_core.runs.store import Run

_AGAIN = "Run its experiment file again: what is done is not done again."
_METRIC = re.compile(r"\w{1,64}")


@dataclass(frozen=True)
class SavedModel:
    """A model that a run has saved."""

    run: Run
    experiment: Experiment
    language: str
    method: str
    seed: int

    @property
    def name(self) -> str:
        """A name that is also a safe file name."""
        return f"{self.experiment.name}-{self.method}-{self.language}"

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.run.folder / "models" / f"{self.method}-{self.language}"

    @property
    def results(self) -> pd.DataFrame:
        """The scores of every method in its language."""
        results = self.run.results()
        return results[results["language"] == self.language]

    @property
    def inputs(self) -> list[InputFile]:
        """What it is made of.

        Raises:
            InputError: run.json does not say.
        """
        kept = self.run.info().get("inputs")
        try:
            every = [InputFile(**each) for each in kept or ()]
        except TypeError:
            every = []
        if not every:
            raise InputError("run.json does not say what it is made of", path=self.run.folder, remedy=_AGAIN)
        own = ("", self.language, self.experiment.source.language)
        return [each for each in every if each.language in own]


def saved_models(folder: Path, language: str | None = None, method: str | None = None) -> list[SavedModel]:
    """Return the models that a run has saved, all or those of a language or method.

    Raises:
        InputError: There is no finished run, its tables do not fit its experiment, or it has saved no
            such model.
    """
    run = Run.open(folder)
    if run.state != "done":
        problem = f"a finished run expected, this one is {run.state}"
        raise InputError(
            problem, path=folder, remedy="Let it finish: mosecrot run its experiment file again."
        )
    experiment = load_experiment(folder / "experiment.yaml")
    rows = run.table("models", MODEL_COLUMNS)
    _check_names(rows, experiment, folder)
    _check_names(run.results(), experiment, folder)
    found = [
        SavedModel(run, experiment, row["language"], row["method"], int(row["seed"]))
        for row in rows.to_dict(orient="records")
        if language in (None, row["language"]) and method in (None, row["method"])
    ]
    if not found:
        raise InputError(_no_model(rows, language, method), path=folder, remedy=_SAVE)
    return found


def _check_names(rows: pd.DataFrame, experiment: Experiment, folder: Path) -> None:
    """Let no name into a bundle that the experiment does not have."""
    methods = {str(name).partition(":")[0] for name in rows["method"]} - experiment.methods.keys()
    odd = methods | (set(rows["language"]) - experiment.targets.keys())
    odd |= {str(name) for name in rows.get("metric", ()) if not _METRIC.fullmatch(str(name))}
    if odd:
        problem = f"tables of its own experiment expected, which has no {sorted(map(str, odd))[0]!r:.80}"
        raise InputError(problem, path=folder, remedy=_AGAIN)


def _no_model(rows: pd.DataFrame, language: str | None, method: str | None) -> str:
    if rows.empty:
        return "a saved model expected, the run has none"
    there_is = ", ".join(f"{row.method} in {row.language}" for row in rows.itertuples())
    asked = " in ".join(filter(None, (method or "any method", language)))
    return f"a saved model of {asked} expected, the run has {there_is}"


_SAVE = "Set `save: true` for a method in its experiment file and run it again."
