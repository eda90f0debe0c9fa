"""Running again with decisions: what comes out, what is taken over, and the worker that does it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from small_experiment import SETTINGS, TOPICS, foreign, run_file, write_small_experiment

from mosecrot_core.anchors.review import REVIEWS, Reviews
from mosecrot_core.errors import InputError
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.jobs import Jobs, reviewed_folder
from mosecrot_core.runs.report import progress_bar
from mosecrot_core.runs.rerun import rerun
from mosecrot_core.runs.runner import run_experiment
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.store import Run

METHODS = """\
methods:
  softmax: {alignment: {method: paper, weighting: softmax, k: 8, temperature: 0.1}}
  raw_word_pieces: {kind: raw_word_pieces}
nulls: [shuffled]
"""
REJECTED = [(word, foreign(word)) for word in TOPICS["animals"][:8] if word != "goat"]
PATIENCE = 120


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A finished run in a folder of runs; the inputs lie elsewhere."""
    folder = tmp_path_factory.mktemp("rerun")
    settings = SETTINGS[: SETTINGS.index("methods:")].replace("seeds: [0, 1]", "seeds: [0]") + METHODS
    file = write_small_experiment(folder / "inputs", settings)
    return file, run(file)


def run(file):
    with progress_bar(quiet=True) as bar:
        return run_experiment(load_experiment(file), file.parent, file.parents[1] / "runs/small", bar)


@pytest.fixture
def runs(first, tmp_path):
    """A copy of that folder, with a pair rejected."""
    shutil.copytree(first[1].folder.parent, tmp_path / "runs")
    Reviews(tmp_path / "runs" / REVIEWS, ("en", "zu")).decide(REJECTED, "reject", "tester")
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def expected(first):
    """The results of the experiment with the decision, run on its own."""
    file, _ = first
    folder = file.parent
    Reviews(folder / REVIEWS, ("en", "zu")).decide(REJECTED, "reject", "tester")
    text = file.read_text().replace("    lexicon:", f"    decisions: {REVIEWS}\n    lexicon:")
    (folder / "decided.yaml").write_text(text)
    return run_file(folder / "decided.yaml", "decided").results()


def again(folder):
    with progress_bar(quiet=True) as bar:
        return rerun(folder, bar)


@pytest.mark.slow
def test_it_is_the_experiment_with_the_decisions(first, runs, expected):
    run = again(runs / "small")
    assert run.folder == reviewed_folder(runs / "small") == runs / "small-reviewed"
    pd.testing.assert_frame_equal(run.results(), expected)
    assert not run.results().equals(first[1].results()), "the pair mattered"
    anchors = run.table("anchors", TABLES["anchors"])
    assert not set(REJECTED) & set(zip(anchors["source"], anchors["target"], strict=True))
    assert Run(runs / "small").results().equals(first[1].results()), "the first run stays as it was"


@pytest.mark.slow
def test_pairs_for_missing_words_count(runs):
    missing = Run(runs / "small").missing()
    assert set(missing["read_as"]) == {"mapped"}
    assert set(missing["word"]) == {foreign(word) for word in ("honey", "hail", "goat")}
    Reviews(runs / REVIEWS, ("en", "zu")).decide([("honey", foreign("honey"))], "accept", "tester")
    run = again(runs / "small")
    rejected = {target for _, target in REJECTED}
    assert set(run.missing()["word"]) == {foreign("hail"), foreign("goat"), *rejected}
    anchors = run.table("anchors", TABLES["anchors"])
    assert ("honey", foreign("honey")) in set(zip(anchors["source"], anchors["target"], strict=True))


