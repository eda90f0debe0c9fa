"""Sentences of words with a label for each word, in several languages, split into train, dev and test."""

from dataclasses import dataclass
from itertools import chain

from mosecrot_core.learning.bio import is_bio
from mosecrot_core.learning.tasks.corpus import Corpus


@dataclass(frozen=True)
class LabelledTokens:
    """Sentences, each a tuple of words, and one label a word, an index into the corpus' `label_names`.

    Raises:
        ValueError: A sentence or a word is empty, or words and labels differ in number.

    >>> LabelledTokens((("Ada", "sleeps"),), ((1, 0),)).labels[0]
    (1, 0)
    """

    sentences: tuple[tuple[str, ...], ...]
    labels: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if len(self.sentences) != len(self.labels):
            raise ValueError(
                f"labels for all {len(self.sentences)} sentences expected, {len(self.labels)} labelled"
            )
        for number, (words, labels) in enumerate(zip(self.sentences, self.labels, strict=True)):
            if not words or not all(words):
                raise ValueError(f"sentence {number}: at least one word, and none empty, expected: {words}")
            if len(words) != len(labels):
                raise ValueError(
                    f"sentence {number}: one label a word expected: {len(words)} words, {len(labels)} labels"
                )

    def __len__(self) -> int:
        return len(self.sentences)

    @property
    def n_words(self) -> int:
        """The number of words in all sentences."""
        return sum(map(len, self.sentences))

    @property
    def label_range(self) -> tuple[int, int] | None:
        """The smallest and the largest label; None where there is none."""
        used = set(chain.from_iterable(self.labels))
        return (min(used), max(used)) if used else None


class TokenCorpus(Corpus[LabelledTokens]):
    """The labelled sentences of one task: entities (labels ``O``, ``B-X``, ``I-X``) or tags."""

    @property
    def has_spans(self) -> bool:
        """Whether the labels mark spans (BIO), so that spans are scored, not words."""
        return is_bio(self.label_names)
