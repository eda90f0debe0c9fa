"""Universal Dependencies: the part of speech of each word, from CoNLL-U files (Nivre et al. 2020).

`dependencies` reads the trees of the same files.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from mosecrot_core.learning.tasks.conllu_files import read_conllu
from mosecrot_core.learning.tasks.own_files import OwnFiles
from mosecrot_core.learning.tasks.published import Layout, SourceName
from mosecrot_core.learning.tasks.token_files import Row, TokenFiles

UPOS = tuple("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split())  # noqa: SIM905
"""The 17 universal parts of speech, in alphabetical order."""


class Treebanks(OwnFiles):
    """Where treebanks lie, whatever is read of them."""

    source: str = "."
    """A local folder with `TREEBANK-ud-train.conllu` and so on, in it or in a folder `UD_*` below it; or
    the id of a hub repository of this layout."""
    languages: Mapping[str, SourceName] = {}
    """Language of the experiment -> its treebank as the files are called, such as `en: en_ewt`."""

    title: ClassVar[str] = "Universal Dependencies"
    known: ClassVar[Mapping[str, str]] = {}

    def _layouts(self, name: str, split: str) -> list[Layout]:
        return [(f"{folder}{name}-ud-{split}.conllu",) for folder in ("", "UD_*/")]


class UniversalDependenciesSettings(Treebanks, TokenFiles):
    """Universal Dependencies: 17 parts of speech; `languages` names the treebank of each language."""

    name: Literal["universal_dependencies"] = "universal_dependencies"
    """The reader."""
    label_names: ClassVar[tuple[str, ...]] = UPOS

    def _sentences(self, path: Path, name: str, split: str) -> Iterable[Sequence[Row]]:
        del name, split
        return [
            [(word.line, word.word, word.part_of_speech) for word in words] for words in read_conllu(path)
        ]
