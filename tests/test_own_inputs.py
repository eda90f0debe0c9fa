"""A user's own files become an experiment, whole, or nothing is left of them."""

import gzip
import io
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml
from brought_files import FILES, own_experiment

from mosecrot_core.errors import InputError
from mosecrot_core.runs import own_inputs
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.input_check import check_inputs
from mosecrot_core.runs.jobs import Jobs
from mosecrot_core.runs.own_inputs import Upload, prepare, remove
from mosecrot_core.runs.store import Run


@pytest.fixture
def unchecked(monkeypatch):
    """Files pass, whatever is in them: the check takes a process."""
    monkeypatch.setattr(own_inputs, "_checked", lambda file, waiting: [])


def bring(runs, *, paths=False, waiting=lambda: None, own=None, **changes):
    given = {part: Upload(name, io.BytesIO(content)) for part, (name, content) in FILES.items()}
    given = {part: file for part, file in (given | changes).items() if file is not None}
    return prepare(runs, own or own_experiment(), given, waiting, paths=paths)


def left(runs):
    """Everything in a folder of runs but locks."""
    return sorted(str(path.relative_to(runs)) for path in runs.rglob("*") if path.suffix != ".lock")


def test_what_is_brought_is_an_experiment_that_can_be_loaded(tmp_path):
    looks = []
    file = bring(tmp_path / "runs", waiting=lambda: looks.append(1))
    assert looks
    assert left(tmp_path / "runs") == [
        "faroese.inputs",
        *(f"faroese.inputs/{name}" for name in sorted([
            "experiment.yaml", "found.json", "test.tsv", "train.tsv", "vectors.vec", "words.txt",
        ])),
    ]  # fmt: skip
    experiment = load_experiment(file)
    assert (experiment.name, experiment.languages) == ("faroese", ("en", "fo"))
    assert experiment.methods["recommended"].save
    assert (file.parent / "vectors.vec").read_bytes() == FILES["vectors"][1]
    found = {
        (row["language"], row["what"]): row["found"]
        for row in own_inputs.found_in(file.parents[1], "faroese")
    }
    assert found["en", "train texts"] == "4 texts of 2 labels: 2 animals, 2 weather"
    assert found["fo", "word list"] == "6 pairs"
    assert found["fo", "word vectors"] == "8 words of 3 numbers"
    assert found["fo", "anchors"] == "6 pairs that the vectors know"
    assert "when the run begins" in found["en", "encoder"]


def packed_nan():
    buffer = io.BytesIO()
    np.savez(buffer, words=np.array(["hundur", "ketta"]), vectors=np.full((2, 3), np.nan, np.float32))
    return buffer.getvalue()


WRONG = {
    "vectors-binary": ("vectors", "x.vec", b"8 3\n\0\1\2\3" * 50, "x.vec"),
    "vectors-header": ("vectors", "x.vec", b"900 3\nhundur 1 2 3\n", "900"),
    "vectors-width": ("vectors", "x.vec", b"2 3\nhundur 1 2 3\nketta 1 2\n", "x.vec:3"),
    "vectors-nan": ("vectors", "x.vec", b"2 3\nhundur 1 nan 3\nketta 1 2 3\n", "x.vec:2"),
    "vectors-npz-nan": ("vectors", "x.npz", packed_nan(), "x.npz"),
    "vectors-empty-gz": ("vectors", "x.vec.gz", gzip.compress(b""), "x.vec.gz"),
    "vectors-no-bin": ("vectors", "x.bin", b"hello there, no vectors\n", "header 'V d' was expected"),
    "words-binary": ("words", "x.txt", b"\x89PNG\r\n\0\0", "x.txt"),
    "words-one-column": ("words", "x.txt", b"dog\ncat\n", "no usable pair"),
    "words-strangers": ("words", "x.txt", b"dog perro\ncat gato\n", "no pair here is known"),
    "train-header": ("train", "x.tsv", b"klass\ttext\na\tb\n", "there is no column 'label'"),
    "train-one-label": ("train", "x.tsv", b"label\ttext\na\tb\na\tc\n", "at least two labels"),
    "train-latin": ("train", "x.tsv", b"label\ttext\na\t\xe9t\xe9\n", "UTF-8"),
    "train-json": ("train", "x.jsonl", b"[1, 2]\n", "x.jsonl:1"),
    "test-label": ("test", "x.tsv", b"label\ttext\nplants\tb\n", "label 'plants' is not known"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_cannot_be_used_is_told_by_its_own_name_and_nothing_is_left(tmp_path, monkeypatch, case):
    monkeypatch.setattr(own_inputs, "_checked", _checked_here)
    part, name, content, told = WRONG[case]
    with pytest.raises(InputError) as error:
        bring(tmp_path, **{part: Upload(name, io.BytesIO(content))})
    assert told in str(error.value)
    assert str(tmp_path) not in str(error.value)
    assert "Traceback" not in str(error.value)
    assert left(tmp_path) == []


def _checked_here(file, waiting):
    return check_inputs(load_experiment(file), file.parent).to_dict("records")


def test_the_process_that_checks_says_the_same(tmp_path):
    part, name, content, told = WRONG["train-header"]
    with pytest.raises(InputError) as error:
        bring(tmp_path, **{part: Upload(name, io.BytesIO(content))})
    assert str(error.value).startswith("x.tsv:1: ")
    assert told in str(error.value)
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "../x"}, "a name of the run expected"),
        ({"name": "x-reviewed"}, "runs with decisions"),
        ({"languages": ("en", "")}, "a language's code expected"),
        ({"languages": ("../en", "fo")}, "a language's code expected"),
        ({"languages": ("en", "en")}, "two languages expected"),
        ({"methods": ()}, "methods among"),
        ({"methods": ("rm",)}, "methods among"),
        ({"encoder": ""}, "encoder"),
        ({"encoder": "/etc"}, "encoder"),
        ({"encoder": "../../etc"}, "encoder"),
        ({"encoder": "~/models"}, "encoder"),
    ],
)
def test_what_can_be_told_without_the_files_is_told_first(tmp_path, unchecked, changes, told):
    with pytest.raises(InputError, match=told):
        bring(tmp_path, own=own_experiment(**changes))
    assert left(tmp_path) == []


