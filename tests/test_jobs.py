"""The queue of jobs: each done once, none lost, whoever asks at the same time or dies in the middle."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from brought_files import write_inputs

from mosecrot_core.errors import InputError
from mosecrot_core.runs.job_worker import command
from mosecrot_core.runs.jobs import FILE, Jobs


@pytest.fixture
def runs(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
    return tmp_path


def states(jobs):
    return [(job.run, job.state) for job in jobs.newest(10)]


def test_jobs_are_taken_in_their_order_and_end_once(runs):
    jobs = Jobs(runs)
    assert jobs.newest(3) == []
    assert jobs.take() is None
    assert not (runs / FILE).exists(), "nothing is written before there is something to write"
    first, second = jobs.put("one"), jobs.put("two")
    assert states(jobs) == [("two", "queued"), ("one", "queued")]
    taken = jobs.take()
    assert (taken.number, taken.run) == (first, "one")
    assert states(jobs) == [("two", "queued"), ("one", "running")]
    jobs.end(first, "failed", "no room")
    (job,) = [job for job in jobs.newest(10) if job.number == first]
    assert (job.state, job.message) == ("failed", "no room")
    assert job.ended >= job.asked
    jobs.end(first, "done")
    assert jobs.state(first) == "failed", "it has ended"
    assert jobs.take().number == second
    assert jobs.take() is None


def test_what_waits_is_not_put_twice_but_what_runs_may_be_asked_for_again(runs):
    jobs = Jobs(runs)
    number = jobs.put("one")
    assert jobs.put("one") == number
    jobs.take()
    again = jobs.put("one")
    assert again != number
    assert states(jobs) == [("one", "queued"), ("one", "running")]


def test_a_cancelled_job_stays_cancelled(runs):
    jobs = Jobs(runs)
    waits, ends = jobs.put("one"), jobs.put("two")
    jobs.cancel(waits)
    assert jobs.take().number == ends
    jobs.cancel(ends)
    jobs.end(ends, "done")
    assert {jobs.state(waits), jobs.state(ends)} == {"cancelled"}
    jobs.queue_again()
    assert jobs.take() is None


def test_what_a_dead_worker_left_is_queued_again(runs):
    jobs = Jobs(runs)
    number = jobs.put("one")
    jobs.take()
    Jobs(runs).queue_again()
    assert jobs.take().number == number
    jobs.end(number, "done")
    jobs.queue_again()
    assert jobs.take() is None


@pytest.mark.parametrize("name", ["", ".", "..", "three", "../one", "one/", "/etc", "one/../two"])
def test_only_a_run_of_the_folder_can_be_asked_for(runs, name):
    with pytest.raises(InputError, match="no such run"):
        Jobs(runs).put(name)
    assert not (runs / FILE).exists()


def test_an_experiment_of_ones_own_is_a_job_too(runs):
    file = write_inputs(runs, "one")
    jobs = Jobs(runs)
    rerun, own = jobs.put("one"), jobs.put_experiment("one")
    assert jobs.put_experiment("one") == own != rerun, "another job, and put once"
    first, second = jobs.take(), jobs.take()
    assert [(job.kind, job.writes(runs)) for job in (first, second)] == [
        ("rerun", runs / "one-reviewed"), ("experiment", runs / "one"),
    ]  # fmt: skip
    assert command(runs, first)[-3:-1] == ["rerun", str(runs / "one")]
    assert command(runs, second)[-5:-1] == ["run", str(file), "--runs", str(runs)]
    assert jobs.is_active("one")
    assert jobs.is_active("one-reviewed")
    jobs.end(own, "done")
    assert not jobs.is_active("one")
    assert jobs.is_active("one-reviewed")


@pytest.mark.parametrize("name", ["", "..", "two", "../one", "one/", "/etc"])
def test_only_an_experiment_that_is_there_can_be_asked_for(runs, name):
    write_inputs(runs, "one")
    with pytest.raises(InputError, match=r"no such experiment|a name of the run"):
        Jobs(runs).put_experiment(name)
    assert not (runs / FILE).exists()


OLD = """CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    state TEXT NOT NULL,
    asked TEXT NOT NULL,
    ended TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT ''
) STRICT"""


def old_queue(runs, version=0):
    with sqlite3.connect(runs / FILE) as connection:
        connection.execute(OLD)
        connection.execute("INSERT INTO jobs (run, state, asked) VALUES ('one', 'queued', '2026-01-01')")
        connection.execute(f"PRAGMA application_id = {0x6D6F736A}")
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def test_the_queue_of_an_older_version_goes_on(runs):
    old_queue(runs)
    write_inputs(runs, "two")
    with ThreadPoolExecutor(8) as pool:  # many may be the first to see it
        assert list(pool.map(lambda _: states(Jobs(runs)), range(16))) == [[("one", "queued")]] * 16
    Jobs(runs).put_experiment("two")
    assert [job.kind for job in (Jobs(runs).take(), Jobs(runs).take())] == ["rerun", "experiment"]


def test_the_queue_of_a_later_version_is_refused(runs):
    old_queue(runs, version=2)
    with pytest.raises(InputError, match="a later version of mosecrot wrote it"):
        Jobs(runs).newest(3)


def test_many_may_be_the_first_at_once(runs):
    for i in range(40):
        (runs / f"run{i}").mkdir()
        (runs / f"run{i}" / "run.json").write_text("{}")
    with ThreadPoolExecutor(20) as pool:
        numbers = list(pool.map(lambda i: Jobs(runs).put(f"run{i}"), range(40)))
        assert sorted(numbers) == list(range(1, 41))
        taken = list(pool.map(lambda _: Jobs(runs).take(), range(60)))
    numbers = [job.number for job in taken if job is not None]
    assert sorted(numbers) == list(range(1, 41)), "each job is taken by one"


def test_a_damaged_file_or_another_programs_is_refused(runs):
    (runs / FILE).write_bytes(b"no database" * 100)
    with pytest.raises(InputError, match="cannot be used"):
        Jobs(runs).put("one")
    with pytest.raises(InputError, match="Remove it"):
        Jobs(runs).newest(3)
    (runs / FILE).unlink()
    with sqlite3.connect(runs / FILE) as connection:
        connection.execute("CREATE TABLE jobs (x)")
    connection.close()
    with pytest.raises(InputError, match="another program"):
        Jobs(runs).take()


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE jobs SET run = '../elsewhere'",
        "CREATE VIEW more AS SELECT 1",
        "ALTER TABLE jobs ADD COLUMN more TEXT",
        "UPDATE jobs SET run = CAST(x'ff' AS TEXT)",
    ],
)
def test_a_queue_that_holds_what_nobody_put_there_is_refused(runs, spoil):
    Jobs(runs).put("one")
    with closing(sqlite3.connect(runs / FILE)) as connection:
        connection.execute(spoil)
        connection.commit()
    for use in (lambda: Jobs(runs).newest(3), Jobs(runs).take):
        with pytest.raises(InputError, match="Remove it if it is damaged"):
            use()
