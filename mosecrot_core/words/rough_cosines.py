"""Cosines that are quick and a little wrong, with a bound on how wrong: what the exact search starts from.

A matrix product in bfloat16 takes less than half the time of one in float32 where the processor has the
instructions (AVX512-BF16, AMX). What rounding may cost is known: with u the row that was meant, u~ the one
that was multiplied and |u| = 1, by Cauchy and Schwarz

    |u~.v~ - u.v|  <=  |u~ - u| |v~| + |u| |v~ - v|,

both norms being measured, and a sum of d products in float32 is off by at most about d 2^-24.
"""

import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
_UNIT = 2.0**-24  # a float32 operation is off by at most this share
_SLACK = 1.01  # for the rounding of the bounds themselves
BFLOAT16_SHARE = _SLACK * 2.0**-8
"""By which share of itself a number rounded to bfloat16 may be off."""
_PAYS = 1e9  # multiplications from which rounding and bounds cost less than they save
_PAYS_FOR_TORCH = 5e11  # and where PyTorch, which takes a second or two to load, is not there yet


@dataclass(frozen=True, eq=False)
class Rough:
    """Cosines of some queries to all keys, near the true ones.

    A value v stands for a true one within ``absolute[query] + relative * |v|`` of it.

    Attributes:
        values: ``[n, m]`` float32, or int16 with the bits of bfloat16; there may be more columns than keys.
        absolute: ``[n]``.
        relative: The same for all; rounding v is monotone, so it keeps the order of the values.
    """

    values: NDArray[Any]
    absolute: FloatArray
    relative: float


class RoughCosines(Protocol):
    """Keys that are ready to be multiplied."""

    bytes_per_query: int
    """Memory that `of` takes for each query."""

    def room(self, n: int) -> NDArray[Any]:
        """Give the memory for the values of n queries, to be used again and again."""

    def of(self, units: FloatArray, room: NDArray[Any]) -> Rough:
        """Multiply queries ``[n, d]`` of length 1 (or 0) with the keys, on one thread."""


def rough_cosines(unit_keys: FloatArray, n_queries: int) -> RoughCosines:
    """Choose the quicker way to multiply this many queries with keys ``[m, d]`` of length 1 (or 0)."""
    least = _PAYS if "torch" in sys.modules else _PAYS_FOR_TORCH
    quicker = n_queries * unit_keys.size > least and has_bfloat16()
    return Bfloat16Cosines(unit_keys) if quicker else Float32Cosines(unit_keys)


class Float32Cosines:
    """The product in float32, by NumPy."""

    def __init__(self, unit_keys: FloatArray) -> None:
        self._keys = np.ascontiguousarray(unit_keys.T)
        self._bound = _SLACK * (unit_keys.shape[1] + 8) * _UNIT
        self.bytes_per_query = 4 * sum(unit_keys.shape)

    def room(self, n: int) -> NDArray[Any]:
        """See `RoughCosines`."""
        return np.empty((n, self._keys.shape[1]), np.float32)

    def of(self, units: FloatArray, room: NDArray[Any]) -> Rough:
        """See `RoughCosines`."""
        values = np.matmul(units, self._keys, out=room[: len(units)])
        return Rough(values, np.full(len(units), self._bound, np.float32), 0.0)


class Bfloat16Cosines:
    """The product of rows rounded to bfloat16, summed in float32 and rounded to bfloat16, by PyTorch."""

    def __init__(self, unit_keys: FloatArray) -> None:
        import torch

        n, dim = unit_keys.shape
        keys = torch.zeros((n + -n % 16, dim), dtype=torch.bfloat16)  # odd sizes are slow
        keys[:n], off = to_bfloat16(torch.from_numpy(unit_keys))
        self._keys = keys.t()
        self._off = float(off.max())
        self.bytes_per_query = 2 * keys.shape[0] + 6 * dim

    def room(self, n: int) -> NDArray[Any]:
        """See `RoughCosines`."""
        return np.empty((n, self._keys.shape[1]), np.int16)

    def of(self, units: FloatArray, room: NDArray[Any]) -> Rough:
        """See `RoughCosines`."""
        import torch

        queries, off = to_bfloat16(torch.from_numpy(units))
        bound = bfloat16_bound(off, self._off, units.shape[1]).numpy()
        values = room[: len(units)]
        torch.mm(queries, self._keys, out=torch.from_numpy(values).view(torch.bfloat16))
        return Rough(values, bound, BFLOAT16_SHARE)


def to_bfloat16(units: Any) -> tuple[Any, Any]:
    """Round a tensor's rows ``[n, d]``, and measure how far each one moves ``[n]``."""
    rounded = units.bfloat16()
    return rounded, (units - rounded.float()).norm(dim=1)


def bfloat16_bound(off: Any, keys_off: float, dim: int) -> Any:
    """Return how far the products of rounded rows may be off, but for their own rounding, ``[n]``."""
    return _SLACK * (off * (1 + keys_off) + keys_off + 2 * (dim + 8) * _UNIT)


@cache
def has_bfloat16() -> bool:
    """Tell whether the processor multiplies bfloat16 faster than float32."""
    import torch

    if not hasattr(torch.cpu, "get_capabilities"):  # before 2.12
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