def test_three_files_are_needed_and_texts_to_score_on_where_no_model_is_kept(tmp_path, unchecked):
    for part in ("vectors", "words", "train"):
        with pytest.raises(InputError, match="expected, none came"):
            bring(tmp_path, **{part: None})
    with pytest.raises(InputError, match="texts of fo to score on"):
        bring(tmp_path, test=None, own=own_experiment(methods=("paper",)))
    bring(tmp_path, test=None)


def test_an_encoder_is_named_even_where_it_may_be_a_folder(tmp_path, unchecked):
    with pytest.raises(InputError, match="an encoder expected"):
        bring(tmp_path, own=own_experiment(encoder=""), paths=True)
    bring(tmp_path, own=own_experiment(encoder="/models/mine"), paths=True)


def test_paths_are_for_this_machine_only(tmp_path, unchecked):
    (tmp_path / "en-fo.txt").write_bytes(FILES["words"][1])
    for path in (str(tmp_path / "en-fo.txt"), "package:mosecrot_core"):
        with pytest.raises(InputError, match="a path came"):
            bring(tmp_path / "runs", words=path)
    file = bring(tmp_path / "runs", words=str(tmp_path / "en-fo.txt"), paths=True)
    assert load_experiment(file).targets["fo"].lexicon.path == str(tmp_path / "en-fo.txt")
    assert not list(file.parent.glob("words*")), "it stays where it is"
    for path in ("no/such/file", "/no/such/file", "a\0b", "x" * 5_000, "~nobody-of-that-name/x"):
        with pytest.raises(InputError):
            bring(tmp_path / "runs", words=path, paths=True)
    assert file.is_file(), "what was there stays"


def test_new_files_take_the_place_of_old_ones_once_they_have_passed(tmp_path, monkeypatch):
    monkeypatch.setattr(own_inputs, "_checked", lambda file, waiting: [])
    bring(tmp_path)
    monkeypatch.setattr(own_inputs, "_checked", _refuses)
    with pytest.raises(InputError, match="no good"):
        bring(tmp_path, vectors=Upload("x.npz", io.BytesIO(b"x")))
    assert (tmp_path / "faroese.inputs" / "vectors.vec").is_file()
    monkeypatch.setattr(own_inputs, "_checked", lambda file, waiting: [])
    bring(tmp_path, vectors=Upload("x.npz", io.BytesIO(b"x")))
    assert [path.name for path in (tmp_path / "faroese.inputs").glob("vectors*")] == ["vectors.npz"]
    assert [path.name for path in tmp_path.glob("*") if path.suffix != ".lock"] == ["faroese.inputs"]


def _refuses(file, waiting):
    raise InputError("no good")


def test_a_check_that_is_left_is_stopped_and_nothing_stays(tmp_path, monkeypatch):
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])

    def waiting():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(tmp_path, waiting=waiting)
    assert started[0].poll() is not None
    assert left(tmp_path) == []


def test_a_check_that_dies_is_told_without_a_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(InputError, match=r"exit code 1\)"):
        bring(tmp_path)
    assert left(tmp_path) == []


