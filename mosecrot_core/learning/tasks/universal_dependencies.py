"""Universal Dependencies: the part of speech of each word, from CoNLL-U files (Nivre et al. 2020).

A word is a syntactic word: of ``2-3 du``, ``2 de``, ``3 le`` the last two are read, the range is skipped, and
so are empty nodes (``8.1``), which stand for words that are not said.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.corpus import SPLITS
from mosecrot_core.learning.tasks.token_corpus import TokenCorpus
from mosecrot_core.learning.tasks.token_files import Paths, Row, TokenFileSettings, find_files, number_labels
from mosecrot_core.locations import read_lines, resolve_path

UPOS = tuple("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split())  # noqa: SIM905
"""The 17 universal parts of speech, in alphabetical order."""
_COLUMNS = 10
_NO_WORD = re.compile(r"[0-9]+[-.][0-9]+")  # 2-3: several words written as one; 8.1: an empty node
_WITHHELD = "_"
_LAYOUT = "TREEBANK-ud-{train,dev,test}.conllu[.gz], in it or in a folder UD_* below it"


class UniversalDependenciesSettings(TokenFileSettings):
    """Where the treebanks lie: `folder` and `treebanks`, or `files`."""

    name: Literal["universal-dependencies"] = "universal-dependencies"
    """The reader."""
    treebanks: Mapping[str, str] = {}
    """Language -> treebank as its files are called, such as `en: en_ewt`; goes with `folder`."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.folder is None) == (self.files is None):
            raise ValueError("exactly one of `folder` and `files` is expected")
        return self

    def paths(self, languages: Sequence[str], base: Path = Path()) -> Paths:
        """Return the file of each language and split.

        Raises:
            InputError: A language has none.
        """
        if self.files is not None:
            return self.named_files(languages, base)
        if unnamed := [language for language in languages if language not in self.treebanks]:
            raise InputError(
                f"no treebank is named for {', '.join(unnamed)}",
                remedy="Write `treebanks: {en: en_ewt}`: what its files are called in front of -ud-.",
            )
        patterns: dict[tuple[str, str], list[str]] = {
            (language, split): [
                f"{folder}{self.treebanks[language]}-ud-{split}.conllu{packed}"
                for folder in ("", "UD_*/")
                for packed in ("", ".gz")
            ]
            for language in languages
            for split in SPLITS
        }
        return find_files(resolve_path(self.folder or "", base), patterns, _LAYOUT)


def load_universal_dependencies(
    settings: UniversalDependenciesSettings, languages: Sequence[str], base: Path = Path()
) -> TokenCorpus:
    """Read words and parts of speech of every language; the labels are `UPOS`.

    Args:
        settings: Where the files lie.
        languages: Codes as the settings have them.
        base: Folder that relative paths start from.

    Raises:
        InputError: A file is missing or no CoNLL-U, a word has no universal tag, or the words are withheld.
    """
    paths = settings.paths(tuple(dict.fromkeys(languages)), base)
    return TokenCorpus(
        UPOS, {key: number_labels(_sentences(path), UPOS, path) for key, path in paths.items()}
    )


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
