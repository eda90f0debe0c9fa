"""The k nearest keys out of rough cosines, exactly: compiled, one query at a time, all of it in the cache.

With values within e of the true ones, the k-th largest lower end (value - e) is no more than the k-th largest
true cosine: no key whose upper end (value + e) is less can be among the k nearest. The few that are left get
their true cosine, summed in float64 and rounded once, so that the result does not depend on how the rough
values were made.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload
from numpy.typing import NDArray

from mosecrot_core.compiled import compiled

_LEAST_GROUPS = 256
_GROUPS_PER_NEIGHBOUR = 4
_KEYS_PER_GROUP = 10  # about as many as it pays to look through one by one
_LANES = 16  # float32 values that a processor compares at once
_LAST_KEY = 0xFFFFFFFF
_HALVINGS = 12
_FEW = 256


def n_groups(m: int, k: int) -> int:
    """Say into how many groups m keys are dealt: the largest value of each is looked at first."""
    even = m // _KEYS_PER_GROUP // _LANES * _LANES
    return min(m, max(_LEAST_GROUPS, _GROUPS_PER_NEIGHBOUR * k, even))


@compiled()
def units_and_norms(
    rows: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:  # pragma: no cover  # compiled
    """Scale the rows ``[n, d]`` to length 1, zero rows staying zero; give them and their lengths ``[n]``."""
    units, norms = np.zeros_like(rows), np.empty(len(rows), np.float64)
    for row in range(len(rows)):
        norms[row] = np.sqrt(dot(rows[row], rows[row]))
        if norms[row] > 0:
            for place in range(rows.shape[1]):
                units[row, place] = rows[row, place] / norms[row]
    return units, norms


@compiled(fastmath={"reassoc", "contract"})
def dot(left: NDArray[Any], right: NDArray[np.float32]) -> float:  # pragma: no cover  # compiled
    """Return the product of two rows ``[d]``, summed in float64."""
    total = 0.0
    for place in range(len(left)):
        total += np.float64(left[place]) * np.float64(right[place])
    return total


@compiled()
def select(
    values: NDArray[Any],
    absolute: NDArray[np.float32],
    relative: float,
    queries: NDArray[np.float32],
    keys: NDArray[np.float32],
    query_norms: NDArray[np.float64],
    key_norms: NDArray[np.float64],
    penalties: NDArray[np.float32],
    groups: int,
    indices: NDArray[np.int32],
    cosines: NDArray[np.float32],
) -> None:  # pragma: no cover  # compiled
    """Write the k nearest keys of each query and their cosines.

    Args:
        values: Rough cosines ``[n, >= m]``; see `Rough`.
        absolute: How far they may be off, ``[n]``.
        relative: And as a share of each.
        queries: ``[n, d]``, of any length.
        keys: ``[m, d]``, of any length.
        query_norms: Their lengths ``[n]``.
        key_norms: The same ``[m]``.
        penalties: Taken off the cosines before they are ranked, ``[m]``, or none ``[0]``.
        groups: See `n_groups`; at least k.
        indices: Result ``[n, k]``: largest first, ties in the order of the keys.
        cosines: Result ``[n, k]``, without the penalties.
    """
    m, k = len(keys), indices.shape[1]
    row, codes, wide = np.empty(m, np.float32), np.empty(m, np.int64), np.empty(keys.shape[1], np.float64)
    largest, near, rough = np.empty(groups, np.float32), np.empty(m, np.int64), np.empty(m, np.float32)
    for query in range(len(queries)):
        if query_norms[query] == 0:
            row[:] = 0
            left = m if len(penalties) else k
            for key in range(left):
                codes[key] = _code(-penalties[key] if len(penalties) else 0.0, key)
        else:
            _read(values[query], row)
            off, share = absolute[query], relative
            if len(penalties):  # which undo the order of the values: the share of the largest goes for all
                off, share = off + relative * _penalise(row, penalties), 0.0
            count = _shortlist(row, largest, k, off, share, near, rough)
            count = _keep(_least(_about_kth(rough[:count], k), off, share), near, rough[:count])
            wide[:] = queries[query]
            left = 0
            for key in near[:count]:
                lengths = query_norms[query] * key_norms[key]
                row[key] = dot(wide, keys[key]) / lengths if lengths else 0.0
                codes[left] = _code(row[key] - penalties[key] if len(penalties) else row[key], key)
                left += 1
        _sort(codes[:left], indices[query])
        for place in range(k):
            cosines[query, place] = row[indices[query, place]]


def _read(values: Any, row: Any) -> None:
    """Copy rough values into float32; the bits of bfloat16 are the upper half of float32's."""
    raise NotImplementedError("compiled code only")


