"""Training word vectors: what they learn, that they repeat, how text is read and cut, what is refused."""

import gzip
import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from raw_texts import topical_text, topics

from mosecrot_core.errors import InputError
from mosecrot_core.mapping.segmentation import Segmentation
from mosecrot_core.words import trained_files
from mosecrot_core.words.raw_text import LONGEST_SENTENCE, Sentences, read_texts
from mosecrot_core.words.trained_files import cached_vectors, train_vector_file
from mosecrot_core.words.vector_training import VectorTraining, train_vectors
from mosecrot_core.words.vectors import WordVectors
from mosecrot_core.words.word_cutting import word_cutter

BIBLE = Path(__file__).parents[2] / "shared/data/bible"
SMALL = VectorTraining(dim=16, epochs=5, buckets=500)


@pytest.fixture(scope="module")
def trained():
    return train_vectors(topical_text(), SMALL)


@pytest.fixture
def text_file(tmp_path):
    path = tmp_path / "text.tsv.gz"
    lines = [f"{number}\t{text}\n" for number, text in enumerate(topical_text())]
    path.write_bytes(gzip.compress("".join(lines).encode()))
    return path


# What is learned


def topic_contrast(vectors: WordVectors) -> float:
    """Mean cosine of two words of one topic, less that of two words of different topics."""
    rows = vectors.lookup([word for words in topics() for word in words])[0]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    topic = np.repeat(np.arange(len(topics())), len(topics()[0]))
    same, cosines = topic[:, None] == topic, rows @ rows.T
    return float(cosines[same & ~np.eye(len(rows), dtype=bool)].mean() - cosines[~same].mean())


@pytest.mark.parametrize("model", ["fasttext", "word2vec"])
def test_words_in_the_same_contexts_are_near(model):
    text = topical_text()
    words = [word for sentence in text for word in sentence.split()]
    random.Random(1).shuffle(words)
    shuffled = [" ".join(words[start : start + 8]) for start in range(0, len(words), 8)]
    settings = VectorTraining(model=model, dim=16, epochs=15, buckets=500)
    assert topic_contrast(train_vectors(text, settings).vectors()) > 0.3
    assert abs(topic_contrast(train_vectors(shuffled, settings).vectors())) < 0.02


def test_words_come_by_frequency(trained):
    counts = Counter(word for text in topical_text() for word in text.split())
    expected = sorted(counts, key=lambda word: (-counts[word], word))
    assert trained.vectors().words == expected
    assert trained.words == len(expected)
    assert trained.vectors().report.as_dict() == trained.vectors().report.as_dict() | {"kept": len(expected)}


# The same again


HASHED = """
import hashlib, sys
from pathlib import Path
from raw_texts import topical_text
from mosecrot_core.words.vector_training import VectorTraining, train_vectors
settings = VectorTraining(model=sys.argv[1], dim=16, epochs=2, buckets=500)
train_vectors(topical_text(), settings).save(Path(sys.argv[2]))
"""


@pytest.mark.parametrize(("model", "name"), [("fasttext", "x.bin"), ("word2vec", "x.safetensors")])
def test_any_process_trains_the_same(tmp_path, model, name):
    digests = []
    for hash_seed in ("1", "2"):
        path = tmp_path / hash_seed / name
        search = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": search}
        subprocess.run([sys.executable, "-c", HASHED, model, path], check=True, env=environment)
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
    assert digests[0] == digests[1]


def test_another_seed_trains_others(trained):
    others = train_vectors(topical_text(), SMALL.model_copy(update={"seed": 1})).vectors()
    assert others.words == trained.vectors().words
    assert not np.allclose(others.rows, trained.vectors().rows)


# Subwords


def test_subwords_make_rows_for_unseen_words(trained, tmp_path):
    trained.save(tmp_path / "x.bin")
    loaded, kept = WordVectors.load(tmp_path / "x.bin"), trained.vectors()
    unseen = [topics()[0][0] + "en", "xyzzy"]
    assert loaded.words == kept.words
    assert not set(unseen) & set(kept.words)
    np.testing.assert_allclose(loaded.rows, kept.rows, rtol=1e-5, atol=1e-7)
    for vectors in (loaded, kept):
        rows, found = vectors.lookup(unseen)
        assert found.all()
        for word, row in zip(unseen, rows, strict=True):
            np.testing.assert_allclose(row, trained.model.wv.get_vector(word), rtol=1e-4, atol=1e-7)
    assert kept.lookup([""])[1].tolist() == [False]
    stem, form, other = kept.lookup([topics()[0][0], unseen[0], topics()[5][3]])[0]
    assert stem @ form / np.linalg.norm(form) > stem @ other / np.linalg.norm(other)
    trained.save(tmp_path / "x.safetensors")
    words_only = WordVectors.load(tmp_path / "x.safetensors")
    np.testing.assert_array_equal(words_only.rows, kept.rows)
    assert words_only.lookup(unseen)[1].tolist() == [False, False]


