"""Scripts of characters, and words that mix them."""

import unicodedata

import pytest
from tokenizers import Regex, pre_tokenizers

from mosecrot_core.words.scripts import mixed_scripts, script

LATIN_A, CYRILLIC_A, GREEK_OMICRON = "a", "\u0430", "\u03bf"


@pytest.mark.parametrize(
    "word",
    [
        "naïve", "cafe\u0301", "H2O", "don't", "l\u2019été", "rock'n'roll", "ªº",
        "食べ物", "コーヒー", "Tシャツ", "卡拉OK", "〇々", "ㄅ漢", "漢字한글", "ＡＢＣ漢",
        "μm", "µm", "kΩ", "γ射线", "αヘリックス",
        "X-хромосома", "IT-компания", "CO₂", "привет world", "да/no",
        "ko\u02bbolau",
        "हिन्दी", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "ภาษาไทย",
        "\u02bbokina", "Ⅱ型", "輔酶Ⅰ", "ғылым", "",
    ],
)  # fmt: skip
def test_what_writing_systems_do_mix_is_no_fault(word):
    assert mixed_scripts(word) == frozenset()


@pytest.mark.parametrize(
    ("word", "scripts"),
    [
        (f"c{CYRILLIC_A}t", {"LATIN", "CYRILLIC"}),
        (f"{CYRILLIC_A}pple", {"LATIN", "CYRILLIC"}),
        (f"f{GREEK_OMICRON}r", {"LATIN", "GREEK"}),
        (f"{GREEK_OMICRON}ther", {"LATIN", "GREEK"}),
        ("\u03b1βc", {"LATIN", "GREEK"}),
        ("aμb", {"LATIN", "GREEK"}),
        ("чай茶", {"CYRILLIC", "CJK"}),
        ("हिx", {"DEVANAGARI", "LATIN"}),
        ("かな한", {"HIRAGANA", "HANGUL"}),
        ("ab\u05d0", {"LATIN", "HEBREW"}),
        ("fine words, bar\u044c", {"LATIN", "CYRILLIC"}),
        (f"d'{CYRILLIC_A}bord", {"LATIN", "CYRILLIC"}),
        (f"e\u0301{CYRILLIC_A}", {"LATIN", "CYRILLIC"}),
    ],
)
def test_other_mixtures_inside_one_word_are_named(word, scripts):
    assert mixed_scripts(word) == scripts


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        *((name, name.upper()) for name in ("Latin", "Greek", "Cyrillic", "Hiragana", "Katakana", "Hangul")),
        *(
            (name, name.upper())
            for name in ("Arabic", "Hebrew", "Devanagari", "Thai", "Georgian", "Armenian")
        ),
        ("Han", "CJK"),
    ],
)
def test_names_give_the_scripts_that_unicode_gives(name, ours):
    """The reference is the script property of the regular expressions in `tokenizers`."""
    split = pre_tokenizers.Split(Regex(rf"\p{{{name}}}"), "removed", invert=True)
    letters = [c for c in map(chr, range(0x20, 0xFFFF)) if c.isalpha() and unicodedata.category(c) != "Lm"]
    wrong = [c for c in letters if bool(split.pre_tokenize_str(c)) != (script(c) == ours)]
    assert [c for c in wrong if unicodedata.name(c) != "IDEOGRAPHIC CLOSING MARK"] == []


def test_digits_punctuation_and_accents_have_no_script():
    assert {script(c) for c in "0٣५-'\u2019.\u0301\u3099\u200d ー🙂"} == {""}
