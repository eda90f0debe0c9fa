"""Universal Dependencies: the part of speech of each word, from CoNLL-U files (Nivre et al. 2020).

A word is a syntactic word: of ``2-3 du``, ``2 de``, ``3 le`` the last two are read, the range is skipped, and
so are empty nodes (``8.1``), which stand for words that are not said.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.published import Layout, SourceName
from mosecrot_core.learning.tasks.token_files import Row, TokenFiles
from mosecrot_core.locations import read_lines

UPOS = tuple("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split())  # noqa: SIM905
"""The 17 universal parts of speech, in alphabetical order."""
_COLUMNS = 10
_NO_WORD = re.compile(r"[0-9]+[-.][0-9]+")  # 2-3: several words written as one; 8.1: an empty node
_WITHHELD = "_"


class UniversalDependenciesSettings(TokenFiles):
    """Universal Dependencies: 17 parts of speech; `languages` names the treebank of each language."""

    name: Literal["universal_dependencies"] = "universal_dependencies"
    """The reader."""
    source: str = "."
    """A local folder with `TREEBANK-ud-train.conllu` and so on, in it or in a folder `UD_*` below it; or
    the id of a hub repository of this layout."""
    languages: Mapping[str, SourceName] = {}
    """Language of the experiment -> its treebank as the files are called, such as `en: en_ewt`."""

    title: ClassVar[str] = "Universal Dependencies"
    label_names: ClassVar[tuple[str, ...]] = UPOS
    known: ClassVar[Mapping[str, str]] = {}

    def _layouts(self, name: str, split: str) -> list[Layout]:
        return [(f"{folder}{name}-ud-{split}.conllu",) for folder in ("", "UD_*/")]

    def _sentences(self, path: Path, name: str, split: str) -> Iterable[Sequence[Row]]:
        del name, split
        return _sentences(path)


def _sentences(path: Path) -> list[list[Row]]:
    sentences: list[list[Row]] = [[]]
    for number, line in read_lines(path):
        if not line.strip():
            sentences.append([])
        elif not line.startswith("#"):
            sentences[-1].extend(_row(line, path, number))
    sentences = [sentence for sentence in sentences if sentence]
    words = [word for sentence in sentences for _, word, _ in sentence]
    if 2 * words.count(_WITHHELD) > len(words):
        raise InputError(
            "the words are withheld: most are '_'",
            path=path,
            remedy="This treebank comes without its text; its README says how to merge it in.",
        )
    return sentences


def _row(line: str, path: Path, number: int) -> Iterator[Row]:
    """Yield the word of a line, if it holds one."""
    cells = line.split("\t")
    if len(cells) != _COLUMNS:
        raise InputError(
            f"{_COLUMNS} columns parted by tabs expected, {len(cells)} found",
            path=path,
            line=number,
            remedy="Is this a CoNLL-U file?",
        )
    token, word, part_of_speech = cells[0], cells[1].strip(), cells[3]
    if _NO_WORD.fullmatch(token):
        return
    if not token.isdecimal() or not word:
        problem = f"a word behind its number expected, {cells[:2]} found"
        raise InputError(problem, path=path, line=number, remedy="Is this a CoNLL-U file?")
    yield number, word, part_of_speech
