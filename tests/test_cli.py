"""The command as a user types it: tables, exit codes, and one clear message for whatever is wrong."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from small_experiment import SETTINGS, write_small_experiment
from typed import typed

from mosecrot_core import __version__
from mosecrot_core.anchors.review import Reviews
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.store import Run

COMMAND = Path(sys.executable).with_name("mosecrot")
# One thread: on tiny models more only wait for each other. A narrow window: the table must fit it.
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "COLUMNS": "100"}
ROW = ["language", "method", "metric", "mean", "sd", "n_seeds", "low", "high", "coverage", "baseline_of", "n"]


def command(folder, *arguments):
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        check=False,
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def times(folder):
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """The small experiment's files, for tests to copy."""
    return write_small_experiment(tmp_path_factory.mktemp("inputs") / "small").parent


@pytest.fixture(scope="module")
def finished(inputs, tmp_path_factory):
    """The folder in which `mosecrot run small.yaml` was run, and what it said."""
    folder = tmp_path_factory.mktemp("finished") / "small"
    shutil.copytree(inputs, folder)
    done = command(folder, "run", "small.yaml")
    assert done.returncode == 0, done.stderr
    return folder, done


@pytest.fixture
def user(inputs, tmp_path, monkeypatch, capsys):
    """A user in a copy of the small experiment, who types commands; gives (exit code, output, errors)."""
    folder = tmp_path / "u"
    shutil.copytree(inputs, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)

    def types(*arguments):
        return typed(monkeypatch, capsys, *arguments)

    types.folder = folder
    yield types
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    "name", ["", "run", "check", "sweep", "status", "gc", "show", "compare", "gap", "settings", "dashboard"]
)
def test_help(user, name):
    code, out, _ = user(*([name] if name else []), "--help")
    assert code == 0
    assert "Usage: mosecrot" in out
    assert len(out.splitlines()) > 5
    if not name:
        assert all(word in out for word in ("run", "show", "settings", "dashboard", "experiments/demo.yaml"))


def test_version(user):
    assert user("--version")[:2] == (0, f"mosecrot {__version__}\n")


def test_settings_name_every_key(user):
    code, out, _ = user("settings")
    assert code == 0
    for key in (
        "seeds",
        "encoder",
        "vectors",
        "lexicon",
        "weighting",
        "temperature",
        "learning_rate",
        "label_column",
        "least_margin",
    ):
        assert key in out
    assert re.search(r"grow +(.*)", out)[1].startswith("= none or (AnchorGrowth)")
    assert re.search(r"texts +(\(object, needed\)|= none)", out)[1] == "= none", (
        "a mapping that may be left out"
    )
    assert "none | swapped | joint" in out, "choices of what may be left out"


@pytest.mark.slow
def test_run_prints_a_table_and_writes_a_run(finished):
    folder, done = finished
    assert "Traceback" not in done.stderr
    for name in ("softmax", "least_squares", "raw_word_pieces", "logistic_regression", "zu"):
        assert name in done.stdout
    assert re.search(r"softmax +\d+\.\d ± \d+\.\d", done.stdout)
    run = folder / "runs" / "small"
    kinds = {path.name for path in run.iterdir()} - {".lock"}
    tables = {f"{name}.parquet" for name in TABLES}
    assert kinds == {"run.json", "experiment.yaml", "models", "steps", *tables}
    assert {path.suffix for path in (run / "steps").iterdir()} == {".parquet", ".safetensors"}, (
        "no models, no checkpoints"
    )
    info = json.loads((run / "run.json").read_text())
    assert (info["state"], info["problem"]) == ("done", None)
    assert {"python", "packages", "device", "commit"} <= info["environment"].keys()


@pytest.mark.slow
def test_the_small_experiment_is_worth_testing_on(finished):
    """It must be learnable, and its numbers must differ, or equality would show nothing."""
    results = pd.read_parquet(finished[0] / "runs" / "small" / "results.parquet")
    means = results[results["metric"] == "macro_f1"].groupby("method")["value"].mean()
    assert means["softmax"] > means["softmax:shuffled"] + 0.1
    assert results["value"].nunique() > 15


