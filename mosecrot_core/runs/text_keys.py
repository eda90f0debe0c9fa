"""Keys of labelled texts: what of them a step depends on."""

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.corpus import SPLITS
from mosecrot_core.learning.tasks.text_files import TextFileSettings
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.keys import FileHashes, step_key


class TextKeys:
    """Keys of labelled texts, so that one language can be added without touching the others."""

    def __init__(self, experiment: Experiment, base: Path, hashes: FileHashes) -> None:
        self._languages = [experiment.source.language, *experiment.targets]
        self._task = task = experiment.task
        self._files: dict[tuple[str, str], str] = {}
        if isinstance(task, TextFileSettings):
            self._files = {key: hashes.of(path) for key, path in task.paths(base).items()}

    def of(self, language: str, splits: Sequence[str] = SPLITS) -> str:
        """Return the key of some splits of a language."""
        if not isinstance(self._task, TextFileSettings):
            # Which intents are used depends on all languages: they must occur in each.
            packages = [[name, _version(name)] for name in ("home-assistant-intents", "hassil")]
            task = self._task.model_dump(mode="json")
            return step_key("texts", task=task, packages=packages, languages=self._languages, of=language)
        named_by = (next(iter(self._task.files)), "train")  # whose labels give the label names
        return step_key(
            "texts",
            task=self._task.model_dump(mode="json", exclude={"files"}),
            labels=self._files.get(named_by),
            files=[[split, self._files.get((language, split))] for split in splits],
        )


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        raise InputError(
            f"the package {package} is not installed", remedy="pip install 'mosecrot[demo]'"
        ) from None
