"""A run that is killed at any moment and started again ends as if nothing had happened."""

import os
import shutil
import signal
import threading
import time
from contextlib import suppress

import pandas as pd
import pytest
from killed_runs import kill_when, run_a_copy, run_to_the_end
from small_experiment import SETTINGS, write_small_experiment

from mosecrot_core.runs.interrupts import Interruptible
from mosecrot_core.runs.schema import TABLES

METHODS = """\
methods:
  softmax:
    alignment: {method: paper, weighting: softmax, k: 8, temperature: 0.1}
    save: true
  least_squares:
    alignment: {method: least_squares}
    source_rows: kept
  raw_word_pieces: {kind: raw_word_pieces}
  logistic_regression: {kind: logistic_regression}
"""
SHORT = SETTINGS[: SETTINGS.index("methods:")].replace("seeds: [0, 1]", "seeds: [0]") + METHODS


def steps(run):
    return sum(path.name.count(".") == 1 for path in run.glob("steps/*.parquet"))


MOMENTS = {
    "first fine-tuning begun": lambda run: any(run.glob("steps/*.work")),
    "second checkpoint begun": lambda run: any(run.glob("steps/*.work/checkpoint-12")),
    "a model is fine-tuned": lambda run: any(run.glob("steps/*.model")),
    "most steps done": lambda run: steps(run) >= 11,
    "a model is being saved": lambda run: any(run.glob("models/.*")) or any(run.glob("models/*")),
    "a file is being written": lambda run: any(run.rglob(".*.tmp")) or steps(run) >= 11,
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return write_small_experiment(tmp_path_factory.mktemp("inputs") / "small", SHORT).parent


@pytest.fixture(scope="module")
def undisturbed(processes, inputs, tmp_path_factory):
    return run_a_copy(processes, inputs, tmp_path_factory.mktemp("undisturbed") / "small")


def files(run):
    return {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}


def assert_same_run(run, undisturbed):
    for name in TABLES:
        found, wanted = (pd.read_parquet(folder / f"{name}.parquet") for folder in (run, undisturbed))
        pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    assert files(run) == files(undisturbed), "nothing is missing and nothing left over"
    weights = "models/softmax-zu/model.safetensors"
    assert (run / weights).read_bytes() == (undisturbed / weights).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_and_started_again(processes, inputs, undisturbed, tmp_path, moment):
    folder = tmp_path / "small"
    shutil.copytree(inputs, folder)
    kill_when(processes, folder, MOMENTS[moment])
    run_to_the_end(processes, folder)
    assert_same_run(folder / "runs" / "small", undisturbed)


@pytest.mark.slow
def test_killed_again_and_again(processes, inputs, undisturbed, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(inputs, folder)
    run = folder / "runs" / "small"
    for done in (1, 3, 8, 11):
        kill_when(processes, folder, lambda run, done=done: steps(run) >= done)
    run_to_the_end(processes, folder)
    assert_same_run(run, undisturbed)


class Silent:
    def start(self, total): ...
    def step(self, title): ...
    def part(self, done, total): ...
    def done(self): ...


def press_control_c(number=signal.SIGINT):
    os.kill(os.getpid(), number)
    for _ in range(1000):
        time.sleep(0.001)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_control_c_and_kill_are_heard_at_once(number):
    with Interruptible(Silent()), pytest.raises(KeyboardInterrupt):
        press_control_c(number)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("sign", [("start", 3), ("step", "x"), ("part", 1, 2), ("done",)])
def test_control_c_that_a_library_swallows_is_heard_at_the_next_sign_of_progress(sign):
    with Interruptible(Silent()) as progress:
        progress.part(1, 2)
        with suppress(BaseException):
            press_control_c()
        with pytest.raises(KeyboardInterrupt):
            getattr(progress, sign[0])(*sign[1:])


def test_control_c_in_a_destructor_is_quiet_and_heard_later(capfd, monkeypatch):
    class Slow:
        def __del__(self):
            press_control_c()

    with Interruptible(Silent()) as progress:
        Slow()
        with pytest.raises(KeyboardInterrupt):
            progress.step("x")
    assert capfd.readouterr().err == ""


def test_outside_the_main_thread_signals_are_left_alone():
    def work():
        with Interruptible(Silent()) as progress:
            progress.done()
        ended.append(True)

    ended = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended
