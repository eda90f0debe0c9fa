"""The compiled part of reading vectors from text: clean lines become words and rows; odd ones are marked.

Importing this module imports numba, so it is imported where text is read.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.compiled import compiled

_SPACE, _LINE_FEED, _RETURN, _PLUS, _MINUS, _POINT, _ZERO, _NINE = b" \n\r+-.09"
_E, _LOWER = b"e"[0], 0x20  # a letter's code with this bit set is the small letter
_ODD = -1
_EXACT_WHOLE = 1 << 53  # every whole number up to here is a float64
_EXACT_POWER = 22  # and so is every power of ten up to this one
_FULL = 10**18  # a uint64 takes one more digit below this
_LONGEST_EXPONENT = 60
_MARGIN = 2.0**-49
_POWERS = 10.0 ** np.arange(_EXACT_POWER + 1)


@dataclass(frozen=True, eq=False)
class ParsedLines:
    """What a block of text holds.

    Attributes:
        starts: Where each line starts, and where the last one ends ``[n + 1]``.
        word_ends: Where the word of each line ends, -1 for an odd line ``[n]``.
        rows: The numbers of the lines that are not odd ``[m, d]``, float32.
    """

    starts: NDArray[np.int32]
    word_ends: NDArray[np.int32]
    rows: NDArray[np.float32]


def parse_lines(text: bytes, dim: int) -> ParsedLines:
    r"""Read lines of a word without spaces and ``dim`` decimal numbers, each after one space.

    A line may end in a space, and in ``\n`` or ``\r\n``. Each number is what Python makes of it, rounded to
    float32. A line is odd where it has another form or a number that takes longer to round: the caller
    reads it. Other threads run meanwhile.

    Args:
        text: Whole lines, the last with or without its end; less than 2 GiB.
        dim: Numbers in a line, d.

    >>> parse_lines(b"le 1 -0.5\nNew York 1 2\nla 2e-1 3", 2).word_ends.tolist()
    [2, -1, 25]
    """
    data = np.frombuffer(text, dtype=np.uint8)
    lines = text.count(b"\n") + (not text.endswith(b"\n"))
    starts, word_ends = np.empty(lines + 1, dtype=np.int32), np.empty(lines, dtype=np.int32)
    rows = np.empty((len(text) // (2 * dim) + 1, dim), dtype=np.float32)  # a digit and a space a number
    kept = _parse(data, _POWERS, rows, starts, word_ends)
    return ParsedLines(starts, word_ends, rows[:kept])


@compiled(error_model="numpy")
def _parse(data: Any, powers: Any, rows: Any, starts: Any, word_ends: Any) -> Any:
    """Fill the arrays of `ParsedLines`; return how many rows there are."""
    at, kept = 0, 0
    for line in range(len(word_ends)):
        starts[line] = at
        word_end = _end_of_word(data, at)
        at, clean = (word_end, False) if word_end < 0 else _read_row(data, word_end, powers, rows[kept])
        word_ends[line] = word_end if clean else _ODD
        kept += clean
        at = starts[line] if at < 0 else at
        while at < len(data) and data[at] != _LINE_FEED:
            at += 1
        at += 1
    starts[len(word_ends)] = min(at, len(data))
    return kept


@compiled(error_model="numpy")
def _end_of_word(data: Any, at: Any) -> Any:
    """Find the first space of a line; -1 where there is none, or a NUL byte before it."""
    while at < len(data):
        code = data[at]
        if code == _SPACE:
            return at
        if code in (0, _LINE_FEED):
            return _ODD
        at += 1
    return _ODD


@compiled(error_model="numpy")
def _read_row(data: Any, at: Any, powers: Any, row: Any) -> Any:
    """Read the numbers of a line from its first space on; return where they end and whether all is clean."""
    for column in range(len(row)):
        if at >= len(data) or data[at] != _SPACE:
            return at, False
        at, value = _read_number(data, at + 1, powers)
        if at < 0:
            return at, False
        row[column] = value
    if at < len(data) and data[at] == _SPACE:
        at += 1
    if at < len(data) and data[at] == _RETURN:
        at += 1
    return at, at >= len(data) or data[at] == _LINE_FEED


@compiled(error_model="numpy")
def _read_number(data: Any, at: Any, powers: Any) -> Any:
    """Read ``[+-]digits[.digits][e[+-]digits]``; return where it ends, -1 if it is odd, and the float32."""
    end = len(data)
    negative = at < end and data[at] == _MINUS
    if at < end and data[at] in (_MINUS, _PLUS):
        at += 1
    whole, exponent, digits, cut = np.uint64(0), 0, 0, False
    after_point = False
    while at < end:
        code = data[at]
        if _ZERO <= code <= _NINE:
            digits += 1
            if whole < _FULL:
                whole = whole * np.uint64(10) + np.uint64(code - _ZERO)
                exponent -= after_point
            else:
                cut = True
                exponent += not after_point
        elif code == _POINT and not after_point:
            after_point = True
        else:
            break
        at += 1
    if digits == 0:
        return _ODD, np.float32(0)
    if at < end and data[at] | _LOWER == _E:
        at, power = _read_exponent(data, at + 1)
        exponent += power
    if at < 0 or not -_LONGEST_EXPONENT <= exponent <= _LONGEST_EXPONENT:
        return _ODD, np.float32(0)
    value = _scale(np.float64(whole), exponent, powers)
    rounded = np.float32(value)
    exact = not cut and whole <= _EXACT_WHOLE and -_EXACT_POWER <= exponent <= _EXACT_POWER
    # Else a few roundings have passed: the margin is several times as wide. If both its ends round alike, so
    # does the float64 nearest to the text.
    if not exact and np.float32(value * (1 - _MARGIN)) != np.float32(value * (1 + _MARGIN)):
        return _ODD, rounded
    return at, -rounded if negative else rounded


@compiled(error_model="numpy")
def _read_exponent(data: Any, at: Any) -> Any:
    """Read ``[+-]digits``; return where it ends, -1 where there is no digit or too many, and its value."""
    negative = at < len(data) and data[at] == _MINUS
    if at < len(data) and data[at] in (_MINUS, _PLUS):
        at += 1
    first, power = at, 0
    while at < len(data) and _ZERO <= data[at] <= _NINE and at - first < 4:
        power = power * 10 + (data[at] - _ZERO)
        at += 1
    return at if at > first else _ODD, -power if negative else power


@compiled(error_model="numpy")
def _scale(value: Any, exponent: Any, powers: Any) -> Any:
    """Give value times ten to the exponent, in steps by exact powers."""
    while exponent < 0:
        step = min(-exponent, _EXACT_POWER)
        value /= powers[step]
        exponent += step
    while exponent > 0:
        step = min(exponent, _EXACT_POWER)
        value *= powers[step]
        exponent -= step
    return value
