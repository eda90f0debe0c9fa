"""Nobody meets half a file, whatever happens while it is written."""

import errno
import shutil
import subprocess
import sys

import pytest

from mosecrot_core.files import atomic_path, lock, remove_folder, remove_temporary


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_only_at_the_end(tmp_path):
    path = tmp_path / "new" / "a"
    with atomic_path(path) as temporary:
        temporary.write_text("one")
        assert temporary.parent == path.parent, "on the same file system"
        assert not path.exists()
    with atomic_path(path) as temporary:
        temporary.write_text("two")
        assert path.read_text() == "one"
    assert path.read_text() == "two"
    assert names(path.parent) == ["a"]


@pytest.mark.parametrize(
    "failure", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt(), ValueError()]
)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_failure_in_the_middle_leaves_what_was_there(tmp_path, failure, kind):
    def write(path, text):
        if kind == "file":
            path.write_text(text)
        else:
            path.mkdir()
            (path / "part").write_text(text)

    with atomic_path(tmp_path / "a") as temporary:
        write(temporary, "old")

    def fail():
        with atomic_path(tmp_path / "a") as temporary:
            write(temporary, "half")
            raise failure

    with pytest.raises(type(failure)):
        fail()
    assert names(tmp_path) == ["a"]
    path = tmp_path / "a" if kind == "file" else tmp_path / "a" / "part"
    assert path.read_text() == "old"


def test_a_folder_replaces_a_folder_whole(tmp_path):
    for file in ("first", "second"):
        with atomic_path(tmp_path / "a") as temporary:
            temporary.mkdir()
            (temporary / file).touch()
    assert names(tmp_path / "a") == ["second"]
    assert names(tmp_path) == ["a"]


def test_nothing_written_is_an_error_that_keeps_the_old(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").touch()
    with pytest.raises(OSError), atomic_path(tmp_path / "a"):  # noqa: PT011 - the system's choice
        pass
    assert names(tmp_path / "a") == ["x"]


def test_a_folder_loses_its_name_before_its_files(tmp_path, monkeypatch):
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "x").touch()

    def killed(path, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove_folder(folder)
    assert not folder.exists()
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".a.")
    remove_temporary(tmp_path)
    assert names(tmp_path) == []
    remove_folder(folder)  # not there: nothing to do


def test_what_killed_processes_left_is_removed_and_nothing_else(tmp_path):
    for name in ("a", ".lock", "b.tmp", ".a.12.tmp", ".model.99.tmp"):
        (tmp_path / name).touch()
    (tmp_path / ".c.3.tmp").mkdir()
    (tmp_path / ".c.3.tmp" / "x").touch()
    remove_temporary(tmp_path)
    assert names(tmp_path) == [".lock", "a", "b.tmp"]
    remove_temporary(tmp_path / "none")


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_a_lock_keeps_another_process_out_and_dies_with_its_own(tmp_path):
    code = f"""
from pathlib import Path
from mosecrot_core.files import lock
with lock(Path({str(tmp_path / "l")!r})) as free:
    print(free, flush=True)
    input()
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "True\n"
        with lock(tmp_path / "l") as free:
            assert not free
        other.kill()
        other.wait()
        with lock(tmp_path / "l") as free:
            assert free
