"""Universal Dependencies: the tree over the words of each sentence, from CoNLL-U files (Nivre et al. 2020).

As Wu et al. (2022) read them: relations without their subtypes (``nsubj:pass`` is ``nsubj``), punctuation and
symbols not scored, and of a long sentence its first 128 words.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.base import TreeTask
from mosecrot_core.learning.tasks.conllu_files import ConlluWord, read_conllu
from mosecrot_core.learning.tasks.published import numbered
from mosecrot_core.learning.tasks.tables import label_number
from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees, TreeCorpus
from mosecrot_core.learning.tasks.universal_dependencies import Treebanks

RELATIONS = (
    "acl", "advcl", "advmod", "amod", "appos", "aux", "case", "cc", "ccomp", "clf", "compound", "conj", "cop",
    "csubj", "dep", "det", "discourse", "dislocated", "expl", "fixed", "flat", "goeswith", "iobj", "list",
    "mark", "nmod", "nsubj", "nummod", "obj", "obl", "orphan", "parataxis", "punct", "reparandum", "root",
    "vocative", "xcomp",
)  # fmt: skip
"""The 37 universal relations of version 2, in alphabetical order."""
_NOT_SCORED = ("PUNCT", "SYM")
_Tree = tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...], tuple[bool, ...]]


class DependenciesSettings(Treebanks, TreeTask):
    """Universal Dependencies: heads and 37 relations; `languages` names the treebank of each language."""

    name: Literal["dependencies"] = "dependencies"
    """The reader."""
    longest: int = Field(default=128, ge=1, le=800)
    """How many words of a sentence are read and scored, its first ones. Where the head of a word lies behind
    them, the word is scored and never right, as in Wu et al.'s code."""
    compat: Literal["wu2022"] | None = None
    """wu2022: parse as their released code does, which masks ROOT: the word on ROOT is never right, and LAS
    ends at about 91 %; none: as it was meant."""

    label_names: ClassVar[tuple[str, ...]] = RELATIONS

    def load(self, languages: Sequence[str], base: Path = Path()) -> TreeCorpus:
        """Return the trees of some languages, of every split that there is.

        Raises:
            InputError: A language is unknown or has no file, the hub does not give it, a file is missing or
                of another layout, a relation is unknown, or what should be a tree is none.
        """
        found = self._examples(languages, base, lambda path, *_: self._trees(path))
        splits = {key: LabelledTrees(*zip(*trees, strict=True)) for key, trees in found}
        return TreeCorpus(self.label_names, splits, longest=self.longest, compat=self.compat)

    def _trees(self, path: Path) -> list[_Tree]:
        numbers = numbered(self.label_names)
        sentences = read_conllu(path)
        if not sentences:
            raise InputError("labelled sentences were expected, the file holds none", path=path)
        return [self._tree(words, path, numbers) for words in sentences]

    def _tree(self, words: list[ConlluWord], path: Path, numbers: dict[str, int]) -> _Tree:
        heads = _heads(words, path)
        kept = words[: self.longest]
        return (
            tuple(word.word for word in kept),
            tuple(min(head, self.longest + 1) for head in heads[: self.longest]),
            tuple(
                label_number(word.relation.split(":")[0], numbers, path, word.line, "Is it version 2 of UD?")
                for word in kept
            ),
            tuple(word.part_of_speech not in _NOT_SCORED for word in kept),
        )


def _heads(words: list[ConlluWord], path: Path) -> list[int]:
    """Return the heads of a sentence.

    Raises:
        InputError: They do not make a tree with one root; the line is that of a word where it fails.
    """
    for number, word in enumerate(words, 1):
        if word.number != str(number):
            raise InputError(f"word {number} expected, {word.number} found", path=path, line=word.line)
        if not (word.head.isascii() and word.head.isdecimal() and len(word.head) < 10):
            problem = f"the number of a word's head expected, {word.head!r} found"
            raise InputError(problem, path=path, line=word.line, remedy="Is the treebank parsed?")
        if int(word.head) > len(words):
            problem = f"head {word.head} of a sentence of {len(words)} words"
            raise InputError(problem, path=path, line=word.line)
    heads = [int(word.head) for word in words]
    roots = [word for word in words if int(word.head) == 0]
    if len(roots) > 1:
        problem = f"one root expected, this is another: {roots[1].word!r} beside {roots[0].word!r}"
        raise InputError(problem, path=path, line=roots[1].line)
    if (lost := _in_cycle(heads)) is not None:
        way = " -> ".join(map(str, _way_around(heads, lost)))
        problem = f"heads lead in a circle, {way}" + ("" if roots else ", and there is no root")
        raise InputError(problem, path=path, line=words[lost - 1].line)
    return heads


def _in_cycle(heads: list[int]) -> int | None:
    """Return a word that is among its own ancestors, if there is one."""
    leads_to_root = {0}
    for start in range(1, len(heads) + 1):
        way: dict[int, None] = {}
        word = start
        while word not in leads_to_root:
            if word in way:
                return word
            way[word] = None
            word = heads[word - 1]
        leads_to_root |= way.keys()
    return None


def _way_around(heads: list[int], start: int) -> list[int]:
    way = [start, heads[start - 1]]
    while way[-1] != start:
        way.append(heads[way[-1] - 1])
    return way
