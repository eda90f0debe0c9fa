"""A sweep by any number of workers ends with the rows of `mosecrot run`, whatever happens on the way."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch
import yaml
from killed_runs import run_a_copy
from killed_sweeps import (
    SIXTY,
    assert_nothing_twice_and_nothing_half,
    assert_same_tables,
    kill_workers,
)
from small_experiment import SETTINGS, write_small_experiment
from typed import typed

from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.runs import task_worker
from mosecrot_core.runs.claims import Claims
from mosecrot_core.runs.evaluation import Evaluation
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.sweep import Setting, Sweep, described, load_sweep
from mosecrot_core.runs.task_list import sweep_status
from mosecrot_core.runs.tasks import Tasks
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.runs.workers import Workers

HEAD = SETTINGS[: SETTINGS.index("methods:")].replace("[0, 1]", "[0]").replace("epochs: 3", "epochs: 1")
FEW = f"""{HEAD}
methods:
  paper: {{alignment: {{method: paper, weighting: softmax, k: 8, temperature: 0.1}}, save: true}}
  least_squares: {{alignment: {{method: least_squares}}, source_rows: kept}}
nulls: []
"""
GRID = """
sweep:
  methods.paper.alignment.k: [4, 8]
"""


@pytest.fixture(scope="module")
def sixty(tmp_path_factory):
    """The inputs of sixty tasks."""
    return write_small_experiment(tmp_path_factory.mktemp("inputs") / "sixty", SIXTY).parent


@pytest.fixture(scope="module")
def undisturbed(processes, sixty, tmp_path_factory):
    """What `mosecrot run` makes of them."""
    return run_a_copy(processes, sixty, tmp_path_factory.mktemp("undisturbed") / "sixty")


@pytest.fixture
def disturbed(sixty, tmp_path):
    """Another copy of the inputs."""
    return shutil.copytree(sixty, tmp_path / "sixty")


@pytest.fixture
def user(tmp_path, monkeypatch, capsys):
    """A user in a folder with a small experiment, who types commands; gives (exit code, output, errors)."""
    write_small_experiment(tmp_path / "u", FEW)
    monkeypatch.chdir(tmp_path / "u")
    monkeypatch.setenv("COLUMNS", "120")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    capsys.readouterr()  # what the library said while it made the experiment

    def types(*arguments):
        return typed(monkeypatch, capsys, *arguments)

    types.folder = tmp_path / "u"
    yield types
    torch.set_num_threads(threads)


def grid_of(tmp_path, sweep, base=FEW):
    file = tmp_path / "grid.yaml"
    file.write_text(f"{base}\n{sweep}")
    return load_sweep(file, tmp_path / "runs")


def test_without_a_grid_a_sweep_is_the_experiment(tmp_path):
    sweep = grid_of(tmp_path, "")
    (setting,) = sweep.settings
    assert setting == Setting({}, load_experiment(tmp_path / "grid.yaml"))
    assert sweep.folder == sweep.folder_of(0) == tmp_path / "runs" / "small"


def test_a_grid_is_every_combination_of_its_values(tmp_path):
    sweep = grid_of(
        tmp_path,
        "sweep: {methods.paper.alignment.k: [4, 8], training.learning_rate: [0.001, 0.01], nulls: [[]]}",
    )
    experiments = [own.experiment for own in sweep.settings]
    assert [own.name for own in experiments] == [
        f"small-k_{k}-learning_rate_{rate}-nulls_1" for k in (4, 8) for rate in ("0_001", "0_01")
    ]
    assert [own.methods["paper"].alignment.k for own in experiments] == [4, 4, 8, 8]
    assert [own.training.learning_rate for own in experiments] == [0.001, 0.01] * 2
    assert described(sweep.settings[1].values) == (
        "methods.paper.alignment.k = 4, training.learning_rate = 0.01, nulls = []"
    )
    assert Sweep.from_json(sweep.as_json()) == sweep


def test_a_key_that_the_file_lacks_is_made_and_long_names_are_numbers(tmp_path):
    sweep = grid_of(
        tmp_path, "sweep: {targets.zu.anchors.size: [20, 30], description: [a, " + "b" * 80 + "]}"
    )
    assert [own.experiment.targets["zu"].anchors.size for own in sweep.settings] == [20, 20, 30, 30]
    assert [own.experiment.name for own in sweep.settings] == [f"small-{number}" for number in range(1, 5)]


def test_a_profile_may_sweep(tmp_path):
    file = tmp_path / "grid.yaml"
    file.write_text(f"{FEW}\nprofiles: {{two: {{sweep: {{nulls: [[], [shuffled]]}}}}}}")
    assert len(load_sweep(file, tmp_path).settings) == 1
    names = [own.experiment.name for own in load_sweep(file, tmp_path, "two").settings]
    assert names == ["small-two-nulls_1", "small-two-nulls_2"]


@pytest.mark.parametrize(
    ("sweep", "says"),
    [
        ("sweep: 3", "sweep: a mapping of dotted keys to lists of values expected"),
        ("sweep: {nulls: shuffled}", "nulls: a list of values expected, got 'shuffled'"),
        ("sweep: {nulls: []}", "nulls: a list of values expected, got []"),
        ("sweep: {seeds: [[0], [0]]}", "seeds: a value is there twice"),
        ("sweep: {name: [a, b]}", "name cannot be swept over"),
        ("sweep: {methods.paper.alignment.k: [4, -1]}", "with methods.paper.alignment.k = -1: methods.paper"),
        ("sweep: {methods.papier.k: [4]}", "with methods.papier.k = 4"),
        ("sweep: {seeds.first: [4]}", "seeds.first: leads through something that is no mapping"),
        (
            f"sweep: {{a: {list(range(101))}, b: {list(range(100))}}}",
            "at most 10,000 settings expected, these are",
        ),
    ],
)
def test_a_grid_that_cannot_be(tmp_path, sweep, says):
    with pytest.raises(InputError, match=re.escape(says)) as refused:
        grid_of(tmp_path, sweep)
    assert refused.value.line == len(FEW.splitlines()) + 2


def test_run_names_the_command_for_sweeps(tmp_path):
    (tmp_path / "grid.yaml").write_text(FEW + GRID)
    with pytest.raises(InputError, match=r"this is a sweep of several. Run all of them: mosecrot sweep FILE"):
        load_experiment(tmp_path / "grid.yaml")


def test_equal_steps_of_settings_are_one_task_and_wait_for_their_model(tmp_path):
    write_small_experiment(tmp_path, FEW + GRID)
    tasks = Tasks(load_sweep(tmp_path / "small.yaml", tmp_path / "runs"))
    alone = Tasks(load_sweep(tmp_path / "small.yaml", tmp_path / "runs"))
    assert tasks.name == alone.name
    kinds = pd.Series([task.kind for task in tasks.by_key.values()]).value_counts()
    assert kinds["fine-tuning"] == 3, "two of F_s, one on the encoder's own rows"
    assert kinds["stitched"] == 3
    assert kinds["words"] == kinds["tables"] == 2
    assert kinds["anchors"] == 1
    places = {key: place for place, key in enumerate(tasks.by_key)}
    for task in tasks.by_key.values():
        assert all(places[need] < places[task.key] for need in task.needs)


def test_a_workbench_keeps_what_another_setting_shares(tmp_path):
    file = write_small_experiment(tmp_path, FEW)
    sweep = grid_of(tmp_path, "sweep: {methods.paper.alignment.k: [4, 8], anchors.size: [20, 30]}")
    first = Workbench(sweep.settings[0].experiment, file.parent)
    target, corpus, encoder = first.target("zu"), first.corpus, first.encoder
    other_size = first.turned_to(sweep.settings[1].experiment)
    assert other_size.encoder is encoder
    assert other_size.corpus is corpus
    assert len(other_size.target("zu").anchors) == 30
    other_k = first.turned_to(sweep.settings[2].experiment)
    assert other_k.target("zu") is target
    assert other_k.experiment == sweep.settings[2].experiment


@pytest.mark.slow
def test_twenty_kills_change_nothing(processes, disturbed, undisturbed):
    assert kill_workers(processes, disturbed, 2, 20, random.Random(1)) == 20
    assert_same_tables(disturbed / "runs" / "small", undisturbed)
    assert_nothing_twice_and_nothing_half(disturbed)
    found = sweep_status(disturbed / "runs" / "small")
    assert len(found.tasks) >= 60
    assert found.counts == {"done": len(found.tasks)}


@pytest.mark.slow
def test_a_sweep_goes_on_from_a_run_that_was_stopped(user, monkeypatch):
    def stop(*_):
        raise MosecrotError("enough")

    with monkeypatch.context() as patch:
        patch.setattr(Evaluation, "with_model", stop)
        assert user("run", "small.yaml", "--quiet")[0] == 2
    run = user.folder / "runs" / "small"
    kept = [*run.glob("steps/*.model/*.safetensors"), *run.glob("steps/*.parquet")]
    before = {path: path.stat().st_mtime_ns for path in kept}
    with monkeypatch.context() as patch:
        patch.setattr(Run, "drop_tuning", lambda *_: None)
        assert user("sweep", "small.yaml", "--quiet") == (0, "", "")
    assert {path: path.stat().st_mtime_ns for path in kept} == before, "nothing is done or trained again"
    assert sweep_status(run).counts["done"] == len(sweep_status(run).tasks)
    assert user("run", "small.yaml", "--quiet", "--runs", "alone")[0] == 0
    assert_same_tables(run, user.folder / "alone" / "small")


@pytest.mark.slow
def test_tables_grow_while_a_sweep_runs_and_the_last_are_whole(user, monkeypatch):
    run, seen, score = Run(user.folder / "runs" / "small"), [], Evaluation.with_model

    def watched(self, step, *given):
        seen.append((run.state, len(run.results()), run.info().get("done")))
        return score(self, step, *given)

    monkeypatch.setattr(Evaluation, "with_model", watched)
    monkeypatch.setattr(task_worker, "_SHOW_SECONDS", 0)
    monkeypatch.setattr(task_worker, "_SHOW_SHARE", 1e9)
    assert user("sweep", "small.yaml", "--quiet") == (0, "", "")
    assert {state for state, _, _ in seen} == {"running"}
    scores, done = [n for _, n, _ in seen], [n for _, _, n in seen]
    assert scores == sorted(scores), "scores that are there stay"
    assert scores[0] == 0 < scores[-1]
    assert done[-1] < run.info()["done"] == run.info()["total"]
    tasks, whole = Tasks(load_sweep(user.folder / "small.yaml", user.folder / "runs")), run.results()
    run.write_table("results", whole[:1])
    tasks.show(0)
    assert len(run.results()) == 1, "who ends a run writes the last"
    run.write_info(state="running")
    tasks.show(0)
    assert len(run.results()) == 1
    assert user("sweep", "small.yaml", "--quiet") == (0, "", "")
    pd.testing.assert_frame_equal(run.results(), whole)
    assert not list(run.folder.glob(".tables*"))


@pytest.mark.slow
def test_settings_are_runs_of_their_own_and_share_what_is_equal(user):
    """Each setting ends as `mosecrot run` would have it; gc, status and the table know all of them."""
    content = yaml.safe_load(FEW)
    for k in (4, 8):
        content["name"], content["methods"]["paper"]["alignment"]["k"] = f"small-k_{k}", k
        (user.folder / f"{k}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        assert user("run", f"{k}.yaml", "--quiet", "--runs", "alone")[0] == 0
    (user.folder / "grid.yaml").write_text(FEW + GRID)
    code, out, err = user("sweep", "grid.yaml", "--workers", 2)
    assert code == 0, err
    assert re.search(r"methods.paper.alignment.k = 8 +zu +least_squares +\d", out)
    for k in (4, 8):
        own, alone = (user.folder / runs / f"small-k_{k}" for runs in ("runs", "alone"))
        assert_same_tables(own, alone)
        assert Run.open(own).state == "done"
        model = "models/paper-zu/model.safetensors"
        assert (own / model).read_bytes() == (alone / model).read_bytes()
    shared = load_sweep(user.folder / "grid.yaml", user.folder / "runs")
    assert Tasks(shared).is_over()
    assert not list(shared.folder.glob("steps/*")), "models that nobody needs any more are gone"
    assert user("sweep", "grid.yaml", "--quiet") == (0, "", "")
    assert "tasks" in user("status", shared.folder)[1]
    stray = shared.folder_of(0) / "steps" / f"{'0' * 24}.parquet"
    stray.write_text("of an earlier setting")
    (shared.folder / "tasks" / f"{'0' * 24}.1").write_text("{}")
    assert "2 files and folders" in user("gc", shared.folder, "--dry-run")[1]
    assert stray.exists()
    with Workers(shared.folder / "workers", 60).one_more("tasks"):
        assert "is at work on this sweep" in user("gc", shared.folder)[2]
    assert user("gc", shared.folder)[0] == 0
    assert not stray.exists()
    assert user("gc", shared.folder)[1] == "0 files and folders, 0.0 MB, removed.\n"
    assert user("sweep", "grid.yaml", "--quiet") == (0, "", ""), "all that it needs is there"


@pytest.mark.slow
def test_a_task_that_fails_says_why_lets_others_go_on_and_is_tried_alone(user, monkeypatch):
    whole = Evaluation.with_model

    def failing(self, step, *given):
        if step.method == "paper" and step.kind == "stitched":
            raise ValueError("no luck today")
        return whole(self, step, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Evaluation, "with_model", failing)
        code, _, err = user("sweep", "small.yaml", "--quiet")
    assert code == 2
    assert re.search(
        r"mosecrot: 2 of \d+ tasks are not done; stitched zu paper, seed 0: ValueError: no luck", err
    )
    run = user.folder / "runs" / "small"
    assert Run.open(run).results()["method"].tolist() == ["least_squares"] * 2, (
        "what there is can be looked at"
    )
    assert Run.open(run).state == "stopped"
    out = user("status", run)[1]
    assert re.search(r"small: \d+ done, 1 failed, 1 waiting of \d+ tasks", out)
    assert "failed, 1 tasks: ValueError: no luck today" in out
    assert "nobody is at work" in out
    told = json.loads(user("status", run, "--json")[1])
    assert told["counts"]["failed"] == 1
    assert told["seconds_left"] > 0
    assert told["untimed"] == []
    code, _, err = user("sweep", "small.yaml", "--quiet")
    assert code == 2, "it is not tried again by itself"
    (model,) = run.glob("steps/*.model")
    assert "0 files" in user("gc", run)[1], "a model that a failed step waits for is needed"
    before = {path: path.stat().st_mtime_ns for path in run.glob("steps/*.parquet")}
    assert user("sweep", "small.yaml", "--quiet", "--retry") == (0, "", "")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not model.exists()
    assert user("run", "small.yaml", "--quiet") == (0, "", "")


def test_workers_on_another_version_of_the_file_are_not_disturbed(user, monkeypatch):
    folder = user.folder / "runs" / "small"
    with Workers(folder / "workers", 60).one_more("other tasks"):
        code, _, err = user("sweep", "small.yaml", "--quiet")
        assert code == 2
        assert "is at work here on another version of this experiment" in err
        assert "Wait for it, stop it, or give the experiment another name." in err
    assert not list(folder.glob("tasks/*"))


def test_a_run_at_work_is_not_disturbed(user, monkeypatch):
    monkeypatch.setattr("mosecrot_core.runs.task_worker._PATIENCE", 0.3)
    with Run(user.folder / "runs" / "small").taken():
        code, _, err = user("sweep", "small.yaml", "--quiet")
    assert code == 2
    assert "another mosecrot is at work on this run" in err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"schema": 99}', "a sweep of schema 1 expected, this one has 99. Go on with the version"),
        ("{", "cannot be read"),
        ('{"schema": 1}', "not what a sweep writes"),
    ],
)
def test_a_sweep_of_another_version_is_refused(user, text, says):
    folder = user.folder / "runs" / "small"
    folder.mkdir(parents=True)
    (folder / "sweep.json").write_text(text)
    code, _, err = user("status", folder)
    assert code == 2
    assert says in err
    if "99" in text:
        assert says in user("sweep", "small.yaml", "--quiet")[2]


def test_status_and_gc_know_plain_runs(user):
    run = Run(user.folder / "runs" / "plain")
    run.write_info(state="stopped", problem="ValueError: x", done=3, total=9)
    code, out, _ = user("status", run.folder)
    assert (code, out) == (0, "plain: stopped, 3 of 9 steps done\nwhy: ValueError: x\n")
    assert json.loads(user("status", run.folder, "--json")[1])["done"] == 3
    assert user("status", user.folder)[0] == 2
    assert user("gc", user.folder)[0] == 2


def test_options_that_cannot_be(user):
    assert "NAME=VALUE expected, got 'spot'" in user("sweep", "small.yaml", "--resource", "spot")[2]
    assert "spot: an amount expected, got 'x'" in user("sweep", "small.yaml", "--resource", "spot=x")[2]


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_and_one_that_fills(user, tmp_path):
    """Then there is room, and the sweep goes on."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("mounting needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,ro", "tmpfs", disk], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        code, _, err = user("sweep", "small.yaml", "--quiet", "--runs", disk / "runs")
        assert code == 2
        assert "Read-only file system. Nothing was left half-written." in err
        for size in (120, 300):
            subprocess.run(["mount", "-o", f"remount,rw,size={size}k", disk], check=True)
            code, _, err = user("sweep", "small.yaml", "--quiet", "--runs", disk / "runs")
            assert code == 2
            assert "No space left on device. Nothing was left half-written. Make room" in err
            assert not list(disk.rglob("*.tmp"))
        subprocess.run(["mount", "-o", "remount,size=50000k", disk], check=True)
        assert user("sweep", "small.yaml", "--quiet", "--runs", disk / "runs") == (0, "", "")
        assert user("run", "small.yaml", "--quiet")[0] == 0
        assert_same_tables(disk / "runs" / "small", user.folder / "runs" / "small")
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_control_c_and_kill_stop_all_workers_and_the_same_command_goes_on(user, number):
    command = [sys.executable, "-m", "mosecrot_core", "sweep", "small.yaml", "--quiet", "--workers", "2"]
    folder = user.folder / "runs" / "small"
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while not list(folder.glob("steps/*.parquet")):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err == "mosecrot: stopped; the same command goes on from there.\n"
    assert not list(folder.glob("workers/*"))
    states = {own.state for own in Claims(folder / "tasks", lambda _: False, 1).last().values()}
    assert states <= {"done", "stopped"}
    assert user("sweep", "small.yaml", "--quiet") == (0, "", "")
