"""The fast format: nothing is lost on the way in and out, no damage gets through, no half file is left."""

import gzip
import json
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save, save_file

from mosecrot_core.errors import InputError
from mosecrot_core.words import vector_table
from mosecrot_core.words.conversion import convert_vectors, inspect_vectors
from mosecrot_core.words.vectors import LoadReport, WordVectors

WORDS = ["le", "été", "New York", "日本", "\u2028", "a\nb", "nul\0", '"', "\ud7ff", "😀", " "]
METADATA = {"format": "mosecrot word vectors", "version": "1"}


def table(n: int, dim: int = 4, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)


def write_text(path: Path, words: list[str], rows: np.ndarray) -> Path:
    lines = [f"{word} {' '.join(map(repr, row.tolist()))}\n" for word, row in zip(words, rows, strict=True)]
    path.write_text(f"{len(words)} {rows.shape[1]}\n" + "".join(lines), encoding="utf-8")
    return path


def stored(words: list[str], rows: np.ndarray, **changed: np.ndarray) -> dict[str, np.ndarray]:
    """The tensors of a file, made the obvious way."""
    encoded = [word.encode() for word in words]
    ends = [sum(map(len, encoded[: i + 1])) for i in range(len(words))]
    text = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    return {"vectors": rows, "word_bytes": text, "word_ends": np.array(ends, dtype=np.int64)} | changed


# Round trips


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_saved_as_the_format_says(tmp_path: Path, precision: str) -> None:
    rows, path = table(len(WORDS)).astype(precision), tmp_path / "x.safetensors"
    WordVectors(WORDS, rows, LoadReport(read=14, kept=11, duplicates=2, zero_rows=1)).save(path)
    for name, tensor in load_file(path).items():
        np.testing.assert_array_equal(tensor, stored(WORDS, rows)[name])
        assert tensor.dtype == stored(WORDS, rows)[name].dtype
    assert len(path.read_bytes()) == 4096 + rows.nbytes + 8 * len(WORDS) + len("".join(WORDS).encode())
    length = struct.unpack("<Q", path.read_bytes()[:8])[0]
    metadata = json.loads(path.read_bytes()[8 : 8 + length])["__metadata__"]
    assert metadata.items() >= {**METADATA, "read": "14", "duplicates": "2", "zero_rows": "1"}.items()
    assert path.stat().st_mode & 0o444 == 0o444
    assert list(tmp_path.iterdir()) == [path]


ANY_WORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
NUMBERS = st.floats(width=16, allow_nan=False, allow_infinity=False).map(lambda number: number or 1.0)


@given(
    words=st.lists(ANY_WORD, min_size=1, max_size=8, unique=True), data=st.data(), mapped=st.booleans(),
    precision=st.sampled_from(["float32", "float16"]), chunk=st.integers(1, 9), limit=st.integers(1, 9),
)  # fmt: skip
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_round_trips(
    tmp_path: Path,
    words: list[str],
    data: st.DataObject,
    mapped: bool,
    precision: str,
    chunk: int,
    limit: int,
) -> None:
    row = st.lists(NUMBERS, min_size=2, max_size=2)
    rows = np.array([data.draw(row) for _ in words], dtype=np.float32)
    path = tmp_path / "x.safetensors"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector_table, "_CHUNK_ROWS", chunk)
        WordVectors(words, rows, LoadReport(read=len(words), kept=len(words))).save(path, precision)
        whole = WordVectors.load(path, memory_mapped=mapped)
        some = WordVectors.load(path, memory_mapped=mapped, limit=limit)
    assert whole.words == words
    assert whole.rows.dtype == precision
    np.testing.assert_array_equal(whole.rows, rows)
    assert whole.report == LoadReport(read=len(words), kept=len(words))
    assert some.words == words[:limit]
    np.testing.assert_array_equal(some.rows, rows[:limit])
    assert some.report.kept == min(limit, len(words))
    found, known = whole.lookup([*words, "not " + words[0] * 9])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[:-1], rows)
    assert known.tolist() == [True] * len(words) + [False]


def test_the_precision_of_the_file_unless_asked_otherwise(tmp_path: Path) -> None:
    rows, path = table(3), tmp_path / "x.safetensors"
    vectors = WordVectors(["a", "b", "c"], rows, LoadReport())
    vectors.save(path, "float16")
    assert WordVectors.load(path).rows.dtype == np.float16
    wide = WordVectors.load(path, precision="float32").rows
    assert wide.dtype == np.float32
    np.testing.assert_array_equal(wide, rows.astype(np.float16).astype(np.float32))
    WordVectors.load(path).save(path)  # as they are
    np.testing.assert_array_equal(WordVectors.load(path).rows, rows.astype(np.float16))
    vectors.save(path)
    np.testing.assert_array_equal(WordVectors.load(path, precision="float16").rows, rows.astype(np.float16))
    text = write_text(tmp_path / "x.vec", vectors.words, rows)
    np.testing.assert_array_equal(WordVectors.load(text, precision="float16").rows, rows.astype(np.float16))
    with pytest.raises(InputError, match="precision must be float32 or float16; 'int8' came"):
        WordVectors.load(text, precision="int8")  # type: ignore[arg-type]


def test_what_float16_does_not_reach(tmp_path: Path) -> None:
    path = write_text(tmp_path / "x.vec", ["a", "b"], np.array([[1, 2], [3, 65_520]], dtype=np.float32))
    assert len(WordVectors.load(path)) == 2
    with pytest.raises(InputError, match=r"x\.vec:3: numbers within float16's 65,504 .*'b' .*Keep float32"):
        WordVectors.load(path, precision="float16")
    write_text(path, ["a", "b"], np.array([[1, 2], [1e-9, 0]], dtype=np.float32))
    narrow = WordVectors.load(path, precision="float16")
    assert (narrow.words, narrow.report.zero_rows) == (["a"], 1)
    WordVectors.load(path).save(tmp_path / "y.safetensors", "float16")
    assert WordVectors.load(tmp_path / "y.safetensors").report == narrow.report


def test_half_a_character_cannot_be_saved(tmp_path: Path) -> None:
    vectors = WordVectors(["a", "\ud800"], table(2), LoadReport())
    with pytest.raises(InputError, match=r"whole characters were expected, '\\ud800' came"):
        vectors.save(tmp_path / "x.safetensors")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="a folder came"):
        vectors.save(tmp_path)


def test_tensors_in_another_order_are_read_too(tmp_path: Path) -> None:
    rows, path = table(len(WORDS), 3), tmp_path / "x.safetensors"
    save_file(stored(WORDS, rows), path, METADATA)  # safetensors sorts them by type
    for mapped in (True, False):
        vectors = WordVectors.load(path, memory_mapped=mapped)
        assert vectors.words == WORDS
        np.testing.assert_array_equal(vectors.rows, rows)


# Mapped into memory


def test_mapped_rows_stay_on_the_disk(tmp_path: Path) -> None:
    rows, path = table(50, 8), tmp_path / "x.safetensors"
    WordVectors([f"w{i}" for i in range(50)], rows, LoadReport(read=60, kept=50, duplicates=10)).save(path)
    vectors = WordVectors.load(path, memory_mapped=True)
    base = vectors.rows
    while isinstance(base.base, np.ndarray):
        base = base.base
    assert isinstance(base, np.memmap)
    assert type(vectors.rows) is np.ndarray
    assert not vectors.rows.flags.writeable
    assert vectors.report == LoadReport(read=60, kept=50, duplicates=10)
    np.testing.assert_array_equal(vectors.lookup(["w7", "none", "w3"])[0], [rows[7], [0] * 8, rows[3]])