@overload(_read)
def _read_compiled(values: Any, row: Any) -> Callable[[Any, Any], None]:  # noqa: ARG001
    def widen(values: Any, row: Any) -> None:  # pragma: no cover
        bits = row.view(np.int32)
        for key in range(len(row)):
            bits[key] = np.int32(values[key]) << 16

    def copy(values: Any, row: Any) -> None:  # pragma: no cover
        for key in range(len(row)):
            row[key] = values[key]

    return widen if values.dtype == types.int16 else copy


@compiled()
def _penalise(row: NDArray[np.float32], penalties: NDArray[np.float32]) -> float:  # pragma: no cover
    """Take the penalties off, and return how large the largest value was, whatever its sign."""
    bits, largest = row.view(np.int32), np.int32(0)
    for key in range(len(row)):  # without the sign, a float's bits sort like it, and more of them at a time
        size = np.int32(bits[key] & 0x7FFFFFFF)
        largest = size if size > largest else largest
    for key in range(len(row)):
        row[key] -= penalties[key]
    return float(np.int32(largest).view(np.float32))


@compiled()
def _shortlist(
    row: NDArray[np.float32],
    largest: NDArray[np.float32],
    k: int,
    absolute: float,
    relative: float,
    near: NDArray[np.int64],
    rough: NDArray[np.float32],
) -> int:  # pragma: no cover
    """Write keys among which the k nearest are, and their rough values; return how many there are.

    Only groups whose largest value reaches the bound are looked into.
    """
    _group_maxima(row, largest)
    least = _least(_about_kth(largest, k), absolute, relative)
    count, groups = 0, len(largest)
    for group in range(groups):
        if largest[group] >= least:
            for key in range(group, len(row), groups):
                near[count], rough[count] = key, row[key]  # without a branch, which nobody could foresee
                count += row[key] >= least
    return count


@compiled()
def _keep(least: float, near: NDArray[np.int64], rough: NDArray[np.float32]) -> int:  # pragma: no cover
    """Move the keys whose rough value reaches the bound to the front; return how many there are."""
    count = 0
    for place in range(len(rough)):
        near[count] = near[place]
        count += rough[place] >= least
    return count


@compiled()
def _group_maxima(row: NDArray[np.float32], largest: NDArray[np.float32]) -> None:  # pragma: no cover
    """Write the largest value of each group: keys g, g + groups, g + 2 groups ..."""
    groups = len(largest)
    largest[:] = row[:groups]
    for start in range(groups, len(row), groups):
        part = row[start : start + groups]
        for place in range(len(part)):
            value, before = part[place], largest[place]
            largest[place] = value if value > before else before


@compiled()
def _about_kth(values: NDArray[np.float32], k: int) -> float:  # pragma: no cover
    """Find a number, about as large as the k-th largest value, that at least k values reach.

    Halving the range is quicker than a selection, for counting is done many values at a time.
    """
    low, high = values.min(), values.max()
    for _ in range(_HALVINGS):
        middle = np.float32((low + high) / 2)
        count = 0
        for place in range(len(values)):
            count += values[place] >= middle
        if count >= k:
            low = middle
            if count <= k + 1:
                break
        else:
            high = middle
    return float(low)


@compiled()
def _least(kth: float, absolute: float, relative: float) -> float:  # pragma: no cover
    """Return the least rough value that may stand for a cosine as large as the k-th may be at the least."""
    cosine = kth - relative * abs(kth) - absolute
    value = cosine - absolute
    return float(value / (1 + relative if value > 0 else 1 - relative))


@compiled()
def _code(value: float, key: int) -> np.int64:  # pragma: no cover
    """Return a number that sorts by value, then by key, smaller keys being greater."""
    bits = np.float32(value + np.float32(0)).view(np.int32)  # + 0 turns -0 into 0
    mended = np.int64(bits ^ ((bits >> 31) & 0x7FFFFFFF))  # a float's bits, its sign mended, sort like it
    return (mended << 32) | (_LAST_KEY - key)


@compiled()
def _sort(codes: NDArray[np.int64], keys: NDArray[np.int32]) -> None:  # pragma: no cover
    """Write the keys of the greatest codes, which all differ, greatest first."""
    n = len(codes)
    if n > _FEW:
        codes.sort()
        for place in range(len(keys)):
            keys[place] = _LAST_KEY - (codes[n - 1 - place] & _LAST_KEY)
        return
    for this in range(n):  # to count those before it takes less time than to sort
        code, before = codes[this], 0
        for other in range(n):
            before += codes[other] > code
        if before < len(keys):
            keys[before] = _LAST_KEY - (code & _LAST_KEY)
