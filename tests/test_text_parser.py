"""The compiled reader of text: the numbers it takes are what Python and gensim make of them."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mosecrot_core.words.text_parser import parse_lines


def expected(text: str) -> np.float32:
    """The obvious way, and gensim's: the nearest float64, and of that the nearest float32."""
    with np.errstate(over="ignore"):
        return np.float32(float(text))


def read(texts: list[str]) -> list[np.float32 | None]:
    """Each number by itself; None where it is odd."""
    parsed = parse_lines("".join(f"w {text}\n" for text in texts).encode(), 1)
    rows = iter(parsed.rows[:, 0])
    return [next(rows) if end >= 0 else None for end in parsed.word_ends.tolist()]


def assert_exact(texts: list[str]) -> list[np.float32 | None]:
    found = read(texts)
    for text, number in zip(texts, found, strict=True):
        if number is not None:
            assert number.tobytes() == expected(text).tobytes(), text
    return found


def test_the_usual_numbers_are_exact_and_none_is_odd() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(3_000)
    for form in ("%.4f", "%.5f", "%.6f", "%f", "%.8g", "%g", "%e", "%.17g"):
        assert None not in assert_exact([form % value for value in values]), form
    singles = [repr(float(np.float32(value))) for value in values * 10.0 ** rng.integers(-30, 30, 3_000)]
    assert None not in assert_exact(singles)
    bits = rng.integers(0, 2**31, 3_000).astype(np.uint32).view(np.float32)
    assert None not in assert_exact([repr(float(x)) for x in bits if np.isfinite(x) and abs(x) > 1e-40])


def test_every_number_of_four_decimals() -> None:
    texts = [
        f"{sign}{whole}.{part:04d}" for sign in ("", "-") for whole in (0, 1, 12) for part in range(10_000)
    ]
    assert None not in assert_exact(texts)


def test_numbers_between_two_float32_are_rounded_as_python_does() -> None:
    rng = np.random.default_rng(1)
    texts = []
    for bits in rng.integers(1, 0x7F7FFFFF, 2_000):
        low, high = (np.uint32(b).view(np.float32).astype(np.float64) for b in (bits, bits + 1))
        middle = Decimal(float(low)) + (Decimal(float(high)) - Decimal(float(low))) / 2
        off = abs(middle) * Decimal(2) ** -int(rng.integers(45, 70))
        texts += [f"{middle:.20e}", f"{middle + off:.25e}", f"{middle - off:.25e}", f"{middle + off:.16e}"]
    assert_exact(texts)


FORMS = st.from_regex(
    r"[+-]?([0-9]{1,25}(\.[0-9]{0,25})?|\.[0-9]{1,25})([eE][+-]?[0-9]{1,3})?", fullmatch=True
)


@given(st.lists(FORMS, min_size=1, max_size=20))
@settings(max_examples=300, deadline=None)
def test_any_decimal_number_is_exact_or_odd(texts: list[str]) -> None:
    assert_exact(texts)


@pytest.mark.parametrize(
    "text",
    ["", "-", "+", ".", "e5", "1e", "1e+",
     "1.2.3", "1,5", "nan", "inf", "0x1", "1_0", "--1", "1e9999", "1\t", "é"],
)  # fmt: skip
def test_what_is_no_plain_number_is_odd(text: str) -> None:
    assert read(["1", text, "2"]) == [1, None, 2]


def test_lines() -> None:
    text = b"a 1 2\n\nb  1 2\nc 1\nd 1 2 3\ne 1 2 \r\nf 1 2\r\nx\0 1 2\n 1 2\nNew York 1 2\n\xff 3 4 \ng 5 6"
    parsed = parse_lines(text, 2)
    lines = text.splitlines(keepends=True)
    assert np.diff(parsed.starts).tolist() == [len(line) for line in lines]
    clean = [i for i, end in enumerate(parsed.word_ends) if end >= 0]
    words = [text[parsed.starts[i] : parsed.word_ends[i]] for i in clean]
    assert words == [b"a", b"e", b"f", b"", b"\xff", b"g"]
    assert parsed.rows.tolist() == [[1, 2], [1, 2], [1, 2], [1, 2], [3, 4], [5, 6]]


def test_every_cut_of_a_text_is_read_within_its_bounds() -> None:
    text = b"ab 1.5e-3 -2\ncd 17 1e5\n"
    for end in range(1, len(text)):
        parsed = parse_lines(text[:end], 2)
        assert parsed.starts[-1] == end
        assert len(parsed.word_ends) == text[:end].count(b"\n") + (not text[:end].endswith(b"\n"))
