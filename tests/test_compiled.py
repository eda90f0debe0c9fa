"""Compiled functions where nothing can be kept on the disk."""

from types import SimpleNamespace

import numba

from mosecrot_core.compiled import compiled


def test_without_room_on_the_disk_they_are_compiled_all_the_same(monkeypatch):
    asked = []

    def refuse_to_cache(function, *, cache=False, **options):
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return numba.njit(function, **options)

    monkeypatch.setattr("mosecrot_core.compiled.numba", SimpleNamespace(njit=refuse_to_cache))
    assert compiled()(lambda number: number + 1)(2) == 3
    assert asked == [True, False]
