"""Sentences of words with a head and a relation for each word, in several languages, split in three."""

from dataclasses import dataclass
from itertools import chain
from typing import Literal

from mosecrot_core.learning.tasks.corpus import Corpus


@dataclass(frozen=True)
class LabelledTrees:
    """Sentences, each a tuple of words, and of each word its head, their relation, and whether it is scored.

    Words count from 1, and 0 is ROOT. A head behind the end of a sentence is a word that was cut off.

    Raises:
        ValueError: A sentence or a word is empty, there are more or fewer of something than words, a word
            is its own head, or a head is negative.

    >>> LabelledTrees((("Ada", "sleeps"),), ((2, 0),), ((1, 0),), ((True, True),)).heads[0]
    (2, 0)
    """

    sentences: tuple[tuple[str, ...], ...]
    heads: tuple[tuple[int, ...], ...]
    relations: tuple[tuple[int, ...], ...]
    """Indices into the corpus' `label_names`."""
    counted: tuple[tuple[bool, ...], ...]

    def __post_init__(self) -> None:
        of_words = (self.heads, self.relations, self.counted)
        if any(len(each) != len(self.sentences) for each in of_words):
            raise ValueError(f"trees of all {len(self.sentences)} sentences expected")
        for number, (words, *own) in enumerate(zip(self.sentences, *of_words, strict=True)):
            if not words or not all(words):
                raise ValueError(f"sentence {number}: at least one word, and none empty, expected: {words}")
            if any(len(each) != len(words) for each in own):
                raise ValueError(f"sentence {number}: a head, a relation and a mark a word expected")
            if any(head < 0 or head == word for word, head in enumerate(self.heads[number], 1)):
                raise ValueError(f"sentence {number}: heads that are other words or 0 expected")

    def __len__(self) -> int:
        return len(self.sentences)

    @property
    def label_range(self) -> tuple[int, int] | None:
        """The smallest and the largest relation; None where there is none."""
        used = set(chain.from_iterable(self.relations))
        return (min(used), max(used)) if used else None


@dataclass(frozen=True)
class TreeCorpus(Corpus[LabelledTrees]):
    """The trees of one task; `label_names` are the relations."""

    longest: int = 128
    """The most words that a sentence has; heads are `longest` + 1 at most."""
    compat: Literal["wu2022"] | None = None
    """Whose parser reads them (`parser_model`)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for (language, split), part in self.splits.items():
            if any(len(words) > self.longest for words in part.sentences):
                raise ValueError(f"{language} {split}: sentences of {self.longest} words at most expected")
            if max(chain([0], *part.heads)) > self.longest + 1:
                raise ValueError(f"{language} {split}: heads up to {self.longest + 1} expected")
