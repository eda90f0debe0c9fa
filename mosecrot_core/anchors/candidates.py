"""The word pairs that both vocabularies know: distinct words, their rows, and which are paired."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.errors import MosecrotError
from mosecrot_core.words.neighbours import FloatArray, normalise
from mosecrot_core.words.vectors import WordVectors

IntArray = NDArray[np.int64]


class SourceVocabulary(Protocol):
    """The source side: which words are one token of the encoder."""

    @property
    def rows(self) -> FloatArray:
        """Embedding rows of the tokens, ``[V_s, D]``."""

    @property
    def whole_words(self) -> tuple[list[str], NDArray[np.int64]]:
        """The words that are one token, and their ids ``[n]``, ascending."""

    def anchor_ids(self, words: list[str], case_variants: bool = False) -> NDArray[np.int64]:
        """Return the token id of each word, -1 where it is not exactly one ordinary token."""


@dataclass(frozen=True, eq=False)
class Side:
    """The distinct words of one side, most frequent first.

    Attributes:
        words: ``[m]``.
        rows: Their vectors ``[m, d]``, centred and of length 1.
        of_pair: Which word each pair has, ``[n]``.
        rank: How many words of the whole vocabulary are more frequent, ``[m]``; by file order.
        lengths: Length of each word's own vector over the median of the list, ``[m]``.
    """

    words: list[str]
    rows: FloatArray
    of_pair: IntArray
    rank: IntArray
    lengths: FloatArray

    @classmethod
    def of(cls, words: Sequence[str], ranks: IntArray, rows: FloatArray) -> "Side":
        """Bring together the pairs that share a word.

        Args:
            words: The word of each pair ``[n]``, as the vocabulary spells it.
            ranks: Its place in the vocabulary ``[n]``; equal for equal words.
            rows: Its vector ``[n, d]``.
        """
        rank, first, of_pair = np.unique(ranks, return_index=True, return_inverse=True)
        own = np.asarray(rows[first], np.float32)
        centred = own - own.mean(axis=0)
        lengths = np.linalg.norm(centred, axis=1)
        middle = float(np.median(lengths)) or 1.0
        return cls(
            [words[i] for i in first.tolist()], normalise(centred), of_pair.astype(np.int64),
            rank.astype(np.int64), (lengths / middle).astype(np.float32),
        )  # fmt: skip

    def subset(self, pairs: IntArray) -> "Side":
        """Keep some of the pairs."""
        words = self.of_pair[pairs]
        side = Side.of([self.words[i] for i in words.tolist()], words, self.rows[words])
        used = np.unique(words)
        return replace(side, rank=self.rank[used], lengths=self.lengths[used])

    @cached_property
    def partners(self) -> IntArray:
        """How many pairs share the pair's word, itself included, ``[n]``."""
        return np.bincount(self.of_pair, minlength=len(self.words))[self.of_pair].astype(np.int64)


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs whose two words both have a vector.

    Attributes:
        pairs: One row a pair, with at least `source`, `target` (as the list writes them) and `score`.
        source: The source words, as tokens of the encoder.
        target: The target words, as the vectors know them.
        languages: Codes of source and target.
    """

    pairs: pd.DataFrame
    source: Side
    target: Side
    languages: tuple[str, str]

    def __post_init__(self) -> None:
        if not len(self.pairs) == len(self.source.of_pair) == len(self.target.of_pair):
            raise MosecrotError("candidates: as many pairs as words on either side expected.")

    def __len__(self) -> int:
        return len(self.pairs)

    def subset(self, pairs: IntArray) -> "Candidates":
        """Keep some of the pairs, by number ``[k]``."""
        return replace(
            self,
            pairs=self.pairs.iloc[pairs].reset_index(drop=True),
            source=self.source.subset(pairs),
            target=self.target.subset(pairs),
        )

    @classmethod
    def of(
        cls, pairs: pd.DataFrame, source: SourceVocabulary, target: WordVectors, languages: tuple[str, str]
    ) -> "Candidates":
        """Look up the rows of pairs that `known_pairs` gave.

        Raises:
            MosecrotError: There are none.
        """
        if pairs.empty:
            raise MosecrotError("candidates: at least one pair expected that both vocabularies know.")
        tokens, words = pairs["token"].to_numpy(np.int64), list(pairs["word"])
        rows, _ = target.lookup(words)
        composed = {word: len(target.words) + i for i, word in enumerate(dict.fromkeys(words))}
        ranks = np.array([target.index.get(word, composed[word]) for word in words], np.int64)
        return cls(
            pairs.reset_index(drop=True),
            Side.of(list(pairs["source"]), tokens, source.rows[tokens]),
            Side.of(words, ranks, rows),
            languages,
        )


def known_pairs(
    pairs: pd.DataFrame, source: SourceVocabulary, target: WordVectors, dropped: Counter[str], *,
    case_variants: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Keep the pairs whose words both vocabularies know.

    Args:
        pairs: `source` and `target`, at least.
        source: The encoder's vocabulary.
        target: The target language's vectors; words composed of subwords count as known.
        dropped: Where the others are counted, by reason.
        case_variants: Whether other casings of a word are tried too, and of Chinese the other script.

    Returns:
        The pairs, with `token`, `word` (the target word as the vectors have it) and `composed`.
    """
    pairs = _match_source(pairs, source, dropped, case_variants=case_variants)
    return _match_target(pairs, target, dropped, case_variants=case_variants)


