"""Bilingual word lists: MUSE, Wiktionary and scored (PanLex-style) files, as one table of pairs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from mosecrot_core.errors import InputError
from mosecrot_core.locations import read_lines, resolve_path
from mosecrot_core.settings import Settings

_PAIR = 2
_SCORED = 3


class LexiconSettings(Settings):
    """Where a word list lies and how it is read."""

    path: str
    """File, plain or .gz; relative to the experiment file."""
    format: Literal["auto", "muse", "wiktionary", "scored"] = "auto"
    """`muse`: `source target`, split at white space. `wiktionary`: `source TAB target`. `scored`: a third
    column holds a translation quality, and a header may name the columns. `auto` looks at the first line."""
    min_score: float | None = None
    """Pairs with a lower translation quality are dropped (section 6, PanLex); needs a scored list."""


@dataclass(frozen=True)
class Lexicon:
    """Word pairs in file order.

    Attributes:
        pairs: One row a pair: `source`, `target`, `score` (NaN where the list has none), `line`.
        dropped: How many lines were left out, by reason.
        path: The file they came from, for messages.
    """

    pairs: pd.DataFrame
    dropped: dict[str, int]
    path: str

    def __len__(self) -> int:
        return len(self.pairs)


def read_lexicon(settings: LexiconSettings, base: Path = Path()) -> Lexicon:
    """Read a word list.

    Args:
        settings: Path, format and quality threshold.
        base: Folder that a relative path starts from.

    Raises:
        InputError: The file is missing, empty, not UTF-8 text, or holds no usable pair.
    """
    path = resolve_path(settings.path, base)
    lines = [(number, line) for number, line in read_lines(path) if line.strip()]
    if not lines:
        raise InputError("a word list was expected, the file is empty", path=path)
    form = _detect(lines[0][1]) if settings.format == "auto" else settings.format
    if settings.min_score is not None and form != "scored":
        raise InputError(
            f"min_score needs a list with a score column, this one reads as {form}",
            path=path,
            remedy="Remove min_score or name a list with three columns: source, target, score.",
        )
    dropped: Counter[str] = Counter()
    rows = list(_rows(lines, form, dropped))
    pairs = pd.DataFrame(rows, columns=["source", "target", "score", "line"])
    pairs = _filter(pairs, settings.min_score, dropped)
    if pairs.empty:
        raise InputError(
            f"no usable pair in {len(lines)} lines read as {form} ({_reasons(dropped)})",
            path=path,
            line=lines[0][0],
            remedy="Expected one pair a line, English word first; set `format` if it was guessed wrongly.",
        )
    return Lexicon(pairs, dict(dropped), str(path))


def _detect(first: str) -> Literal["muse", "wiktionary", "scored"]:
    columns = first.split("\t")
    if len(columns) >= _SCORED:
        return "scored"
    return "wiktionary" if len(columns) == _PAIR else "muse"


def _rows(
    lines: list[tuple[int, str]], form: str, dropped: Counter[str]
) -> Iterator[tuple[str, str, float, int]]:
    """Yield (source, target, score, line) for each well-formed line and count the others."""
    order, start = _header(lines[0][1], form)
    for number, line in lines[start:]:
        cells = line.split() if form == "muse" else line.split("\t")
        if len(cells) < len(order) or (form == "muse" and len(cells) > _PAIR):
            dropped["malformed line"] += 1
            continue
        source, target = cells[order[0]].strip(), cells[order[1]].strip()
        score = _number(cells[order[2]]) if form == "scored" else float("nan")
        if not source or not target:
            dropped["empty word"] += 1
        elif score is None:
            dropped["malformed line"] += 1
        else:
            yield source, target, score, number


def _header(first: str, form: str) -> tuple[list[int], int]:
    """Return the positions of source, target (and score), and how many header lines to skip."""
    if form != "scored":
        return [0, 1], 0
    names = [name.strip().casefold() for name in first.split("\t")]
    if {"source", "target", "score"} <= set(names):
        return [names.index("source"), names.index("target"), names.index("score")], 1
    return [0, 1, 2], 0


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _filter(pairs: pd.DataFrame, min_score: float | None, dropped: Counter[str]) -> pd.DataFrame:
    if min_score is not None:
        low = pairs["score"] < min_score
        dropped["score below threshold"] += int(low.sum())
        pairs = pairs[~low]
    twice = pairs.duplicated(["source", "target"])
    dropped["pair listed twice"] += int(twice.sum())
    dropped += Counter()
    return pairs[~twice].reset_index(drop=True)


def _reasons(dropped: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in dropped.most_common() if count) or "none read"
