"""Anchors that grow: the pairs chosen of a word list, and behind them those that self-learning finds."""

from dataclasses import replace
from itertools import compress

import numpy as np
import pandas as pd

from mosecrot_core.anchors.anchor_set import AnchorSet, AnchorSettings
from mosecrot_core.anchors.candidates import IntArray, SourceVocabulary
from mosecrot_core.anchors.self_learning import Aligner, AnchorGrowth, grow_pairs
from mosecrot_core.anchors.word_forms import stop_words
from mosecrot_core.words.vectors import WordVectors


def grow_anchors(
    anchors: AnchorSet,
    source: SourceVocabulary,
    target: WordVectors,
    settings: AnchorSettings,
    languages: tuple[str, str],
    aligner: Aligner,
    barred: pd.DataFrame,
) -> AnchorSet:
    """Grow an anchor set, whose pairs are the seeds and stay as they are.

    Args:
        anchors: Chosen of a word list.
        source: The encoder's vocabulary, all of whose whole words may be paired.
        target: The target language's vectors, whose most frequent words may be paired.
        settings: How the anchors were chosen, and how they grow. Where they leave out stop words, none is
            paired; nothing grows where `grow` is None.
        languages: Codes of source and target, for the stop-word lists.
        aligner: Fitted in each round.
        barred: Pairs that must not come back, `token` and `word`.

    Returns:
        The seeds, then the new pairs by round and similarity. Three more columns tell them apart: `round`, 0
        for a seed, and `similarity` and `margin` as `grow_pairs` has them, NaN for a seed. A new pair has no
        `score`, `line` 0, and is not `accepted`, where the list has that column.
    """
    growth = settings.grow
    if growth is None:
        return anchors
    words = _Words(anchors, source, target, growth, languages if settings.stop_words == "remove" else None)
    grown = grow_pairs(
        words.source, source.rows[words.tokens], words.target, words.target_rows,
        words.pairs(anchors.pairs), aligner, growth, words.pairs(barred),
    )  # fmt: skip
    pairs = anchors.pairs.assign(round=0, similarity=np.nan, margin=np.nan)
    if grown.empty:
        return replace(anchors, pairs=pairs)
    new = pd.DataFrame({
        "source": grown["source"], "target": grown["target"], "token": words.tokens[grown["source_row"]],
        "word": grown["target"], "composed": False, "score": np.nan, "line": 0, "accepted": False,
        "quality": np.nan, "round": grown["round"], "similarity": grown["score"], "margin": grown["margin"],
    })  # fmt: skip
    return replace(
        anchors,
        pairs=pd.concat([pairs, new.reindex(columns=pairs.columns)], ignore_index=True),
        target_rows=np.concatenate([anchors.target_rows, words.target_rows[grown["target_row"]]]),
    )


class _Words:
    """The words of either side that may be paired, and those of the seeds, which are their rivals.

    Attributes:
        source: ``[n]``.
        tokens: Their token ids ``[n]``.
        target: ``[m]``, distinct.
        target_rows: Their rows ``[m, d]``.
    """

    def __init__(
        self, anchors: AnchorSet, source: SourceVocabulary, target: WordVectors, growth: AnchorGrowth,
        no_stop_words_of: tuple[str, str] | None,
    ) -> None:  # fmt: skip
        words, tokens = source.whole_words
        frequent = np.arange(min(growth.words, len(target)))
        if no_stop_words_of is not None:
            content = stop_words(words, no_stop_words_of[0]) != 1
            words, tokens = list(compress(words, content)), tokens[content]
            frequent = frequent[stop_words(target.words[: len(frequent)], no_stop_words_of[1]) != 1]
        spelled = dict(zip(anchors.pairs["token"].tolist(), anchors.pairs["source"], strict=True))
        spelled |= dict(zip(tokens.tolist(), words, strict=True))
        self.tokens = np.union1d(tokens, anchors.source_ids)
        self.source = [spelled[token] for token in self.tokens.tolist()]
        known = [target.words[place] for place in frequent.tolist()]
        rare = ~anchors.pairs["word"].isin(known).to_numpy(bool)
        self.target = [*known, *anchors.pairs.loc[rare, "word"]]
        self.target_rows = np.concatenate(
            [np.asarray(target.rows[frequent], np.float32), anchors.target_rows[rare]]
        )

    def pairs(self, table: pd.DataFrame) -> IntArray:
        """Return the pairs of a table, `token` and `word`, by the numbers of their words ``[k, 2]``.

        Those with a word that is not here are left out.
        """
        numbers = np.stack(
            [
                pd.Index(self.tokens).get_indexer(pd.Index(table["token"])),
                pd.Index(self.target).get_indexer(pd.Index(table["word"])),
            ],
            axis=1,
        ).astype(np.int64)
        return numbers[(numbers >= 0).all(axis=1)]
