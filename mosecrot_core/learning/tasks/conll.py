"""CoNLL-2002 and CoNLL-2003: named entities in Spanish, Dutch, English and German news (Tjong Kim Sang).

The labels of 2003 are IOB1 and are turned into BIO, which those of 2002 are in. Lines have two columns (word,
label) to five (word, lemma, part of speech, chunk, label); ``-DOCSTART-`` lines are skipped.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from mosecrot_core.errors import InputError
from mosecrot_core.learning.bio import repair_bio
from mosecrot_core.learning.tasks.corpus import SPLITS
from mosecrot_core.learning.tasks.published import Files, Layout
from mosecrot_core.learning.tasks.token_files import Row, TokenFiles, sentences_of_columns
from mosecrot_core.unpacking import ZIP_ERRORS, named_gzip_errors, open_bytes

CONLL_LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC")
"""The types of entities in the order person, organisation, place, others."""
_SUFFIXES = {"train": "train", "dev": "testa", "test": "testb"}
_COLUMNS = (2, 3, 4, 5)
_LARGEST = 1 << 28


class ConllSettings(TokenFiles):
    """CoNLL-2002 (`es`, `nl`) and 2003 (`en`, `de`): persons, organisations, places and other names."""

    name: Literal["conll"] = "conll"
    """The reader."""
    source: str = "."
    """A local folder with `esp.train`, `esp.testa`, `esp.testb` and the same for `ned`, `eng` and `deu`, as
    published; or a zip archive of these; or the id of a hub repository of this layout."""
    encoding: Literal["auto", "utf-8", "latin-1"] = "auto"
    """The shared tasks published Latin-1, some later copies are UTF-8; auto: UTF-8 if the file is that."""

    title: ClassVar[str] = "CoNLL-2002 and 2003"
    label_names: ClassVar[tuple[str, ...]] = CONLL_LABELS
    known: ClassVar[Mapping[str, str]] = {"es": "esp", "nl": "ned", "en": "eng", "de": "deu"}

    def _layouts(self, name: str, split: str) -> list[Layout]:
        return [(_file_name(name, split),), (f"{_file_name(name, split)}.txt",)]

    def _files_of_source(self, languages: Sequence[str], base: Path) -> Files:
        """Find the files; in an archive, all lie in that one."""
        archive = base / Path(self.source).expanduser()
        if not archive.is_file():
            return super()._files_of_source(languages, base)
        members = _members(archive)
        found: Files = {
            (language, split): (archive,)
            for language in languages
            for split in SPLITS
            if _file_name(self._name(language), split) in members
        }
        for language in languages:
            if not any((language, split) in found for split in SPLITS):
                there_is = ", ".join(sorted(members)[:12]) or "nothing"
                problem = f"no file in language {language!r} is in the archive, but {there_is}"
                raise InputError(problem, path=archive, remedy="Check `source` and `languages`.")
        return found

    def _sentences(self, path: Path, name: str, split: str) -> Iterable[Sequence[Row]]:
        if zipfile.is_zipfile(path):
            path, data = _member(path, _file_name(name, split))
        else:
            data = _unpacked(path)
        if b"\0" in data:
            raise InputError("text was expected, this is a binary file", path=path)
        lines = enumerate(io.StringIO(_decoded(path, data, self.encoding), newline="\n"), 1)
        stripped = ((number, line.rstrip("\r\n")) for number, line in lines)
        return map(_as_bio, sentences_of_columns(stripped, path, _COLUMNS, tabs=False))


def _file_name(name: str, split: str) -> str:
    return f"{name}.{_SUFFIXES[split]}"


def _members(archive: Path) -> dict[str, str]:
    """Return the members of a zip archive by their file names, in whatever folder they lie in it."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return {name.rsplit("/", 1)[-1]: name for name in opened.namelist()}
    except ZIP_ERRORS as error:
        problem = f"a folder or a zip archive was expected ({error})"
        raise InputError(problem, path=archive, remedy="Fetch it again, or unpack it.") from error


def _member(archive: Path, name: str) -> tuple[Path, bytes]:
    """Read a member by its file name; also return what it is called in messages."""
    members = _members(archive)
    if name not in members:
        raise InputError(f"no {name} is in the archive", path=archive)
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(members[name]) as stream:
            return archive / name, _bounded(stream.read(_LARGEST + 1), archive / name)
    except ZIP_ERRORS as error:
        raise InputError(
            f"the archive is damaged or locked ({error})", path=archive, remedy="Fetch it again."
        ) from error


def _unpacked(path: Path) -> bytes:
    with named_gzip_errors(path), open_bytes(path) as stream:
        return _bounded(stream.read(_LARGEST + 1), path)


def _bounded(data: bytes, path: Path) -> bytes:
    """Refuse what unpacks to more than memory should hold, whatever its directory says."""
    if len(data) > _LARGEST:
        raise InputError(f"at most {_LARGEST >> 20} MiB were expected, it unpacks to more", path=path)
    return data


def _decoded(path: Path, data: bytes, encoding: str) -> str:
    if encoding == "latin-1":
        return data.decode("latin-1")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if encoding == "auto":
            return data.decode("latin-1")
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"UTF-8 text was expected, byte {data[error.start]:#x} came"
        raise InputError(problem, path=path, line=line, remedy="Set `encoding: latin-1`.") from error


def _as_bio(sentence: list[Row]) -> list[Row]:
    labels = repair_bio([label for _, _, label in sentence])
    return [(line, word, label) for (line, word, _), label in zip(sentence, labels, strict=True)]
