"""Trackers are told of each training by its name, where asked for; what is learned stays the same."""

import pandas as pd
import pytest
from small_experiment import SETTINGS, run_file, write_small_experiment
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mosecrot_core.errors import InputError
from mosecrot_core.learning import tracking
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.plan import make_plan

METHODS = """\
methods:
  softmax:
    alignment: {method: paper, weighting: softmax, k: 8, temperature: 0.1}
  least_squares:
    alignment: {method: least_squares}
  raw_word_pieces: {kind: raw_word_pieces}
  taught:
    kind: self_trained
    fitting: {training: {epochs: 1, batch_size: 8}, rows_first: 0}
    self_training: {rounds: 0}
"""
PLAIN = SETTINGS[: SETTINGS.index("methods:")].replace("seeds: [0, 1]", "seeds: [0]") + METHODS
TRACKED = PLAIN.replace("max_length: 16}", "max_length: 16, report_to: [tensorboard]}")
SHARED, ALONE, TAUGHT = (
    f"run-{name}-zu-seed0" for name in ("raw_word_pieces+least_squares", "softmax", "taught")
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_small_experiment(tmp_path_factory.mktemp("tracked"), TRACKED)


@pytest.fixture(scope="module")
def run(file):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
        return run_file(file)


def scalars(folder):
    events = EventAccumulator(str(folder)).Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]
    }


def test_tensorboard_has_a_run_for_each_training_by_method_language_and_seed(run):
    assert {SHARED, ALONE, f"{TAUGHT}-all"} < {path.name for path in (run.folder / "tracking").iterdir()}
    for name in (SHARED, ALONE):
        losses = scalars(run.folder / "tracking" / name)["train/loss"]
        assert [step for step, _ in losses] == [6, 12, 18], "three epochs of six steps"
        assert losses[0][1] > losses[-1][1] > 0


def test_what_is_learned_is_the_same_and_nothing_is_written_without_being_asked(run, file, tmp_path):
    plain = run_file(write_small_experiment(tmp_path, PLAIN))
    pd.testing.assert_frame_equal(plain.results(), run.results())
    assert not (plain.folder / "tracking").exists()
    assert not list(tmp_path.rglob("*tfevents*"))


def test_no_key_hangs_on_who_is_told(file, tmp_path):
    others = {
        "": "", "mlflow": ", report_to: [mlflow]", "wandb": ", report_to: [wandb]",
    }  # fmt: skip
    found = []
    for name, change in others.items():
        own = file.with_name(f"{name or 'plain'}.yaml")
        settings = PLAIN.replace("max_length: 16}", f"max_length: 16{change}}}")
        own.write_text(
            settings.replace("fitting: {training: {epochs: 1,", f"fitting: {{training: {{epochs: 1{change},")
        )
        plan = make_plan(load_experiment(own), file.parent, FileHashes())
        found.append((plan.trained, [step.key for step in plan.steps]))
    assert found[0] == found[1] == found[2]


def test_a_place_of_the_users_own_is_taken(file, tmp_path, monkeypatch):
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(tmp_path / "board"))
    other = file.with_name("other.yaml")
    other.write_text(TRACKED[: TRACKED.index("  least_squares")])
    finished = run_file(other, "elsewhere")
    assert [path.name for path in (tmp_path / "board").iterdir()] == [ALONE.replace("run-", "elsewhere-")]
    assert not (finished.folder / "tracking").exists()


@pytest.mark.parametrize("tracker", ["tensorboard", "mlflow", "wandb"])
def test_a_missing_package_is_named_before_anything_is_done(file, tracker, monkeypatch):
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    own = file.with_name("missing.yaml")
    own.write_text(TRACKED.replace("[tensorboard]", f"[{tracker}]"))
    with pytest.raises(InputError, match=f"python -m pip install {tracker}"):
        run_file(own, "missing")
    assert not list((file.parent / "missing").glob("steps/*"))


def test_an_unknown_tracker_is_refused_with_its_line(file):
    own = file.with_name("unknown.yaml")
    own.write_text(TRACKED.replace("[tensorboard]", "[tensorbord]"))
    with pytest.raises(InputError, match=r"unknown.yaml:14: training.report_to.0: .*'tensorboard'"):
        load_experiment(own)


def test_a_tracker_that_fails_is_one_clear_error(file, monkeypatch):
    class RefusedError(Exception):
        __module__ = "tensorboard.compat"

    def refuse(self, *args, **kwargs):
        raise RefusedError("no room on the board")

    monkeypatch.setattr("transformers.integrations.integration_utils.TensorBoardCallback.on_log", refuse)
    with pytest.raises(InputError, match=r"tracking with tensorboard failed: no room on the board\. Log in"):
        run_file(file, "refused")
