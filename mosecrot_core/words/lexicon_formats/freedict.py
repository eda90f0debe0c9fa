"""FreeDict dictionaries in TEI: an `entry` has its spelling in `orth`, translations in `quote` or `tr`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mosecrot_core.words.lexicon_formats.reading import NAN, Options, RawPair, Tally
from mosecrot_core.words.lexicon_formats.xml_events import Event, xml_events

ROOTS = ("TEI", "TEI.2")
NO_TRANSLATION = "entry without a translation"
NO_HEADWORD = "entry without a headword"
EXAMPLE = "translation of an example"
DEFINITION = "definition, not a translation"
_TEXTS = frozenset(("orth", "quote", "tr", "def"))
_LONGEST = 1_000
_MOST_IN_ENTRY = 2_000


@dataclass
class _Entry:
    line: int
    words: list[str] = field(default_factory=list)
    translations: list[str] = field(default_factory=list)


def read_freedict(path: Path, options: Options, tally: Tally) -> Iterator[RawPair]:
    """Yield a pair for each spelling and translation of an entry, in the dictionary's own direction.

    Inflected forms (`form type="infl"`), translations of example sentences and definitions are left out.
    TEI P5 (``cit type="trans"``) and the older P4 (``trans/tr``) are read alike.

    Raises:
        InputError: See `xml_events`.
    """
    del options
    tally.unit = "entries"
    stack: list[tuple[str, str]] = []
    text: list[str] = []
    entry: _Entry | None = None
    for event in xml_events(path):
        if event.kind == "start":
            stack.append((event.name, event.attributes.get("type", "")))
            if event.name == "entry" and entry is None:
                tally.count(event.line)
                entry = _Entry(event.line)
            if event.name in _TEXTS:
                text.clear()
        elif event.kind == "text":
            # What follows the limit is cut: such a translation is too long to be one, and is dropped as that.
            if entry is not None and sum(map(len, text)) <= _LONGEST:
                text.append(event.name)
        elif entry is not None:
            _take(event, stack, "".join(text), entry, tally)
            if event.name == "entry" and sum(name == "entry" for name, _ in stack) == 1:
                yield from _pairs(entry, tally)
                entry = None
        if event.kind == "end":
            stack.pop()


def _take(event: Event, stack: list[tuple[str, str]], text: str, entry: _Entry, tally: Tally) -> None:
    """Take the text of the element that ends into the entry, if it is a spelling or a translation."""
    if event.name not in _TEXTS:
        return
    within = stack[:-1]
    if event.name == "orth":
        if not any(name == "form" and kind.startswith("infl") for name, kind in within):
            entry.words.append(text)
    elif event.name == "def":
        tally.drop(DEFINITION)
    elif any(kind in {"example", "ex"} or name == "eg" for name, kind in within):
        tally.drop(EXAMPLE)
    elif event.name == "tr" or any(name == "cit" and kind.startswith("trans") for name, kind in within):
        if len(text) > _LONGEST:
            tally.drop(f"translation of more than {_LONGEST} characters")
        else:
            entry.translations.append(text)


def _pairs(entry: _Entry, tally: Tally) -> Iterator[RawPair]:
    if not entry.words or not entry.translations:
        tally.drop(NO_TRANSLATION if entry.words else NO_HEADWORD)
        return
    if len(entry.words) * len(entry.translations) > _MOST_IN_ENTRY:
        tally.drop(f"entry with more than {_MOST_IN_ENTRY} pairs")
        return
    for word in dict.fromkeys(entry.words):
        for translation in dict.fromkeys(entry.translations):
            yield RawPair(word, translation, NAN, entry.line)
