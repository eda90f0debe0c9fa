"""Work on the chunks of an array in several threads, each of which keeps to one core."""

import os
import queue
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

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
    starts = queue.SimpleQueue[int]()
    for start in range(0, n, step):
        starts.put(start)

    def run() -> None:
        mine = room()
        while True:
            try:
                start = starts.get_nowait()
            except queue.Empty:
                return
            work(slice(start, min(start + step, n)), mine)

    threads = min(n_threads(), starts.qsize())
    if threads <= 1:
        run()
        return
    torch = sys.modules.get("torch")  # which has threads of its own
    if torch is not None:
        torch.get_num_threads()  # or the first number that it hears would count for every thread

    def keep_to_one_core() -> None:
        if torch is not None:
            torch.set_num_threads(1)

    with threadpool_limits(1), ThreadPoolExecutor(threads, initializer=keep_to_one_core) as pool:
        for done in [pool.submit(run) for _ in range(threads)]:
            done.result()