def test_what_cannot_be_mapped(tmp_path: Path) -> None:
    text = write_text(tmp_path / "x.vec", ["a"], table(1))
    with pytest.raises(InputError, match=r"only a safetensors file .* text came.*mosecrot vectors convert"):
        WordVectors.load(text, memory_mapped=True)
    path = tmp_path / "x.safetensors"
    WordVectors(["a"], table(1), LoadReport()).save(path)
    with pytest.raises(InputError, match="only be read as it is, float32; float16 was asked for"):
        WordVectors.load(path, memory_mapped=True, precision="float16")
    for words, rows in ((["a", "a"], table(2)), (["a", "b"], table(2) * [[1], [0]])):
        save_file(stored(words, rows.astype(np.float32)), path, METADATA)
        with pytest.raises(InputError, match="no row of zeros was expected, 1 of 2 are others"):
            WordVectors.load(path, memory_mapped=True)
        assert WordVectors.load(path).words == ["a"]


# Damage

GOOD = stored(["a", "bé"], table(2))
ONES = np.ones((2, 3), np.float32)
ENDS = "ends of words that rise to 4 were expected"
TENSORS = "vectors F32 or F16 .* were expected"
BAD: dict[str, tuple[dict[str, np.ndarray], dict[str, str] | None, str]] = {
    # name: tensors, metadata, what the message says
    "a model": ({"encoder.weight": ONES}, {"format": "pt"}, "one with encoder.weight came.*convert"),
    "no metadata": (GOOD, None, "one with .*vectors.* came"),
    "later version": (GOOD, METADATA | {"version": "2"}, "version 1 of the format was expected, 2 came"),
    "odd counts": (GOOD, METADATA | {"duplicates": "-1"}, "counts of words were expected"),
    "tensor missing": ({"vectors": ONES}, METADATA, TENSORS),
    "tensor too many": (GOOD | {"x": ONES}, METADATA, TENSORS),
    "integers": (GOOD | {"vectors": ONES.astype(np.int32)}, METADATA, TENSORS),
    "float64": (GOOD | {"vectors": ONES.astype(np.float64)}, METADATA, TENSORS),
    "flat": (GOOD | {"vectors": ONES[0]}, METADATA, TENSORS),
    "no width": (GOOD | {"vectors": ONES[:, :0]}, METADATA, TENSORS),
    "no rows": (stored([], ONES[:0]), METADATA, TENSORS),
    "other count": (GOOD | {"vectors": table(3)}, METADATA, TENSORS),
    "int32 ends": (GOOD | {"word_ends": np.array([1, 4], np.int32)}, METADATA, TENSORS),
    "two-dimensional ends": (GOOD | {"word_ends": np.array([[1, 4]] * 2)}, METADATA, TENSORS),
    "falling ends": (GOOD | {"word_ends": np.array([4, 1])}, METADATA, ENDS),
    "equal ends": (GOOD | {"word_ends": np.array([4, 4])}, METADATA, ENDS),
    "negative ends": (GOOD | {"word_ends": np.array([-1, 4])}, METADATA, ENDS),
    "ends beyond": (GOOD | {"word_ends": np.array([1, 5])}, METADATA, ENDS),
    "ends before": (GOOD | {"word_ends": np.array([1, 3])}, METADATA, ENDS),
    "overflowing ends": (GOOD | {"word_ends": np.array([2**63 - 1, -(2**63)])}, METADATA, ENDS),
    "cut character": (GOOD | {"word_ends": np.array([3, 4])}, METADATA, "words in UTF-8 were expected"),
    "no UTF-8": (GOOD | {"word_bytes": np.full(4, 0xFF, np.uint8)}, METADATA, "words in UTF-8 were expected"),
    "NaN": (GOOD | {"vectors": ONES * np.nan}, METADATA, "the vector of 'a' holds NaN"),
    "all zeros": (GOOD | {"vectors": ONES * 0}, METADATA, "no usable word vector"),
}


@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize("name", BAD)
def test_bad_files(tmp_path: Path, name: str, mapped: bool) -> None:
    tensors, metadata, message = BAD[name]
    path = tmp_path / "x.safetensors"
    save_file({key: np.ascontiguousarray(tensor) for key, tensor in tensors.items()}, path, metadata)
    with pytest.raises(InputError, match=message) as caught:
        WordVectors.load(path, memory_mapped=mapped)
    assert caught.value.path == path