@pytest.mark.slow
def test_what_the_decisions_do_not_touch_is_taken_over(runs):
    before = {path.name: path.stat().st_ino for path in (runs / "small" / "steps").iterdir()}
    run = again(runs / "small")
    after = {path.name: path.stat().st_ino for path in (run.folder / "steps").iterdir()}
    shared = {name for name in after if before.get(name) == after[name]}
    assert len(shared) >= 4, "texts, tokens, the encoder's words, and what reads no anchor"
    times = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*.parquet")}
    Reviews(runs / REVIEWS, ("en", "zu")).decide([("rain", foreign("rain"))], "reject", "tester")
    further = again(run.folder)
    assert further.folder == run.folder, "a reviewed run goes on in its own folder"
    assert len(further.anchors()) == len(Run(runs / "small").anchors()) - 1 - len(REJECTED)
    assert any(path.stat().st_mtime_ns == at for path, at in times.items())


def test_without_decisions_or_inputs_it_says_so(first, tmp_path):
    folder = tmp_path / "runs" / "small"
    shutil.copytree(first[1].folder, folder)
    with pytest.raises(InputError, match="no such file of decisions"):
        again(folder)
    Reviews(folder.parent / REVIEWS, ("en", "zu"))
    with pytest.raises(InputError, match="none hold"):
        again(folder)
    info = json.loads((folder / "run.json").read_text())
    for base in (None, 3, "/no/such/folder"):
        (folder / "run.json").write_text(json.dumps(info | {"base": base}))
        with pytest.raises(InputError, match=r"run\.json"):
            again(folder)
    with pytest.raises(InputError, match="no run here"):
        again(tmp_path / "nothing")


@pytest.mark.slow
def test_the_folder_of_the_run_may_be_the_current_one(runs, monkeypatch):
    monkeypatch.chdir(runs / "small")
    assert again(Path()).folder == runs / "small-reviewed"


@pytest.mark.slow
def test_a_finished_run_learns_where_its_inputs_are(first):
    file, finished = first
    assert finished.info()["base"] == str(file.parent)
    finished.write_info(base="/moved")
    run(file)
    assert finished.info()["base"] == str(file.parent)


def start(runs):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mosecrot_core.runs.job_worker", str(runs), str(os.getpid())]
    return subprocess.Popen(command, env=environment)


def wait_for(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.slow
def test_the_worker_does_what_is_asked_and_goes_on_after_a_kill(runs, expected):
    jobs, reviewed = Jobs(runs), Run(runs / "small-reviewed")
    jobs.cancel(jobs.put("small"))
    number = jobs.put("small")
    worker = start(runs)
    try:
        wait_for(lambda: reviewed.state == "running")
        worker.kill()
        worker.wait()
        assert jobs.state(number) == "running", "nobody could say that it ended"
        worker = start(runs)
        wait_for(lambda: jobs.state(number) not in ("queued", "running"))
        assert [job.state for job in jobs.newest(5)] == ["done", "cancelled"]
        pd.testing.assert_frame_equal(reviewed.results(), expected)
        Reviews(runs / REVIEWS, ("en", "zu")).undo("tester")
        failed = jobs.put("small")
        wait_for(lambda: jobs.state(failed) == "failed")
        assert "none hold" in jobs.newest(1)[0].message
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    finally:
        worker.kill()
        worker.wait()


@pytest.mark.slow
def test_a_running_job_can_be_cancelled_and_asked_for_again(runs, expected):
    jobs, reviewed = Jobs(runs), Run(runs / "small-reviewed")
    number = jobs.put("small")
    worker = start(runs)
    try:
        wait_for(lambda: reviewed.state == "running")
        jobs.cancel(number)
        wait_for(lambda: reviewed.state in ("stopped", "done"))  # done: it came too late
        assert jobs.state(number) == "cancelled"
        again = jobs.put("small")
        wait_for(lambda: jobs.state(again) == "done")
        pd.testing.assert_frame_equal(reviewed.results(), expected)
    finally:
        worker.kill()
        worker.wait()


def test_a_worker_ends_with_whoever_started_it(tmp_path):
    code = (
        "import os, subprocess, sys; "
        "command = [sys.executable, '-m', 'mosecrot_core.runs.job_worker', sys.argv[1], str(os.getpid())]; "
        "print(subprocess.Popen(command, stdout=subprocess.DEVNULL).pid)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, check=True)
    worker = int(done.stdout)

    def is_gone():
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return True
        return False

    wait_for(is_gone)
