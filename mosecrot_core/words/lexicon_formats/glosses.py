"""Short translations in a dictionary's gloss: ``(transitive) to heal; the cure`` gives ``heal``, ``cure``."""

import re
from collections.abc import Iterator
from functools import partial

from mosecrot_core.words.lexicon_formats.reading import Tally

DESCRIPTION = "gloss is a description"
AFTER_DESCRIPTION = "goes on with a description"
FORM_OF = "form of another word"
NOTHING_LEFT = "gloss is only a remark"
_MOST_WORDS = 3
_DEEPEST = 20
_INNERMOST = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")
_BRACKETS = re.compile(r"[()\[\]{}]")
_LABELS = r"(?:[\w-]+ ){0,3}"
_FORM_OF = re.compile(
    rf"^(?:the |an? )?{_LABELS}(?:form|spelling|misspelling|variant|synonym|abbreviation|initialism|acronym"
    r"|contraction|clipping|short form|diminutive|augmentative|comparative|superlative|participle|infinitive"
    r"|gerund|imperative|subjunctive|singular|plural|dual|collective|singulative|nominative|accusative|genitive"
    r"|dative|ablative|locative|instrumental|vocative|partitive|feminine|masculine|neuter|equivalent"
    r"|[\w-]*-(?:locative|dative|accusative))(?: [IVX]+)? of\b",
    re.IGNORECASE,
)
# How a gloss begins that says what something is instead of translating it.
_DESCRIBES = re.compile(
    r"^(?:(?:an? |the )?(?:kind|type|sort|form|piece|member|act|state|quality|name|unit|instance|process|way"
    r"|sound|person|one|someone|somebody|something|anything|thing) (?:of|who|whom|that|which|for)\b"
    r"|(?:fe)?male (?:given name|surname)\b|surname\b|given name\b"
    r"|(?:used|expressing|expresses|denotes?|denoting|indicates?|indicating|marks?|forms|signifies|pertaining"
    r"|relating|related|belonging|characteri[sz]ed|introduces|said|according)"
    r" (?:to|of|as|with|in|by|for|the|an?)\b"
    r"|(?:of|with|having|having to do) (?:or|an?|the)\b|see\b|cf\.|i\.e\.|e\.g\.|etc\b|https?://|www\.)",
    re.IGNORECASE,
)
# How a later piece begins that goes on with the one before.
_CONTINUES = re.compile(
    r"^(?:or|and|but|especially|usually|often|sometimes|chiefly|which|who|whose|when|where|while) \w",
    re.IGNORECASE,
)
_NO_WORD = re.compile(r"[=:<>|~\d]|https?://|\?$")
_ARTICLE = re.compile(r"^(?:an?|the)\s+(?=\S)", re.IGNORECASE)
_TO = re.compile(r"^to\s+(?=\S)", re.IGNORECASE)
_ENDS = " \t.!\u2026\"'\u201c\u201d\u2018\u2019"


def translations(gloss: str, tally: Tally, *, verb: bool = False, english: bool = True) -> Iterator[str]:
    """Yield the translations in a gloss and count the parts that are none.

    Brackets are remarks and go. ``;`` and ``,`` part the translations, of three words at most. What follows a
    description up to the next ``;`` belongs to it: of ``worm that lives in soil, rivers`` nothing stays.

    Args:
        gloss: Plain text, HTML removed.
        tally: Where the reasons are counted.
        verb: The headword is a verb: ``to`` at the beginning goes.
        english: The gloss is English: articles at its beginning go, and descriptions are known by theirs.

    >>> list(translations("(transitive) to heal (make sound); the cure, remedy", Tally(), verb=True))
    ['heal', 'cure', 'remedy']
    """
    plain = _without_brackets(gloss)
    if english and _FORM_OF.match(plain):
        tally.drop(FORM_OF)
        return
    if not plain.strip(_ENDS + ",;"):
        tally.drop(NOTHING_LEFT)
        return
    for sense in plain.split(";"):
        yield from _of_one_sense(sense, tally, partial(bare_english, verb=verb) if english else str, english)


def bare_english(text: str, *, verb: bool = True) -> str:
    """Remove ``to`` of an infinitive and a leading article.

    >>> bare_english("to run"), bare_english("The Netherlands"), bare_english("a")
    ('run', 'Netherlands', 'a')
    """
    return _ARTICLE.sub("", _TO.sub("", text) if verb else text)


def _of_one_sense(sense: str, tally: Tally, bare: partial[str] | type[str], english: bool) -> Iterator[str]:
    pieces = [piece.strip(_ENDS) for piece in sense.split(",")]
    described = False
    for place, piece in enumerate(filter(None, pieces)):
        word = bare(piece)
        if described or (english and place and _CONTINUES.match(piece)):
            described = True
            tally.drop(AFTER_DESCRIPTION)
        elif (
            len(word.split()) > _MOST_WORDS or _NO_WORD.search(piece) or (english and _DESCRIBES.match(piece))
        ):
            described = True
            tally.drop(DESCRIPTION)
        else:
            yield word


def _without_brackets(text: str) -> str:
    """Remove what stands in brackets, from the innermost outwards; from one left open on, everything."""
    for _ in range(_DEEPEST):
        text, count = _INNERMOST.subn(" ", text)
        if not count:
            break
    opened = _BRACKETS.search(text)
    return " ".join((text[: opened.start()] if opened else text).split())
