"""CoNLL-2002 and CoNLL-2003: named entities in Spanish, Dutch, English and German news (Tjong Kim Sang).

The labels of 2003 are IOB1 and are turned into BIO, which those of 2002 are in. Lines have two columns (word,
label) to five (word, lemma, part of speech, chunk, label); ``-DOCSTART-`` lines are skipped.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from mosecrot_core.errors import InputError
from mosecrot_core.learning.bio import repair_bio
from mosecrot_core.learning.tasks.corpus import SPLITS, Split
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens, TokenCorpus
from mosecrot_core.learning.tasks.token_files import (
    Paths,
    Row,
    TokenFileSettings,
    find_files,
    number_labels,
    sentences_of_columns,
)
from mosecrot_core.locations import named_gzip_errors, open_bytes, resolve_path

CONLL_LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC")
"""The types of entities in the order person, organisation, place, others."""
_STEMS = {"es": "esp", "nl": "ned", "en": "eng", "de": "deu"}
_SPLIT_SUFFIXES: dict[Split, str] = {"train": "train", "dev": "testa", "test": "testb"}
_LAYOUT = "{esp,ned,eng,deu}.{train,testa,testb}, as published"
_COLUMNS = (2, 3, 4, 5)
_LARGEST = 1 << 28
# All that `zipfile` may raise on damaged, locked or unknown archives.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, LookupError, ValueError)


class ConllSettings(TokenFileSettings):
    """Where the files lie: `folder`, which may be a zip archive, or `files`.

    A folder is read for the languages `es`, `nl` (2002), `en` and `de` (2003).
    """

    name: Literal["conll"] = "conll"
    """The reader."""
    encoding: Literal["auto", "utf-8", "latin-1"] = "auto"
    """The shared tasks published Latin-1, some later copies are UTF-8; auto: UTF-8 if the file is that."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.folder is None) == (self.files is None):
            raise ValueError("exactly one of `folder` and `files` is expected")
        return self

    def paths(self, languages: Sequence[str], base: Path = Path()) -> Paths:
        """Return the file of each language and split; the archive, where `folder` is one.

        Raises:
            InputError: A language has none.
        """
        if self.files is not None:
            return self.named_files(languages, base)
        folder = resolve_path(self.folder or "", base)
        names = _names(languages, folder)
        if folder.is_file():
            return dict.fromkeys(_members(folder, names), folder)
        patterns = {key: (name, f"{name}.gz", f"{name}.txt") for key, name in names.items()}
        return find_files(folder, patterns, _LAYOUT)


def load_conll(settings: ConllSettings, languages: Sequence[str], base: Path = Path()) -> TokenCorpus:
    """Read the sentences of every language; labels are BIO.

    Args:
        settings: Where the files lie.
        languages: `es`, `nl`, `en`, `de`, or as `files` has them.
        base: Folder that relative paths start from.

    Raises:
        InputError: A file is missing, damaged, or in another format or encoding.
    """
    languages = tuple(dict.fromkeys(languages))
    paths = settings.paths(languages, base)
    archive = resolve_path(settings.folder, base) if settings.folder else None
    if archive is None or archive.is_dir():
        data = {key: (path, _unpacked(path)) for key, path in paths.items()}
    else:
        members = _members(archive, _names(languages, archive))
        data = {key: (archive / name, _member(archive, name)) for key, name in members.items()}
    return TokenCorpus(
        CONLL_LABELS, {key: _read(path, raw, settings.encoding) for key, (path, raw) in data.items()}
    )


def _names(languages: Sequence[str], folder: Path) -> dict[tuple[str, str], str]:
    if unknown := [language for language in languages if language not in _STEMS]:
        problem = f"CoNLL-2002 and 2003 have {', '.join(_STEMS)}, not {', '.join(unknown)}"
        raise InputError(problem, path=folder, remedy="Files of other languages are listed in `files`.")
    return {
        (lang, split): f"{_STEMS[lang]}.{_SPLIT_SUFFIXES[split]}" for lang in languages for split in SPLITS
    }


def _members(archive: Path, names: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Find the members of a zip archive by their file names, in whatever folder they lie in it."""
    try:
        with zipfile.ZipFile(archive) as opened:
            listed = {name.rsplit("/", 1)[-1]: name for name in opened.namelist()}
    except _DAMAGED as error:
        problem = f"a folder or a zip archive was expected ({error})"
        raise InputError(problem, path=archive, remedy="Fetch it again, or unpack it.") from error
    for language in dict.fromkeys(language for language, _ in names):
        if not any(name in listed for (lang, _), name in names.items() if lang == language):
            there_is = ", ".join(sorted(listed)[:12])
            problem = f"no file in language {language!r} is in the archive, but {there_is}"
            raise InputError(problem, path=archive, remedy=f"The layout is {_LAYOUT}.")
    return {key: listed[name] for key, name in names.items() if name in listed}


def _member(archive: Path, name: str) -> bytes:
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(name) as stream:
            return _bounded(stream.read(_LARGEST + 1), archive / name)
    except _DAMAGED as error:
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


def _read(path: Path, data: bytes, encoding: str) -> LabelledTokens:
    if b"\0" in data:
        raise InputError("text was expected, this is a binary file", path=path)
    lines = enumerate(io.StringIO(_decoded(path, data, encoding), newline="\n"), 1)
    stripped = ((number, line.rstrip("\r\n")) for number, line in lines)
    sentences = sentences_of_columns(stripped, path, _COLUMNS, tabs=False)
    return number_labels(map(_as_bio, sentences), CONLL_LABELS, path)


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
