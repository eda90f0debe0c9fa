"""Keys of labelled texts: what of them a step depends on."""

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.corpus import SPLITS
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.keys import FileHashes, step_key


class TextKeys:
    """Keys of labelled texts, so that one language can be added without touching the others."""

    def __init__(self, experiment: Experiment, base: Path, hashes: FileHashes) -> None:
        self.inputs = inputs = experiment.task.inputs(experiment.languages, base)
        self._files = {key: [hashes.of(path) for path in paths] for key, paths in inputs.files.items()}
        self._of_all = {
            "settings": dict(inputs.settings),
            "shared": [hashes.of(path) for path in inputs.shared],
            "packages": [[name, _version(name)] for name in inputs.packages],
        }

    def lack(self, language: str, split: str) -> bool:
        """Tell whether a task of files has none for a language and split."""
        return bool(self._files) and (language, split) not in self._files

    def of(self, language: str, splits: Sequence[str] = SPLITS) -> str:
        """Return the key of some splits of a language."""
        return step_key(
            "texts",
            **self._of_all,
            language=self.inputs.languages.get(language),
            files=[[split, self._files.get((language, split), [])] for split in splits],
        )


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        raise InputError(
            f"the package {package} is not installed", remedy="pip install 'mosecrot[demo]'"
        ) from None
