"""Chinese characters: the other script of a word, and rows for characters that vectors have only in words."""

import numpy as np
import pytest

from mosecrot_core.words.han import HanRows, is_han, other_scripts
from mosecrot_core.words.vector_table import LoadReport
from mosecrot_core.words.vectors import WordVectors


def vectors(words, composer=None):
    rows = np.eye(len(words), dtype=np.float32) * np.arange(1, len(words) + 1, dtype=np.float32)
    return WordVectors(list(words), rows, LoadReport(read=len(words), kept=len(words)), composer)


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("電腦", ["电脑"]),
        ("电脑", ["電腦"]),
        ("中", []),
        ("卡拉OK電", ["卡拉OK电"]),
        ("computer", []),
        ("ordinateur à", []),
        ("コンピュータ", []),
        ("", []),
    ],
)
def test_the_other_script_is_as_long_and_differs(text, others):
    assert list(other_scripts(text)) == others


def test_phrases_decide_where_characters_cannot():
    assert list(other_scripts("头发")) == ["頭髮"]
    assert list(other_scripts("发展")) == ["發展"]


def test_only_chinese_characters_are_han():
    assert is_han("漢字")
    assert not any(map(is_han, ("", "a", "漢a", "かな", "한글", "7", "。", "é")))


def test_a_character_means_what_its_words_mean_each_by_its_share():
    words = ["国", "中国", "国际化", "中中", "OK"]
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    found = HanRows(words, rows)
    assert sorted(found.characters) == sorted("中国际化")
    expected = (rows[1] / 2 + rows[2] / 3) / (1 / 2 + 1 / 3)
    np.testing.assert_allclose(found.row("国"), expected, rtol=1e-6)
    np.testing.assert_allclose(found.row("中"), (rows[1] + rows[3]) / 2, rtol=1e-6)
    np.testing.assert_array_equal(found.row("際"), found.row("际"))
    assert found.row("人") is None
    assert found.row("O") is None


def test_rows_of_half_precision_are_added_in_single():
    rows = np.full((3000, 2), 60000, np.float16)
    row = HanRows([f"中{chr(0x5000 + i)}" for i in range(3000)], rows).row("中")
    assert row.dtype == np.float32
    np.testing.assert_allclose(row, rows[0].astype(np.float32))


def test_vectors_know_words_of_the_other_script_after_those_as_written():
    known = vectors(["电脑", "髮", "发"])
    assert known.known_as("電腦") == "电脑"
    assert known.known_as("髮") == "髮", "as written"
    assert known.known_as("電話") is None
    assert vectors(["電腦"]).known_as("电脑") == "電腦"


def test_vectors_compose_characters_and_nothing_else():
    known = vectors(["中国", "国际"])
    rows, found = known.lookup(["国", "中国", "国中", "人", "a"])
    assert found.tolist() == [True, True, False, False, False]
    assert rows.tolist() == [[0.5, 1], [1, 0], [0, 0], [0, 0], [0, 0]]


def test_a_character_of_words_goes_before_a_composer_that_sees_letters():
    known = vectors(["中国", "国际"], composer=lambda word: np.array([7, 7], np.float32))
    rows, found = known.lookup(["国", "人", "人民"])
    assert rows.tolist() == [[0.5, 1], [7, 7], [7, 7]]
    assert found.all()