@pytest.mark.slow
def test_a_second_run_does_nothing(finished):
    folder, first = finished
    before = times(folder)
    again = command(folder, "run", "small.yaml")
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert times(folder) == before


@pytest.mark.slow
def test_a_finished_run_is_recognised_without_torch(finished):
    code = """
import sys
from mosecrot_core import cli
sys.argv = ["mosecrot", "run", "small.yaml", "--quiet"]
try:
    cli.main()
except SystemExit as ended:
    assert not ended.code
print([name for name in ("torch", "transformers", "gensim", "spacy") if name in sys.modules])
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=finished[0], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.fixture
def again(user, finished):
    """The user, whose run is finished."""
    shutil.copytree(finished[0] / "runs", user.folder / "runs")
    return user


@pytest.mark.slow
def test_a_lost_table_is_written_again_without_computing(again):
    run = again.folder / "runs" / "small"
    before, results = times(run / "steps"), (run / "results.parquet").read_bytes()
    (run / "results.parquet").unlink()
    (run / "run.json").write_text("{")
    assert again("run", "small.yaml", "--quiet") == (0, "", "")
    assert (run / "results.parquet").read_bytes() == results
    assert times(run / "steps") == before


@pytest.mark.slow
def test_what_a_killed_run_left_of_finished_trainings_is_removed(again):
    run = again.folder / "runs" / "small"
    before = set(times(run))
    for tuning in make_plan(
        load_experiment(again.folder / "small.yaml"), again.folder, FileHashes()
    ).finetunings:
        for left in (f"{tuning.key}.model", f"{tuning.key}.work", f".{tuning.key}.model.1.tmp"):
            (run / "steps" / left).mkdir()
    Run(run).write_info(state="running")
    assert again("run", "small.yaml", "--quiet") == (0, "", "")
    assert set(times(run)) == before | {".lock"}


@pytest.mark.slow
def test_another_method_computes_only_itself(again):
    steps = again.folder / "runs" / "small" / "steps"
    before = times(steps)
    (again.folder / "small.yaml").write_text(SETTINGS + "  lr_too: {kind: logistic_regression}\n")
    code, out, _ = again("run", "small.yaml")
    assert code == 0
    assert "lr_too" in out
    after = times(steps)
    assert {name: after[name] for name in before} == before
    (key,) = {name.split(".")[0] for name in after.keys() - before.keys()}
    assert after.keys() - before.keys() == {f"{key}.parquet", f"{key}.predictions.parquet"}


@pytest.mark.slow
def test_show_as_table_and_as_rows_for_programs(again, finished):
    run = again.folder / "runs" / "small"
    code, out, err = again("show", run)
    assert (code, out.replace(f"{again.folder}/", ""), err) == (0, finished[1].stdout, "")
    code, out, err = again("show", run, "--json")
    assert (code, err) == (0, "")

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    rows = json.loads(out, parse_constant=refuse)
    assert {tuple(sorted(row)) for row in rows} == {tuple(sorted([*ROW, "source_mean"]))}
    (softmax,) = (row for row in rows if (row["method"], row["metric"]) == ("softmax", "macro_f1"))
    assert (softmax["n_seeds"], softmax["language"], softmax["n"]) == (2, "zu", 30)
    assert softmax["low"] < softmax["mean"] < softmax["high"]
    (baseline,) = (
        row for row in rows if (row["method"], row["metric"]) == ("logistic_regression", "macro_f1")
    )
    assert (baseline["n_seeds"], baseline["sd"], baseline["low"]) == (1, None, None)
    assert {row["metric"] for row in json.loads(again("show", run, "--json", "--metric", "accuracy")[1])} == {
        "accuracy"
    }
    assert again("show", run, "--format", "csv")[1].startswith("language,method,")
    code, _, err = again("show", run, "--metric", "nonsense")
    assert (code, "macro_f1, accuracy" in err) == (2, True)


@pytest.mark.slow
def test_methods_are_compared(again):
    run = again.folder / "runs" / "small"
    code, out, _ = again("compare", run, "--against", "raw_word_pieces")
    assert code == 0
    assert "logistic_regression" in out
    assert "p (Holm)" in out
    rows = json.loads(again("compare", run, "--against", "softmax:shuffled", "--format", "json")[1])
    assert {row["method"] for row in rows} >= {"standard", "softmax", "least_squares"}
    assert {row["n_pairs"] for row in rows} == {2}
    code, out, _ = again("gap", run, "--method", "least_squares", "--baselines", "standard, softmax")
    assert code == 0
    assert "least_squares between the best baseline" in out
    (unit, over_all) = json.loads(
        again("gap", run, "--method", "least_squares", "--baselines", "softmax", "--format", "json")[1]
    )
    assert (unit["language"], unit["baseline"], over_all["n_units"]) == ("zu", "softmax", 1)
    code, _, err = again("gap", run, "--method", "nothing")
    assert code == 2
    assert "the run has" in err
    code, _, err = again("compare", run, "--against", "nothing")
    assert (code, "no method 'nothing'; the run has " in err) == (2, True)


@pytest.mark.slow
def test_methods_are_compared_over_several_runs(again, tmp_path):
    run, copy = again.folder / "runs" / "small", tmp_path / "small"
    shutil.copytree(run, copy)
    code, out, _ = again("compare", run, copy, "--against", "raw_word_pieces")
    assert (code, "all: paired t test" in out) == (0, True)
    rows = json.loads(again("compare", run, copy, "--against", "raw_word_pieces", "--format", "json")[1])
    assert {row["run"] for row in rows} == {str(run), str(copy), "all"}  # both are called small
    for command in (["compare", "--against", "raw_word_pieces"], ["gap", "--method", "least_squares"]):
        for twice in (run, run / ".." / run.name):
            code, _, err = again(*command, run, twice)
            assert (code, f"{twice}: this run is given twice" in err) == (2, True)


@pytest.mark.slow
def test_the_saved_model_loads_with_transformers_alone(finished):
    code = """
