"""Apertium's bilingual dictionaries, `.dix`.

An entry is ``<e><p><l>dog<s n="n"/></l><r>chien<s n="n"/></r></p></e>``: left, right, each with its symbols.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mosecrot_core.words.lexicon_formats.reading import NAN, Options, RawPair, Tally
from mosecrot_core.words.lexicon_formats.xml_events import Event, xml_events

ROOT = "dictionary"
OTHER_DIRECTION = "entry for the other direction only"
PATTERN = "regular expression, not a word"
IGNORED = "entry marked as ignored"
_LONGEST = 1_000
# What an empty element stands for: a blank, the seam of a multiword, and a mark of Apertium's own.
_BLANKS = {"b": " ", "j": "+", "a": "~"}


@dataclass
class _Entry:
    line: int
    attributes: dict[str, str]
    left: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)
    pattern: bool = False

    def add(self, side: str, text: str) -> None:
        """Append text to a side; `i` is both."""
        for name, parts in (("l", self.left), ("r", self.right)):
            if side in {name, "i"} and sum(map(len, parts)) < _LONGEST:
                parts.append(text)


def read_apertium(path: Path, options: Options, tally: Tally) -> Iterator[RawPair]:
    """Yield (left, right) of every entry of the sections; paradigms are no entries and are skipped.

    An entry restricted to one direction (``r="LR"``, ``r="RL"``) counts only if the list is read that way:
    left to right, or with `reversed` right to left.

    Raises:
        InputError: See `xml_events`.
    """
    tally.unit = "entries"
    other = "LR" if options.reversed else "RL"
    entry: _Entry | None = None
    side = ""
    in_paradigms = False
    for event in xml_events(path):
        if event.name == "pardefs" and event.kind != "text":
            in_paradigms = event.kind == "start"
        elif in_paradigms:
            continue
        elif event.name == "e" and event.kind == "start":
            tally.count(event.line)
            entry, side = _Entry(event.line, event.attributes), ""
        elif entry is not None and event.name == "e" and event.kind == "end":
            yield from _pair(entry, other, tally)
            entry = None
        elif entry is not None:
            side = _inside(event, side, entry)


def _inside(event: Event, side: str, entry: _Entry) -> str:
    """Take one event of an entry; return the side that is then open: `l`, `r`, `i` (both) or none."""
    if event.kind == "text":
        if side:
            entry.add(side, " ".join(event.name.split()) if event.name.strip() else "")
        return side
    if event.name in {"l", "r", "i"}:
        return event.name if event.kind == "start" else ""
    if event.kind == "start":
        entry.pattern = entry.pattern or event.name == "re"
        if side and event.name in _BLANKS:
            entry.add(side, _BLANKS[event.name])
    return side


def _pair(entry: _Entry, other: str, tally: Tally) -> Iterator[RawPair]:
    if entry.pattern:
        tally.drop(PATTERN)
    elif entry.attributes.get("r") == other:
        tally.drop(OTHER_DIRECTION)
    elif entry.attributes.get("i") == "yes":
        tally.drop(IGNORED)
    else:
        yield RawPair("".join(entry.left), "".join(entry.right), NAN, entry.line)
