"""A target language as a run works on it: its anchors, its vocabularies, and how often words are used."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mosecrot_core.anchors.anchor_set import AnchorSet
from mosecrot_core.anchors.judged_pairs import JudgedPairs
from mosecrot_core.mapping.frequent_words import LACKED_FROM
from mosecrot_core.mapping.source_pieces import is_sign
from mosecrot_core.mapping.target_words import TargetWords

_AT_ONCE = 1_000  # texts: where a word begins and ends takes more memory than the text


@dataclass(frozen=True, eq=False)
class Target:
    """A target language, ready to be mapped."""

    anchors: AnchorSet
    judged: JudgedPairs
    """The pairs that they were chosen from, with their quality."""
    all_words: TargetWords
    """Every word of the vectors and of the language's texts: what a saved model knows."""
    texts: tuple[str, ...]
    """All texts of the language."""
    running: tuple[str, ...]
    """The same as running text, in which words are counted."""
    by_subwords: bool = False
    """Whether the vectors compose rows of subwords, and so know every word in their way."""

    def knowing(self, words: Sequence[str]) -> "Target":
        """Return the target with more words in its vocabulary (`TargetWords.knowing`)."""
        known = self.all_words.knowing(words)
        return self if known is self.all_words else replace(self, all_words=known)

    @cached_property
    def used(self) -> Counter[str]:
        """How often the texts use each word, known or not; signs and numbers are none."""
        normalise, used = self.all_words.vocabulary.segmentation.normalise, Counter[str]()
        for first in range(0, len(self.running), _AT_ONCE):
            some = list(self.running[first : first + _AT_ONCE])
            cut = self.all_words.tokenizer(
                some, add_special_tokens=False, return_offsets_mapping=True, verbose=False
            )
            used.update(
                text[start:end]
                for text, offsets in zip(some, cut["offset_mapping"], strict=True)
                for start, end in offsets
            )
        found = Counter[str]()
        for form, count in used.items():
            if (word := normalise(form)) and not is_sign(word):
                found[word] += count
        return found

    def lacked(self, least: float) -> dict[str, float]:
        """Return the frequent words that the vectors lack, and the share of all words used that each is.

        None where they are few together: then they are what the texts are about, and no stop words.

        Args:
            least: The share from which a word is frequent.
        """
        if self.by_subwords:
            return {}
        entries, forms = self.all_words.vocabulary.entries, self.all_words.forms
        learned = {entry for entry, form in zip(entries, forms, strict=True) if form}
        total = self.used.total()
        often = {word: count / total for word, count in self.used.items() if count >= least * total}
        lacked = {word: share for word, share in often.items() if word not in learned}
        return lacked if sum(lacked.values()) >= LACKED_FROM else {}

    @cached_property
    def words(self) -> TargetWords:
        """The words that the texts use: enough for every score, and exact."""
        return self.all_words.used_by(self.texts)

    @cached_property
    def all_joint(self) -> TargetWords:
        """The same as `all_words`, in a joint vocabulary with the encoder's tokens."""
        return self.all_words.with_source()

    @cached_property
    def joint(self) -> TargetWords:
        """Those of `all_joint` that the texts use."""
        return self.all_joint.used_by(self.texts)
