"""Webis-CLS-10: sentiment of product reviews in English, German, French and Japanese.

Prettenhofer and Stein, "Cross-Language Text Classification Using Structural Correspondence Learning" (ACL
2010), https://zenodo.org/record/3251672, `cls-acl10-unprocessed.tar.gz`: 2,000 train and 2,000 test reviews
a language and domain, half of them negative (1 or 2 stars), half positive (4 or 5).

It has no dev set: every tenth train review makes one (`dev_every`), which no reader of train then sees.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Literal
from xml.parsers import expat

from pydantic import Field

from mosecrot_core.errors import InputError
from mosecrot_core.learning.tasks.published import LabelledText, Layout, PublishedTask
from mosecrot_core.learning.tasks.sampling import SampleSizes
from mosecrot_core.learning.tasks.tables import checked_text
from mosecrot_core.unpacking import named_gzip_errors, open_bytes

_CHUNK = 1 << 16
_LONGEST = 1 << 20  # characters of a review, and of all that is not one

Domain = Literal["books", "dvd", "music"]


class WebisClsSettings(PublishedTask):
    """Webis-CLS-10: 2 sentiments of reviews of books, films and music, 4 languages."""

    name: Literal["webis_cls"] = "webis_cls"
    """The reader."""
    source: str = "cls-acl10-unprocessed"
    """A local folder, the unpacked archive, with `LANGUAGE/DOMAIN/train.review` and `test.review`."""
    domains: tuple[Domain, ...] = Field(default=("books", "dvd", "music"), min_length=1)
    """Reviews of what."""
    summary: bool = True
    """Put a review's own summary, its title, before its text."""
    dev_every: int = Field(default=10, ge=2)
    """Every how many train reviews one is for dev."""
    sample: SampleSizes = SampleSizes()
    """How many reviews to use in each language."""

    title: ClassVar[str] = "Webis-CLS-10"
    label_names: ClassVar[tuple[str, ...]] = ("negative", "positive")
    known: ClassVar[Mapping[str, str]] = {"de": "de", "en": "en", "fr": "fr", "ja": "jp"}

    def _layouts(self, name: str, split: str) -> list[Layout]:
        file = "test.review" if split == "test" else "train.review"
        return [tuple(f"{name}/{domain}/{file}" for domain in self.domains)]

    def _read(self, paths: tuple[Path, ...], name: str) -> Iterator[LabelledText]:
        del name
        for path in paths:
            for line, review in _reviews(path):
                text = checked_text(review.get("text", ""), "text", path, line)
                title = review.get("summary", "") if self.summary else ""
                yield f"{title}\n\n{text}" if title else text, _label(review.get("rating", ""), path, line)

    def _chosen(self, texts: list[LabelledText], name: str, split: str) -> list[LabelledText]:
        if split != "test":
            last, is_dev = self.dev_every - 1, split == "dev"
            texts = [text for i, text in enumerate(texts) if (i % self.dev_every == last) == is_dev]
        return self.sample.draw(texts, name, split)


def _label(rating: str, path: Path, line: int) -> int:
    try:
        stars = float(rating)
    except ValueError:
        stars = 0
    if stars not in (1, 2, 4, 5):
        raise InputError(f"a rating of 1, 2, 4 or 5 was expected, got {rating!r}", path=path, line=line)
    return int(stars > 2)


def _reviews(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line that each `item` begins in, and its fields; no other document is ever opened.

    Raises:
        InputError: It is no XML, has a document type, or a review is longer than any.
    """
    reader = _Items(path)
    with named_gzip_errors(path), open_bytes(path) as stream:
        while chunk := stream.read(_CHUNK):
            yield from reader.feed(chunk)
        yield from reader.feed(b"", last=True)


class _Items:
    def __init__(self, path: Path) -> None:
        self._path, self._done = path, list[tuple[int, dict[str, str]]]()
        self._item: dict[str, str] | None = None
        self._line, self._size, self._field, self._text = 0, 0, "", list[str]()
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, data: bytes, *, last: bool = False) -> list[tuple[int, dict[str, str]]]:
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            problem = f"XML as Webis publishes it was expected ({expat.errors.messages[error.code]})"
            remedy = "Unpack cls-acl10-unprocessed.tar.gz again."
            raise InputError(problem, path=self._path, line=error.lineno, remedy=remedy) from error
        except (ValueError, LookupError) as error:  # an encoding that Python lacks, or one of several bytes
            raise InputError(f"XML in UTF-8 was expected ({error})", path=self._path) from error
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        del attributes
        if name == "item":
            self._item, self._line, self._size = {}, self._parser.CurrentLineNumber, 0
        self._field, self._text = name, []

    def _characters(self, text: str) -> None:
        self._text.append(text)
        self._size += len(text)
        if self._size > _LONGEST:
            raise InputError("a review was expected, this one has no end", path=self._path, line=self._line)

    def _end(self, name: str) -> None:
        if name == "item" and self._item is not None:
            self._done.append((self._line, self._item))
            self._item = None
        elif self._item is not None and name == self._field:
            self._item[name] = "".join(self._text).strip()

    def _doctype(self, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        raise InputError("XML without a document type was expected", path=self._path, line=line)