def listed_pairs(
    pairs: pd.DataFrame, source: SourceVocabulary, target: WordVectors, *, case_variants: bool = True
) -> pd.DataFrame:
    """Keep the pairs whose target word the vectors do not list, and whose source word is a token.

    Args:
        pairs: As `known_pairs` takes them, which see.
        source: The encoder's vocabulary.
        target: The target language's vectors.
        case_variants: Whether other casings of a word are tried too, and of Chinese the other script.

    Returns:
        The pairs, with `token` and `word` (the target word as the list writes it).
    """
    pairs = _match_source(pairs, source, Counter(), case_variants=case_variants)
    whole = pairs[~pairs["target"].str.contains(r"\s").to_numpy(dtype=bool)]
    stored = [(target.known_as(word) if case_variants else word) in target.index for word in whole["target"]]
    return whole[~np.array(stored, dtype=bool)].assign(word=lambda own: own["target"])


def translated_words(
    pairs: pd.DataFrame, source: SourceVocabulary, *, case_variants: bool = True
) -> list[str]:
    """Name the target words of the pairs whose source word is a token, be they known to vectors or not.

    Args:
        pairs: As `known_pairs` takes them, which see.
        source: The encoder's vocabulary.
        case_variants: Whether other casings of a source word are tried too.
    """
    return list(_match_source(pairs, source, Counter(), case_variants=case_variants)["target"])


def accepted(pairs: pd.DataFrame) -> NDArray[np.bool_]:
    """Say which pairs a reviewer accepted; none, if nobody reviewed the list."""
    return pairs["accepted"].to_numpy(bool) if "accepted" in pairs else np.zeros(len(pairs), dtype=bool)


def drop(pairs: pd.DataFrame, bad: NDArray[np.bool_], reason: str, dropped: Counter[str]) -> pd.DataFrame:
    """Leave pairs out and count them."""
    dropped[reason] += int(bad.sum())
    return pairs[~bad]


def _match_source(
    pairs: pd.DataFrame, source: SourceVocabulary, dropped: Counter[str], *, case_variants: bool
) -> pd.DataFrame:
    spaced = pairs["source"].str.contains(r"\s").to_numpy(dtype=bool)
    pairs = drop(pairs, spaced, "source is several words", dropped)
    tokens = source.anchor_ids(list(pairs["source"]), case_variants=case_variants)
    pairs = pairs.assign(token=tokens)
    pairs = drop(pairs, tokens < 0, "source is not one token", dropped)
    blank = ~source.rows[pairs["token"].to_numpy(np.int64)].any(axis=1)
    return drop(pairs, blank, "source row is zero", dropped)


def _match_target(
    pairs: pd.DataFrame, target: WordVectors, dropped: Counter[str], *, case_variants: bool
) -> pd.DataFrame:
    spaced = pairs["target"].str.contains(r"\s").to_numpy(dtype=bool)
    pairs = drop(pairs, spaced, "target is several words", dropped)
    words = [
        target.known_as(word) if case_variants else word if word in target else None
        for word in pairs["target"]
    ]
    stored = np.array([word is not None for word in words], dtype=bool)
    pairs = pairs.assign(
        word=[word or written for word, written in zip(words, pairs["target"], strict=True)], composed=~stored
    )
    composable = np.zeros(len(pairs), dtype=bool)
    composable[~stored] = target.lookup(list(pairs["word"][~stored]))[1]
    return drop(pairs, ~(stored | composable), "target has no vector", dropped)
