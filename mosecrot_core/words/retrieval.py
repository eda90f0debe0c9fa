"""How well words find their translations: P@1, P@5 and MRR over a fixed set of candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.errors import MosecrotError
from mosecrot_core.words.neighbours import FloatArray, hubness, normalise

Ranking = Literal["cosine", "csls"]
_TIE = 1e-6  # in float64, the rounding of rows and hubness parts equal scores by less
_CHUNK_CELLS = 32_000_000


@dataclass(frozen=True)
class Retrieval:
    """What `retrieve` measured.

    Attributes:
        p_at_1: Share of the queries whose nearest candidate is a right one.
        p_at_5: Share with a right one among the five nearest.
        mrr: Mean of 1 / rank of the nearest right one.
        n: Queries measured.
        coverage: Share of all queries that these are: the others have no row, or no right candidate.
        candidates: How many candidates there were.
        ranking: What they were ranked by.
    """

    p_at_1: float
    p_at_5: float
    mrr: float
    n: int
    coverage: float
    candidates: int
    ranking: Ranking


def retrieve(
    queries: FloatArray, candidates: FloatArray, right: Sequence[Sequence[int]], ranking: Ranking = "cosine"
) -> Retrieval:
    """Rank the candidates for every query and see where the right ones come.

    Candidates that tie with a right one count as nearer, so that equal vectors earn nothing.

    Args:
        queries: Mapped rows ``[n, d]``; a zero row is a word without one.
        candidates: Rows ``[m, d]`` of the space they are mapped into.
        right: The numbers of the right candidates of each query; none if the candidates hold none.
        ranking: `cosine`, or `csls`, which takes each candidate's mean cosine to its 10 nearest queries off
            (cross-domain similarity local scaling).

    Raises:
        MosecrotError: Nothing can be measured, or the shapes do not fit.

    >>> rows = np.eye(3, dtype="f4")
    >>> retrieve(rows[:2], rows, [[0], [2]]).p_at_1
    0.5
    """
    if queries.ndim != 2 or queries.shape[1:] != candidates.shape[1:] or len(queries) != len(right):
        raise MosecrotError(
            f"retrieve: queries [n, d], candidates [m, d] and n lists of right ones expected, got "
            f"{queries.shape}, {candidates.shape} and {len(right)}."
        )
    if not (np.isfinite(queries).all() and np.isfinite(candidates).all()):
        raise MosecrotError("retrieve: finite rows expected, some hold NaN or infinity.")
    measured = np.flatnonzero(queries.any(axis=1) & np.array([len(answer) > 0 for answer in right], bool))
    if not len(measured):
        raise MosecrotError("retrieve: no query has both a row and a right candidate.")
    asked, keys = normalise(queries[measured]), normalise(candidates)
    hubs = hubness(keys, asked) if ranking == "csls" else np.zeros(len(keys), np.float32)
    ranks = _ranks(asked, keys, hubs, [right[i] for i in measured.tolist()])
    return Retrieval(
        float((ranks == 1).mean()), float((ranks <= 5).mean()), float((1 / ranks).mean()), len(ranks),
        len(ranks) / len(queries), len(keys), ranking,
    )  # fmt: skip


def retrieval_table(measured: dict[str, Retrieval]) -> pd.DataFrame:
    """Put named measurements side by side, a row each: before and after cleaning, for one."""
    return pd.DataFrame([{"name": name, **vars(found)} for name, found in measured.items()])


def _ranks(asked: FloatArray, keys: FloatArray, hubs: FloatArray, right: list[Sequence[int]]) -> FloatArray:
    """Return the rank of each query's best right candidate, from 1, ``[n]``."""
    ranks = np.empty(len(asked), np.float32)
    # More than a float32 score of unit vectors may be wrong by, and a tie is wide.
    unsure = 2 * asked.shape[1] * np.finfo(np.float32).eps + _TIE
    step = max(1, _CHUNK_CELLS // len(keys))
    for start in range(0, len(asked), step):
        scores = 2 * (asked[start : start + step] @ keys.T) - hubs
        for row, answers in enumerate(right[start : start + step]):
            query, others = asked[start + row].astype(np.float64), scores[row]
            best = _exact(query, keys, hubs, list(answers)).max()
            others[list(answers)] = -np.inf
            nearer = others > best + unsure
            close = np.flatnonzero(~nearer & (others >= best - unsure))
            tied = _exact(query, keys, hubs, close) >= best - _TIE
            ranks[start + row] = 1 + nearer.sum() + tied.sum()
    return ranks


def _exact(
    query: NDArray[np.float64], keys: FloatArray, hubs: FloatArray, places: list[int] | NDArray[np.int64]
) -> NDArray[np.float64]:
    """Score some candidates in float64."""
    return np.asarray(2 * (keys[places].astype(np.float64) @ query) - hubs[places], np.float64)
