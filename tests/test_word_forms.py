"""Written forms: what each measure says of words made for it."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mosecrot_core.anchors.word_forms import (
    casing,
    digits,
    foreign_script,
    identical,
    log_length_ratio,
    proper_names,
    spelling,
    stop_words,
)

pytestmark = pytest.mark.filterwarnings("error")


def dice(left, right):
    """Letter groups of two and three, word edges included, accents and case left out."""

    def groups(word):
        letters = [c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c)]
        edged = ["^", *letters, "$"]
        pairs = {tuple(edged[i : i + 2]) for i in range(len(edged) - 1)}
        return pairs | {tuple(edged[i : i + 3]) for i in range(len(edged) - 2)}

    a, b = groups(left), groups(right)
    return 2 * len(a & b) / (len(a) + len(b))


@given(st.lists(st.tuples(*[st.text("aàbBcÇnñ", min_size=1, max_size=6)] * 2), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_spelling_is_the_dice_coefficient(pairs):
    expected = [dice(s, t) for s, t in pairs]
    np.testing.assert_allclose(spelling(pairs), expected, atol=1e-6)


def test_spelling_is_not_compared_between_scripts():
    found = spelling([("Moscow", "Москва"), ("été", "ETE"), ("1990", "1990"), ("dog", "犬"), ("", "a")])
    np.testing.assert_array_equal(np.isnan(found), [True, False, False, True, True])
    assert found[1] == found[2] == 1


def test_the_same_string_but_for_case():
    assert identical(["Paris", "dog", "STRASSE"], ["paris", "dogs", "straße"]).tolist() == [1, 0, 1]


def test_casing_is_a_mismatch_where_both_scripts_have_case():
    sources, targets = (
        ["she", "Bath", "dog", "Dog", "Tokyo", "A4", ""],
        ["Sie", "bain", "chien", "Hund", "東京", "4", "x"],
    )
    assert casing(sources, targets).tolist() == [1, 1, 0, 0, 0, 0, 0]


def test_digits_are_compared_as_numbers_in_any_script():
    sources, targets = ["1990", "1990", "dog", "B12", "3rd", "x²"], ["1991", "١٩٩٠", "chien", "B", "3e", "x2"]
    assert digits(sources, targets).tolist() == [1, 0, 0, 1, 0, 0]


def test_length_ratio_is_in_doublings():
    np.testing.assert_allclose(log_length_ratio(["abcd", "ab", ""], ["a", "abcdefgh", "x"]), [2, -2, 0])


def test_proper_names_are_capitalised_on_both_sides():
    assert proper_names(["Paris", "Paris", "paris"], ["Paris", "paris", "paris"]).tolist() == [1, 0, 0]


def test_foreign_script_is_another_than_most_words_have():
    assert foreign_script(["собака", "кот", "dog", "1990", "…"]).tolist() == [0, 0, 1, 0, 0]
    assert foreign_script(["1", "2"]).tolist() == [0, 0]
    assert foreign_script([]).tolist() == []


def test_stop_words_are_nan_where_no_list_is_known():
    assert stop_words(["The", "dog", "OF"], "en").tolist() == [1, 0, 1]
    assert np.isnan(stop_words(["the", "dog"], "qaa")).all()
