"""What a run keeps of a language's word pairs: anchors, reasons for leaving others out, quality."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from mosecrot_core.anchors.anchor_set import AnchorSet
from mosecrot_core.anchors.judged_pairs import JudgedPairs
from mosecrot_core.anchors.point_map import point_map
from mosecrot_core.runs.schema import ANCHOR_COLUMNS, GROWN_ANCHOR_COLUMNS, QUALITY_COLUMNS

PairTable = Callable[[str, JudgedPairs, AnchorSet], pd.DataFrame]


def anchors_table(language: str, judged: JudgedPairs, anchors: AnchorSet) -> pd.DataFrame:
    """List the anchors, columns ANCHOR_COLUMNS."""
    del judged
    pairs = anchors.pairs
    return pairs.assign(language=language, anchor=np.arange(len(pairs)))[ANCHOR_COLUMNS]


def dropped_table(language: str, judged: JudgedPairs, anchors: AnchorSet) -> pd.DataFrame:
    """Count the pairs that did not become anchors, by reason."""
    del judged
    dropped = anchors.dropped
    return pd.DataFrame({"reason": dropped.keys(), "pairs": dropped.values()}).assign(language=language)


def quality_table(language: str, judged: JudgedPairs, anchors: AnchorSet) -> pd.DataFrame:
    """List every pair that both vocabularies know, columns QUALITY_COLUMNS."""
    table = judged.quality.table
    places = point_map(judged.candidates)
    used = pd.MultiIndex.from_frame(anchors.pairs[["source", "target"]])
    table = table.assign(
        language=language,
        pair=np.arange(len(table)),
        anchor=pd.MultiIndex.from_frame(table[["source", "target"]]).isin(used),
        x=places[:, 0],
        y=places[:, 1],
    )
    return table[QUALITY_COLUMNS]


def signals_table(language: str, judged: JudgedPairs, anchors: AnchorSet) -> pd.DataFrame:
    """Give what the scores are made of, columns SIGNAL_COLUMNS."""
    del anchors
    signals = judged.quality.signals
    return signals.assign(language=language, pair=np.arange(len(signals)))


def grown_anchors_table(language: str, judged: JudgedPairs, anchors: AnchorSet) -> pd.DataFrame:
    """List the anchors that are not from the list but grown, columns GROWN_ANCHOR_COLUMNS; of no method."""
    del judged
    pairs = anchors.pairs.assign(language=language, method="", anchor=np.arange(len(anchors)))
    return pairs.loc[pairs["round"] > 0, GROWN_ANCHOR_COLUMNS]


PAIR_TABLES: dict[str, PairTable] = {
    "anchors": anchors_table,
    "dropped": dropped_table,
    "quality": quality_table,
    "signals": signals_table,
    "grown_anchors": grown_anchors_table,
}
"""By the name of the run's table."""
