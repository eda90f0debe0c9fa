"""Which lexicon pairs become parallel anchors (section 4): known to both sides, one per target word."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from mosecrot_core.errors import InputError
from mosecrot_core.settings import Settings
from mosecrot_core.words.lexicon import Lexicon
from mosecrot_core.words.neighbours import FloatArray
from mosecrot_core.words.vectors import WordVectors


class AnchorSettings(Settings):
    """Which pairs of a word list become anchors; the defaults are the paper's."""

    size: int | None = Field(default=None, ge=1)
    """|A|: how many pairs to draw at random (Table 4); none means all."""
    translation: Literal["first", "best_score", "random"] = "first"
    """Which pair stays where a target word has several translations: the first in the list, the one with
    the best translation score, or any."""
    stop_words: Literal["keep", "remove"] = "keep"
    """Whether pairs with a stop word on either side stay (appendix B)."""
    case_variants: bool = True
    """Whether a word that a vocabulary lacks as written is also looked up in lower, capitalised and
    upper case."""
    seed: int = 0
    """Seed of the random choices above."""


class SourceVocabulary(Protocol):
    """The source side: which words are one token of the encoder."""

    @property
    def rows(self) -> FloatArray:
        """Embedding rows of the tokens, ``[V_s, D]``."""

    def anchor_ids(self, words: list[str], case_variants: bool = False) -> NDArray[np.int64]:
        """Return the token id of each word, -1 where it is not exactly one ordinary token."""


@dataclass(frozen=True, eq=False)
class AnchorSet:
    """Parallel anchors, in lexicon order.

    Attributes:
        pairs: One row a pair: `source`, `target` (as the list has them), `token` (the source token id),
            `word` (the target word as the vectors know it), `composed` (its row is made of subwords),
            `score`, `line`.
        target_rows: Static rows of the target words, ``[A, d]``.
        dropped: How many pairs were left out, by reason.
    """

    pairs: pd.DataFrame
    target_rows: FloatArray
    dropped: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def source_ids(self) -> NDArray[np.int64]:
        """Token ids of the source anchors, ``[A]``."""
        return self.pairs["token"].to_numpy(np.int64)

    @property
    def digest(self) -> str:
        """A hash of which words are paired with which, in order."""
        text = "\n".join(f"{s}\t{t}" for s, t in zip(self.pairs["token"], self.pairs["word"], strict=True))
        return hashlib.sha256(text.encode()).hexdigest()


def build_anchor_set(
    lexicon: Lexicon,
    source: SourceVocabulary,
    target: WordVectors,
    settings: AnchorSettings,
    languages: tuple[str, str],
) -> AnchorSet:
    """Choose the anchors of a language pair.

    Args:
        lexicon: The word list.
        source: The encoder's vocabulary.
        target: The target language's word vectors; words composed of subwords count as known.
        settings: Size, choice among translations, stop words, case.
        languages: Codes of source and target, for the stop-word lists.

    Raises:
        InputError: No pair is left; the message counts the reasons.
    """
    dropped = Counter(lexicon.dropped)
    pairs = lexicon.pairs
    if settings.stop_words == "remove":
        pairs = _drop(pairs, _is_stop_word(pairs, languages), "stop word", dropped)
    pairs = _match_source(pairs, source, settings, dropped)
    pairs = _match_target(pairs, target, settings, dropped)
    pairs = _one_translation(pairs, settings, dropped)
    if settings.size is not None and len(pairs) > settings.size:
        dropped["not drawn"] += len(pairs) - settings.size
        drawn = np.random.default_rng(settings.seed).choice(len(pairs), settings.size, replace=False)
        pairs = pairs.iloc[np.sort(drawn)]
    if pairs.empty:
        reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.most_common())
        raise InputError(
            f"no pair here is known to both the encoder and the {languages[1]} vectors ({reasons})",
            path=lexicon.path,
            remedy="Check that it runs from the source language to the target language and fits the vectors.",
        )
    pairs = pairs.reset_index(drop=True)
    rows, found = target.lookup(list(pairs["word"]))
    if not found.all():
        raise RuntimeError("an anchor lost its row between two look-ups")
    return AnchorSet(pairs, rows, {reason: n for reason, n in dropped.items() if n})


def _drop(pairs: pd.DataFrame, bad: NDArray[np.bool_], reason: str, dropped: Counter[str]) -> pd.DataFrame:
    dropped[reason] += int(bad.sum())
    return pairs[~bad]


def _is_stop_word(pairs: pd.DataFrame, languages: tuple[str, str]) -> NDArray[np.bool_]:
    import stopwordsiso

    bad = np.zeros(len(pairs), dtype=bool)
    for column, language in zip(("source", "target"), languages, strict=True):
        if stopwordsiso.has_lang(language):
            bad |= pairs[column].str.casefold().isin(stopwordsiso.stopwords(language)).to_numpy()
    return bad


def _match_source(
    pairs: pd.DataFrame, source: SourceVocabulary, settings: AnchorSettings, dropped: Counter[str]
) -> pd.DataFrame:
    spaced = pairs["source"].str.contains(r"\s").to_numpy(dtype=bool)
    pairs = _drop(pairs, spaced, "source is several words", dropped)
    tokens = source.anchor_ids(list(pairs["source"]), case_variants=settings.case_variants)
    pairs = pairs.assign(token=tokens)
    pairs = _drop(pairs, tokens < 0, "source is not one token", dropped)
    blank = ~source.rows[pairs["token"].to_numpy(np.int64)].any(axis=1)
    return _drop(pairs, blank, "source row is zero", dropped)


def _match_target(
    pairs: pd.DataFrame, target: WordVectors, settings: AnchorSettings, dropped: Counter[str]
) -> pd.DataFrame:
    spaced = pairs["target"].str.contains(r"\s").to_numpy(dtype=bool)
    pairs = _drop(pairs, spaced, "target is several words", dropped)
    words = [
        target.known_as(word) if settings.case_variants else word if word in target else None
        for word in pairs["target"]
    ]
    stored = np.array([word is not None for word in words], dtype=bool)
    pairs = pairs.assign(
        word=[word or written for word, written in zip(words, pairs["target"], strict=True)], composed=~stored
    )
    composable = np.zeros(len(pairs), dtype=bool)
    if target.composer is not None:
        composable[~stored] = target.lookup(list(pairs["word"][~stored]))[1]
    return _drop(pairs, ~(stored | composable), "target has no vector", dropped)


def _one_translation(pairs: pd.DataFrame, settings: AnchorSettings, dropped: Counter[str]) -> pd.DataFrame:
    if settings.translation == "random":
        ranked = pairs.sample(frac=1, random_state=settings.seed)
    elif settings.translation == "best_score":
        ranked = pairs.sort_values("score", ascending=False, kind="stable", na_position="last")
    else:
        ranked = pairs
    extra = ~pairs.index.isin(ranked.drop_duplicates("word").index)
    return _drop(pairs, extra, "target word has another translation", dropped)