def test_a_name_in_use_is_refused(tmp_path, unchecked):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "strange.inputs").mkdir()
    (tmp_path / "strange.inputs" / "mine.txt").write_text("mine")
    (tmp_path / "plain.inputs").write_text("")
    for name in ("file", "folder", "strange", "plain"):
        with pytest.raises(InputError, match="already"):
            bring(tmp_path, own=own_experiment(name=name))
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("run", "inputs.inputs", "gone"):
        (tmp_path / name).symlink_to(outside if name != "gone" else tmp_path / "nowhere")
    for name in ("run", "inputs", "gone"):
        with pytest.raises(InputError, match="link to elsewhere"):
            bring(tmp_path, own=own_experiment(name=name))
    assert list(outside.iterdir()) == []
    assert (tmp_path / "strange.inputs" / "mine.txt").read_text() == "mine"


def test_what_is_at_work_or_done_keeps_its_files(tmp_path, unchecked):
    bring(tmp_path)
    number = Jobs(tmp_path).put_experiment("faroese")
    for act in (lambda: bring(tmp_path), lambda: remove(tmp_path, "faroese")):
        with pytest.raises(InputError, match="waits or runs"):
            act()
    Jobs(tmp_path).cancel(number)
    run = Run(tmp_path / "faroese")
    run.write_info(state="stopped", problem="x")
    with run.taken(), pytest.raises(InputError, match="waits or runs"):
        bring(tmp_path)
    bring(tmp_path)
    run.write_info(state="done")
    with pytest.raises(InputError, match="finished run"):
        bring(tmp_path)
    remove(tmp_path, "faroese")
    assert not (tmp_path / "faroese.inputs").exists()
    assert run.state == "done"


def test_removing_removes_nothing_else(tmp_path):
    (tmp_path / "other.inputs").mkdir()
    (tmp_path / "link.inputs").symlink_to(tmp_path / "other.inputs")
    (tmp_path / "other.inputs" / "mine.txt").write_text("mine")
    for name in ("other", "link", "nothing"):
        remove(tmp_path, name)
    assert (tmp_path / "other.inputs" / "mine.txt").is_file()
    assert (tmp_path / "link.inputs").is_symlink()
    with pytest.raises(InputError):
        remove(tmp_path, "../other")


def test_what_a_killed_session_left_goes(tmp_path, unchecked):
    (tmp_path / ".faroese.inputs.abcdef12.tmp").mkdir()
    (tmp_path / ".other.inputs.abcdef12.tmp").mkdir()
    bring(tmp_path)
    assert [path.name for path in tmp_path.glob(".*.tmp")] == [".other.inputs.abcdef12.tmp"]


def test_two_sessions_do_not_bring_under_one_name_at_once(tmp_path, monkeypatch):
    def meanwhile(file, waiting):
        with pytest.raises(InputError, match="somebody else"):
            bring(tmp_path)
        return []

    monkeypatch.setattr(own_inputs, "_checked", meanwhile)
    bring(tmp_path)


def test_a_job_that_is_put_during_the_check_is_seen(tmp_path, unchecked, monkeypatch):
    bring(tmp_path)

    def meanwhile(file, waiting):
        Jobs(tmp_path).put_experiment("faroese")
        return [{"language": "", "what": "", "found": "new"}]

    monkeypatch.setattr(own_inputs, "_checked", meanwhile)
    with pytest.raises(InputError, match="waits or runs"):
        bring(tmp_path)
    assert own_inputs.found_in(tmp_path, "faroese") == []


@pytest.mark.parametrize("content", ["", "[]", '{"found": 3}', '{"found": [{"x": 1}]}', "{"])
def test_damaged_findings_are_none(tmp_path, unchecked, content):
    file = bring(tmp_path)
    (file.parent / "found.json").write_text(content)
    assert own_inputs.found_in(tmp_path, "faroese") == []


def test_the_command_is_what_a_shell_takes(tmp_path):
    line = own_inputs.command(tmp_path / "my runs", "faroese")
    said = subprocess.run(["sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True)
    file = tmp_path / "my runs" / "faroese.inputs" / "experiment.yaml"
    assert said.stdout.splitlines() == ["mosecrot", "run", str(file), "--runs", str(tmp_path / "my runs")]


def test_strange_but_legal_settings_stay_text(tmp_path, unchecked):
    own = own_experiment(languages=("no", "yes"), text_column="a: {b}", label_column="- 1\n#", encoder="1e3")
    experiment = load_experiment(bring(tmp_path, own=own))
    assert (experiment.source.language, list(experiment.targets)) == ("no", ["yes"])
    assert (experiment.task.text_column, experiment.task.label_column) == ("a: {b}", "- 1\n#")
    assert experiment.source.encoder == "1e3"
    content = yaml.safe_load((tmp_path / "faroese.inputs" / "experiment.yaml").read_text())
    assert set(content) == {"name", "seeds", "source", "targets", "task", "methods"}
