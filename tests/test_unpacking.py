"""Packed files that unpack to far more than they are: refused before they fill the memory."""

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mosecrot_core import unpacking
from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.conllu_files import read_conllu
from mosecrot_core.learning.tasks.tables import read_rows
from mosecrot_core.text_files import read_lines
from mosecrot_core.unpacking import open_bytes
from mosecrot_core.words.raw_text import read_texts
from mosecrot_core.words.vectors import WordVectors

SIZE = 4 << 20
READERS = {
    "a.jsonl.gz": lambda path: list(read_rows(path, ["text"])),
    "a.conllu.gz": read_conllu,
    "a.txt.gz": lambda path: list(read_texts([path])),
    "a.vec.gz": WordVectors.load,
    "a.bin.gz": lambda path: WordVectors.load(path, format="fasttext"),
}
LINES = {
    "a.jsonl.gz": b'{"text": "a"}\n',
    "a.conllu.gz": b"1\ta" + b"\t_" * 8 + b"\n",
    "a.txt.gz": b"the same again\n",
    "a.vec.gz": b"a 1 2\n",
    "a.bin.gz": b"\0" * 8,
}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(unpacking, "HARMLESS", SIZE // 4)


@pytest.mark.parametrize("name", READERS)
def test_a_bomb_is_refused_by_every_reader_of_gzip(tmp_path, small, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(LINES[name] * (SIZE // len(LINES[name]))))
    assert path.stat().st_size < SIZE // 200
    with pytest.raises(
        InputError, match=r"200 times its size at most, this unpacks to more. It may be made to"
    ):
        READERS[name](path)


def test_what_packs_as_text_does_is_read_however_large(tmp_path, small):
    text = np.random.default_rng(0).integers(97, 123, SIZE, dtype=np.uint8).tobytes()
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(text, 1))
    with open_bytes(path) as stream:
        assert stream.read() == text


def test_an_archive_of_arrays_that_is_a_bomb_is_refused(tmp_path, small):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, words=np.array(["a", "b"]), vectors=np.zeros((2, SIZE // 8), np.float32))
    assert path.stat().st_size < SIZE // 200
    with pytest.raises(InputError, match="this unpacks to more"):
        WordVectors.load(path)


def test_too_many_and_too_long_lines_are_refused(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("a\nb\nc\n")
    assert len(list(read_lines(path, most=3))) == 3
    with pytest.raises(InputError, match=r"a\.txt:3: at most 2 lines were expected, more came"):
        list(read_lines(path, most=2))
    path.write_text("a\nbbbb\n")
    with pytest.raises(InputError, match=r"a\.txt:2: lines of fewer than 4 bytes"):
        list(read_lines(path, longest=4))


def test_what_an_archive_says_of_paths_leads_nowhere(tmp_path):
    """Members are read by name and never written: one that leaves the archive is another name."""
    arrays = io.BytesIO()
    np.save(arrays, np.ones((2, 2), np.float32))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("../vectors.npy", arrays.getvalue())
        archive.writestr("words.npy", b"no array")
    with pytest.raises(InputError, match=r"'words' and 'vectors' were expected, \.\./vectors, words came"):
        WordVectors.load(tmp_path / "a.npz")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.npz"]