import sys
sys.modules["mosecrot_core"] = None
from transformers import AutoModelForSequenceClassification, AutoTokenizer
model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1])
inputs = AutoTokenizer.from_pretrained(sys.argv[1])("tacu godu erehu", return_tensors="pt")
print(model.config.id2label[model(**inputs).logits.argmax().item()])
"""
    command = [sys.executable, "-c", code, finished[0] / "runs" / "small" / "models" / "softmax-zu"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("animals", "food", "weather")


# What is wrong, how it is made, the file and line that the message names, and a word of it.


def edit(name, change):
    def make(folder):
        path = folder / name
        path.write_bytes(change(path.read_bytes()))

    return make


def replaced(name, old, new):
    def change(content):
        assert old.encode() in content
        return content.replace(old.encode(), new if isinstance(new, bytes) else new.encode(), 1)

    return edit(name, change)


def both(one, other):
    return lambda folder: (one(folder), other(folder))


def remove(name):
    return lambda folder: (folder / name).unlink()


def line(number, change):
    def make(content):
        lines = content.split(b"\n")
        lines[number - 1] = change(lines[number - 1])
        return b"\n".join(lines)

    return make


BAD = {
    "vectors missing": (remove("zu.vec"), "zu.vec", None, "no such file"),
    "vectors empty": (edit("zu.vec", lambda _: b""), "zu.vec", None, "empty"),
    "vectors cut in a line": (edit("zu.vec", lambda c: c[: len(c) // 2]), "zu.vec", ..., "cut off"),
    "vectors cut between lines": (
        edit("zu.vec", lambda c: c[: c.rindex(b"\n", 0, 5000) + 1]),
        "zu.vec",
        ...,
        "header says",
    ),
    "vectors binary": (edit("zu.vec", lambda _: bytes(range(256)) * 9), "zu.vec", 1, "binary"),
    "vectors latin-1": (
        edit("zu.vec", line(3, lambda text: b"gar\xe7on" + text[text.index(b" ") :])),
        "zu.vec",
        3,
        "UTF-8",
    ),
    "vectors with a short line": (
        edit("zu.vec", line(5, lambda text: text[:-9])),
        "zu.vec",
        5,
        "20 numbers were expected",
    ),
    "vectors with a word for a number": (
        edit("zu.vec", line(4, lambda text: text[:-3] + b"abc")),
        "zu.vec",
        4,
        "numbers were",
    ),
    "vectors of another format": (
        replaced("small.yaml", "zu.vec}", "zu.vec, format: npz}"),
        "zu.vec",
        None,
        "",
    ),
    "lexicon missing": (remove("en-zu.txt"), "en-zu.txt", None, "no such file"),
    "lexicon empty": (edit("en-zu.txt", lambda _: b"\n\n"), "en-zu.txt", None, "empty"),
    "lexicon without a pair": (edit("en-zu.txt", lambda _: b"one\ntwo\n"), "en-zu.txt", 1, "no usable pair"),
    "lexicon of other words": (
        edit("en-zu.txt", lambda _: b"cat qqq\nxylophone tacu\n"),
        "en-zu.txt",
        None,
        "no pair",
    ),
    "lexicon latin-1": (edit("en-zu.txt", lambda c: b"cat t\xe9\n" + c), "en-zu.txt", 1, "UTF-8"),
    "settings with an unknown key": (
        replaced("small.yaml", "seeds", "seedz"),
        "small.yaml",
        3,
        "unknown key 'seedz'",
    ),
    "settings with a wrong type": (
        replaced("small.yaml", "epochs: 3", "epochs: x"),
        "small.yaml",
        14,
        "epochs",
    ),
    "settings missing": (remove("small.yaml"), "small.yaml", None, "no such file"),
    "settings empty": (edit("small.yaml", lambda _: b""), "small.yaml", 1, "an experiment"),
    "settings not UTF-8": (replaced("small.yaml", "invented", b"\xe9"), "small.yaml", 2, "UTF-8"),
    "texts without the column": (replaced("zu.test.tsv", "label\t", "lable\t"), "zu.test.tsv", 1, "'label'"),
    "texts with a strange label": (
        edit("zu.train.tsv", line(4, lambda t: b"x" + t)),
        "zu.train.tsv",
        4,
        "not known",
    ),
    "texts with a stray tab": (
        edit("en.train.tsv", line(9, lambda t: t + b"\tx")),
        "en.train.tsv",
        9,
        "2 columns",
    ),
    "texts empty": (edit("en.train.tsv", lambda _: b""), "en.train.tsv", None, "empty"),
    "texts missing": (remove("zu.test.tsv"), "zu.test.tsv", None, "no such file"),
    "no test texts": (
        both(
            replaced("small.yaml", ", test: zu.test.tsv", ""), replaced("small.yaml", "    save: true\n", "")
        ),
        None,
        None,
        "no 'test' texts in language 'zu'",
    ),
    "no train texts": (
        replaced("small.yaml", "train: zu.train.tsv, ", ""),
        None,
        None,
        "no 'train' texts in language",
    ),
    "no dev texts": (
        lambda folder: [
            replaced("small.yaml", " dev: en.dev.tsv,", "")(folder),
            replaced("small.yaml", "epochs: 3", "epochs: 3, select: best_on_dev")(folder),
        ],
        None,
        None,
        "no 'dev' texts in language 'en'",
    ),
    "encoder missing": (
        lambda folder: shutil.rmtree(folder / "encoder"),
        None,
        None,
        "'encoder' is no folder",
    ),
    "encoder without weights": (
        remove("encoder/model.safetensors"),
        "encoder",
        None,
        "no encoder could be loaded",
    ),
    "encoder cut off": (
        edit("encoder/model.safetensors", lambda c: c[:999]),
        "encoder",
        None,
        "no encoder could be",
    ),
    "encoder without words": (
        remove("encoder/tokenizer.json"),
        "encoder",
        None,
        "no encoder could be loaded",
    ),
    "encoder with a broken configuration": (
        edit("encoder/config.json", lambda c: c[:50]),
        "encoder",
        None,
        "no encoder",
    ),
    "a file where runs belong": (lambda folder: (folder / "runs").touch(), "runs", None, "a folder expected"),
    "a run of another schema": (
        lambda folder: [
            (folder / "runs" / "small").mkdir(parents=True),
            (folder / "runs" / "small" / "run.json").write_text('{"schema": 99, "state": "done"}'),
        ],
        "runs/small",
        None,
        "schema",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_ends_in_one_message_and_nothing_half_written(user, what):
    make, file, number, word = BAD[what]
    make(user.folder)
    code, out, err = user("run", "small.yaml")
    assert code == 2, err
    assert "Traceback" not in err
    (message,) = re.findall(r"^mosecrot: .*", err, flags=re.MULTILINE)
    assert err.endswith(message + "\n"), "it comes last, on one line"
    assert word in message
    if file is not None:
        found = re.match(rf"mosecrot: (?:\S*/)?{re.escape(file)}:(?:(\d+):)? ", message)
        assert found, message
        assert number is ... or found[1] == (None if number is None else str(number)), message
    assert out == ""
    written = {path for path in (user.folder / "runs").rglob("*") if path.is_file()}
    assert not {path for path in written if path.suffix == ".tmp"}
    assert not list((user.folder / "runs").glob("*/steps/*.work")), "refused before any fine-tuning"


@pytest.mark.parametrize("arguments", [["show", "none"], ["show", "small.yaml"], ["show", "."], ["run", "."]])
def test_other_commands_refuse_too(user, arguments):
    code, out, err = user(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("mosecrot: ")
    assert err.count("\n") == 1


def test_a_damaged_run_is_named_by_show(user):
    run = user.folder / "runs" / "small"
    run.mkdir(parents=True)
    (run / "run.json").write_text('{"schema": 1}')
    (run / "results.parquet").write_text("not parquet")
    code, _, err = user("show", run)
    assert code == 2
    assert err.startswith(f"mosecrot: {run}/results.parquet: ")


def test_an_unknown_option_is_not_a_traceback(user):
    code, _, err = user("run", "small.yaml", "--nonsense")
    assert code == 2
    assert "--nonsense" in err


@pytest.mark.parametrize(
    ("number", "path", "says"),
    [
        (errno.ENOSPC, None, "No space left on device"),
        (errno.EROFS, "/cd/runs", "/cd/runs: Read-only file system"),
        (errno.EACCES, "/root/runs", "/root/runs: Permission denied"),
        (errno.EDQUOT, None, "quota"),
    ],
)
def test_what_the_system_refuses_is_one_message(user, monkeypatch, number, path, says):
    def refuse(self, target):
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(Path, "replace", refuse)
    code, _, err = user("run", "small.yaml", "--quiet")
    assert code == 2
    assert err.count("\n") == 1
    assert says in err
    assert [path.name for path in (user.folder / "runs").rglob("*") if path.is_file()] == [".lock"]


def test_a_fault_of_our_own_is_not_hidden(user, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("mosecrot_core.runs.runner.make_plan", broken)
    with pytest.raises(ZeroDivisionError):
        user("run", "small.yaml", "--quiet")


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of so many KiB; skip where that is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = []

    def mount(size, options=""):
        tools = shutil.which("mount"), shutil.which("umount")
        if not all(tools) or os.geteuid() != 0:
            pytest.skip("mounting needs root")
        if mounted:
            subprocess.run(["mount", "-o", f"remount,size={size}k{options}", folder], check=True)
            return folder
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}k{options}", "tmpfs", folder], check=False
        )
        if done.returncode:
            pytest.skip("mounting is not allowed here")
        mounted.append(folder)
        return folder

    yield mount
    if mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.slow
def test_a_disk_that_is_really_full(user, small_disk, finished):
    """At any level: in a table, in a checkpoint (PyTorch), in weights (safetensors); then there is room."""
    for size in (16, 64, 150, 250, 400):
        runs = small_disk(size) / "runs"
        code, _, err = user("run", "small.yaml", "--quiet", "--runs", runs)
        assert code == 2, err
        assert "Traceback" not in err
        (message,) = re.findall(r"^mosecrot: .*", err, flags=re.MULTILINE)
        assert "No space left on device. Nothing was left half-written. Make room" in message
        assert not [path for path in runs.rglob("*") if path.suffix == ".tmp"]
        checkpoints = runs.rglob("checkpoint-*")
        assert all((folder / "trainer_state.json").exists() for folder in checkpoints)
    small_disk(50_000)
    code, _, err = user("run", "small.yaml", "--quiet", "--runs", runs)
    assert (code, err) == (0, "")
    found = pd.read_parquet(runs / "small" / "results.parquet")
    pd.testing.assert_frame_equal(
        found, pd.read_parquet(finished[0] / "runs" / "small" / "results.parquet"), check_exact=True
    )


def test_a_disk_that_cannot_be_written(user, small_disk):
    runs = small_disk(100, ",ro") / "runs"
    code, _, err = user("run", "small.yaml", "--quiet", "--runs", runs)
    assert code == 2
    assert err.startswith(f"mosecrot: {runs}: Read-only file system")


@pytest.mark.slow
def test_control_c_says_how_to_go_on(inputs, tmp_path):
    folder = tmp_path / "u"
    shutil.copytree(inputs, folder)
    steps = folder / "runs" / "small" / "steps"
    with subprocess.Popen(
        [COMMAND, "run", "small.yaml"], cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    ) as process:
        until = time.monotonic() + 60
        while not list(steps.glob("*.work")) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert err.splitlines()[-1] == (
        "mosecrot: stopped; what is done is kept, and the same command goes on from there."
    )
    assert json.loads((steps.parent / "run.json").read_text())["state"] == "stopped"


@pytest.mark.slow
def test_pairs_are_inspected_judged_and_count_in_the_next_run(user, tmp_path):
    """From an experiment file to scored pairs without fine-tuning, a decision, and a run that keeps to it."""
    code, out, _ = user("anchors", "inspect", "small.yaml", "--json", "-n", "3")
    run = Run.open("runs/small")
    assert code == 0
    assert len(json.loads(out)) == 3
    assert run.state == "stopped"
    assert run.results().empty
    pairs = run.quality()
    assert len(pairs) == len(run.signals())
    assert pairs["quality"].between(0, 1).all()
    worst = json.loads(out)[0]
    assert worst["quality"] == pairs["quality"].min()
    reviews = Reviews(Path("runs/reviews.sqlite"), ("en", "zu"))
    reviews.decide([(worst["source"], worst["target"])], "reject", "ann")
    text = Path("small.yaml").read_text()
    decided = text.replace(
        "    lexicon: {path: en-zu.txt}\n",
        "    lexicon: {path: en-zu.txt}\n    decisions: runs/reviews.sqlite\n",
    )
    Path("judged.yaml").write_text(decided.replace("name: small", "name: judged"))
    assert user("anchors", "inspect", "judged.yaml", "--json")[0] == 0
    judged = Run.open("runs/judged")
    used = set(zip(judged.anchors()["source"], judged.anchors()["target"], strict=True))
    before = set(zip(run.anchors()["source"], run.anchors()["target"], strict=True))
    assert before - used == {(worst["source"], worst["target"])}
    assert not used - before
    row = judged.quality().query("source == @worst['source'] and target == @worst['target']").iloc[0]
    assert not row["anchor"], "it is shown, and not used"
    assert ("rejected by a reviewer", 1) in set(
        zip(judged.dropped()["reason"], judged.dropped()["pairs"], strict=True)
    )
