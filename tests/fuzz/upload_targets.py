"""What is uploaded: decisions on anchors, and a user's own vectors, word lists and texts with their names."""

import gzip
import io
import tempfile
import zipfile
import zlib
from pathlib import Path

from fuzz.mutations import Files
from fuzz.targets import Target, must_be_text
from mosecrot_core.anchors.decisions import import_decisions, read_decisions, write_decisions
from mosecrot_core.anchors.review import Reviews
from mosecrot_core.runs.uploads import LARGEST_MEGABYTES, SUFFIXES, receive

_PARTS = tuple(SUFFIXES)
_TEXT = b"2 3\nchat 1 0 0\nchien 0 1 0\n"


def targets() -> list[Target]:
    """Return what takes uploads."""
    reviews, table = _made_decisions()
    return [
        Target("uploads", "decisions_table", [{"uploaded": table}], _read_decisions),
        Target("uploads", "decisions_sqlite", [{"uploaded": reviews}], _read_decisions),
        Target("uploads", "own_files", _own_files(), _receive),
    ]


def _read_decisions(folder: Path) -> None:
    decisions = read_decisions(folder / "uploaded", ("en", "fr"))
    for name in ("source", "target", "verdict", "correction", "author", "time"):
        must_be_text(decisions[name])
    if len(decisions) and zlib.crc32(repr(decisions.iloc[0].tolist()).encode()) % 8 == 0:
        import_decisions(Reviews(folder / "own.sqlite", ("en", "fr")), decisions, "somebody")


def _receive(folder: Path) -> None:
    given, said, content = (_read(folder / part) for part in ("name", "part", "content"))
    name, part = given.decode("utf-8", "surrogateescape"), _PARTS[zlib.crc32(said) % len(_PARTS)]
    part = next((known for known in _PARTS if known.encode() == said), part)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        staging = Path(place) / "inputs"
        staging.mkdir()
        try:
            got = receive(io.BytesIO(content), name, part, staging)
        finally:
            assert [path.name for path in Path(place).iterdir()] == ["inputs"], "written elsewhere"
        assert list(staging.iterdir()) == [got]
        assert got.name.startswith(f"{part}.")
        assert 0 < got.stat().st_size <= LARGEST_MEGABYTES[part] << 20


def _own_files() -> list[Files]:
    """Return an upload of each kind of file, under a name that its part of the inputs takes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("words.txt", _TEXT)
    contents = {".gz": gzip.compress(_TEXT), ".zip": archive.getvalue()}
    return [
        {
            "name": f"own{suffix}{gz}".encode(),
            "part": part.encode(),
            "content": contents.get(gz or suffix, _TEXT),
        }
        for part, endings in SUFFIXES.items()
        for suffix in endings
        for gz in ("", ".gz")
    ]


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _made_decisions() -> tuple[bytes, bytes]:
    with tempfile.TemporaryDirectory() as place:
        reviews = Reviews(Path(place) / "a.sqlite", ("en", "fr"))
        reviews.decide([("dog", "chien"), ("cat", "=chat")], "accept", "Ada")
        reviews.decide([("du", "thumb")], "correct", "Ada", "pouce")
        reviews.undo("Ada")
        reviews.decide([("du", "thumb\t\\")], "reject", "Bo")
        write_decisions(reviews, Path(place) / "a.tsv")
        return (Path(place) / "a.sqlite").read_bytes(), (Path(place) / "a.tsv").read_bytes()
