"""A word list between two vocabularies: its candidates, their quality, the anchors chosen of them."""

from collections import Counter
from functools import cached_property

import pandas as pd

from mosecrot_core.anchors.anchor_set import AnchorSet, AnchorSettings, build_anchor_set
from mosecrot_core.anchors.candidates import Candidates, SourceVocabulary, known_pairs
from mosecrot_core.anchors.decisions import apply_decisions
from mosecrot_core.anchors.quality import Quality, score_pairs
from mosecrot_core.words.lexicon import Lexicon
from mosecrot_core.words.vectors import WordVectors


class JudgedPairs:
    """The pairs of a word list that could become anchors; they are scored when first asked for.

    Args:
        lexicon: The word list as it was read; pairs that a reviewer rejected are scored, too.
        source: The encoder's vocabulary.
        target: The target language's vectors.
        settings: How anchors are chosen.
        languages: Codes of source and target.
        decisions: What reviewers decided, columns STANDING_COLUMNS.
    """

    def __init__(
        self, lexicon: Lexicon, source: SourceVocabulary, target: WordVectors, settings: AnchorSettings,
        languages: tuple[str, str], decisions: pd.DataFrame | None = None,
    ) -> None:  # fmt: skip
        self._lexicon, self._source, self._target = lexicon, source, target
        self._settings, self._languages, self._decisions = settings, languages, decisions

    @cached_property
    def candidates(self) -> Candidates:
        """The pairs that both vocabularies know.

        Raises:
            MosecrotError: There are none.
        """
        pairs = known_pairs(
            self._lexicon.pairs, self._source, self._target, Counter(),
            case_variants=self._settings.case_variants,
        )  # fmt: skip
        return Candidates.of(pairs, self._source, self._target, self._languages)

    @cached_property
    def quality(self) -> Quality:
        """Their scores."""
        return score_pairs(self.candidates, self._decisions)

    def anchors(self, settings: AnchorSettings | None = None) -> AnchorSet:
        """Choose the anchors, decisions applied; the pairs are only scored if the settings ask for it.

        Args:
            settings: How; none: as the pairs were made ready for.

        Raises:
            InputError: No pair is left.
        """
        lexicon = self._lexicon
        if self._decisions is not None:
            lexicon = apply_decisions(lexicon, self._decisions)
        settings = settings or self._settings
        quality = self.quality.table if settings.by_quality else None
        return build_anchor_set(lexicon, self._source, self._target, settings, self._languages, quality)
