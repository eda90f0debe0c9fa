"""Work on many items in several threads, each of which keeps to one core."""

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Room = TypeVar("Room")


def n_threads() -> int:
    """Say how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def over_chunks(n: int, step: int, work: Callable[[slice, Room], None], room: Callable[[], Room]) -> None:
    """Call the work with every chunk of ``range(n)``; an error in one ends all.

    Args:
        n: Rows.
        step: Rows in a chunk.
        work: Takes the chunk and what `room` gave its thread.
        room: Called once a thread, for memory to be used again and again.
    """
    starts = range(0, n, step)
    chunks = (slice(start, min(start + step, n)) for start in starts)
    over_items(chunks, work, room, min(n_threads(), len(starts)))


def over_items(
    items: Iterable[Item], work: Callable[[Item, Room], None], room: Callable[[], Room], threads: int
) -> None:
    """Call the work with every item; an error in one ends all.

    Args:
        items: Asked for one at a time, by the thread that is free.
        work: Takes an item and what `room` gave its thread.
        room: Called once a thread.
        threads: At most; with 1, all is done in the calling one.
    """
    left, turn = iter(items), Lock()
    ended = object()

    def run() -> None:
        nonlocal left
        mine = room()
        try:
            while True:
                with turn:
                    item = next(left, ended)
                if item is ended:
                    return
                work(item, mine)  # type: ignore[arg-type]
        except BaseException:
            left = iter(())
            raise

    if threads <= 1:
        run()
        return
    torch = sys.modules.get("torch")  # which has threads of its own
    own = torch.get_num_threads() if torch is not None else 0

    def keep_to_one_core() -> None:
        if torch is not None:
            torch.set_num_threads(1)

    try:
        with threadpool_limits(1), ThreadPoolExecutor(threads, initializer=keep_to_one_core) as pool:
            try:
                for done in [pool.submit(run) for _ in range(threads)]:
                    done.result()
            finally:
                left = iter(())  # also after Ctrl-C
    finally:
        if torch is not None:
            torch.set_num_threads(own)  # what a thread says counts for those that begin after it
