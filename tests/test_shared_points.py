"""A grid that one process computes, several, one that is killed: always the same file."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from mosecrot_core.files import lock
from mosecrot_core.learning.interpolation_grid import BILINGUAL, SOURCE, Point, all_points
from mosecrot_core.runs.shared_points import compute_points, points_so_far

WORKER = """
import sys, time
from pathlib import Path
import pandas as pd
from mosecrot_core.learning.interpolation_grid import all_points
from mosecrot_core.runs.shared_points import compute_points

folder, log, pause = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])

def compute(point):
    with log.open("a") as file:
        file.write(f"{point.source},{point.target}\\n")
    time.sleep(pause)
    return pd.DataFrame({"read": ["source", "target"], "value": [point.source / 7, point.target / 3]})

compute_points(folder, all_points()[:60], [compute]).to_parquet(folder.parent / sys.argv[4], index=False)
"""
POINTS = all_points()[:60]


def value(point):
    return pd.DataFrame({"read": ["source", "target"], "value": [point.source / 7, point.target / 3]})


def start(folder, log, pause, result):
    return subprocess.Popen([sys.executable, "-c", WORKER, folder, log, str(pause), result])


@pytest.fixture
def alone(tmp_path):
    """The bytes of the file of one process that nothing disturbs."""
    compute_points(tmp_path / "alone", POINTS, [value]).to_parquet(tmp_path / "alone.parquet", index=False)
    return (tmp_path / "alone.parquet").read_bytes()


def test_rows_stand_behind_their_points_sorted(tmp_path):
    table = compute_points(tmp_path, [SOURCE, BILINGUAL, Point(-500, 25)], [value])
    assert table.columns.tolist() == ["a1", "a2", "read", "value"]
    assert list(zip(table["a1"], table["a2"], strict=True))[::2] == [(-500, 25), (0, 0), (1000, 0)]
    assert table["value"].tolist() == [-500 / 7, 25 / 3, 0, 0, 1000 / 7, 0]


def test_points_are_computed_in_their_order_and_only_once(tmp_path):
    seen, told = [], []

    def compute(point):
        seen.append(point)
        return value(point)

    compute_points(tmp_path, POINTS[:5], [compute], lambda done, of: told.append((done, of)))
    assert seen == POINTS[:5]
    assert told == [(n, 5) for n in range(1, 6)]
    compute_points(tmp_path, POINTS[:7], [compute])
    assert seen == POINTS[:7]


def test_a_preview_holds_what_is_there(tmp_path):
    assert points_so_far(tmp_path, POINTS).columns.tolist() == ["a1", "a2"]
    compute_points(tmp_path, POINTS[:3], [value])
    assert len(points_so_far(tmp_path, POINTS)) == 6


def test_what_a_killed_process_wrote_half_is_removed_when_its_point_is_computed(tmp_path):
    first, other = (f"{point.source}_{point.target}.parquet" for point in POINTS[:2])
    for name in (first, other):
        (tmp_path / f".{name}.abc.tmp").write_text("half")
    compute_points(tmp_path, POINTS[:1], [value])
    assert not (tmp_path / f".{first}.abc.tmp").exists()
    assert (tmp_path / f".{other}.abc.tmp").exists(), "a living process may be writing it"


def test_an_error_keeps_the_points_before_it_and_nothing_of_its_own(tmp_path):
    def compute(point):
        if point == POINTS[2]:
            raise ValueError("no")
        return value(point)

    with pytest.raises(ValueError, match="no"):
        compute_points(tmp_path, POINTS, [compute])
    assert len(points_so_far(tmp_path, POINTS)) == 4
    assert not list(tmp_path.glob(".*.tmp"))


def test_two_processes_share_a_grid_and_find_the_same_as_one(tmp_path, alone):
    log = tmp_path / "log"
    workers = [start(tmp_path / "grid", log, 0.02, f"{name}.parquet") for name in "ab"]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    done = log.read_text().split()
    assert len(done) == len(set(done)) == len(POINTS), "each point once"
    assert all((tmp_path / f"{name}.parquet").read_bytes() == alone for name in "ab")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_killed_process_loses_one_point_and_another_goes_on(tmp_path, alone):
    log = tmp_path / "log"
    killed = start(tmp_path / "grid", log, 0.05, "killed.parquet")
    for _ in range(600):
        if log.exists() and len(log.read_text().split()) > 5:
            break
        time.sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert start(tmp_path / "grid", log, 0, "after.parquet").wait(60) == 0
    done = log.read_text().split()
    assert len(POINTS) <= len(done) <= len(POINTS) + 1, "at most the one that it was at is computed again"
    assert (tmp_path / "after.parquet").read_bytes() == alone


def test_a_point_of_a_living_process_is_waited_for(tmp_path):
    with lock(tmp_path / ".locks" / "0_0") as free:
        assert free
        code = WORKER.replace(
            "all_points()[:60]", "[p for p in all_points() if (p.source, p.target) == (0, 0)]"
        )
        waiting = subprocess.Popen([sys.executable, "-c", code, tmp_path, tmp_path / "log", "0", "x.parquet"])
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(4)
        assert not (tmp_path / "log").exists()
    assert waiting.wait(60) == 0
    assert (tmp_path / "log").read_text() == "0,0\n"
    assert Path(tmp_path.parent / "x.parquet").exists()
