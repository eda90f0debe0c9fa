"""What a user says of an experiment on their own files, and the experiment file that comes of it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import yaml

from mosecrot_core.display import short
from mosecrot_core.errors import InputError
from mosecrot_core.locations import PACKAGE, is_hub_id
from mosecrot_core.runs.uploads import Part, checked_name

METHODS: Mapping[str, dict[str, Any]] = {
    "recommended": {"save": True},
    "paper": {"alignment": {"method": "paper", "weighting": "standard"}},
    "word_pieces": {"kind": "raw_word_pieces"},
}
"""What can be compared, by name: the recommended method, the published one, no stitching at all."""
NEEDED: Mapping[Part, str] = {
    "vectors": "word vectors",
    "words": "a word list",
    "train": "labelled text to learn from",
}
"""What no experiment goes without."""
_SPLITS: tuple[tuple[Part, int, str], ...] = (
    ("train", 0, "train"),
    ("source_test", 0, "test"),
    ("test", 1, "test"),
)
"""Labelled texts: which of the two languages they are in, and their split."""


@dataclass(frozen=True)
class OwnExperiment:
    """What a user says of their own experiment, beside the files."""

    name: str
    languages: tuple[str, str]
    """Codes of the source and of the target language."""
    encoder: str
    """A hub id, or `package:NAME/FOLDER`; a folder, where paths of this machine may be named."""
    methods: tuple[str, ...] = ("recommended",)
    """Some of `METHODS`."""
    seeds: int = 3
    """How many fine-tunings."""
    text_column: str = "text"
    label_column: str = "label"
    reversed_list: bool = False
    """Whether the word list runs from the target language to the source language."""

    def as_yaml(self, files: Mapping[Part, str]) -> str:
        """Write the experiment file.

        Args:
            files: Where each part lies: paths, relative ones beside the experiment file.
        """
        source, target = self.languages
        labelled: dict[str, dict[str, str]] = {source: {}, target: {}}
        for part, of, split in _SPLITS:
            if part in files:
                labelled[self.languages[of]][split] = files[part]
        lexicon: dict[str, Any] = {"path": files["words"]}
        content = {
            "name": self.name,
            "seeds": list(range(self.seeds)),
            "source": {"language": source, "encoder": self.encoder},
            "targets": {
                target: {
                    "vectors": {"path": files["vectors"]},
                    "lexicon": lexicon | ({"reversed": True} if self.reversed_list else {}),
                }
            },
            "task": {
                "name": "files",
                "text_column": self.text_column,
                "label_column": self.label_column,
                "files": {language: splits for language, splits in labelled.items() if splits},
            },
            "methods": {name: METHODS[name] for name in self.methods},
        }
        return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)

    def check(self, parts: Set[Part], *, folders: bool) -> None:
        """Check what can be told without the files.

        Args:
            parts: Which files there are.
            folders: Whether the encoder may be a folder of this machine.

        Raises:
            InputError: A name, a language, a method, the encoder or a file is missing or none.
        """
        checked_name(self.name)
        for language in self.languages:
            checked_name(language, "a language's code")
        if self.languages[0] == self.languages[1]:
            raise InputError(f"two languages expected, both are {self.languages[0]}", remedy="Change one.")
        if not self.methods or not set(self.methods) <= METHODS.keys():
            raise InputError(f"methods among {', '.join(METHODS)} expected", remedy="Choose at least one.")
        if missing := [what for part, what in NEEDED.items() if part not in parts]:
            raise InputError(f"{' and '.join(missing)} expected, none came", remedy="Choose a file.")
        if "test" not in parts and "recommended" not in self.methods:
            problem = f"texts of {self.languages[1]} to score on expected, none came"
            raise InputError(problem, remedy="Add some, or the recommended method, whose model is kept.")
        if not self.encoder:
            raise InputError("an encoder expected, none came", remedy="Name one.")
        if not (folders or self.encoder.startswith(PACKAGE) or is_hub_id(self.encoder)):
            problem = f"a hub id or package:NAME/FOLDER expected as encoder, {short(self.encoder, 80)!r} came"
            raise InputError(problem, remedy="Folders may be named where only this machine reaches it.")
