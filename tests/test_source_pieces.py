# ruff: noqa: RUF001 (signs that look alike are what this is about)
"""Tokens of every kind of tokenizer as pieces of words, and what stands for signs that they lack."""

import pytest

from mosecrot_core.mapping.source_pieces import UNREACHABLE, is_sign, pieces_of, stand_ins

SPECIAL = ["<s>", "</s>"]


def reachable(tokens):
    return [name if not name.startswith(UNREACHABLE) else None for name in pieces_of(tokens, SPECIAL)]


def test_wordpiece_keeps_its_names():
    tokens = ["<s>", "</s>", "city", "##es", ".", "##."]
    assert pieces_of(tokens, SPECIAL) == tokens


@pytest.mark.parametrize("mark", ["Ġ", "▁"])
def test_a_mark_begins_a_word_and_none_continues_one(mark):
    tokens = ["<s>", "</s>", f"{mark}city", "city", "es", mark]
    assert reachable(tokens) == ["<s>", "</s>", "city", "##city", "##es", None]


@pytest.mark.parametrize("mark", ["Ġ", "▁"])
def test_signs_need_no_mark_for_text_has_them_right_behind_a_word(mark):
    tokens = ["<s>", f"{mark}city", ".", f"{mark}.", f"{mark}(", f"{mark}1994", "1994"]
    assert reachable(tokens) == ["<s>", "city", ".", None, "(", "1994", "##1994"]


def test_bytes_are_decoded_and_halves_of_characters_are_none():
    assert reachable(["Ġcaf", "Ã©", "Ġ", "Ã", "ĠÃ©t"]) == ["caf", "##é", None, None, "ét"]


def test_a_special_token_is_never_another_tokens_name():
    assert reachable(["<s>", "▁<s>", "▁a"]) == ["<s>", None, "a"]


def test_names_are_unique_and_in_order():
    names = pieces_of(["<s>", "Ġa", "a", "Ġa b", "Ġa"], SPECIAL)
    assert len(set(names)) == len(names) == 5
    assert names[:3] == ["<s>", "a", "##a"]


@pytest.mark.parametrize(
    ("text", "sign"),
    [("1994", True), ("3,5", True), ("…", True), ("d'", False), ("神", False), ("\u0301", False)],
)
def test_a_sign_has_no_letter(text, sign):
    assert is_sign(text) == sign


def test_foreign_signs_digits_and_letters_with_marks_stand_for_plain_ones():
    pieces = {name: i for i, name in enumerate([".", ",", '"', "e", "##e", "3", "##3", "é", "。"])}
    found = stand_ins(pieces)
    expected = {
        "。": ".",
        "।": ".",
        "、": ",",
        "，": ",",
        "«": '"',
        "”": '"',
        "٣": "3",
        "##३": "##3",
        "##é": "##e",
    }
    assert {name: found[name] for name in expected} == {name: pieces[own] for name, own in expected.items()}
    assert found["ê"] == pieces["e"]
    assert "é" not in found, "the source has it"
    assert "？" not in found, "the source has nothing that it could stand for"
    assert not {name for name in found if name in pieces} - {"。"}, "only signs, which it has hardly read"
