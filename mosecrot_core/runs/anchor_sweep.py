"""What the quality of anchors is worth: how many of the lowest are wrong, and what a set of them can read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from transformers import PreTrainedModel

from mosecrot_core.anchors.anchor_set import AnchorSet, AnchorSettings, build_anchor_set
from mosecrot_core.anchors.candidates import Candidates
from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.tasks.corpus import LabelledPart
from mosecrot_core.mapping.alignment import Alignment
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.lexicon import Lexicon
from mosecrot_core.words.retrieval import Ranking, retrieve
from mosecrot_core.words.vectors import WordVectors

Truth = NDArray[np.bool_]
RANKINGS: tuple[Ranking, ...] = ("cosine", "csls")


def precision_at(quality: Sequence[float], wrong: Truth, ks: Sequence[int]) -> pd.DataFrame:
    """Say how many of the k pairs of lowest quality are wrong.

    Args:
        quality: Of each pair ``[n]``.
        wrong: Which pairs are known to be wrong ``[n]``.
        ks: Lengths of the suspect list; those above n are left out.

    Returns:
        A row a k: `k`, `precision` (share wrong), `recall` (share of all wrong pairs found; NaN if none is
        wrong), `chance` (share wrong in the whole list).

    >>> precision_at([0.1, 0.9, 0.2], np.array([True, False, False]), [1, 2])["precision"].tolist()
    [1.0, 0.5]
    """
    values = _checked(quality, wrong)
    found = np.cumsum(wrong[np.argsort(values, kind="stable")])
    kept = np.array([k for k in ks if 1 <= k <= len(values)], int)
    hits = found[kept - 1]
    recall = hits / wrong.sum() if wrong.any() else np.full(len(kept), np.nan)
    return pd.DataFrame({"k": kept, "precision": hits / kept, "recall": recall, "chance": wrong.mean()})


def calibration(quality: Sequence[float], right: Truth, bins: int = 10) -> pd.DataFrame:
    """Compare what quality promises with what is so, in bins of equal width.

    Args:
        quality: Of each pair, in [0, 1] ``[n]``.
        right: Which pairs are right ``[n]``.
        bins: How many.

    Returns:
        A row a bin that holds pairs: `low`, `high`, `pairs`, `quality` (their mean) and `share_right`.
    """
    values = _checked(quality, right)
    number = np.minimum((values * bins).astype(int), bins - 1)
    table = pd.DataFrame({"bin": number, "quality": values, "share_right": right})
    grouped = table.groupby("bin").agg(
        pairs=("quality", "size"), quality=("quality", "mean"), share_right=("share_right", "mean")
    )
    edges = np.asarray(grouped.index, float)
    return grouped.reset_index(drop=True).assign(low=edges / bins, high=(edges + 1) / bins)


@dataclass(frozen=True, eq=False)
class Thinned:
    """One way of choosing anchors among scored pairs.

    Attributes:
        way: `all`, `quality` (pairs of at least a quality), `best` (those of highest quality), `random`.
        setting: The threshold or the number that was asked for; a random choice has that of the way it
            stands beside, since it is as large.
        anchors: The choice.
    """

    way: str
    setting: str
    anchors: AnchorSet


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A word list of which all pairs of some target words are set aside.

    Attributes:
        source: The encoder.
        target: The target language's vectors.
        listed: The pairs that anchors may be chosen from.
        held_out: The pairs set aside.
    """

    source: SourceEncoder
    target: WordVectors
    listed: Candidates
    held_out: Candidates

    @classmethod
    def of(
        cls, candidates: Candidates, source: SourceEncoder, target: WordVectors, share: float, seed: int
    ) -> "HeldOut":
        """Set a share of the target words aside.

        Raises:
            MosecrotError: No pair is left on one of the sides.
        """
        words = np.random.default_rng(seed).random(len(candidates.target.words)) < share
        aside = words[candidates.target.of_pair]
        if aside.all() or not aside.any():
            raise MosecrotError(
                f"held-out words: pairs on both sides expected, {aside.sum()} of {len(aside)} set aside."
            )
        kept, out = (candidates.subset(np.flatnonzero(side)) for side in (~aside, aside))
        return cls(source, target, kept, out)

    def choose(self, pairs: pd.DataFrame, settings: AnchorSettings) -> AnchorSet:
        """Choose anchors.

        Args:
            pairs: `listed.pairs` or some of them, spoiled or not; with `quality` if the settings go by it.
            settings: How.
        """
        table = pairs[["source", "target", "score", "line"]].reset_index(drop=True)
        lexicon = Lexicon(table, {}, "the pairs that are not held out")
        quality = pairs if settings.by_quality else None
        return build_anchor_set(lexicon, self.source, self.target, settings, self.listed.languages, quality)

    def thinnings(
        self, scored: pd.DataFrame, thresholds: Sequence[float], sizes: Sequence[int], seed: int
    ) -> Iterator[Thinned]:
        """Thin a list by quality and, beside each such choice, as far at random (section 6, appendix B).

        Args:
            scored: `listed.pairs`, spoiled or not, with their `quality`.
            thresholds: Least qualities.
            sizes: Numbers of anchors; what exceeds all there are is left out.
            seed: Of the random choices.
        """
        everything = self.choose(scored, AnchorSettings())
        ranked = np.sort(self.choose(scored, AnchorSettings(min_quality=0)).pairs["quality"])[::-1]
        yield Thinned("all", "all", everything)
        for threshold in thresholds:
            if ranked[0] >= threshold:
                kept = self.choose(scored, AnchorSettings(min_quality=threshold))
                alike = AnchorSettings(size=len(kept), seed=seed)
                yield Thinned("quality", f"{threshold:g}", kept)
                yield Thinned("random", f"{threshold:g}", self.choose(scored, alike))
        for size in (size for size in sizes if size < len(everything)):
            # Of equal qualities more pass than are asked for; the size then draws among them.
            best = AnchorSettings(min_quality=float(ranked[size - 1]), size=size, seed=seed)
            yield Thinned("best", str(size), self.choose(scored, best))
            yield Thinned("random", str(size), self.choose(scored, AnchorSettings(size=size, seed=seed)))

    def scores(self, anchors: AnchorSet, alignments: Mapping[str, Alignment]) -> pd.DataFrame:
        """Look for the source words of every held-out target word among all source words of the list.

        Returns:
            A row a method and ranking: `method`, `ranking`, `n_anchors`, `p_at_1`, `p_at_5`, `mrr`, `n`
            (words), `coverage`, `candidates`.
        """
        tokens = np.union1d(self.listed.pairs["token"], self.held_out.pairs["token"])
        by_word = self.held_out.pairs.groupby("word", sort=False)["token"]
        right = [np.searchsorted(tokens, part.unique()).tolist() for _, part in by_word]
        rows, _ = self.target.lookup([str(word) for word, _ in by_word])
        found = []
        for method, alignment in alignments.items():
            mapping = alignment.fit(self.source.rows[anchors.source_ids], anchors.target_rows)
            queries, keys = mapping.map_target(rows), mapping.map_source(self.source.rows[tokens])
            found += [
                {"method": method, "n_anchors": len(anchors), **vars(retrieve(queries, keys, right, ranking))}
                for ranking in RANKINGS
            ]
        return pd.DataFrame(found)


