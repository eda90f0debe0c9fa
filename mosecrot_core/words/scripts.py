"""Which script a character belongs to, and which words mix scripts that no writing system mixes.

Python knows no script property, but the name of every letter begins with its script. The rule for words is
the "highly restrictive" level of Unicode Technical Standard 39, section 5.2, with one exception: letters of
one script, or Latin together with the scripts of Japanese (Han, Hiragana, Katakana), of Chinese (Han,
Bopomofo) or of Korean (Han, Hangul): ``Tシャツ``, ``卡拉OK``. Digits, punctuation and combining accents fit
every script. The exception is a Greek letter that stands as a symbol at an edge of the word: ``μm``, ``kΩ``,
``γ射线``.

Latin beside Cyrillic inside one word is then always a mistake: a look-alike letter, or two columns run
together.
"""

import re
import unicodedata
from functools import lru_cache

UNSPACED = frozenset(("CJK", "HIRAGANA", "KATAKANA", "THAI", "KHMER", "LAO", "MYANMAR"))
"""Scripts written without spaces between words."""

_TOGETHER = (
    frozenset(("LATIN", "CJK", "HIRAGANA", "KATAKANA")),
    frozenset(("LATIN", "CJK", "BOPOMOFO")),
    frozenset(("LATIN", "CJK", "HANGUL")),
)
# Forms of a letter that the name puts before its script: FULLWIDTH LATIN CAPITAL LETTER A.
_WIDTHS = ("FULLWIDTH ", "HALFWIDTH ", "SUPERSCRIPT ")
_OTHER_NAMES = {
    "IDEOGRAPHIC": "CJK",
    "VERTICAL": "CJK",
    "HENTAIGANA": "HIRAGANA",
    "FEMININE": "LATIN",
    "MASCULINE": "LATIN",
    "ANGSTROM": "LATIN",
    "KELVIN": "LATIN",
    "OHM": "GREEK",
    "ROMAN": "LATIN",
    "TURNED": "LATIN",
}
# Letters of no single script: MICRO SIGN, MODIFIER LETTER APOSTROPHE, SCRIPT SMALL L, ALEF SYMBOL.
_COMMON = frozenset(("MICRO", "MODIFIER", "MATHEMATICAL", "DOUBLE-STRUCK", "SCRIPT", "ALEF", "BET", "GIMEL"))
_BOTH_KANA = "KATAKANA-HIRAGANA"
# Greek letters used as symbols; those that most fonts draw like a Latin letter are not among them.
_GREEK_SYMBOLS = frozenset("αβγδεζηθκλμξπρσφχψωΓΔΘΛΞΠΣΦΨΩ")
_APOSTROPHES = "'\u2019\u02bc"
_WORD_END = re.compile(rf"[^\w{_APOSTROPHES}\u200c\u200d]+")


@lru_cache(maxsize=1 << 14)
def script(character: str) -> str:
    """Name the script of one character; empty for what belongs to all scripts, such as digits and accents.

    Han is ``CJK``, as in the names of its characters; a script of two words is named by the first.

    >>> script("a"), script("я"), script("漢"), script("ー"), script("7")
    ('LATIN', 'CYRILLIC', 'CJK', '', '')
    """
    category = unicodedata.category(character)
    name = unicodedata.name(character, "")
    if category[0] not in "LM" and not name.startswith("IDEOGRAPHIC NUMBER"):
        return ""
    for width in _WIDTHS:
        name = name.removeprefix(width)
    first = name.partition(" ")[0]
    if (
        first in _COMMON
        or first == _BOTH_KANA
        or (category[0] == "M" and first in {"COMBINING", "VARIATION"})
    ):
        return ""
    return _OTHER_NAMES.get(first, first)


def mixed_scripts(text: str) -> frozenset[str]:
    """Return the scripts of the first word that mixes what no writing system mixes; empty if there is none.

    Words end at white space, hyphens and other punctuation, not at apostrophes: ``X-хромосома`` is two words.

    >>> sorted(mixed_scripts("fжl")), sorted(mixed_scripts("IT-компания, Tシャツ, μm"))
    (['CYRILLIC', 'LATIN'], [])
    """
    if text.isascii():
        return frozenset()
    for word in _WORD_END.split(_joined(text)):
        scripts = _scripts_of(word)
        if len(scripts) > 1 and not any(scripts <= allowed for allowed in _TOGETHER):
            return scripts
    return frozenset()


def _joined(text: str) -> str:
    r"""Remove marks: ``\w`` does not hold the vowel signs of Indic scripts, which would then end words."""
    return "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] != "M")


def _scripts_of(word: str) -> frozenset[str]:
    scripts = frozenset(map(script, word)) - {""}
    if "GREEK" not in scripts or len(scripts) == 1:
        return scripts
    symbols = {word[0], word[-1]} & _GREEK_SYMBOLS
    greek = [character for character in word if script(character) == "GREEK"]
    return scripts - {"GREEK"} if len(greek) == 1 and greek[0] in symbols else scripts
