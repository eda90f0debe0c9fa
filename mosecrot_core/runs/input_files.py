"""What an experiment is made of: every file and model that it reads, by names that tell nothing of a machine.

The list is kept in run.json with each file's hash, for the model cards of what the run makes.
"""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from mosecrot_core.anchors.decisions import read_decisions
from mosecrot_core.anchors.verdict import decisions_digest
from mosecrot_core.learning.tasks.base import TaskInputs
from mosecrot_core.locations import model_folder, resolve_path
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.languages import SourceSettings, TargetSettings

_SNAPSHOTS = "snapshots"


@dataclass(frozen=True)
class InputFile:
    """A file, or a folder, that an experiment reads."""

    role: str
    """What it is: `encoder`, `vectors`, `word list`, `test texts`, ..."""
    language: str
    """Whose; empty: of several."""
    name: str
    """As the experiment has it; of a path outside its folder no more than the file's name."""
    hash: str
    """SHA-256 of its content; of a folder 24 digits, those of all its files; of a package its version."""
    revision: str = ""
    """The hub's commit that it is of, if it is from there."""
    source: str = ""
    """The repository of the hub."""

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept in run.json."""
        return asdict(self)


def input_files(
    experiment: Experiment, base: Path, hashes: FileHashes, texts: TaskInputs
) -> tuple[InputFile, ...]:
    """List what an experiment reads.

    Args:
        experiment: The experiment.
        base: Folder that its relative paths start from.
        hashes: Gives the hash of each file.
        texts: What its task reads.

    Raises:
        InputError: A file is not there.
    """
    found = _Inputs(base, hashes)
    source = experiment.source
    every = list(found.models(source.language, "encoder", source.encoder))
    every += found.of_language(source.language, source)
    own = (getattr(method, "own_encoder", None) for method in experiment.methods.values())
    for spec in sorted({spec for spec in own if spec}):
        every += found.models("", "encoder of a method", spec)
    for language, target in experiment.targets.items():
        every += found.of_language(language, target)
        if target.decisions is not None:
            every.append(found.decisions((source.language, language), target.decisions))
    for (language, split), paths in texts.files.items():
        every += [found.file(f"{split} texts", language, path) for path in paths]
    listed = {path for paths in texts.files.values() for path in paths}
    every += [found.file("labels of the texts", "", path) for path in texts.shared if path not in listed]
    every += [InputFile("package", "", name, f"version {metadata.version(name)}") for name in texts.packages]
    return tuple(dict.fromkeys(every))


class _Inputs:
    def __init__(self, base: Path, hashes: FileHashes) -> None:
        self._base, self._hashes = base, hashes

    def models(self, language: str, role: str, spec: str) -> Iterator[InputFile]:
        """Give the weights of an encoder, which the hub lists by the same hash."""
        folder = model_folder(spec, self._base)
        weights = sorted(folder.glob("*.safetensors"))
        for path in weights or [folder]:
            found = self.file(role, language, path)
            name = _private(spec, self._base) + (f"/{path.name}" if len(weights) > 1 else "")
            yield replace(found, name=name)

    def of_language(self, language: str, own: SourceSettings | TargetSettings) -> Iterator[InputFile]:
        """Give vectors, word list, decisions and running text."""
        specs = [("unlabelled text", path) for path in own.unlabelled.files] if own.unlabelled else []
        if own.vectors is not None:
            trained = [("text of the vectors", path) for path in own.vectors.train_on]
            specs += [("vectors", own.vectors.path)] if own.vectors.path else trained
        if isinstance(own, TargetSettings):
            specs += [("word list", own.lexicon.path)] if own.lexicon else []
        for role, spec in specs:
            found = self.file(role, language, resolve_path(spec, self._base))
            yield replace(found, name=_private(spec, self._base))

    def decisions(self, languages: tuple[str, str], spec: str) -> InputFile:
        """Give what reviewers decided: the verdicts that stand, whoever made them and whenever."""
        digest = decisions_digest(read_decisions(resolve_path(spec, self._base), languages))
        return InputFile("decisions on its pairs", languages[1], _private(spec, self._base), digest or "none")

    def file(self, role: str, language: str, path: Path) -> InputFile:
        """Name a file or folder, and the hub's repository that it is of."""
        parts, source, revision, name = path.parts, "", "", _private(str(path), self._base)
        if _SNAPSHOTS in parts[:-1]:
            place = len(parts) - 1 - parts[::-1].index(_SNAPSHOTS)
            source = "/".join(parts[place - 1].split("--")[1:])
            revision, name = parts[place + 1], "/".join(parts[place + 2 :]) or source
        return InputFile(role, language, name, self._hashes.of(path), revision, source)


def _private(spec: str, base: Path) -> str:
    """Name a path by what lies inside the experiment's folder, or as written if that is relative."""
    path = Path(spec)
    if not path.is_absolute():
        return spec
    start, target = (Path(os.path.normpath(each)) for each in (base.absolute(), path))
    return target.relative_to(start).as_posix() if target.is_relative_to(start) else target.name
