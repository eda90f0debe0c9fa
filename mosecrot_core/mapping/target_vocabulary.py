"""The vocabulary of the target language: the entries of its word vectors, and how text is cut into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.segmentation import Kind, Segmentation, kind_of
from mosecrot_core.settings import Settings


class TokenizerSettings(Settings):
    """How text of the target language is cut into entries of the vocabulary."""

    casing: Literal["auto", "keep", "fold"] = "auto"
    """Lower-case vocabulary and text (fold) or not (keep); auto: fold if the source encoder is uncased."""
    segmentation: Literal["auto", "words", "longest_match"] = "auto"
    """words: cut at spaces and punctuation; longest_match: the fewest entries that cover a run of characters,
    for Chinese, Japanese, Thai, Khmer, Lao and Burmese; auto: by language code, else by the words' script."""

    def kind(self, language: str, words: Sequence[str]) -> Kind:
        """Decide how text is cut, from a language code or else from the words of the vectors."""
        return kind_of(language, words) if self.segmentation == "auto" else self.segmentation


@dataclass(frozen=True, eq=False)
class TargetVocabulary:
    """The normalised, unique entries of a vector file, most frequent first, and how text is cut into them."""

    entries: tuple[str, ...]
    source_index: NDArray[np.int64]
    """Which input word supplies the row of each entry ``[V_t]``."""
    ranks: NDArray[np.int64]
    """Where each entry first occurs in the input ``[V_t]``, in any casing."""
    segmentation: Segmentation
    skipped: int
    """Entries left out because no text could ever produce them: white space inside, or split by the rules."""

    @classmethod
    def from_words(
        cls,
        words: Sequence[str],
        settings: TokenizerSettings | None = None,
        *,
        language: str = "",
        source_uncased: bool = False,
    ) -> TargetVocabulary:
        """Normalise the words of a vector file.

        Of several words with one normal form, the one already normal supplies the row, else the first.

        Args:
            words: Most frequent first.
            settings: Casing and segmentation.
            language: Code such as ``fr``, ``zho_Hans``; may be empty.
            source_uncased: What ``casing="auto"`` follows (`SourceEncoder.uncased`).

        Raises:
            MosecrotError: No word is usable.

        >>> vocabulary = TargetVocabulary.from_words(["Le", "L'", "le", "a b"], source_uncased=True)
        >>> vocabulary.entries, vocabulary.source_index.tolist(), vocabulary.skipped
        (('le', "l'"), [2, 1], 1)
        """
        settings = settings or TokenizerSettings()
        fold = source_uncased if settings.casing == "auto" else settings.casing == "fold"
        kind = settings.kind(language, words)
        ranks, suppliers = _merge(words, Segmentation(kind, fold))
        segmentation = Segmentation.learn(list(ranks), kind, fold=fold)
        entries = tuple(entry for entry in ranks if segmentation.produces(entry))
        if not entries:
            raise MosecrotError(
                f"none of the {len(words):,} words can be an entry: are these a vector file's words?"
            )
        return cls(
            entries=entries,
            source_index=np.array([suppliers[entry] for entry in entries], dtype=np.int64),
            ranks=np.array([ranks[entry] for entry in entries], dtype=np.int64),
            segmentation=segmentation.restricted_to(set(entries)),
            skipped=len(ranks) - len(entries),
        )

    def extended(self, words: Sequence[str]) -> TargetVocabulary:
        """Put more entries behind these, those that some text can produce; no input word has their row.

        Args:
            words: Normalised, distinct, and none of them an entry.
        """
        own = self.segmentation
        learned = Segmentation.learn([*self.entries, *words], own.kind, fold=own.fold)
        new = tuple(word for word in words if learned.produces(word))
        last = int(self.ranks.max(initial=0)) + 1
        return TargetVocabulary(
            entries=(*self.entries, *new),
            source_index=np.concatenate([self.source_index, np.full(len(new), -1, np.int64)]),
            ranks=np.concatenate([self.ranks, last + np.arange(len(new))]),
            segmentation=learned.restricted_to({*self.entries, *new}),
            skipped=self.skipped + len(words) - len(new),
        )

    def subset(self, entry_indices: Sequence[int] | NDArray[np.int64]) -> TargetVocabulary:
        """Keep some entries (or none), in their old order; texts that use no others are cut as before.

        Raises:
            MosecrotError: An index is out of range.
        """
        kept = np.unique(np.asarray(entry_indices, dtype=np.int64))
        if len(kept) and (kept[0] < 0 or kept[-1] >= len(self.entries)):
            last = len(self.entries) - 1
            raise MosecrotError(f"entry indices in 0..{last} were expected, {kept[0]}..{kept[-1]} came")
        entries = tuple(self.entries[i] for i in kept)
        return TargetVocabulary(
            entries=entries,
            source_index=self.source_index[kept],
            ranks=self.ranks[kept],
            segmentation=self.segmentation.restricted_to(set(entries)),
            skipped=self.skipped,
        )


def _merge(words: Sequence[str], segmentation: Segmentation) -> tuple[dict[str, int], dict[str, int]]:
    """Map each normal form to its first position and to the position of the word that supplies its row."""
    ranks: dict[str, int] = {}
    suppliers: dict[str, int] = {}
    for index, word in enumerate(words):
        entry = segmentation.normalise(word)
        ranks.setdefault(entry, index)
        if entry not in suppliers or (word == entry and words[suppliers[entry]] != entry):
            suppliers[entry] = index
    return ranks, suppliers