def test_what_only_looks_like_it(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    for name, kind in (("encoder", "BF16"), ("vectors", "BF16"), ("vectors", "F8_E4M3")):
        width = 1 if kind.startswith("F8") else 2
        tensor = {"dtype": kind, "shape": [2, 3], "data_offsets": [0, 6 * width]}
        header = json.dumps({"__metadata__": METADATA, name: tensor}).encode()
        path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(6 * width))
        with pytest.raises(InputError, match=f"{TENSORS[:18]}.*{name} {kind}"):
            WordVectors.load(path)
    path.write_bytes(gzip.compress(save(GOOD, METADATA)))
    with pytest.raises(InputError, match=r"a packed one came.*gunzip"):
        WordVectors.load(path)
    text = write_text(tmp_path / "x.vec", ["a"], table(1))
    with pytest.raises(InputError, match="not a readable safetensors file"):
        WordVectors.load(text, format="safetensors")


def test_cut_off_anywhere(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.safetensors", tmp_path / "cut.safetensors"
    WordVectors(["a", "b"], table(2), LoadReport()).save(whole)
    content = whole.read_bytes()
    for size in [*range(9, len(content) - 1, 97), *range(4090, len(content))]:
        path.write_bytes(content[:size])
        with pytest.raises(InputError, match=r"cut\.safetensors: not a readable safetensors file"):
            WordVectors.load(path)
    path.write_bytes(content + b"x")
    with pytest.raises(InputError, match="not a readable safetensors"):
        WordVectors.load(path, memory_mapped=True)


@given(place=st.integers(0, 700), byte=st.integers(0, 255), mapped=st.booleans())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_byte_is_refused_or_harmless(tmp_path: Path, place: int, byte: int, mapped: bool) -> None:
    content = bytearray(save(GOOD, METADATA))
    content[place % len(content)] = byte
    (tmp_path / "x.safetensors").write_bytes(content)
    try:
        vectors = WordVectors.load(tmp_path / "x.safetensors", format="safetensors", memory_mapped=mapped)
    except InputError as error:
        refused = error.path
    else:
        refused = tmp_path / "x.safetensors"
        assert len(vectors) == len(vectors.rows) <= 2
        assert np.isfinite(vectors.rows).all()
    assert refused == tmp_path / "x.safetensors"


# Conversion


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    words = [*(f"mot{i}" for i in range(40)), "mot7", "zéro"]
    rows = table(len(words))
    rows[-1] = 0
    return write_text(tmp_path / "fr.vec", words, rows)


@pytest.mark.parametrize("precision", [None, "float32", "float16"])
@pytest.mark.parametrize("limit", [None, 5, 400])
def test_conversion_is_loading_and_saving(text_file: Path, precision: str | None, limit: int | None) -> None:
    out = text_file.with_name("made") / "fr.safetensors"
    summary = convert_vectors(text_file, out, precision=precision, limit=limit)
    vectors = WordVectors.load(text_file, precision=precision, limit=limit)
    converted = WordVectors.load(out)
    assert converted.words == vectors.words
    np.testing.assert_array_equal(converted.rows, vectors.rows)
    assert converted.rows.dtype == (precision or "float32")
    vectors.save(out.with_name("same"))
    assert out.read_bytes() == out.with_name("same").read_bytes()
    if limit != 5:
        assert converted.report == summary.report == LoadReport(read=42, kept=40, duplicates=1, zero_rows=1)
    again = convert_vectors(out, out.with_name("again"))
    assert out.with_name("again").read_bytes() == out.read_bytes()
    assert (again.format, again.precision) == ("safetensors", precision or "float32")


def test_conversion_of_every_format(text_file: Path) -> None:
    vectors = WordVectors.load(text_file)
    folder = text_file.parent
    encoded = [
        word.encode() + b" " + row.astype("<f4").tobytes()
        for word, row in zip(vectors.words, vectors.rows, strict=True)
    ]
    (folder / "x.bin").write_bytes(b"40 4\n" + b"".join(encoded))
    np.savez(folder / "x.npz", words=np.array(vectors.words), vectors=vectors.rows)
    for name, form in (("x.bin", "word2vec"), ("x.npz", "npz"), ("fr.vec", "text")):
        summary = convert_vectors(folder / name, folder / "out")
        assert (summary.format, summary.words, summary.dim, summary.n_bytes) == (form, 40, 4, 640)
        converted = WordVectors.load(folder / "out")
        assert converted.words == vectors.words
        np.testing.assert_array_equal(converted.rows, vectors.rows)


def test_a_failed_conversion_leaves_what_was_there(text_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_table, "_CHUNK_ROWS", 7)
    out = text_file.with_name("out.safetensors")
    convert_vectors(text_file, out)
    before = {path: path.read_bytes() for path in text_file.parent.iterdir()}
    bad = text_file.read_text().replace("mot30 ", "mot30 x")
    text_file.write_text(bad)
    before[text_file] = text_file.read_bytes()
    with pytest.raises(InputError, match=r"fr\.vec:32"):
        convert_vectors(text_file, out)
    with pytest.raises(InputError, match="the file to convert"):
        convert_vectors(text_file, text_file)
    add, calls = (
        vector_table.VectorTable.add,
        iter([None, None, KeyboardInterrupt, None, OSError(28, "full")]),
    )

    def stop(self: vector_table.VectorTable, *args: object, **more: object) -> None:
        if error := next(calls):
            raise error
        add(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(vector_table.VectorTable, "add", stop)
    with pytest.raises(KeyboardInterrupt):
        convert_vectors(text_file, out)
    with pytest.raises(OSError, match="No space left") as caught:
        convert_vectors(text_file, out)
    assert caught.value.filename == str(out.parent)
    assert {path: path.read_bytes() for path in text_file.parent.iterdir()} == before


def test_inspection(text_file: Path) -> None:
    summary = inspect_vectors(text_file)
    assert (summary.format, summary.words, summary.dim, summary.subwords) == ("text", 40, 4, False)
    assert summary.first_words == tuple(f"mot{i}" for i in range(10))
    assert summary.report == WordVectors.load(text_file).report
    convert_vectors(text_file, text_file.with_name("x"), precision="float16", limit=3)
    summary = inspect_vectors(text_file.with_name("x"))
    assert (summary.format, summary.words, summary.precision, summary.n_bytes) == (
        "safetensors",
        3,
        "float16",
        24,
    )


def test_progress_goes_to_standard_error(text_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = text_file.with_name("out.safetensors")
    for work in (
        lambda: convert_vectors(text_file, out, progress=True),
        lambda: inspect_vectors(out, progress=True),
        lambda: WordVectors.load(out, progress=True),
        lambda: WordVectors.load(out, progress=True, memory_mapped=True),
    ):
        work()
        shown = capsys.readouterr()
        assert shown.out == ""
        assert any(name in shown.err for name in ("fr.vec", "out.safetensors"))
        WordVectors.load(out)
        assert capsys.readouterr().err == ""


@pytest.fixture
def wide_file(tmp_path: Path) -> Iterator[Path]:
    """20,000 rows of 1,000 numbers: 40 MB of text, 80 MB as float32."""
    path, numbers = tmp_path / "wide.vec", " 1 2 3 4 5" * 200
    with path.open("w") as file:
        file.write("20000 1000\n")
        file.writelines(f"w{i}{numbers}\n" for i in range(20_000))
    yield path
    path.unlink()


def test_memory_stays_small(wide_file: Path) -> None:
    WordVectors.load(wide_file, limit=1)  # compiles
    out = wide_file.with_name("x.safetensors")
    rows = 80_000_000
    for work, least, most in (
        (lambda: convert_vectors(wide_file, out), 0, 50_000_000),
        (lambda: inspect_vectors(out), 0, 50_000_000),
        (lambda: WordVectors.load(out, memory_mapped=True), 0, 50_000_000),
        (lambda: WordVectors.load(out), rows, rows + 50_000_000),
        (lambda: WordVectors.load(wide_file), rows, rows + 50_000_000),
        (lambda: WordVectors.load(wide_file, precision="float16"), rows // 2, rows // 2 + 50_000_000),
    ):
        tracemalloc.start()
        work()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert least < peak < most
    out.unlink()
