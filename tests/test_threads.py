"""Chunks of an array in several threads."""

import subprocess
import sys
import threading
import time

import pytest

from mosecrot_core import threads
from mosecrot_core.threads import over_chunks, over_items


@pytest.mark.parametrize("cores", [1, 2, 7])
@pytest.mark.parametrize(("n", "step"), [(0, 3), (1, 3), (9, 3), (10, 3), (100, 1)])
def test_every_row_comes_once_and_every_thread_has_its_own_room(monkeypatch, cores, n, step):
    monkeypatch.setattr(threads, "n_threads", lambda: cores)
    rooms, seen = [], []

    def room():
        rooms.append(threading.get_ident())
        return rooms[-1]

    def work(rows, mine):
        assert mine == threading.get_ident()
        seen.extend(range(rows.start, rows.stop))

    over_chunks(n, step, work, room)
    assert sorted(seen) == list(range(n))
    assert len(rooms) <= max(1, min(cores, -(-n // step)))


def test_an_error_comes_out(monkeypatch):
    monkeypatch.setattr(threads, "n_threads", lambda: 3)

    def fail(rows, _):
        raise ValueError(rows.start)

    with pytest.raises(ValueError, match=r"\d"):
        over_chunks(10, 2, fail, lambda: None)


@pytest.mark.parametrize("cores", [1, 3])
def test_an_error_ends_all(cores):
    """What is left is not begun, and items are asked for one at a time."""
    asked, begun = [], []

    def items():
        for number in range(1000):
            asked.append(number)
            yield number

    def fail(number, _):
        begun.append(number)
        if number == 5:
            raise ValueError
        time.sleep(0.001)

    with pytest.raises(ValueError):  # noqa: PT011 - it has no words
        over_items(items(), fail, lambda: None, cores)
    assert asked == sorted(begun)
    assert len(begun) < 100


def test_torch_keeps_its_threads():
    """Also where it was only imported so far, and asks for their number for the first time in a thread.

    Threads that begin later have as many, too.
    """
    chunks = "threads.over_chunks(8, 1, lambda rows, _: inside.append(torch.get_num_threads()), lambda: None)"
    seen = []
    for work in ("", chunks):
        code = f"""
import threading, torch, mosecrot_core.threads as threads
threads.n_threads, inside, later = lambda: 2, [], []
{work}
thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
thread.start()
thread.join()
print(set(inside) <= {{1}}, torch.get_num_threads(), later)
"""
        command = [sys.executable, "-c", code]
        seen.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert seen[0] == seen[1]
