"""Decisions that leave and enter a file of reviews, and what they make of a word list."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from mosecrot_core.anchors.decisions_file import read_table, write_table
from mosecrot_core.anchors.review import STANDING_COLUMNS, Reviews
from mosecrot_core.anchors.verdict import Decision, check_decision, digest_of
from mosecrot_core.display import UNSEEN
from mosecrot_core.errors import InputError
from mosecrot_core.files import atomic_path
from mosecrot_core.words.lexicon import Lexicon

REJECTED = "rejected by a reviewer"
LISTED_TWICE = "pair listed twice"
_SQLITE_MAGIC = b"SQLite format 3\0"
_BYTE_ORDER_MARK = "\ufeff"


def read_decisions(path: Path, languages: tuple[str, str]) -> pd.DataFrame:
    """Read what holds, columns STANDING_COLUMNS, from a file of reviews or an exported table.

    Args:
        path: Which it is, its content tells.
        languages: Codes of source and target.

    Raises:
        InputError: The file is missing, neither, damaged, or about other languages.
    """
    if not path.is_file():
        raise InputError("there is no such file of decisions", path=path, remedy="Check the path.")
    with path.open("rb") as file:
        begins = file.read(len(_SQLITE_MAGIC))
    if begins == _SQLITE_MAGIC:
        standing = Reviews(path, languages).standing()
        _check(standing, path)
        return standing
    return read_table(path, languages)


def _check(decisions: pd.DataFrame, path: Path) -> None:
    """Refuse what no reviewer can have entered: a file from elsewhere may hold anything."""
    columns, remedy = STANDING_COLUMNS[:-1], "Export the decisions again."
    for name in columns:
        if not all(isinstance(value, str) for value in decisions[name]):
            raise InputError(f"a text as {name} of each decision was expected", path=path, remedy=remedy)
    try:
        for row in zip(*(decisions[name] for name in columns), strict=True):
            check_decision(Decision(*row))
    except InputError as error:
        raise InputError(error.problem, path=path, remedy=remedy) from None


def write_decisions(
    decisions: Reviews | pd.DataFrame, path: Path, languages: tuple[str, str] | None = None
) -> int:
    """Write what holds as a table that `read_decisions` gives back exactly; see `decisions_file`.

    Args:
        decisions: Reviews, or a table as their `standing` returns it.
        path: Where to.
        languages: What a table is about, for the first line; without it the file tells no languages.

    Returns:
        The number of decisions written.
    """
    if isinstance(decisions, Reviews):
        languages, table = decisions.languages, decisions.standing()
    else:
        table = decisions
    write_table(table, path, languages)
    return len(table)


class Imported(NamedTuple):
    """What an import did."""

    batch: int
    new: bool
    """False: these very decisions are there already and stand."""
    changed: int
    """How many pairs now have another verdict than before, or have one for the first time."""


def import_decisions(reviews: Reviews, decisions: pd.DataFrame, author: str) -> Imported:
    """Enter decisions made elsewhere as one batch; the same decisions once, unless they were undone since.

    Each keeps its author and time, if it has them, and all come after what was decided before.

    Args:
        reviews: Where to.
        decisions: Columns STANDING_COLUMNS, at least one row.
        author: Who imports them, and alone can undo the import.
    """
    columns = [decisions[name] for name in ("source", "target", "verdict", "correction", "author", "time")]
    rows = list(zip(*columns, strict=True))
    content = digest_of(rows)
    for attempt in count():
        token = f"import {content} {attempt}"
        used = reviews.state_of(token)
        if used is None:
            break
        if used[1]:
            return Imported(used[0], new=False, changed=0)
    before = reviews.standing()
    held = set(zip(*(before[name] for name in ("source", "target", "verdict", "correction")), strict=True))
    entries = [
        Decision(s, t, verdict, right, by or None, at or None) for s, t, verdict, right, by, at in rows
    ]
    batch = reviews.record(entries, author, token)
    return Imported(batch, new=True, changed=sum(row[:4] not in held for row in rows))


def apply_decisions(lexicon: Lexicon, decisions: pd.DataFrame) -> Lexicon:
    """Make decisions count in a word list.

    A rejected pair leaves, counted as REJECTED. A corrected one changes its target word and keeps its place,
    score and line; so does an accepted one, which stays as it is. Both are True in the column `accepted`.
    Where two pairs have become one the first stays, accepted if either was, and the other is counted as
    LISTED_TWICE. A pair that was accepted, or the outcome of a correction, that the list does not have is
    added at its end with line 0 and no score: the reviewer vouches for it. Each listed pair is corrected
    once, so that corrections that name each other do no harm; but what a correction leads to is left out if
    that very pair is rejected.

    Args:
        lexicon: The word list; a column `accepted` that it has already is kept where it is True.
        decisions: Columns source, target, verdict, correction; one row a pair.
    """
    columns = (decisions[name] for name in ("source", "target", "verdict", "correction"))
    said = {(source, target): what for source, target, *what in zip(*columns, strict=True)}
    rejected = {pair for pair, (verdict, _) in said.items() if verdict == "reject"}
    listed = list(zip(lexicon.pairs["source"], lexicon.pairs["target"], strict=True))
    known = set(listed)
    unlisted = [pair for pair in said if pair not in known and pair not in rejected]
    listed_pairs = lexicon.pairs if "accepted" in lexicon.pairs else lexicon.pairs.assign(accepted=False)
    table = _with_added(listed_pairs, unlisted)
    kept: dict[tuple[str, str], int] = {}
    marked: dict[tuple[str, str], bool] = {}
    n_rejected = n_merged = 0
    for place, (pair, already) in enumerate(zip([*listed, *unlisted], table["accepted"], strict=True)):
        verdict, right = said.get(pair, ("", ""))
        outcome = (pair[0], right) if verdict == "correct" else pair
        if outcome in rejected:
            n_rejected += place < len(listed)
            continue
        n_merged += outcome in kept and place < len(listed)
        kept.setdefault(outcome, place)
        marked[outcome] = marked.get(outcome, False) or verdict in ("accept", "correct") or bool(already)
    pairs = table.iloc[list(kept.values())].reset_index(drop=True)
    pairs = pairs.assign(target=[target for _, target in kept], accepted=list(marked.values()))
    dropped = dict(lexicon.dropped)
    for reason, number in ((REJECTED, n_rejected), (LISTED_TWICE, n_merged)):
        if number:
            dropped[reason] = dropped.get(reason, 0) + number
    return replace(lexicon, pairs=pairs.astype({"accepted": bool}), dropped=dropped)


def _with_added(pairs: pd.DataFrame, added: list[tuple[str, str]]) -> pd.DataFrame:
    if not added:
        return pairs
    rows = pd.DataFrame(added, columns=["source", "target"]).assign(
        line=0, score=float("nan"), accepted=False
    )
    return pd.concat([pairs, rows.reindex(columns=pairs.columns)], ignore_index=True).astype(
        {"line": "int64"}
    )


def write_word_list(lexicon: Lexicon, path: Path) -> int:
    """Write a word list in the MUSE format, `source target`, as MUSE, VecMap and gensim read it.

    Returns:
        How many pairs were left out, because a word has white space, a control character or a byte-order
        mark in it, which this format cannot express.

    Raises:
        InputError: No pair is left to write.
    """
    lines = list(_muse_lines(lexicon.pairs))
    if not lines:
        raise InputError("no pair is left that a word list could hold", path=path)
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    return len(lexicon.pairs) - len(lines)


def _muse_lines(pairs: pd.DataFrame) -> Iterator[str]:
    for source, target in zip(pairs["source"], pairs["target"], strict=True):
        if _is_one_word(source) and _is_one_word(target):
            yield f"{source} {target}\n"


def _is_one_word(word: str) -> bool:
    return word.split() == [word] and not UNSEEN.search(word) and _BYTE_ORDER_MARK not in word
