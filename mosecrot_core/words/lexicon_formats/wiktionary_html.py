"""Wiktionary with HTML glosses: target words first, then what they mean in English.

A line is ``headword|form|form TAB <i>pos</i><br><ol><li>gloss</li>...</ol>``, with one list a part of speech.
"""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from mosecrot_core.words.lexicon_formats.columns import MALFORMED
from mosecrot_core.words.lexicon_formats.glosses import translations
from mosecrot_core.words.lexicon_formats.reading import NAN, Options, RawPair, Tally, text_lines

NO_WORD = "not a word but a character, root or affix"
NO_GLOSS = "entry without a gloss"
DAMAGED = "damaged HTML"
_NO_WORDS = frozenset(
    ("character", "letter", "symbol", "punct", "diacritic", "root", "prefix", "suffix", "infix", "interfix",
     "circumfix", "affix", "combining_form", "syllable", "romanization")
)  # fmt: skip
# The longest real entry has 673; on damaged HTML the time of the parser grows with the square of the length.
_LONGEST_ENTRY = 4_096


def read_wiktionary_html(path: Path, options: Options, tally: Tally) -> Iterator[RawPair]:
    """Yield (English translation, target word) of every sense, English first as everywhere.

    With `inflected_forms` the pairs are given for the other forms of the headword, too.
    """
    tally.unit = "lines"
    for number, line in text_lines(path):
        tally.count(number)
        words, tab, html = line.partition("\t")
        if not tab:
            tally.drop(MALFORMED)
            continue
        forms = [form.strip() for form in words.split("|")]
        forms = list(dict.fromkeys(forms)) if options.inflected_forms else forms[:1]
        for english in _english(html, tally):
            yield from (RawPair(english, form, NAN, number) for form in forms)


def _english(html: str, tally: Tally) -> Iterator[str]:
    if len(html) > _LONGEST_ENTRY:
        tally.drop(f"entry of more than {_LONGEST_ENTRY} characters")
        return
    parser = _Glosses()
    try:
        parser.feed(html)
        parser.close()
    except AssertionError:  # what the parser raises on a broken "<!["
        tally.drop(DAMAGED)
        return
    if not parser.glosses:
        tally.drop(NO_GLOSS)
    for part_of_speech, gloss in parser.glosses:
        if part_of_speech in _NO_WORDS:
            tally.drop(NO_WORD)
        else:
            yield from translations(gloss, tally, verb=part_of_speech == "verb")


class _Glosses(HTMLParser):
    """Gathers (part of speech, gloss) from the text of `i` and `li`; no tag is trusted to be closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.glosses: list[tuple[str, str]] = []
        self._part_of_speech = ""
        self._text: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "li" or (tag == "i" and self._inside != "li"):
            self._finish()
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag in {self._inside, "ol"}:
            self._finish()

    def handle_data(self, data: str) -> None:
        if self._inside:
            self._text.append(data)

    def close(self) -> None:
        super().close()
        self._finish()

    def _finish(self) -> None:
        text = " ".join("".join(self._text).split())
        if self._inside == "i":
            self._part_of_speech = text.casefold()
        elif self._inside == "li":
            self.glosses.append((self._part_of_speech, text))
        self._inside = ""
        self._text.clear()
