"""Reading XML that nobody vouches for, as a stream of elements: no entities, no depth, no giant tags.

This sets up expat itself instead of adding `defusedxml`: the part of it that is needed, refusing entity
declarations and external entities, is two handlers, and it has no limits of depth or size.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast
from xml.parsers import expat

from mosecrot_core.errors import InputError
from mosecrot_core.unpacking import named_gzip_errors, open_bytes
from mosecrot_core.words.lexicon_formats import reading
from mosecrot_core.words.lexicon_formats.reading import check_size

_BLOCK = 1 << 16
_LONGEST_TOKEN = 4 << 20
_DEEPEST = 200


class Event(NamedTuple):
    """Where an element starts (`start`, its attributes) or ends (`end`), or the text between (`text`)."""

    kind: str
    name: str
    """Name without namespace prefix; for text, the text."""
    attributes: dict[str, str]
    line: int


def xml_events(path: Path) -> Iterator[Event]:
    """Yield what an XML file consists of, plain or gzip, in constant memory.

    Raises:
        InputError: It is no well-formed XML, declares entities, is nested deeper than 200 elements, or has a
            tag of more than 4 MiB.
    """
    events: list[Event] = []
    parser = _parser(path, events.append)
    size = 0
    with named_gzip_errors(path), open_bytes(path) as stream:
        for block in _blocks(cast("BinaryIO", stream)):
            size += len(block)
            check_size(size, path, reading.LARGEST_FILE)
            _parse(parser, block, path, final=False)
            if size - max(parser.CurrentByteIndex, 0) > _LONGEST_TOKEN:
                problem = (
                    f"XML with tags and text of at most {_LONGEST_TOKEN >> 20} MiB was expected, more came"
                )
                raise InputError(problem, path=path, line=parser.CurrentLineNumber)
            yield from events
            events.clear()
        _parse(parser, b"", path, final=True)
        yield from events


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def _parse(parser: expat.XMLParserType, block: bytes, path: Path, *, final: bool) -> None:
    try:
        parser.Parse(block, final)
    except expat.ExpatError as error:
        problem = f"well-formed XML was expected ({expat.ErrorString(error.code)})"
        raise InputError(problem, path=path, line=error.lineno, remedy="Fetch it again.") from error
    except (ValueError, LookupError) as error:  # an encoding that Python lacks, or one of several bytes
        raise InputError(f"XML in UTF-8 was expected ({error})", path=path) from error


def _parser(path: Path, add: Callable[[Event], None]) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def refuse(what: str) -> None:
        problem = f"a dictionary without {what} was expected"
        remedy = (
            "Such a file can make a reader fetch other files or fill the memory: get it from a trusted place."
        )
        raise InputError(problem, path=path, line=parser.CurrentLineNumber, remedy=remedy)

    def refuse_reference(*_: str | None) -> int:
        refuse("references to other files")
        return 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            refuse(f"more than {_DEEPEST} nested elements")
        if len(attributes) > 64:
            refuse("more than 64 attributes in one tag")
        add(Event("start", name.rpartition(":")[2], attributes, parser.CurrentLineNumber))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        add(Event("end", name.rpartition(":")[2], {}, parser.CurrentLineNumber))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda text: add(Event("text", text, {}, parser.CurrentLineNumber))
    parser.EntityDeclHandler = lambda *_: refuse("entity declarations")
    parser.UnparsedEntityDeclHandler = lambda *_: refuse("entity declarations")
    parser.ExternalEntityRefHandler = refuse_reference
    return parser