def test_the_file_is_as_large_as_is_said(trained, tmp_path):
    trained.save(tmp_path / "x.bin")
    rows = 4 * SMALL.dim * (2 * trained.words + SMALL.buckets)
    words = sum(len(word) + 10 for word in trained.vectors().words)
    assert rows < (tmp_path / "x.bin").stat().st_size < rows + words + 200


def test_without_subwords_unseen_words_have_no_row(tmp_path):
    trained = train_vectors(topical_text(300), SMALL.model_copy(update={"model": "word2vec"}))
    assert trained.vectors().lookup(["xyzzy"])[1].tolist() == [False]
    with pytest.raises(InputError, match=r"x\.bin: NAME\.safetensors was expected"):
        trained.save(tmp_path / "x.bin")


# Text into words


texts = st.text(st.characters(codec="utf-8") | st.sampled_from("aA'\u2019 .,-1\u200d\u00ad"), max_size=30)


@given(text=texts, fold=st.booleans())
def test_words_are_cut_as_a_stitched_tokenizer_cuts_them(text, fold):
    words = word_cutter(fold=fold)(text)
    # What was cut out shows the tokenizer no rule that would make it cut otherwise.
    segmentation = Segmentation.learn(list(dict.fromkeys(words)), "words", fold=fold)
    pieces = segmentation.pre_tokenizer.pre_tokenize_str(segmentation.normalise(text))
    assert words == [piece for piece, _ in pieces]


@given(st.lists(st.lists(st.sampled_from("abcdefg"), max_size=6), max_size=12), st.integers(1, 4))
def test_sentences_equal_a_slow_count(sentences, min_count):
    found = Sentences.read(map(" ".join, sentences), str.split, min_count)
    counts = Counter(word for words in sentences for word in words)
    kept = [[word for word in words if counts[word] >= min_count] for words in sentences]
    assert list(found) == [words for words in kept if words]
    assert len(found) == len(list(found))
    expected = sorted((-n, word) for word, n in counts.items() if n >= min_count)
    assert list(zip(found.words, found.counts.tolist(), strict=True)) == [(word, -n) for n, word in expected]


def test_no_word_of_a_long_text_is_lost():
    words = [f"w{number}" for number in range(LONGEST_SENTENCE)]
    pieces = list(Sentences.read([" ".join([*words, "last"])], str.split, 1))
    assert pieces == [words, ["last"]]
    # Such a text is trained on to its end: gensim drops what lies beyond 10,000 words of one sentence.
    long = " ".join(topical_text(2000))
    assert (
        topic_contrast(train_vectors([long], VectorTraining(dim=16, epochs=15, buckets=500)).vectors()) > 0.2
    )


def test_casing():
    text = [sentence.upper() for sentence in topical_text(300)]
    assert all(word.islower() for word in train_vectors(text, SMALL).vectors().words)
    kept = train_vectors(text, SMALL.model_copy(update={"casing": "keep"})).vectors()
    assert all(word.isupper() for word in kept.words)


def in_chinese(text: str) -> str:
    return text.translate({ord("a") + number: chr(0x4E00 + number) for number in range(26)})


@pytest.mark.parametrize("separator", [" ", "\u200b"])
def test_scripts_without_spaces(separator):
    text = [in_chinese(sentence).replace(" ", separator) for sentence in topical_text(300)]
    expected = {in_chinese(word) for words in topics() for word in words}
    with pytest.raises(InputError, match="a script without"):
        train_vectors([sentence.replace(separator, "") for sentence in text], SMALL)
    by_setting = train_vectors(text, SMALL.model_copy(update={"cut": "spaces"})).vectors()
    by_call = train_vectors(text, SMALL, cut=lambda sentence: sentence.split(separator)).vectors()
    assert set(by_setting.words) == expected
    np.testing.assert_array_equal(by_setting.rows, by_call.rows)


@pytest.mark.skipif(not BIBLE.is_dir(), reason="needs ../shared/data")
def test_real_chinese_is_refused():
    path = BIBLE / "zh_chius.tsv.gz"
    with pytest.raises(InputError, match=rf"{re.escape(str(path))}: .* a script without"):
        train_vectors(read_texts([path], column=2), path=path)


# Reading


def test_texts_are_read_from_columns_and_whole_lines(tmp_path):
    (tmp_path / "a.tsv").write_bytes("\ufeff1\tà la mer\tx\r\n\r\n2\t \n3\tfin".encode())
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"plain\ttext\n"))
    files = [tmp_path / "a.tsv", tmp_path / "b.gz"]
    assert list(read_texts(files, 2)) == ["à la mer", "fin", "text"]
    assert list(read_texts(files)) == ["1\tà la mer\tx", "2\t ", "3\tfin", "plain\ttext"]


