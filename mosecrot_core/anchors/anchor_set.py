"""Which lexicon pairs become parallel anchors (section 4): known to both sides, one per target word."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from mosecrot_core.anchors.candidates import SourceVocabulary, accepted, drop, known_pairs, listed_pairs
from mosecrot_core.anchors.self_learning import AnchorGrowth
from mosecrot_core.anchors.word_forms import stop_words
from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.settings import Settings
from mosecrot_core.words.lexicon import Lexicon
from mosecrot_core.words.neighbours import FloatArray
from mosecrot_core.words.vectors import WordVectors

LISTED_COLUMNS = ["source", "target", "token", "word"]


class AnchorSettings(Settings):
    """Which pairs of a word list become anchors; the defaults are the paper's."""

    size: int | None = Field(default=None, ge=1)
    """|A|: how many pairs to draw at random (Table 4); none means all."""
    min_quality: float | None = Field(default=None, ge=0, le=1)
    """Pairs that look less likely to be right than this are dropped (see `quality.py`), unless a reviewer
    accepted them; none keeps all, as the paper does. A pair of which the vectors know nothing is not judged,
    and stays for methods that take what is only `listed`."""
    translation: Literal["first", "best_score", "best_quality", "random"] = "first"
    """Which pair stays where a target word has several translations: the first in the list, the one with
    the best translation score, the one most likely to be right, or any. A pair that a reviewer accepted stays
    before all others."""
    stop_words: Literal["keep", "remove"] = "keep"
    """Whether pairs with a stop word on either side stay (appendix B)."""
    composed: Literal["keep", "remove"] = "remove"
    """Whether pairs stay whose target word has no vector in the file, but one composed of its subwords: that
    tells how a word is spelled, and little of what it means where the vectors are trained on little text. The
    paper's vectors had no subwords. Those removed may still say what their own word means (a method's
    `listed`)."""
    case_variants: bool = True
    """Whether a word that a vocabulary lacks as written is also looked up in lower, capitalised and
    upper case, and Chinese in simplified and traditional characters."""
    seed: int = 0
    """Seed of the random choices above."""
    grow: AnchorGrowth | None = None
    """Iterated anchors: beyond those chosen as above, add pairs of words that are each other's nearest, align
    again, repeat. An empty mapping takes the defaults; none: only pairs of the list."""

    @property
    def by_quality(self) -> bool:
        """Whether the pairs' quality has a say."""
        return self.min_quality is not None or self.translation == "best_quality"


@dataclass(frozen=True, eq=False)
class AnchorSet:
    """Parallel anchors, in lexicon order, and behind them those that are not from the lexicon.

    Attributes:
        pairs: One row a pair: `source`, `target` (as the list has them), `token` (the source token id),
            `word` (the target word as the vectors know it), `composed` (its row is made of subwords),
            `score`, `line`; more where they were judged, reviewed or grown (see `grown_anchors.py`).
        target_rows: Static rows of the target words, ``[A, d]``.
        dropped: How many pairs were left out, by reason.
        listed: Pairs, chosen as the others, of words without a vector of their own, which are no anchors:
            columns LISTED_COLUMNS, one a target word, `word` as the list writes it.
    """

    pairs: pd.DataFrame
    target_rows: FloatArray
    dropped: dict[str, int] = field(default_factory=dict)
    listed: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=LISTED_COLUMNS))

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
    quality: pd.DataFrame | None = None,
) -> AnchorSet:
    """Choose the anchors of a language pair.

    Args:
        lexicon: The word list; pairs that are True in a column `accepted`, if it has one, come before others.
        source: The encoder's vocabulary.
        target: The target language's word vectors; words composed of subwords count as known.
        settings: Size, choice among translations, stop words, case; growing them is another step.
        languages: Codes of source and target, for the stop-word lists.
        quality: Columns `source`, `target`, `quality`, as `score_pairs` gives them; needed where the settings
            choose by quality.

    Raises:
        InputError: No pair is left; the message counts the reasons.
        MosecrotError: The settings choose by quality and none is given.
    """
    dropped = Counter(lexicon.dropped)
    pairs = known_pairs(lexicon.pairs, source, target, dropped, case_variants=settings.case_variants)
    listed = listed_pairs(lexicon.pairs, source, target, case_variants=settings.case_variants)
    if settings.stop_words == "remove":
        pairs = drop(pairs, _is_stop_word(pairs, languages), "stop word", dropped)
        listed = drop(listed, _is_stop_word(listed, languages), "stop word", Counter())
    if settings.composed == "remove":
        pairs = drop(pairs, pairs["composed"].to_numpy(bool), "target has no vector of its own", dropped)
    pairs = _chosen(pairs, settings, quality, dropped)
    listed = _chosen(listed[~listed["word"].isin(pairs["word"])], settings, quality, Counter())
    if settings.size is not None and len(pairs) > settings.size:
        dropped["not drawn"] += len(pairs) - settings.size
        listed = _drawn(listed, round(len(listed) * settings.size / len(pairs)), settings.seed)
        pairs = _drawn(pairs, settings.size, settings.seed)
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
    counts = {reason: n for reason, n in dropped.items() if n}
    return AnchorSet(pairs, rows, counts, listed[LISTED_COLUMNS].reset_index(drop=True))


