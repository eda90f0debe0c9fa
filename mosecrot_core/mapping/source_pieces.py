# ruff: noqa: RUF001 (signs that look alike are what this is about)
"""The source encoder's tokens as pieces of words, whatever kind of tokenizer it has."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache

from tokenizers import decoders

CONTINUED = "##"
"""Stands before a piece that continues a word, as WordPiece writes it."""
UNREACHABLE = "\0"
"""Stands before a name that no text produces, since normalising drops this character."""

# What other scripts and typographers write for a sign that every encoder knows; full-width forms and digits
# are derived.
_SIGNS = {
    ",": "、،፣၊՝", ".": "。।።။។…·", ";": "؛፤", "?": "؟¿", "!": "¡", '"': "«»„“”‟「」『』《》〈〉〝〞″״",
    "'": "‘’‚‛‹›′`´ʼ׳", "-": "‐‑‒–—―−־", "(": "【〔［", ")": "】〕］", "*": "•●",
}  # fmt: skip
_FULL_WIDTH = range(0xFF01, 0xFF5F)


def pieces_of(tokens: Sequence[str], special: Collection[str]) -> list[str]:
    """Name each token of a tokenizer as WordPiece would: `word` begins a word, `##ing` continues one.

    Names are unique. Special tokens keep theirs; what can be no piece of text (half a character of a
    byte-level tokenizer, a second token of one name) gets a name that no text produces.

    Args:
        tokens: As the tokenizer writes them, in the order of their ids.
        special: Those that are no text.

    >>> pieces_of(["<s>", "Ġcity", "es", "."], ["<s>"])
    ['<s>', 'city', '##es', '.']
    """
    name_of, known, names = _naming(tokens), set(special), []
    for i, token in enumerate(tokens):
        name = token if token in special else name_of(token)
        if token not in special and (not name or name in known):
            name = f"{UNREACHABLE}{i}{UNREACHABLE}"
        known.add(name)
        names.append(name)
    return names


def is_sign(text: str) -> bool:
    """Tell whether a text has no letter: punctuation, symbols, numbers.

    >>> is_sign("1994"), is_sign("..."), is_sign("d'")
    (True, True, False)
    """
    return not any(character.isalpha() or unicodedata.combining(character) for character in text)


def stand_ins(pieces: Mapping[str, int]) -> dict[str, int]:
    """Name pieces that the source lacks, with the id of the source piece whose row they may have.

    Signs of other scripts stand for the plain ones, digits for 0 to 9, letters with marks for those without,
    where the source (an encoder that strips accents) does not know them.
    """
    found = {}
    for character, plain in _plain_forms().items():
        for mark in ("", CONTINUED):
            if mark + character not in pieces and mark + plain in pieces:
                found[mark + character] = pieces[mark + plain]
    foreign = {sign: pieces[own] for sign, own in _plain_signs().items() if own in pieces}
    return found | foreign  # also for signs that an English encoder has, and has hardly ever read


@cache
def _plain_signs() -> dict[str, str]:
    plain = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in _FULL_WIDTH}
    return plain | {sign: own for own, signs in _SIGNS.items() for sign in signs}


@cache
def _plain_forms() -> dict[str, str]:
    """Map digits of all scripts, and letters with marks up to Greek Extended, to what they stand for."""
    digits = {chr(code): unicodedata.decimal(chr(code), None) for code in range(0x80, 0x10000)}
    letters = {chr(code): unicodedata.normalize("NFD", chr(code)) for code in range(0xC0, 0x2000)}
    forms = {letter: parts[0] for letter, parts in letters.items() if len(parts) > 1 and letter.isalpha()}
    return forms | {digit: str(value) for digit, value in digits.items() if value is not None}


def _naming(tokens: Sequence[str]) -> Callable[[str], str]:
    """Return what gives a token of this kind of tokenizer the name of its piece; empty: none."""
    marked = {mark: sum(token.startswith(mark) for token in tokens) for mark in ("Ġ", "▁")}
    mark = max(marked, key=lambda each: marked[each])
    if not marked[mark]:
        return str  # WordPiece itself, or whole words
    decoder = decoders.ByteLevel()

    def read(token: str) -> str:
        return str(decoder.decode([token])) if mark == "Ġ" else token.replace(mark, " ")

    unmarked = {text for text in map(read, tokens) if not text.startswith(" ")}

    def name(token: str) -> str:
        text = read(token)
        piece, begins = text.strip(), text.startswith(" ")
        if not piece or " " in piece or "\ufffd" in piece:
            return ""
        if is_sign(piece) and not piece.isnumeric():  # usually stands right behind a word, without a mark
            return "" if begins and piece in unmarked else piece
        return piece if begins else CONTINUED + piece

    return name
