"""Scores of interpolated models on two lines and a plane, kept point by point while they are computed.

FOLDER/KEY/A1_A2.parquet   KEY names the models, the texts and the scope: see `shared_points.py`
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
import xxhash
from transformers import PreTrainedModel

from mosecrot_core.learning.evaluation_set import EvaluationSet
from mosecrot_core.learning.interpolation import Interpolation
from mosecrot_core.learning.interpolation_grid import Point, all_points, preview_sizes
from mosecrot_core.runs.shared_points import Progress, compute_points, points_so_far

SURFACE_COLUMNS = ["a1", "a2", "read", "metric", "value"]
PREDICTED_COLUMNS = ["a1", "a2", "read", "predicted"]


class Surface(NamedTuple):
    """What the models at some points say."""

    scores: pd.DataFrame
    """Columns SURFACE_COLUMNS, a row a point, part and metric, the loss among them."""
    predictions: pd.DataFrame
    """Columns PREDICTED_COLUMNS, a row a point and part: the numbers of all units' labels, in one list."""


def surface(
    models: Sequence[PreTrainedModel],
    evaluation: EvaluationSet,
    folder: Path,
    *,
    points: Sequence[Point] | None = None,
    scope: str = "all",
    dtype: torch.dtype = torch.float32,
    devices: Sequence[str | torch.device] = (),
    progress: Progress | None = None,
    preview: Callable[[pd.DataFrame], None] | None = None,
) -> Surface:
    """Score the plane through three models, coarse points first; a stopped walk goes on.

    Several processes may walk the same plane in the same folder: each point is computed once.

    Args:
        models: The bilingual, the source and the target model (`triples.MEMBERS`), which stay as they are.
        evaluation: The texts, in parts `source` and `target`.
        folder: Where points are kept.
        points: Which; none: all 465 of the paper's lines and planes.
        scope: Which weights are mixed (`Interpolation`).
        dtype: What the mixed model computes in; sums are made in float32.
        devices: Which compute points side by side, each with weights of its own; none: that of the texts.
        progress: Told after each point.
        preview: Given the scores so far, columns SURFACE_COLUMNS, when they make a rough surface, and again
            when they make a finer one.

    Raises:
        MosecrotError: The models differ in names or shapes, or nothing is in scope.
    """
    computes = [
        partial(_at_point, own, Interpolation(models, scope, own.rows, own.device, dtype))
        for own in (evaluation.on(device) for device in devices or [evaluation.device])
    ]
    points = points or all_points()
    place = folder / surface_key(models, evaluation, scope, dtype)
    sizes = preview_sizes(points)

    def after(done: int, total: int) -> None:
        if progress:
            progress(done, total)
        if preview and sizes and done >= sizes[0]:
            sizes[:] = [size for size in sizes if size > done]
            preview(_scores(points_so_far(place, points)))

    found = compute_points(place, points, computes, after)
    return Surface(_scores(found), found[PREDICTED_COLUMNS])


def surface_key(
    models: Sequence[PreTrainedModel], evaluation: EvaluationSet, scope: str, dtype: torch.dtype
) -> str:
    """Name what a surface depends on, in 24 hex digits."""
    digest = xxhash.xxh3_128(f"{scope} {dtype} {evaluation.digest}".encode())
    for model in models:
        for name, tensor in model.state_dict().items():
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
            digest.update(memoryview(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy()))
    return digest.hexdigest()[:24]


def _scores(found: pd.DataFrame) -> pd.DataFrame:
    return found.drop(columns="predicted").melt(["a1", "a2", "read"], var_name="metric")[SURFACE_COLUMNS]


def _at_point(evaluation: EvaluationSet, mixed: Interpolation, point: Point) -> pd.DataFrame:
    answers = evaluation.answers(mixed.at(point.weights))
    labels, scores = evaluation.labels(answers), evaluation.scores(answers)
    return pd.DataFrame(
        [{"read": part, **scores[part], "predicted": labels[part].astype(np.int16)} for part in scores]
    )
