"""Of many workers one gets a task; what a dead one was at, another takes; the living keep theirs."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mosecrot_core.files import write_once
from mosecrot_core.runs import workers as workers_module
from mosecrot_core.runs.claims import Claims, LostError
from mosecrot_core.runs.workers import Workers

TAKER = """
import sys, time
from pathlib import Path
from mosecrot_core.runs.claims import Claims
from mosecrot_core.runs.workers import Workers

folder = Path(sys.argv[1])
workers = Workers(folder / "workers", 60)
with workers.one_more("list") as worker:
    claims = Claims(folder / "tasks", workers.is_alive, 3)
    if sys.argv[2] == "hold":
        assert claims.take("task", worker.name)
        print("held", flush=True)
        time.sleep(60)
    taken = [claims.take(f"task{number}", worker.name) for number in range(200)]
    print(sum(claim is not None for claim in taken), flush=True)
    for claim in taken:
        claim and claim.end("done")
"""


def taker(folder, what):
    return subprocess.Popen([sys.executable, "-c", TAKER, folder, what], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def claims(tmp_path):
    """Claims of workers of whom those named in `alive` live."""
    alive = set()
    claims = Claims(tmp_path, alive.__contains__, 3)
    claims.alive = alive
    return claims


def test_a_file_is_written_once_by_one_of_many(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(lambda n: write_once(tmp_path / "a" / "file", str(n)), range(100)))
    assert sum(first) == 1
    assert (tmp_path / "a" / "file").read_text() == str(first.index(True))
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file"]


def test_where_files_cannot_have_two_names_it_is_written_once_too(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert [write_once(tmp_path / "file", text) for text in "ab"] == [True, False]
    assert (tmp_path / "file").read_text() == "a"
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        write_once(tmp_path / "other", "a")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_processes_take_each_task_once(tmp_path):
    takers = [taker(tmp_path, "all") for _ in range(3)]
    taken = [int(one.communicate(timeout=60)[0]) for one in takers]
    assert sum(taken) == 200
    assert not list((tmp_path / "workers").iterdir()), "who ends leaves nothing"
    assert {json.loads(path.read_text())["state"] for path in tmp_path.glob("tasks/*.end")} == {"done"}


def test_what_a_killed_process_was_at_is_free_at_once(tmp_path):
    holder = taker(tmp_path, "hold")
    assert holder.stdout.readline() == "held\n"
    workers = Workers(tmp_path / "workers", 60)
    claims = Claims(tmp_path / "tasks", workers.is_alive, 3)
    assert claims.take("task", "me") is None
    assert [worker.process for worker in workers.living()] == [holder.pid]
    os.kill(holder.pid, signal.SIGSTOP)
    assert claims.take("task", "me") is None, "stopped is not dead"
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert workers.living() == []
    assert claims.take("task", "me").number == 2
    assert json.loads((tmp_path / "tasks" / "task.1.end").read_text())["state"] == "lost"


def test_a_worker_of_another_machine_lives_until_its_lease_is_up_on_any_clock(tmp_path, monkeypatch):
    """Its clock is wrong and jumps, ours does too: its signs count, and our steady clock."""
    steady = [100.0]
    monkeypatch.setattr(workers_module, "_machine", lambda: "another")
    with Workers(tmp_path, 1e9).one_more("list") as worker:
        monkeypatch.setattr(workers_module, "_machine", lambda: "this")
        monkeypatch.setattr(time, "monotonic", lambda: steady[0])
        here = Workers(tmp_path, 60)
        file = tmp_path / worker.name
        for wrong in (0, 4e9, 1e9, 5e8):
            os.utime(file, (wrong, wrong))
            monkeypatch.setattr(time, "time", lambda wrong=wrong: 7e8 - wrong)
            assert here.is_alive(worker.name)
            steady[0] += 59
            assert here.is_alive(worker.name)
        steady[0] += 2
        assert not here.is_alive(worker.name)
        os.utime(file)
        assert here.is_alive(worker.name), "it was only slow"
    assert not here.is_alive(worker.name)


def test_who_lives_is_told_at_once_by_the_disks_clock(tmp_path, monkeypatch):
    monkeypatch.setattr(workers_module, "_machine", lambda: "another")
    with Workers(tmp_path, 1e9).one_more("list") as worker:
        monkeypatch.setattr(workers_module, "_machine", lambda: "this")
        monkeypatch.setattr(time, "time", lambda: 0.0)
        assert Workers(tmp_path, 60).living() == [worker]
        os.utime(tmp_path / worker.name, (1e9, 1e9))
        assert Workers(tmp_path, 60).living() == []
        (tmp_path / "damaged").write_text("{")
        assert Workers(tmp_path, 60).living() == []


def test_signs_are_given(tmp_path):
    with Workers(tmp_path, 0.06).one_more("list") as worker:
        file = tmp_path / worker.name
        os.utime(file, (1, 1))
        until = time.monotonic() + 10
        while file.stat().st_mtime == 1:
            assert time.monotonic() < until
            time.sleep(0.01)


def test_a_task_goes_from_hand_to_hand_and_fails_when_too_many_died(claims):
    for number in (1, 2, 3):
        assert claims.take("task", f"worker{number}").number == number
        claims.alive.add(f"worker{number}")
        assert claims.take("task", "me") is None
        claims.alive.clear()
    assert claims.take("task", "me") is None
    assert claims.state("task") == "failed"
    assert claims.last()["task"].problem == "its worker died, 3 times in a row"
    claims.again("task")
    assert claims.state("task") == "again"
    assert claims.take("task", "me").number == 4


def test_only_deaths_in_a_row_count(claims):
    for number in range(1, 9):
        claim = claims.take("task", "worker")
        assert claim.number == number
        if number % 2:
            claim.end("stopped", "Ctrl-C")
    assert claims.state("task") == "running"


@pytest.mark.parametrize("state", ["done", "failed"])
def test_what_has_ended_is_not_taken(claims, state):
    claims.take("task", "worker").end(state, "why" * 2000)
    assert claims.take("task", "me") is None
    last = claims.last()["task"]
    assert (last.state, last.worker, len(last.problem)) == (state, "worker", 2000)
    assert last.seconds >= 0


def test_how_long_a_task_has_been_running_is_known(claims, tmp_path):
    claims.take("task", "worker")
    (place,) = tmp_path.rglob("task.1")
    os.utime(place, (time.time() - 90, time.time() - 90))
    assert 90 <= claims.last()["task"].seconds < 150


def test_who_was_given_up_by_mistake_is_told(claims):
    claim = claims.take("task", "slow")
    claim.check()
    other = claims.take("task", "quick")
    with pytest.raises(LostError):
        claim.check()
    claim.end("done")
    other.check()
    assert claims.state("task") == "running"


def test_it_is_looked_up_at_most_once_a_second(claims, monkeypatch):
    claim = claims.take("task", "slow")
    claims.take("task", "quick")
    claim.check_now_and_then()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 1.1)
    with pytest.raises(LostError):
        claim.check_now_and_then()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "good"}', '{"state": 3, "seconds": "x"}'])
def test_a_damaged_end_lets_the_task_be_tried_again(claims, tmp_path, text):
    claims.take("task", "worker")
    (tmp_path / "task.1.end").write_text(text)
    assert claims.take("task", "me").number == 2