def _drawn(pairs: pd.DataFrame, size: int, seed: int) -> pd.DataFrame:
    drawn = np.random.default_rng(seed).choice(len(pairs), size, replace=False)
    return pairs.iloc[np.sort(drawn)]


def _chosen(
    pairs: pd.DataFrame, settings: AnchorSettings, quality: pd.DataFrame | None, dropped: Counter[str]
) -> pd.DataFrame:
    """Choose by quality, and one translation a target word."""
    return _one_translation(_judged(pairs, settings, quality, dropped), settings, dropped)


def _is_stop_word(pairs: pd.DataFrame, languages: tuple[str, str]) -> NDArray[np.bool_]:
    columns = zip(("source", "target"), languages, strict=True)
    listed = [stop_words(list(pairs[column]), language) for column, language in columns]
    return np.asarray(np.fmax(*listed) == 1)


def _judged(
    pairs: pd.DataFrame, settings: AnchorSettings, quality: pd.DataFrame | None, dropped: Counter[str]
) -> pd.DataFrame:
    """Put each pair's quality beside it, if the settings ask for it, and drop those below the threshold."""
    if not settings.by_quality:
        return pairs
    if pairs.empty:
        return pairs.assign(quality=np.nan)
    if quality is None:
        raise MosecrotError("anchors: the settings choose by quality, and no quality was given.")
    by_pair = quality.drop_duplicates(["source", "target"]).set_index(["source", "target"])["quality"]
    found = by_pair.reindex(pd.MultiIndex.from_frame(pairs[["source", "target"]])).to_numpy(np.float64)
    pairs = pairs.assign(quality=found)
    low = found < (settings.min_quality or 0)
    return drop(pairs, low & ~accepted(pairs), "quality below threshold", dropped)


def _one_translation(pairs: pd.DataFrame, settings: AnchorSettings, dropped: Counter[str]) -> pd.DataFrame:
    if settings.translation == "random":
        ranked = pairs.sample(frac=1, random_state=settings.seed)
    elif settings.translation == "best_score":
        ranked = pairs.sort_values("score", ascending=False, kind="stable", na_position="last")
    elif settings.translation == "best_quality":
        ranked = pairs.sort_values("quality", ascending=False, kind="stable", na_position="last")
    else:
        ranked = pairs
    ranked = ranked.iloc[np.argsort(~accepted(ranked), kind="stable")]
    extra = ~pairs.index.isin(ranked.drop_duplicates("word").index)
    return drop(pairs, extra, "target word has another translation", dropped)
