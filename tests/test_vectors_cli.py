"""The commands `mosecrot vectors convert | inspect | train` as a user types them."""

import inspect
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from raw_texts import topical_text
from typed import typed

from mosecrot_core import vectors_cli
from mosecrot_core.words.vector_training import VectorTraining
from mosecrot_core.words.vectors import WordVectors

COMMAND = Path(sys.executable).with_name("mosecrot")
TEXT = "6 2\nle 1 2\nla 3 4\nle 5 6\nzéro 0 0\nsol\x1b[2J 7 8\nà 9 10\n"


@pytest.fixture
def user(tmp_path, monkeypatch, capsys):
    """A user in a folder with fr.vec, who types commands; gives (exit code, output, errors)."""
    (tmp_path / "fr.vec").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def types(*arguments):
        return typed(monkeypatch, capsys, "vectors", *arguments)

    types.folder = tmp_path
    return types


@pytest.mark.parametrize("name", ["convert", "inspect", "train"])
def test_help(user, name):
    code, out, _ = user(name, "--help")
    assert code == 0
    assert "Usage: mosecrot vectors" in out


def test_convert(user):
    code, out, errors = user("convert", "fr.vec", "fr.safetensors")
    assert code == 0
    assert out.splitlines() == [
        "fr.safetensors: 4 words of 2 numbers, 0.0 MiB as float32",
        "1 dropped: duplicates",
        "1 dropped: zero rows",
    ]
    assert "fr.vec" in errors, "a bar"
    vectors = WordVectors.load("fr.safetensors", memory_mapped=True)
    assert vectors.words == ["le", "la", "sol\x1b[2J", "à"]
    assert vectors.rows.tolist() == [[1, 2], [3, 4], [7, 8], [9, 10]]
    code, out, errors = user(
        "convert", "fr.vec", "new/half.st", "--precision", "float16", "--limit", 2, "--quiet"
    )
    assert (code, errors) == (0, "")
    assert "2 words of 2 numbers" in out
    assert WordVectors.load("new/half.st").rows.dtype == np.float16


def test_convert_refuses(user):
    for arguments, message in (
        (("none.vec", "x"), "there is no such file"),
        (("fr.vec", "fr.vec"), "this is the file to convert"),
        (("fr.vec", "."), "a folder came"),
        (("fr.vec", "x", "--format", "glove"), "format must be one of"),
    ):
        code, out, errors = user("convert", *arguments)
        assert (code, out) == (2, "")
        assert message in errors
    assert user("convert", "fr.vec", "x", "--precision", "int8")[0] == 2
    assert user("convert", "fr.vec", "x", "--limit", 0)[0] == 2
    assert [path.name for path in user.folder.iterdir()] == ["fr.vec"]


def test_converting_subwords_says_that_they_are_lost(user):
    from gensim.models import FastText
    from gensim.models.fasttext import save_facebook_model

    model = FastText([["chat", "chien"]] * 9, vector_size=4, min_count=1, bucket=50, epochs=1, workers=1)
    save_facebook_model(model, "ft.bin")
    code, _, errors = user("convert", "ft.bin", "ft.safetensors", "--quiet")
    assert (code, errors) == (0, "Subwords are not kept: with this file, unseen words have no row.\n")
    assert "subwords: yes" in user("inspect", "ft.bin", "--quiet")[1]
    assert "subwords: no" in user("inspect", "ft.safetensors", "--quiet")[1]


def test_inspect(user):
    code, out, errors = user("inspect", "fr.vec", "--quiet")
    assert (code, errors) == (0, "")
    assert out.splitlines() == [
        "fr.vec: text, 4 words of 2 numbers, 0.0 MiB as float32",
        "subwords: no",
        "first words: le la sol⟨U+001B⟩[2J à",
        "1 dropped: duplicates",
        "1 dropped: zero rows",
    ]
    user("convert", "fr.vec", "x", "--quiet")
    assert user("inspect", "x", "--quiet")[1].splitlines()[1:] == out.splitlines()[1:], "counts are kept"
    row = json.loads(user("inspect", "fr.vec", "--json", "--limit", 2)[1])
    assert (row["words"], row["dim"], row["bytes"], row["first_words"]) == (2, 2, 16, ["le", "la"])
    assert row["report"]["kept"] == 2


def test_train(user):
    lines = [f"{number}\t{text}\n" for number, text in enumerate(topical_text(400))]
    for name, part in (("a.tsv", lines[:200]), ("b.tsv", lines[200:])):
        (user.folder / name).write_text("".join(part), encoding="utf-8")
    small = ("--column", 2, "--dim", 8, "--epochs", 2, "--buckets", 500)
    code, out, errors = user("train", "a.tsv", "b.tsv", "new/xx.bin", *small)
    assert (code, out) == (0, "new/xx.bin: 120 words of 8 numbers, 0.0 MiB\n")
    assert "training" in errors, "a bar"
    vectors = WordVectors.load("new/xx.bin")
    assert (len(vectors), vectors.dim) == (120, 8)
    assert vectors.lookup(["unseen"])[1].all()
    code, out, errors = user("train", "a.tsv", "xx.safetensors", *small, "--quiet")
    assert (code, errors) == (0, "Subwords are not kept: with this file, unseen words have no row.\n")
    code, out, errors = user("train", "a.tsv", "w.safetensors", *small, "--quiet", "--model", "word2vec")
    assert (code, errors) == (0, "")
    assert WordVectors.load("w.safetensors").words == WordVectors.load("xx.safetensors").words


def test_train_refuses(user):
    (user.folder / "a.bin").write_text("text", encoding="utf-8")
    for arguments, message in (
        (("fr.vec", "none.txt", "x.bin"), "none.txt: there is no such file"),
        (("a.bin", "fr.vec"), "fr.vec: NAME.bin or NAME.safetensors was expected"),
        (("fr.vec", "x.bin", "--model", "word2vec"), "x.bin: NAME.safetensors was expected"),
        (("fr.vec", "a.bin", "a.bin"), "a.bin: this is a text to train on"),
        (("fr.vec", "x.bin"), "fr.vec: 100 different words that occur 2 times or more were expected"),
        (("fr.vec", "x.bin", "--column", 2), "fr.vec:1: text in column 2 was expected"),
    ):
        code, out, errors = user("train", *arguments)
        assert (code, out) == (2, "")
        assert message in errors
    assert user("train", "fr.vec")[0] == 2
    assert user("train", "fr.vec", "x.bin", "--epochs", 0)[0] == 2
    assert sorted(path.name for path in user.folder.iterdir()) == ["a.bin", "fr.vec"]
    assert (user.folder / "a.bin").read_text(encoding="utf-8") == "text"


def test_training_options_have_the_defaults_of_the_settings():
    options = inspect.signature(vectors_cli.train).parameters
    shared = VectorTraining.model_fields.keys() & options.keys()
    assert len(shared) == 9
    for name in shared:
        assert options[name].default == VectorTraining.model_fields[name].default


def test_a_stopped_conversion_leaves_nothing(tmp_path):
    """Ctrl-C as soon as it has begun to write."""
    with (tmp_path / "big.vec").open("w") as file:
        file.writelines(f"w{i}{' 0.1234' * 300}\n" for i in range(40_000))
    process = subprocess.Popen(
        [COMMAND, "vectors", "convert", "big.vec", "x.safetensors", "--quiet"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".*.tmp")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert [path.name for path in tmp_path.iterdir()] == ["big.vec"]