def task_scores(
    bench: Workbench,
    model: PreTrainedModel,
    words: TargetWords,
    test: LabelledPart,
    anchors: AnchorSet,
    alignments: Mapping[str, Alignment],
) -> pd.DataFrame:
    """Let a fine-tuned model read a language through a set of anchors.

    Args:
        bench: Where the encoder and the settings are.
        model: Fine-tuned on the encoder's own rows (`source_rows: kept`), so that one serves every set.
        words: The words of the test texts, at least.
        test: Labelled texts, or sentences of labelled words.
        anchors: The set.
        alignments: Methods by name.

    Returns:
        A row a method: `method`, `n_anchors`, a column a metric, `n` (texts), `coverage`.
    """
    reader = Reader.of(words, bench.experiment.training.max_length)
    share = bench.head.coverage(reader, test)
    found = []
    for method, alignment in alignments.items():
        mapping = alignment.fit(bench.encoder.rows[anchors.source_ids], anchors.target_rows)
        stitched = words.stitched(model, mapping.map_target(words.rows))
        scores = bench.head.scores(stitched, reader, test)
        found.append(
            {"method": method, "n_anchors": len(anchors), **scores, "n": len(test), "coverage": share}
        )
    return pd.DataFrame(found)


def _checked(quality: Sequence[float], truth: Truth) -> NDArray[np.float64]:
    values = np.asarray(quality, np.float64)
    if values.shape != truth.shape or not len(values):
        raise MosecrotError(
            f"a quality for each pair that is known to be right or wrong was expected, got {values.shape} "
            f"and {truth.shape}."
        )
    return values
