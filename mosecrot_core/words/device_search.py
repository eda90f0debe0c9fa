"""The exact search on a GPU: the same rough cosines and bound as on the CPU, and the same result.

A query for which the keys with the largest rough cosines may not hold all of the k nearest (many ties, a zero
row) is left to the CPU.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import MosecrotError
from mosecrot_core.words.rough_cosines import BFLOAT16_SHARE, FloatArray, bfloat16_bound, to_bfloat16

_SPARE = 48  # keys measured beyond k; on word vectors, about 25 are needed


def search_on_device(
    queries: FloatArray,
    keys: FloatArray,
    k: int,
    penalties: FloatArray | None,
    memory: int,
    device: str,
    indices: NDArray[np.int32],
    cosines: FloatArray,
) -> NDArray[np.intp]:
    """Write the k nearest keys of each query and their cosines, as far as the device can tell.

    Args:
        queries: ``[n, d]``.
        keys: ``[m, d]``.
        k: At most m.
        penalties: Taken off the cosines before they are ranked, ``[m]``, or None.
        memory: Bytes to take on the device.
        device: `cuda`, or `cuda:1` and so on.
        indices: Result ``[n, k]``.
        cosines: Result ``[n, k]``, without the penalties.

    Returns:
        The numbers of the queries that are still open.

    Raises:
        MosecrotError: The device is not there, or a row holds NaN or infinity.
    """
    import torch

    search = _DeviceSearch(keys, k, penalties, _device(device))
    step = search.rows_at_once(memory)
    open_queries = []
    for start in range(0, len(queries), step):
        rows = slice(start, start + step)
        part = torch.from_numpy(np.ascontiguousarray(queries[rows], np.float32))
        found = search.of(part, start)
        indices[rows], cosines[rows] = found[0].cpu().numpy(), found[1].cpu().numpy()
        open_queries.append(start + np.flatnonzero(found[2].cpu().numpy()))
    return np.concatenate(open_queries) if open_queries else np.empty(0, np.intp)


def _device(name: str) -> Any:
    import torch

    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise MosecrotError(f"nearest: the device {name!r} cannot be used ({error}).") from error
    return device


class _DeviceSearch:
    """Keys on the device, for any number of queries."""

    def __init__(self, keys: FloatArray, k: int, penalties: FloatArray | None, device: Any) -> None:
        import torch

        self._k, self._device = k, device
        self._keys = torch.from_numpy(np.ascontiguousarray(keys, np.float32)).to(device)
        units, self._norms = _units(self._keys, "key", 0)
        self._rounded, off = to_bfloat16(units)
        self._off = float(off.max())
        self._measured = min(len(keys), k + _SPARE)
        self._penalties = None
        if penalties is not None:
            self._penalties = torch.from_numpy(np.asarray(penalties, np.float32)).to(device)

    def rows_at_once(self, memory: int) -> int:
        """Say how many queries fit; the rows that are measured are gathered in float32 and float64."""
        m, dim = self._keys.shape
        a_query = m * (2 + 4 + 4) + self._measured * dim * (4 + 8) + dim * 32
        return int(max(1, min((memory - 8 * m * dim) // a_query, 1 << 16)))

    def of(self, queries: Any, first: int) -> tuple[Any, Any, Any]:
        """Return the keys and cosines ``[n, k]``, and which queries ``[n]`` are still open."""
        import torch

        if self._device.type == "cuda":
            queries = queries.pin_memory()
        queries = queries.to(self._device, non_blocking=True)
        units, norms = _units(queries, "query", first)
        rounded, off = to_bfloat16(units)
        absolute, share = bfloat16_bound(off, self._off, units.shape[1])[:, None], BFLOAT16_SHARE
        rough = (rounded @ self._rounded.T).float()
        if self._penalties is not None:
            rough -= self._penalties
            absolute, share = absolute + 1.01 * share, 0.0
        near, places = torch.topk(rough, self._measured, dim=1)
        kth = near[:, self._k - 1 : self._k]
        least = kth - share * kth.abs() - absolute
        last = near[:, -1:]
        is_open = (last + share * last.abs() + absolute >= least)[:, 0] & (self._measured < len(self._keys))
        places = places.sort(dim=1).values
        exact = self._cosines(queries, norms, places)
        ranked = exact if self._penalties is None else exact - self._penalties[places]
        best = torch.sort(ranked, dim=1, descending=True, stable=True).indices[:, : self._k]
        return places.gather(1, best).int(), exact.gather(1, best), is_open

    def _cosines(self, queries: Any, norms: Any, places: Any) -> Any:
        import torch

        dots = torch.einsum("nd,nkd->nk", queries.double(), self._keys[places].double())
        lengths = norms[:, None] * self._norms[places]
        return torch.where(lengths > 0, dots / lengths, 0.0).float() + 0.0  # and -0 becomes 0


def _units(rows: Any, what: str, first: int) -> tuple[Any, Any]:
    import torch

    norms = rows.double().norm(dim=1)
    finite = torch.isfinite(norms)
    if not finite.all():
        raise MosecrotError(f"nearest: {what} {first + int((~finite).int().argmax())} holds NaN or infinity.")
    return (rows / torch.where(norms > 0, norms, 1.0)[:, None]).float(), norms
