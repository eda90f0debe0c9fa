"""Content addresses and the memory of file hashes."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from mosecrot_core.errors import InputError
from mosecrot_core.runs import keys
from mosecrot_core.runs.keys import FileHashes, step_key


@pytest.fixture
def opened(monkeypatch):
    """The files that were opened for reading bytes."""
    paths, really = [], Path.open

    def open_(self, mode="r", *rest, **options):
        if mode == "rb":
            paths.append(self)
        return really(self, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", open_)
    return paths


def test_a_key_hashes_step_version_and_everything_named(monkeypatch):
    key = step_key("train", seed=0, rows=["a", {"b": 1.5}])
    assert len(key) == 24
    assert int(key, 16)
    assert key == step_key("train", rows=["a", {"b": 1.5}], seed=0), "order of names does not matter"
    others = [
        step_key("train", seed=1, rows=["a", {"b": 1.5}]),
        step_key("test", seed=0, rows=["a", {"b": 1.5}]),
        step_key("train", seed=0, rows=[{"b": 1.5}, "a"]),
        step_key("train", seed=0),
    ]
    assert len({key, *others}) == 5
    monkeypatch.setattr(keys, "__version__", "99")
    assert step_key("train", seed=0, rows=["a", {"b": 1.5}]) != key, "another version may compute otherwise"


def test_what_json_cannot_hold_is_an_error_and_not_a_silent_key():
    with pytest.raises(TypeError):
        step_key("train", path=Path("x"))


def test_a_file_is_hashed_by_content(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"x" * (1 << 21) + b"y")
    assert FileHashes().of(file) == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_touched_file_keeps_its_hash_and_a_changed_one_does_not(tmp_path):
    file = tmp_path / "a"
    file.write_text("one")
    hashes = FileHashes()
    first = hashes.of(file)
    os.utime(file, ns=(1, 1))
    assert hashes.of(file) == first
    file.write_text("two")
    assert hashes.of(file) != first


def test_a_folder_is_its_files_with_their_names(tmp_path):
    folder = tmp_path / "f"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_text("1")
    (folder / "sub" / "b").write_text("2")
    found = [FileHashes().of(folder)]
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "c.pyc").write_text("3")
    assert FileHashes().of(folder) == found[0], "what Python leaves there is no part of it"
    (folder / "a").write_text("3")
    found.append(FileHashes().of(folder))
    (folder / "a").rename(folder / "c")
    found.append(FileHashes().of(folder))
    (folder / "sub" / "b").unlink()
    found.append(FileHashes().of(folder))
    assert len(set(found)) == 4
    folder.rename(tmp_path / "g")
    assert FileHashes().of(tmp_path / "g") == found[-1], "where the folder lies does not matter"


def test_nothing_there_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file") as caught:
        FileHashes().of(tmp_path / "none")
    assert caught.value.path == tmp_path / "none"


def test_a_remembered_file_is_not_read_again(tmp_path, opened):
    file, memory = tmp_path / "a", tmp_path / "memory.json"
    file.write_text("one")
    hashes = FileHashes(memory)
    first = hashes.of(file)
    assert hashes.of(file) == first
    hashes.save()
    assert opened == [file]
    assert FileHashes(memory).of(file) == first
    assert opened == [file], "remembered over runs"
    os.utime(file, ns=(1, 1))
    assert FileHashes(memory).of(file) == first
    assert opened == [file, file]


@pytest.mark.parametrize("content", [b"", b"[1]", b"3", b"{", b"\xff\xfe", b'{"a": [1]}', b"[" * 100_000])
def test_a_damaged_memory_is_none(tmp_path, content):
    file, memory = tmp_path / "a", tmp_path / "memory.json"
    file.write_text("one")
    memory.write_bytes(content)
    hashes = FileHashes(memory)
    assert hashes.of(file) == hashlib.sha256(b"one").hexdigest()
    hashes.save()
    assert list(json.loads(memory.read_text()).values()) == [hashlib.sha256(b"one").hexdigest()]
