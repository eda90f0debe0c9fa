"""The run folder: written whole or not at all, read with a clear answer whatever is in it."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pytest
from pyarrow import parquet
from stores import write_run

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks import parquet_tables
from mosecrot_core.runs import run_list
from mosecrot_core.runs.run_list import list_runs
from mosecrot_core.runs.schema import RESULT_COLUMNS, SCHEMA, TABLES
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.table_file import ROWS_TOGETHER
from mosecrot_core.runs.table_kinds import TEXTS, WHOLE


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "one", seeds=2, n_anchors=5)


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_tables_and_steps_come_back(run):
    for name, columns in TABLES.items():
        values = {c: ["a", "b"] if c in TEXTS else [1, 2] if c in WHOLE else [1.5, np.nan] for c in columns}
        table = pd.DataFrame(values)
        run.write_table(name, table)
        pd.testing.assert_frame_equal(run.table(name, columns), table)
    assert not run.has_step("k")
    run.write_step("k", pd.DataFrame({"a": ["\u00e9", "<b>"]}))
    assert run.has_step("k")
    assert run.step("k")["a"].tolist() == ["\u00e9", "<b>"]


def test_a_step_writes_its_own_table_last(run, monkeypatch):
    run.write_step("k", pd.DataFrame({"a": [1]}), {"predictions": pd.DataFrame({"b": [2, 3]})})
    assert run.step("k")["a"].tolist() == [1]
    assert run.step("k", "predictions")["b"].tolist() == [2, 3]
    assert run.step("k", "tokens").empty
    written = []
    monkeypatch.setattr(Run, "write_table", lambda run, name, table: written.append(name))
    run.write_step("l", pd.DataFrame(), {"predictions": pd.DataFrame()})
    assert written == ["steps/l.predictions", "steps/l"], "what says that it is done comes last"


def test_a_table_is_read_in_part(run):
    table = pd.DataFrame({"language": ["fr", "fr", "fi"], "seed": [0, 1, 0], "gold": list("aba")})
    table["gold"] = table["gold"].astype(pd.CategoricalDtype(["b", "a", "c"]))
    run.write_table("part", table)
    found = run.table("part", ["seed"], [("language", "==", "fr"), ("seed", "in", [1, 2])])
    pd.testing.assert_frame_equal(found, table.iloc[[1]].reset_index(drop=True))
    assert list(found["gold"].cat.categories) == ["b", "a", "c"], "labels that do not occur, and their order"


def test_rows_are_found_in_every_part_of_a_large_table(run):
    n = 3 * ROWS_TOGETHER - 5
    table = pd.DataFrame({"language": ["fr"] * n, "seed": np.arange(n), "said": [[i, i] for i in range(n)]})
    table.loc[[0, ROWS_TOGETHER, n - 1], "language"] = "fi"
    run.write_table("large", table)
    assert parquet.ParquetFile(run.folder / "large.parquet").num_row_groups == 3
    found = run.table("large", [], [("language", "==", "fi")])
    assert found["seed"].tolist() == [0, ROWS_TOGETHER, n - 1]
    assert [list(said) for said in found["said"]] == [[seed, seed] for seed in found["seed"]]
    assert run.table("large", [], [("language", "==", "zh")]).empty


def test_a_table_that_is_not_there_yet_is_empty(tmp_path):
    run = Run(tmp_path)
    assert list(run.results().columns) == RESULT_COLUMNS
    assert run.results().empty
    assert run.anchors().empty
    assert run.dropped().empty
    assert run.anchor_use().empty


def test_info_is_added_to_and_keeps_when_it_was_made(tmp_path):
    run = Run(tmp_path / "r")
    run.write_info(state="running", created="then")
    run.write_info(state="done", problem=None)
    info = run.info()
    assert (info["schema"], info["name"], info["created"], info["state"]) == (SCHEMA, "r", "then", "done")
    assert Run.open(tmp_path / "r").info() == info


@pytest.mark.parametrize("what", ["table", "info", "text", "model"])
@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(run, monkeypatch, what, failure):
    run.write_model("k", lambda folder: (folder.mkdir(), (folder / "weights").write_text("old")))
    before = {name: (run.folder / name).read_bytes() for name in files(run.folder)}

    def half(path, *rest, **options):
        path = Path(rest[0] if isinstance(path, pd.DataFrame) else path)
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as stream:
            stream.write(b"half")
        raise failure

    monkeypatch.setattr(pd.DataFrame, "to_parquet", half)
    monkeypatch.setattr(Path, "write_text", half)
    actions = {
        "table": lambda: run.write_table("results", run.results()),
        "info": lambda: run.write_info(state="running"),
        "text": lambda: run.write_text("experiment.yaml", "name: x"),
        "model": lambda: run.write_model("k", lambda folder: half(folder / "weights")),
    }
    with pytest.raises(type(failure)):
        actions[what]()
    assert {name: (run.folder / name).read_bytes() for name in files(run.folder)} == before


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet", None])
def test_a_damaged_table_is_named_with_a_remedy(run, content):
    path = run.folder / "results.parquet"
    path.write_bytes(path.read_bytes()[:-7] if content is None else content)
    with pytest.raises(InputError, match="Remove it") as caught:
        run.results()
    assert caught.value.path == path


def test_a_table_of_other_columns_is_refused(run):
    run.write_table("results", run.results().drop(columns=["coverage", "n"]))
    with pytest.raises(InputError, match="columns are missing: n, coverage"):
        run.results()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe\0", b"[" * 100_000])
def test_a_damaged_run_file_is_refused_by_readers_and_mended_by_the_next_run(run, content):
    (run.folder / "run.json").write_bytes(content)
    with pytest.raises(InputError, match=r"run\.json: "):
        Run.open(run.folder)
    assert run.state is None
    Run.take_up(run.folder).write_info(state="running")
    assert Run.open(run.folder).state == "running"


def test_another_schema_is_refused(run):
    run.write_info(schema=SCHEMA + 1)
    for opening in (Run.open, Run.take_up):
        with pytest.raises(InputError, match=f"schema {SCHEMA} expected, this one has {SCHEMA + 1}"):
            opening(run.folder)


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match=r"no run here.*mosecrot run"):
        Run.open(tmp_path / "none")
    with pytest.raises(InputError, match="no run here"):
        Run.open(tmp_path)
    Run.take_up(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "f").touch()
    for folder in (tmp_path / "f", tmp_path / "f" / "run"):
        with pytest.raises(InputError, match="a folder expected") as caught:
            Run.take_up(folder)
        assert caught.value.path == tmp_path / "f"
        with pytest.raises(InputError):
            Run.open(folder)


def test_taking_a_run_removes_what_a_killed_one_left(run):
    left = [
        ".results.parquet.1.tmp",
        "steps/.k.parquet.2.tmp",
        "models/.m.3.tmp/config.json",
        "steps/k.parquet",
    ]
    for name in left:
        (run.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (run.folder / name).touch()
    before = files(run.folder)
    with run.taken():
        pass
    assert files(run.folder) - {".lock"} == before - set(left[:3])


def test_two_processes_do_not_work_on_one_run(run):
    with run.taken(), pytest.raises(InputError, match="another mosecrot"), Run(run.folder).taken():
        pass
    with run.taken():
        pass


def test_a_tuning_leaves_nothing(run):
    run.write_model("k", lambda folder: folder.mkdir())
    (run.work_folder("k") / "checkpoint-1").mkdir(parents=True)
    run.drop_tuning("k")
    run.drop_tuning("never there")
    assert list((run.folder / "steps").iterdir()) == []


def test_runs_are_listed_newest_first(tmp_path):
    for age, name in enumerate(["b", "a", "c"]):
        write_run(tmp_path / name, seeds=1, n_anchors=2)
        os.utime(tmp_path / name / "run.json", (1000 - age, 1000 - age))
    os.utime(tmp_path / "c" / "run.json", (999, 999))
    (tmp_path / "no run").mkdir()
    (tmp_path / "file").touch()
    assert [run.name for run in list_runs(tmp_path)] == ["b", "a", "c"]
    assert [run.name for run in list_runs(tmp_path / "a")] == ["a"]
    assert list_runs(tmp_path / "none") == []
    assert list_runs(tmp_path / "file") == []


def test_a_run_that_is_deleted_meanwhile_is_left_out(tmp_path, monkeypatch):
    for name in ("a", "b"):
        write_run(tmp_path / name, seeds=1, n_anchors=2)
    really = run_list._modified

    def deleting(path):
        shutil.rmtree(tmp_path / "a", ignore_errors=True)
        return really(path)

    monkeypatch.setattr(run_list, "_modified", deleting)
    assert [run.name for run in list_runs(tmp_path)] == ["b"]


def test_run_json_is_plain_json(run):
    assert json.loads((run.folder / "run.json").read_text())["state"] == "done"


def test_a_table_with_values_of_another_kind_is_refused(run):
    results = run.results()
    for name, values, says in (
        ("value", "high", "numbers in column 'value' expected"),
        ("seed", 0.5, "whole numbers in column 'seed' expected"),
        ("language", 3, "text in column 'language' expected"),
        ("method", None, None),
        ("metric", [["f1"]] * len(results), "text in column 'metric' expected"),
    ):
        run.write_table("results", results.assign(**{name: values}))
        if says is None:
            assert run.results()[name].isna().all()
            continue
        with pytest.raises(InputError, match=says):
            run.results()


def test_a_table_that_holds_a_column_twice_is_refused(run):
    table = pyarrow.Table.from_pandas(run.results()).append_column(
        "seed", pyarrow.array([1] * len(run.results()))
    )
    parquet.write_table(table, run.folder / "results.parquet")
    with pytest.raises(InputError, match="Remove it and run"):
        run.results()


def test_a_small_file_of_very_many_rows_is_refused(run, monkeypatch):
    monkeypatch.setattr(parquet_tables, "_MOST_VALUES", 100_000)
    run.write_table("results", pd.concat([run.results()] * 3000))
    with pytest.raises(InputError, match="100,000 rows was expected, more came"):
        run.results()


def test_long_lists_are_counted_as_they_are_read(run, monkeypatch):
    monkeypatch.setattr(parquet_tables, "_MOST_VALUES", 100_000)
    lists = pd.DataFrame({"predicted": [[1] * 5_000] * 30})
    run.write_table("point_predictions", lists)
    with pytest.raises(InputError, match="100,000 values a column was expected, more came"):
        run.table("point_predictions", [])


def test_text_that_is_no_utf_8_is_refused(run):
    table = pyarrow.Table.from_pandas(run.results())
    buffers = pyarrow.array([b"\xff"] * len(table)).buffers()
    broken = pyarrow.StringArray.from_buffers(len(table), buffers[1], buffers[2])
    table = table.set_column(table.schema.get_field_index("language"), "language", broken)
    parquet.write_table(table, run.folder / "results.parquet")
    with pytest.raises(InputError, match="text in column 'language' expected, its bytes are no UTF-8"):
        run.results()


READ_EVERY_DAMAGE = """
import sys
from contextlib import suppress
from pathlib import Path
from mosecrot_core.errors import InputError
from mosecrot_core.runs.store import Run

run = Run(Path(sys.argv[1]))
file = run.folder / "few.parquet"
whole = file.read_bytes()
for place in range(4, len(whole) - 8):
    file.write_bytes(whole[:place] + bytes([91]) + whole[place + 1 :])
    with suppress(InputError):
        run.table("few", [], [("language", "==", "fr")])
print("done")
"""


def test_no_damaged_byte_keeps_a_reader_waiting(run):
    words = {"word": ["chat", "", "chien"], "form": ["chat", "x", "chien"], "origin": "vectors"}
    run.write_table("few", pd.DataFrame({"language": "fr", **words, "token": -1}))
    command = [sys.executable, "-c", READ_EVERY_DAMAGE, str(run.folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.stdout == "done\n", done.stderr
