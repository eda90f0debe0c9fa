"""Sweeps: an experiment in one or several settings, as a file with a key `sweep` says.

    sweep:
      methods.recommended.alignment.k: [10, 50]
      training.learning_rate: [2.0e-5, 5.0e-5]

makes four experiments, one for each combination of the values, each a run of its own.
"""

import copy
import itertools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mosecrot_core.errors import InputError
from mosecrot_core.runs.experiment import EXPECTED, Experiment
from mosecrot_core.runs.settings_file import Read, line_of, read_settings, validated

_LONGEST_NAME = 64
_MOST = 10_000  # settings


@dataclass(frozen=True)
class Setting:
    """One of the experiments of a sweep."""

    values: dict[str, Any]
    """What it sets, by dotted key; empty where the file sweeps over nothing."""
    experiment: Experiment


@dataclass(frozen=True)
class Sweep:
    """Experiments whose steps are done by any number of workers, equal steps once."""

    name: str
    base: Path
    """Folder that relative paths start from."""
    runs: Path
    """Folder of the run folders."""
    settings: tuple[Setting, ...]
    lease: float = 120.0
    """Seconds of silence after which a worker of another machine counts as dead."""
    attempts: int = 5
    """So many workers in a row may die over a task before it counts as failed."""

    @property
    def folder(self) -> Path:
        """Where its tasks are kept: the run folder itself where there is one setting."""
        return self.runs / self.name

    def folder_of(self, setting: int) -> Path:
        """Return the run folder of a setting."""
        return self.runs / self.settings[setting].experiment.name

    def as_json(self) -> str:
        """Write it for other processes."""
        settings = [[own.values, own.experiment.model_dump(mode="json")] for own in self.settings]
        return json.dumps(
            {**vars(self), "base": str(self.base), "runs": str(self.runs), "settings": settings}
        )

    @classmethod
    def from_json(cls, text: str) -> "Sweep":
        """Read what `as_json` wrote."""
        content = json.loads(text)
        settings = tuple(
            Setting(values, Experiment.model_validate(experiment))
            for values, experiment in content.pop("settings")
        )
        base, runs = Path(content.pop("base")), Path(content.pop("runs"))
        return cls(base=base, runs=runs, settings=settings, **content)


def load_sweep(path: Path, runs: Path, profile: str | None = None, **how: Any) -> Sweep:
    """Read an experiment file that may sweep over settings.

    Args:
        path: The file.
        runs: Folder of the run folders.
        profile: As for `load_experiment`.
        how: `lease` and `attempts` of the sweep.

    Raises:
        InputError: The file cannot be used; the message names the line, or the values that do not fit.
    """
    read = read_settings(path, EXPECTED, profile)
    grid = _grid(read)
    content = {key: value for key, value in read.content.items() if key != "sweep"}
    whole = validated(Experiment, read._replace(content=content)) if not grid else None
    if whole is not None:
        settings: tuple[Setting, ...] = (Setting({}, whole),)
        name = whole.name
    else:
        name = str(content.get("name"))
        combinations = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
        labels = _labels(combinations, grid, _LONGEST_NAME - len(name) - 1)
        settings = tuple(
            Setting(values, _changed(read, content, values, f"{name}-{label}"))
            for values, label in zip(combinations, labels, strict=True)
        )
    return Sweep(name, path.parent.absolute(), runs.absolute(), settings, **how)


def _grid(read: Read) -> dict[str, list[Any]]:
    grid = read.content.get("sweep", {})
    if not isinstance(grid, dict):
        raise _refused(read, "a mapping of dotted keys to lists of values expected")
    for key, values in grid.items():
        if not isinstance(values, list) or not values:
            raise _refused(read, f"{key}: a list of values expected, got {values!r}"[:160])
        if len({json.dumps(value, sort_keys=True, default=str) for value in values}) < len(values):
            raise _refused(read, f"{key}: a value is there twice")
        if key in ("name", "sweep", "profiles"):
            raise _refused(read, f"{key} cannot be swept over")
    number = 1
    for values in grid.values():
        number *= len(values)
    if number > _MOST:
        raise _refused(read, f"at most {_MOST:,} settings expected, these are {number:,}")
    return grid


def _changed(read: Read, content: dict[str, Any], values: dict[str, Any], name: str) -> Experiment:
    """Give some keys of a file other values."""
    new = copy.deepcopy({**content, "name": name})
    for key, value in values.items():
        place: Any = new
        *way, last = key.split(".")
        for step in way:
            if isinstance(place, dict) and place.get(step) is None:
                place[step] = {}
            place = place[step] if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise _refused(read, f"{key}: leads through something that is no mapping")
        place[last] = copy.deepcopy(value)
    try:
        return validated(Experiment, read._replace(content=new))
    except InputError as error:
        raise _refused(read, f"with {described(values)}: {error.problem}") from None


def described(values: dict[str, Any]) -> str:
    """Write what a setting sets in a line."""
    return ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())


def _labels(combinations: list[dict[str, Any]], grid: dict[str, list[Any]], longest: int) -> list[str]:
    """Name the combinations by their values, or number them where such names are too long or alike."""
    labels = ["-".join(_label(key, value, grid[key]) for key, value in own.items()) for own in combinations]
    if len(set(labels)) == len(labels) and max(map(len, labels)) <= longest:
        return labels
    return [str(number) for number in range(1, len(labels) + 1)]


def _label(key: str, value: Any, values: list[Any]) -> str:
    plain = isinstance(value, str | int | float)
    text = str(value) if plain else str(values.index(value) + 1)
    return re.sub(r"[^A-Za-z0-9]+", "_", f"{key.rsplit('.', maxsplit=1)[-1]}_{text}").strip("_")


def _refused(read: Read, problem: str) -> InputError:
    remedy = "Write it as `sweep: {training.learning_rate: [2.0e-5, 5.0e-5]}`."
    return InputError(f"sweep: {problem}", path=read.path, line=line_of(read, "sweep"), remedy=remedy)
