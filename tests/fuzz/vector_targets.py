"""Inputs and readers of word vectors."""

import gzip
import io
import struct
import tempfile
from pathlib import Path

import numpy as np

from fuzz.mutations import Files
from fuzz.targets import Target, must_be_text
from mosecrot_core.words.conversion import inspect_vectors
from mosecrot_core.words.raw_text import read_texts
from mosecrot_core.words.vectors import WordVectors

_WORDS = ["le", "chat", "été", "New York", "10"]
_ROWS = np.arange(1, 21, dtype=np.float32).reshape(5, 4) / 8


def targets() -> list[Target]:
    """Return the readers of vectors."""
    plain, headed = _text(header=False), _text(header=True)
    made = {
        "text": [("fr.vec", plain), ("fr.vec", headed), ("fr.vec", headed.replace(b"\n", b" \r\n"))],
        "text_gzip": [("fr.vec.gz", gzip.compress(headed, 1))],
        "word2vec": [("fr.bin", _word2vec()), ("fr.bin", gzip.compress(_word2vec(), 1))],
        "fasttext": [("fr.bin", _fasttext()), ("fr.bin", gzip.compress(_fasttext(), 1))],
        "npz": [("fr.npz", _npz(rows=False, packed=False)), ("fr.npz", _npz(rows=True, packed=True))],
        "safetensors": [
            ("fr.safetensors", _safetensors("float32")),
            ("fr.safetensors", _safetensors("float16")),
        ],
    }
    found = [
        Target("vectors", name, [{file: content} for file, content in seeds], _reader(seeds[0][0]))
        for name, seeds in made.items()
    ]
    running = Target("vectors", "raw_text", [{"a.txt": b"le\tchat dort\nun\tchien\n"}], _read_running_text)
    return [
        *found,
        running,
        *(Target("vectors", name, [files], _read_spacy) for name, files in _spacy().items()),
    ]


def _reader(file: str):
    def read(folder: Path) -> None:
        vectors = WordVectors.load(folder / file)
        _check(vectors)
        if file.endswith(".safetensors"):
            mapped = WordVectors.load(folder / file, memory_mapped=True)
            assert mapped.words == vectors.words
        else:
            assert inspect_vectors(folder / file, limit=2).words <= 2

    return read


def _read_spacy(folder: Path) -> None:
    _check(WordVectors.load(folder))


def _read_running_text(folder: Path) -> None:
    must_be_text(read_texts([folder / "a.txt"]))
    must_be_text(read_texts([folder / "a.txt"], column=2))


def _check(vectors: WordVectors) -> None:
    must_be_text(vectors.words)
    assert len(set(vectors.words)) == len(vectors.words)
    assert np.isfinite(vectors.rows).all()
    assert vectors.rows.any(axis=1).all()
    rows, found = vectors.lookup(["chat", "chatte", "a", ""])
    assert np.isfinite(rows).all()
    assert found.shape == (4,)


def _text(*, header: bool) -> bytes:
    lines = [f"{word} {' '.join(map(str, row))}\n" for word, row in zip(_WORDS, _ROWS.tolist(), strict=True)]
    return ((f"{len(_WORDS)} 4\n" if header else "") + "".join(lines)).encode()


def _word2vec() -> bytes:
    records = (word.encode() + b" " + row.tobytes() + b"\n" for word, row in zip(_WORDS, _ROWS, strict=True))
    return b"5 4\n" + b"".join(records)


def _fasttext() -> bytes:
    """Five words, four buckets of n-grams, version 12."""
    head = struct.pack("<2i12id", 793_712_314, 12, 4, 5, 5, 1, 5, 1, 1, 2, 4, 2, 3, 100, 1e-4)
    words = b"".join(word.encode() + b"\0" + struct.pack("<qb", 9, 0) for word in _WORDS)
    matrix = np.vstack([_ROWS, np.ones((4, 4), np.float32)])
    body = struct.pack("<3i2q", 5, 5, 0, 99, -1) + words + struct.pack("<?2q", False, 9, 4)
    return head + body + matrix.tobytes() + struct.pack("<?2q", False, 5, 4) + _ROWS.tobytes()


def _npz(*, rows: bool, packed: bool) -> bytes:
    arrays = {"words": np.array(_WORDS), "vectors": _ROWS} | (
        {"rows": np.array([0, 1, 1, 2, 4])} if rows else {}
    )
    out = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(out, **arrays)
    return out.getvalue()


def _safetensors(precision: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        text, path = Path(folder) / "a.vec", Path(folder) / "a.safetensors"
        text.write_bytes(_text(header=True))
        WordVectors.load(text, precision=precision).save(path)
        return path.read_bytes()


def _spacy() -> dict[str, Files]:
    from spacy.vocab import Vocab

    plain, floret = Vocab(), Vocab(strings=[word for word in _WORDS if " " not in word])
    for word, row in zip(_WORDS, _ROWS, strict=True):
        plain.set_vector(word, row)
    from spacy.vectors import Vectors

    floret.vectors = Vectors(
        strings=floret.strings,
        mode="floret",
        data=np.ones((8, 4), np.float32),
        minn=2,
        maxn=3,
        hash_count=2,
        hash_seed=7,
    )
    return {"spacy": _saved(plain), "floret": _saved(floret)}


def _saved(vocab) -> Files:
    with tempfile.TemporaryDirectory() as folder:
        vocab.to_disk(folder)
        kept = ("strings.json", "vectors", "key2row", "vectors.cfg")
        return {name: (Path(folder) / name).read_bytes() for name in kept if (Path(folder) / name).is_file()}
