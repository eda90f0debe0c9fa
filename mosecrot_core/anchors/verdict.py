"""What a reviewer can say of a word pair, what may be said at all, and a hash of what was said."""

import hashlib
from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

import pandas as pd

from mosecrot_core.errors import InputError

Verdict = Literal["accept", "reject", "correct"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
_SHOWN = 80


class Decision(NamedTuple):
    """A verdict on one pair."""

    source: str
    target: str
    verdict: str
    correction: str = ""
    """The right target word, where the verdict is `correct`."""
    author: str | None = None
    """Who decided; None is whoever enters it."""
    time: str | None = None
    """When, UTC, ISO 8601; None is the time of entering."""


def check_decision(row: Decision) -> None:
    """Refuse what cannot be kept.

    Raises:
        InputError: An empty word, one that is no text, an unknown verdict, a correction missing or too many.
    """
    check_text(row.source, "source word")
    check_text(row.target, "target word")
    if row.verdict not in VERDICTS:
        raise InputError(f"a verdict is one of {', '.join(VERDICTS)}; {row.verdict!r} came")
    if row.verdict == "correct":
        check_text(row.correction, "correction")
    elif row.correction:
        raise InputError(f"a correction goes with the verdict 'correct', not with {row.verdict!r}")
    if row.author is not None:
        check_text(row.author, "author")
    if row.time is not None:
        check_text(row.time, "time")


def check_text(text: str, name: str) -> None:
    """Refuse what is empty, no text, or half of a surrogate pair, which no UTF-8 file can hold.

    Raises:
        InputError: It is one of these.
    """
    if not isinstance(text, str) or not text:
        raise InputError(f"a {name} was expected, {text!r} came")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(f"this {name} cannot be written as UTF-8: {text[:_SHOWN]!r}") from None


def decisions_digest(decisions: pd.DataFrame) -> str:
    """Hash what is decided (columns source, target, verdict, correction), in whatever order it comes.

    Who decided, and when, does not count.
    """
    columns = (decisions[name] for name in ("source", "target", "verdict", "correction"))
    return digest_of(zip(*columns, strict=True))


def digest_of(rows: Iterable[tuple[str, ...]]) -> str:
    """Hash tuples of words as a set."""
    return hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()
