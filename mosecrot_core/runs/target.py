"""A target language as a run works on it: its anchors and its vocabularies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mosecrot_core.anchors.anchor_set import AnchorSet
from mosecrot_core.anchors.judged_pairs import JudgedPairs
from mosecrot_core.mapping.target_words import TargetWords


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

    def knowing(self, words: Sequence[str]) -> "Target":
        """Return the target with more words in its vocabulary (`TargetWords.knowing`)."""
        known = self.all_words.knowing(words)
        return self if known is self.all_words else replace(self, all_words=known)

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
