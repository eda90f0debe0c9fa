"""CoNLL-U files: a word a line in ten columns, a blank line between sentences (universaldependencies.org).

A word is a syntactic word: of ``2-3 du``, ``2 de``, ``3 le`` the last two are read, the range is skipped, and
so are empty nodes (``8.1``), which stand for words that are not said.
"""

import re
from pathlib import Path
from typing import NamedTuple

from mosecrot_core.errors import InputError
from mosecrot_core.text_files import read_lines

_COLUMNS = 10
_NO_WORD = re.compile(r"[0-9]+[-.][0-9]+")  # 2-3: several words written as one; 8.1: an empty node
_WITHHELD = "_"


class ConlluWord(NamedTuple):
    """A line that holds a word."""

    line: int
    number: str
    """In its sentence, as the file has it."""
    word: str
    part_of_speech: str
    head: str
    relation: str


def read_conllu(path: Path) -> list[list[ConlluWord]]:
    """Return the words of each sentence.

    Raises:
        InputError: A line has another number of columns or holds no word, or the words are withheld.
    """
    sentences: list[list[ConlluWord]] = [[]]
    for number, line in read_lines(path):
        if not line.strip():
            sentences.append([])
        elif not line.startswith("#") and (word := _word(line, path, number)):
            sentences[-1].append(word)
    sentences = [sentence for sentence in sentences if sentence]
    words = [each.word for sentence in sentences for each in sentence]
    if 2 * words.count(_WITHHELD) > len(words):
        raise InputError(
            "the words are withheld: most are '_'",
            path=path,
            remedy="This treebank comes without its text; its README says how to merge it in.",
        )
    return sentences


def _word(line: str, path: Path, number: int) -> ConlluWord | None:
    """Read a line; None where it holds no word of its own."""
    cells = line.split("\t")
    if len(cells) != _COLUMNS:
        raise InputError(
            f"{_COLUMNS} columns parted by tabs expected, {len(cells)} found",
            path=path,
            line=number,
            remedy="Is this a CoNLL-U file?",
        )
    token, word = cells[0], cells[1].strip()
    if _NO_WORD.fullmatch(token):
        return None
    if not token.isdecimal() or not word:
        problem = f"a word behind its number expected, {cells[:2]} found"
        raise InputError(problem, path=path, line=number, remedy="Is this a CoNLL-U file?")
    return ConlluWord(number, token, word, cells[3], cells[6], cells[7])