@pytest.mark.parametrize(
    ("content", "column", "message"),
    [
        (b"", None, "text: lines of text were expected, there are none"),
        (b"\n \n", None, "there are none"),
        (b"1\t\n", 2, "there are none"),
        (b"1\ta\nb\n", 2, "text:2: text in column 2 was expected, the line has 1"),
        (b"a\nna\xefve\n", None, "text:2: UTF-8 text was expected, byte 0xef came"),
        (b"a\0b\n", None, "text:1: text was expected, this is a binary file"),
        (b"a\n", 0, "columns are counted from 1, 0 came"),
    ],
)
def test_reading_refuses(tmp_path, content, column, message):
    (tmp_path / "text").write_bytes(content)
    with pytest.raises(InputError) as refused:
        list(read_texts([tmp_path / "text"], column))
    assert message in str(refused.value)


def test_too_little_text(tmp_path):
    (tmp_path / "a.txt").write_text(" ".join(f"w{number}" for number in range(99)), encoding="utf-8")
    files = [tmp_path / "a.txt"] * 2
    with pytest.raises(InputError) as refused:
        train_vector_file(files, tmp_path / "x.bin", SMALL)
    words = "100 different words that occur 2 times or more were expected, 99 came."
    assert str(refused.value) == f"{files[0]} and 1 more: {words} Give more text, or lower min_count."
    with pytest.raises(InputError, match="3 times or more were expected, 0 came"):
        train_vector_file(files, tmp_path / "x.bin", SMALL.model_copy(update={"min_count": 3}))
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_settings_that_do_not_fit():
    with pytest.raises(ValidationError, match="max_n must be at least min_n; 2 and 3 came"):
        VectorTraining(max_n=2)


# Files


def test_a_training_is_done_once(tmp_path, text_file, monkeypatch):
    folder = tmp_path / "cache"
    path = cached_vectors([text_file], SMALL, folder, column=2)
    assert len(WordVectors.load(path)) == len(topics()) * len(topics()[0])
    assert list(folder.iterdir()) == [path]
    again = tmp_path / "again"
    again.write_bytes(text_file.read_bytes())
    monkeypatch.setattr(trained_files, "train_vectors", pytest.fail)
    assert cached_vectors([again], SMALL, folder, column=2) == path, "the name does not matter"


def test_who_wants_the_same_vectors_at_once_waits_for_them(tmp_path, text_file, monkeypatch):
    trainings = []

    def train(files, out, settings, **_):
        trainings.append(out)
        time.sleep(0.5)
        out.touch()

    monkeypatch.setattr(trained_files, "train_vector_file", train)
    with ThreadPoolExecutor(3) as pool:
        wanted = [pool.submit(cached_vectors, [text_file], SMALL, tmp_path / "cache") for _ in range(3)]
        paths = {one.result() for one in wanted}
    assert len(trainings) == len(paths) == 1
    assert list((tmp_path / "cache").iterdir()) == trainings


def test_what_differs_is_trained_apart(tmp_path, text_file, monkeypatch):
    monkeypatch.setattr(trained_files, "train_vector_file", lambda *_, **__: None)
    other = tmp_path / "other"
    other.write_bytes(b"1\tother text\n")
    settings = [SMALL.model_copy(update=change) for change in ({}, {"seed": 1}, {"model": "word2vec"})]
    files = [[text_file], [other], [text_file, other], [other, text_file]]
    paths = {cached_vectors(f, s, tmp_path, column=c) for f, s, c in product(files, settings, [None, 2])}
    assert len(paths) == 24
    assert Counter(path.suffix for path in paths) == {".bin": 16, ".safetensors": 8}


def test_a_failed_training_leaves_nothing(tmp_path, text_file, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gensim.models.fasttext.save_facebook_model", full)
    with pytest.raises(OSError, match="No space left"):
        cached_vectors([text_file], SMALL, tmp_path / "cache", column=2)
    assert not list((tmp_path / "cache").iterdir())
    with pytest.raises(InputError, match="there is no such file"):
        cached_vectors([tmp_path / "none"], SMALL, tmp_path / "cache")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_an_interrupt_stops_the_training(tmp_path, text_file, monkeypatch):
    seen = Counter()

    def advance(*_):
        seen["sentences"] += 1
        if seen["sentences"] == 1000:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("rich.progress.Progress.advance", advance)
    files = [text_file] * 20
    with pytest.raises(KeyboardInterrupt):
        train_vector_file(files, tmp_path / "x.bin", SMALL, column=2)
    time.sleep(0.5)
    stopped_at = seen["sentences"]
    time.sleep(0.5)
    assert seen["sentences"] == stopped_at < len(files) * len(topical_text()), "not even one epoch was ended"
    assert list(tmp_path.iterdir()) == [text_file]
