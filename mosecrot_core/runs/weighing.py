"""How a word becomes a sum of anchors: the settings, as the methods of a run have them, and the weights."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from mosecrot_core.mapping.alignment import RelativeSettings
from mosecrot_core.mapping.relative import Weighting, relative_weights
from mosecrot_core.runs.mapped_method import MappedMethod
from mosecrot_core.settings import Settings
from mosecrot_core.words.neighbours import FloatArray

_MATTERS = ("alignment", "anchors", "vocabulary", "spelling")


class Weighing(Settings):
    """How a word becomes a sum of anchors, as `RelativeSettings` and a method's `spelling` have it."""

    weighting: Weighting = "sparsemax"
    """How the cosines to the nearest anchors become weights."""
    k: Annotated[int, Field(ge=1)] | Literal["all"] = 50
    """How many nearest anchors count."""
    temperature: float = Field(default=0.5, gt=0)
    """tau: divides the cosines before softmax or sparsemax."""
    spelling: float = Field(default=0.0, ge=0)
    """What the spelling of target words counts beside their vectors."""


def weighings(methods: Mapping[str, Any]) -> dict[str, Weighing]:
    """Return the methods that weigh the anchors of their run as `WordSpace` can, and how they do.

    Args:
        methods: What the experiment file says of each.

    Returns:
        By name; without methods of another alignment, of anchors of their own, ranked by CSLS, or centred.
    """
    found = {name: _weighing(settings) for name, settings in methods.items()}
    return {str(name): by for name, by in found.items() if by is not None}


def distinct(methods: Mapping[str, Weighing]) -> dict[str, Weighing]:
    """Keep the first method of each way of weighing: the others bring every word to the same place."""
    first: dict[Weighing, str] = {}
    for name, by in methods.items():
        first.setdefault(by, name)
    return {name: by for by, name in first.items()}


def weigh(cosines: FloatArray, by: Weighing) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the nearest anchors ``[n, k]`` and their weights; equal cosines keep the anchors' order."""
    count = cosines.shape[1]
    k = count if by.k == "all" else min(by.k, count)
    if k < count:
        bounds = np.partition(cosines, count - k, axis=1)[:, count - k]
        chosen = np.stack([_first(row, bound, k) for row, bound in zip(cosines, bounds, strict=True)])
    else:
        chosen = np.broadcast_to(np.arange(count), cosines.shape)
    near = np.take_along_axis(cosines, chosen, axis=1)
    order = np.argsort(-near, axis=1, kind="stable")
    chosen, near = np.take_along_axis(chosen, order, axis=1), np.take_along_axis(near, order, axis=1)
    return chosen, relative_weights(near, by.weighting, by.temperature)


def _weighing(settings: Any) -> Weighing | None:
    try:
        known = {name: settings[name] for name in _MATTERS if name in settings}
        method = MappedMethod.model_validate(known)
    except (TypeError, ValidationError):
        return None
    by = method.alignment
    if not isinstance(by, RelativeSettings) or method.anchors is not None:
        return None
    if by.ranking != "cosine" or by.centre:
        return None
    return Weighing(weighting=by.weighting, k=by.k, temperature=by.temperature, spelling=method.spelled)


def _first(cosines: FloatArray, bound: float, k: int) -> NDArray[np.int64]:
    """Return the k nearest of one word: all above the bound, then the first that reach it."""
    above, at = np.flatnonzero(cosines > bound), np.flatnonzero(cosines == bound)
    return np.sort(np.concatenate([above, at[: k - len(above)]]))
