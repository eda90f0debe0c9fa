"""How the methods of a run weigh anchors, read from its experiment file."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mosecrot_core.mapping.alignment import RelativeSettings
from mosecrot_core.runs.methods import MappedMethod
from mosecrot_core.runs.word_space import Weighing

_MATTERS = ("alignment", "anchors", "vocabulary", "spelling")


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
