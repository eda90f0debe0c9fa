"""Bilingual word lists of many formats as one table of pairs; `lexicon_formats` holds one file a format."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from mosecrot_core.errors import InputError
from mosecrot_core.locations import resolve_path
from mosecrot_core.settings import Settings
from mosecrot_core.words.lexicon_formats.apertium import read_apertium
from mosecrot_core.words.lexicon_formats.columns import read_muse, read_panlex, read_scored, read_wiktionary
from mosecrot_core.words.lexicon_formats.detection import detect_format
from mosecrot_core.words.lexicon_formats.dictd import read_dictd
from mosecrot_core.words.lexicon_formats.dirt import clean, flaw
from mosecrot_core.words.lexicon_formats.freedict import read_freedict
from mosecrot_core.words.lexicon_formats.google_translate import read_google_translate
from mosecrot_core.words.lexicon_formats.panlex_swadesh import read_panlex_swadesh
from mosecrot_core.words.lexicon_formats.reading import Options, RawPair, Reader, Tally
from mosecrot_core.words.lexicon_formats.wiktionary_html import read_wiktionary_html

_READERS: dict[str, Reader] = {
    "muse": read_muse,
    "wiktionary": read_wiktionary,
    "wiktionary_html": read_wiktionary_html,
    "scored": read_scored,
    "panlex": read_panlex,
    "panlex_swadesh": read_panlex_swadesh,
    "freedict": read_freedict,
    "dictd": read_dictd,
    "apertium": read_apertium,
    "google_translate": read_google_translate,
}
_MOST_PAIRS = 4_000_000


class LexiconSettings(Settings):
    """Where a word list lies and how it is read."""

    path: str
    """File, plain or .gz; relative to the experiment file. For `dictd`, best the folder of its two files."""
    format: Literal[
        "auto",
        "muse",
        "wiktionary",
        "wiktionary_html",
        "scored",
        "panlex",
        "panlex_swadesh",
        "freedict",
        "dictd",
        "apertium",
        "google_translate",
    ] = "auto"
    """`muse`: `source target`, split at white space. `wiktionary`: `source TAB target`. `wiktionary_html`:
    target words TAB English glosses in HTML. `scored`: a third column holds a translation quality, and a
    header may name the columns. `panlex`: a header names them as PanLex does. `panlex_swadesh`: PanLex's zip
    of Swadesh lists. `freedict`: TEI. `dictd`: `.index` and `.dict(.dz)`. `apertium`: `.dix`.
    `google_translate`: a saved phrasebook, or `source`, `target` and perhaps `back_translation` (score 1
    where it is the source again, else 0). `auto` looks at the name and the first lines."""
    min_score: float | None = None
    """Pairs with a lower translation quality, or with none, are dropped (section 6, PanLex); needs a scored
    list."""
    reversed: bool = False
    """The list runs from the target language to the source language. `wiktionary_html` is turned round by
    itself."""
    languages: tuple[str, str] | None = None
    """Source and target as the file names them: for `panlex_swadesh` (`[eng-000, fra-000]`; it needs them)
    and for a `google_translate` phrasebook (`[English, French]`)."""
    inflected_forms: bool = False
    """Whether `wiktionary_html` also gives the other forms of each headword."""


@dataclass(frozen=True)
class Lexicon:
    """Word pairs in file order.

    Attributes:
        pairs: One row a pair: `source`, `target`, `score` (NaN where the list has none), `line`.
        dropped: How many lines, entries or pairs were left out, by reason.
        path: The file they came from, for messages.
    """

    pairs: pd.DataFrame
    dropped: dict[str, int]
    path: str

    def __len__(self) -> int:
        return len(self.pairs)


def read_lexicon(settings: LexiconSettings, base: Path = Path()) -> Lexicon:
    """Read a word list.

    A side of several words stays; one that is no word (empty, control characters, markup, scripts mixed
    inside a word: see `lexicon_formats.dirt`) takes its pair with it.

    Args:
        settings: Path, format, direction and quality threshold.
        base: Folder that a relative path starts from.

    Raises:
        InputError: The file is missing, empty, damaged, too large, of no known format, or holds no usable
            pair; or a setting does not fit its format.
    """
    path = resolve_path(settings.path, base)
    form = detect_format(path) if settings.format == "auto" else settings.format
    _check_options(settings, form, path)
    options = Options(settings.languages, settings.inflected_forms, settings.reversed)
    tally = Tally()
    pairs = _table(_usable(_READERS[form](path, options, tally), options, tally), path)
    if not tally.entries and pairs.empty:
        raise InputError("a word list was expected, the file is empty", path=path)
    if settings.min_score is not None and not pairs.empty and pairs["score"].isna().all():
        raise InputError(
            f"min_score needs a list with a score column, this one reads as {form}",
            path=path,
            remedy="Remove min_score or name a list with three columns: source, target, score.",
        )
    pairs = _filter(pairs, settings.min_score, tally)
    if pairs.empty:
        raise InputError(
            f"no usable pair in {tally.entries} {tally.unit} read as {form} ({tally.reasons()})",
            path=path,
            line=tally.first_line,
            remedy="Expected one pair a line, English word first; set `format` if it was guessed wrongly.",
        )
    return Lexicon(pairs, dict(tally.dropped), str(path))


def _check_options(settings: LexiconSettings, form: str, path: Path) -> None:
    """Refuse options that the format would ignore, rather than let them seem to work."""
    if settings.inflected_forms and form != "wiktionary_html":
        problem = f"inflected_forms needs a list of format wiktionary_html, this one reads as {form}"
        raise InputError(problem, path=path, remedy="Remove inflected_forms.")
    if settings.languages is not None and form not in {"panlex_swadesh", "google_translate"}:
        problem = (
            f"languages choose among those in a panlex_swadesh or google_translate file, this reads as {form}"
        )
        raise InputError(problem, path=path, remedy="Remove languages.")
    if settings.reversed and form == "wiktionary_html":
        problem = (
            "a wiktionary_html list runs from the target language to English and is turned round by itself"
        )
        raise InputError(problem, path=path, remedy="Remove reversed.")


def _usable(rows: Iterator[RawPair], options: Options, tally: Tally) -> Iterator[RawPair]:
    """Turn pairs round if need be, and leave out those with a side that is no word."""
    for source, target, score, line in rows:
        reason = flaw(source) or flaw(target)
        if reason:
            tally.drop(reason)
        elif options.reversed:
            yield RawPair(clean(target), clean(source), score, line)
        else:
            yield RawPair(clean(source), clean(target), score, line)


def _table(rows: Iterator[RawPair], path: Path) -> pd.DataFrame:
    table: list[RawPair] = []
    for row in rows:
        if len(table) == _MOST_PAIRS:
            problem = f"a word list of at most {_MOST_PAIRS:,} pairs was expected, more came"
            raise InputError(problem, path=path, line=row.line, remedy="Cut it to the pairs you need.")
        table.append(row)
    return pd.DataFrame(table, columns=list(RawPair._fields))


def _filter(pairs: pd.DataFrame, min_score: float | None, tally: Tally) -> pd.DataFrame:
    if min_score is not None:
        unscored = pairs["score"].isna()
        low = pairs["score"] < min_score
        tally.drop("no translation quality", int(unscored.sum()))
        tally.drop("score below threshold", int(low.sum()))
        pairs = pairs[~low & ~unscored]
    twice = pairs.duplicated(["source", "target"])
    tally.drop("pair listed twice", int(twice.sum()))
    return pairs[~twice].reset_index(drop=True)
