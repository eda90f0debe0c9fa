"""Jobs in the sidebar: asked for, followed, cancelled, opened; and a queue that cannot be read."""

import json

import pytest
from app_text import words
from stores import write_run

from mosecrot_core.anchors.review import Reviews
from mosecrot_core.runs.jobs import FILE, Jobs

pytest.importorskip("streamlit")

ANCHORS = "app_pages/anchors.py"


@pytest.fixture
def runs(tmp_path):
    write_run(tmp_path / "mine", n_anchors=30, n_pairs=40, hostile=False)
    return tmp_path


def keys(app):
    return [button.key for button in app.button]


def test_a_run_is_asked_for_again_once_something_is_decided(open_app, runs):
    app = open_app(runs, page=ANCHORS)
    assert app.button(key="run-again").disabled
    assert "Jobs" not in words(app)
    Reviews(runs / "reviews.sqlite", ("en", "fr")).decide([("bababa", "bababa")], "reject", "x")
    app.run()
    assert app.button(key="run-again").disabled, "a decision on another run's pair"
    app.button(key="key-reject").click().run()
    app.button(key="run-again").click().run()
    assert not app.exception
    (job,) = Jobs(runs).newest(5)
    assert (job.run, job.state) == ("mine", "queued")
    assert "waits" in words(app)


def test_a_job_is_followed_and_cancelled_on_any_page(open_app, runs):
    number = Jobs(runs).put("mine")
    Jobs(runs).take()
    run = write_run(runs / "mine-reviewed", hostile=False)
    run.write_info(state="running", done=3, total=12)
    app = open_app(runs, run="mine")
    assert "3 of 12 steps" in str(app.get("progress")[0].proto.text)
    app.button(key=f"cancel-{number}").click().run()
    assert not app.exception
    assert Jobs(runs).state(number) == "cancelled"
    assert "cancelled" in words(app)


def test_a_finished_job_opens_its_run(open_app, runs):
    number = Jobs(runs).put("mine")
    Jobs(runs).take()
    Jobs(runs).end(number, "done")
    write_run(runs / "mine-reviewed", hostile=False)
    app = open_app(runs, run="mine")
    app.button(key=f"open-{number}").click().run()
    assert app.selectbox(key="run").value == "mine-reviewed"
    assert f"open-{number}" not in keys(app), "it is open"


def test_why_a_job_failed_is_told_as_text(open_app, runs):
    number = Jobs(runs).put("mine")
    Jobs(runs).take()
    Jobs(runs).end(number, "failed", "<script>alert(1)</script> **x**")
    app = open_app(runs, run="mine")
    assert "<script>alert(1)</script> **x**" in [text.value for text in app.text]


@pytest.mark.parametrize("content", [b"no database" * 200, b""])
def test_a_queue_that_cannot_be_read_is_no_reason_to_show_nothing(open_app, runs, content):
    (runs / FILE).write_bytes(content)
    app = open_app(runs, run="mine")
    assert app.title[0].value
    assert ("cannot be used" in words(app)) == bool(content)


def test_a_half_written_run_of_a_job_has_no_progress_yet(open_app, runs):
    Jobs(runs).put("mine")
    Jobs(runs).take()
    (runs / "mine-reviewed").mkdir()
    for text in ("{", json.dumps({"schema": 1, "state": "running", "done": "x", "total": None})):
        (runs / "mine-reviewed" / "run.json").write_text(text)
        app = open_app(runs, run="mine")
        assert "0 of 0 steps" in str(app.get("progress")[0].proto.text)
