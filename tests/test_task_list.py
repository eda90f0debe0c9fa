"""How long a sweep still takes, guessed from what is done and what runs."""

import pytest

from mosecrot_core.runs.claims import Attempt
from mosecrot_core.runs.schema import SWEEP_FILE
from mosecrot_core.runs.sweep_report import print_status
from mosecrot_core.runs.task_list import Listed, SweepStatus
from mosecrot_core.runs.workers import Worker

WORKERS = tuple(Worker(name, "here", 1, "boot", "list", "1") for name in ("a", "b"))


def listed(kind, state, seconds=None):
    attempt = None if seconds is None else Attempt(1, state, seconds=seconds)
    return Listed("key", kind, "a task", "run", state, attempt)


def seconds_left(*tasks, workers=WORKERS[:1]):
    return SweepStatus("sweep", "1", {}, tasks, workers).seconds_left


def test_without_a_task_that_is_done_nobody_knows():
    assert seconds_left(listed("words", "running", 3.0), listed("words", "waiting")) is None


def test_tasks_take_as_long_as_others_of_their_kind_and_workers_share_them():
    tasks = [
        listed("words", "done", 2.0),
        listed("tuning", "done", 60.0),
        listed("words", "waiting"),
        listed("tuning", "waiting"),
    ]
    assert seconds_left(*tasks) == 62
    assert seconds_left(*tasks, workers=WORKERS) == 31
    assert seconds_left(*tasks, workers=()) == 62


def test_what_a_running_task_has_behind_it_is_not_left():
    done = listed("tuning", "done", 60.0)
    assert seconds_left(done, listed("tuning", "running", 45.0)) == 15
    assert seconds_left(done, listed("tuning", "running", 90.0)) == 0


def test_a_kind_of_which_none_is_done_takes_as_long_as_what_runs_of_it():
    done = [listed("words", "done", 2.0)] * 30
    tasks = [listed("teaching", "running", 400.0), listed("teaching", "waiting")]
    assert seconds_left(*done, *tasks) == pytest.approx(400)
    assert seconds_left(*done, listed("teaching", "waiting")) == pytest.approx(2)


def test_kinds_of_which_none_is_done_make_it_a_least():
    tasks = (listed("words", "done", 2.0), listed("words", "waiting"), listed("tables", "waiting"))
    assert SweepStatus("sweep", "1", {}, tasks, WORKERS).untimed == []
    more = (
        *tasks,
        listed("teaching", "running", 4.0),
        listed("teaching", "waiting"),
        listed("surface", "failed"),
    )
    assert SweepStatus("sweep", "1", {}, more, WORKERS).untimed == ["teaching"]


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        (["words"], "about 0:00:04 for one worker; nobody"),
        (["self_trained"], "at least 0:00:04 for one worker (no self trained is done yet); nobody"),
        (["raw", "save"], "at least 0:00:08 for one worker (no raw and no save is done yet); nobody"),
        (["raw", "save", "surface", "taught"], "(of 4 kinds of tasks none is done yet); nobody"),
    ],
)
def test_the_terminal_says_which(kinds, says, monkeypatch, tmp_path, capsys):
    waiting = (listed(kind, "waiting") for kind in kinds)
    found = SweepStatus("s", "1", {}, (listed("words", "done", 4.0), *waiting), ())
    monkeypatch.setattr("mosecrot_core.runs.sweep_report.sweep_status", lambda _: found)
    (tmp_path / SWEEP_FILE).touch()
    print_status(tmp_path)
    said = capsys.readouterr().out
    assert said.count("time left: ") == 1
    assert says in said
