"""Which sides of a pair are no words in any list: empty, control characters, markup, mixed scripts."""

import re
import unicodedata

from mosecrot_core.words.scripts import mixed_scripts

EMPTY = "empty word"
CONTROL = "control character"
MARKUP = "HTML or wiki markup"
MIXED = "mixed scripts in one word"

# Tags, character references, brackets of links and templates, and sub-pages where Wiktionary keeps lists.
_MARKUP = re.compile(
    r"</?[A-Za-z][^<>]*/?>|<!--|&(?:#\d+|#[xX][0-9A-Fa-f]+|[A-Za-z]{2,8}\d{0,2});|\[\[|\]\]|\{\{|\}\}"
    r"|^Unsupported titles/|/(?:derived terms|translations|quotations)$"
)
# Marks that turn the direction of writing, and the character that stands for undecodable bytes.
_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffd]")


def flaw(text: str) -> str | None:
    r"""Say why a side of a pair is no word; None where it may be one. It may hold several words.

    >>> flaw("chien"), flaw("&nbsp;"), flaw("чaй"), flaw("a\x07b"), flaw(" ")
    (None, 'HTML or wiki markup', 'mixed scripts in one word', 'control character', 'empty word')
    """
    if not text.strip():
        return EMPTY
    if _has_control(text):
        return CONTROL
    if _MARKUP.search(text):
        return MARKUP
    return MIXED if mixed_scripts(text) else None


def clean(text: str) -> str:
    """Strip a word and put one space between its parts."""
    return " ".join(text.split())


def _has_control(text: str) -> bool:
    if text.isprintable():  # by far the most, and quick; True also for letters, marks and plain spaces only
        return bool(_INVISIBLE.search(text))
    return bool(_INVISIBLE.search(text)) or any(unicodedata.category(c) == "Cc" for c in text)
