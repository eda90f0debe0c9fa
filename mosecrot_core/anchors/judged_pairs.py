"""A word list between two vocabularies: its candidates, their quality, the anchors chosen of them."""

from collections import Counter
from functools import cached_property

import numpy as np
import pandas as pd

from mosecrot_core.anchors.anchor_set import AnchorSet, AnchorSettings, build_anchor_set
from mosecrot_core.anchors.candidates import (
    Candidates,
    SourceVocabulary,
    accepted,
    known_pairs,
    translated_words,
)
from mosecrot_core.anchors.decisions import apply_decisions
from mosecrot_core.anchors.grown_anchors import grow_anchors
from mosecrot_core.anchors.quality import Quality, score_pairs
from mosecrot_core.anchors.self_learning import Aligner
from mosecrot_core.errors import MosecrotError
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

    @cached_property
    def translated(self) -> list[str]:
        """The target words that some pair translates into a token of the encoder, decisions applied."""
        return translated_words(self._decided.pairs, self._source, case_variants=self._settings.case_variants)

    @cached_property
    def _decided(self) -> Lexicon:
        """The word list with the decisions applied."""
        return self._lexicon if self._decisions is None else apply_decisions(self._lexicon, self._decisions)

    def anchors(self, settings: AnchorSettings | None = None, aligner: Aligner | None = None) -> AnchorSet:
        """Choose the anchors, decisions applied; the pairs are only scored if the settings ask for it.

        Where the settings let them grow, no pair comes back that a reviewer rejected or corrected, or whose
        quality is below the threshold.

        Args:
            settings: How; none: as the pairs were made ready for.
            aligner: What grown pairs are found through; needed where the settings let them grow.

        Raises:
            InputError: No pair is left.
            MosecrotError: The settings let them grow, and no aligner is given.
        """
        settings = settings or self._settings
        quality = self.quality.table if settings.by_quality else None
        chosen = build_anchor_set(
            self._decided, self._source, self._target, settings, self._languages, quality
        )
        if settings.grow is None:
            return chosen
        if aligner is None:
            raise MosecrotError("anchors: the settings let them grow, and no aligner was given.")
        barred = self._barred(settings)
        return grow_anchors(chosen, self._source, self._target, settings, self._languages, aligner, barred)

    def _barred(self, settings: AnchorSettings) -> pd.DataFrame:
        """Return the pairs that are known to be wrong, `token` and `word`."""
        found = [pd.DataFrame({"token": np.empty(0, np.int64), "word": np.empty(0, object)})]
        if self._decisions is not None:
            wrong = self._decisions[self._decisions["verdict"] != "accept"]
            found.append(
                known_pairs(
                    wrong[["source", "target"]], self._source, self._target, Counter(),
                    case_variants=settings.case_variants,
                )
            )  # fmt: skip
        if settings.min_quality is not None:
            table = self.quality.table
            found.append(table[(table["quality"] < settings.min_quality) & ~accepted(table)])
        return pd.concat([part[["token", "word"]] for part in found], ignore_index=True)
