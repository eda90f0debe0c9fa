r"""Where running text divides into entries of a word-vector vocabulary.

Static vectors come from a text that somebody tokenised, and the file shows how: it holds ``l'`` and ``-il``
where French was split, ``don't`` or ``n't`` for English. So the vocabulary itself decides what is split off.

In ``words`` one pattern cuts the text; the first alternative that fits wins, longest entry first:

1. abbreviations that are more frequent than their bare form (``etc.``), 2. compounds (``peut-être``,
``1,5``), 3. elided forms before a letter (``l'``), 4. clitics behind a letter (``-il``, ``'s``), 5. runs of
letters and digits, 6. clusters (``...``, ``:)``), 7. any single character.

In ``longest_match`` (scripts without spaces) the pattern only isolates Latin runs, digits and punctuation;
between them a model chooses the entries.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Literal

from tokenizers import Regex, normalizers, pre_tokenizers

from mosecrot_core.words.scripts import UNSPACED, script
from mosecrot_core.words.word_cutting import WORD, normalizer

Kind = Literal["words", "longest_match"]

_CHINESE = frozenset(("zh", "zho", "chi", "cmn", "yue", "wuu", "lzh"))
_UNSPACED_LANGUAGES = _CHINESE.union(("ja", "jpn", "th", "tha", "km", "khm", "lo", "lao", "my", "mya", "bur"))
_JOINERS = "\u200c\u200d"
_EMOTICON_EYES = ":;=^"
_QUOTES = frozenset("\"'«»“”„,")
# More alternatives than this slow the pattern down without being met in text.
_MOST_PER_GROUP = 50_000
_LONGEST = 60


@dataclass(frozen=True)
class Segmentation:
    """The rules learned from one vocabulary; `restricted_to` keeps those that a part of it still needs."""

    kind: Kind
    fold: bool
    """Lower-case the text."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Entries that hold punctuation, by the group of the module's docstring that they belong to."""

    @classmethod
    def learn(cls, entries: Sequence[str], kind: Kind, *, fold: bool) -> Segmentation:
        """Sort the entries that hold punctuation into groups; they come normalised, most frequent first."""
        ranks = {entry: rank for rank, entry in enumerate(entries)}
        groups: dict[str, list[str]] = {}
        for entry in entries:
            group = None if _is_plain(entry, kind) else _group(entry, kind, ranks)
            if group is not None and len(groups.setdefault(group, [])) < _MOST_PER_GROUP:
                groups[group].append(entry)
        return cls(kind, fold, {name: tuple(members) for name, members in groups.items()})

    def restricted_to(self, entries: Collection[str]) -> Segmentation:
        """Forget the rules for all other entries; texts that use no others are cut as before."""
        kept = {name: tuple(e for e in members if e in entries) for name, members in self.groups.items()}
        return replace(self, groups=kept)

    def normalise(self, text: str) -> str:
        """Compose accents, unify apostrophes, drop invisible characters and, if folding, lower-case."""
        plain = text.isascii() and (not self.fold or text.islower())
        normalised: str = text if plain else self.normalizer.normalize_str(text)
        return normalised

    def produces(self, entry: str) -> bool:
        """Tell whether some text exists in which this normalised entry is cut out as one piece."""
        if _is_plain(entry, self.kind):
            return True
        context = {"elision": entry + "a", "clitic": "a" + entry}.get(self._group_of.get(entry, ""), entry)
        return entry in [piece for piece, _ in self.pre_tokenizer.pre_tokenize_str(context)]

    @cached_property
    def normalizer(self) -> normalizers.Normalizer:
        """The normalizer that text and vocabulary both pass through."""
        return normalizer(self.fold)

    @cached_property
    def pre_tokenizer(self) -> pre_tokenizers.PreTokenizer:
        """The pre-tokenizer that cuts the text; white space is dropped."""
        pattern = _words_pattern(self.groups) if self.kind == "words" else _scripts_pattern(self.groups)
        return pre_tokenizers.Split(Regex(pattern), "removed", invert=True)

    @cached_property
    def _group_of(self) -> dict[str, str]:
        return {entry: name for name, members in self.groups.items() for entry in members}


def kind_of(language: str, words: Iterable[str]) -> Kind:
    """Decide from a language code (``zh``, ``zho_Hans``, ``th-TH``) or else from the scripts of the words.

    >>> kind_of("zho_Hans", []), kind_of("", ["的", "Linux", "中国"]), kind_of("fr", ["de"])
    ('longest_match', 'longest_match', 'words')
    """
    if language.lower().replace("_", "-").split("-")[0] in _UNSPACED_LANGUAGES:
        return "longest_match"
    letters = [word[0] for word in islice((w for w in words if w[:1].isalpha()), 10_000)]
    unspaced = sum(script(letter) in UNSPACED for letter in letters)
    return "longest_match" if 2 * unspaced > len(letters) else "words"


def _group(entry: str, kind: Kind, ranks: Mapping[str, int]) -> str | None:
    """Name the group of an entry that holds something else than letters and digits; None: not producible."""
    if not 0 < len(entry) <= _LONGEST or not all(map(_is_visible, entry)):
        return None
    first, last = _in_word(entry[0]), _in_word(entry[-1])
    if kind == "longest_match":
        return "compound" if last and _is_latin_or_digit(entry[0]) else None
    if first and last:
        return "clitic" if entry == "n't" else "compound"
    rules = {
        "elision": first and entry.endswith("'"),
        "abbreviation": first and _beats_bare_form(entry, ranks),
        "clitic": last and entry[0] in "-'" and entry[1:].isalpha() and entry.islower(),
        "cluster": _is_cluster(entry),
    }
    return next((name for name, fits in rules.items() if fits), None)


def _is_visible(character: str) -> bool:
    return character in _JOINERS or (character.isprintable() and not character.isspace())


def _beats_bare_form(entry: str, ranks: Mapping[str, int]) -> bool:
    bare = entry[:-1]
    return _in_word(bare[-1]) and ranks[entry] < ranks.get(bare, len(ranks))


def _is_cluster(entry: str) -> bool:
    if any(_in_word(c) for c in entry):
        return False
    return len(set(entry)) == 1 or (entry[0] in _EMOTICON_EYES and not _QUOTES.intersection(entry))


def _is_plain(entry: str, kind: Kind) -> bool:
    """Tell whether the pattern keeps the entry whole without a rule of its own."""
    if kind == "words":
        return entry.isalnum() or (len(entry) == 1 and entry.isprintable() and not entry.isspace())
    return entry.isdecimal() or (entry.isalpha() and len(set(map(_is_latin_or_digit, entry))) == 1)


def _in_word(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character)[0] in "LMN"


def _is_latin_or_digit(character: str) -> bool:
    return unicodedata.category(character)[0] == "N" or script(character) == "LATIN"


def _words_pattern(groups: Mapping[str, tuple[str, ...]]) -> str:
    # [A] is a character of a word, `WORD`; @ the entries of a group.
    def rule(name: str, frame: str) -> list[str]:
        return [frame.replace("@", _trie(groups[name]))] if groups.get(name) else []

    ahead = "(?=[A]+[^[A]\\s])"  # Most words hold no punctuation: they never try the long alternatives.
    stop_at_negation = ["[A]+?(?=n't(?![A]))"] if "n't" in groups.get("clitic", ()) else []
    alternatives = [
        *rule("abbreviation", f"{ahead}(?<![A])@(?![A])"),
        *rule("compound", f"{ahead}(?<![A])@(?![A])"),
        *rule("elision", f"{ahead}(?<![A])@(?=[A])"),
        *rule("elision", r"\A@\z"),  # where the text was split into words before it came here
        *rule("clitic", r"\A@\z"),
        *rule("clitic", "(?<=[A])@(?![A])"),
        *stop_at_negation,
        "[A]+",
        *rule("cluster", "@"),
        r"\S",
    ]
    return "|".join(alternatives).replace("[A]", WORD)


def _scripts_pattern(groups: Mapping[str, tuple[str, ...]]) -> str:
    compounds = groups.get("compound")
    edge = r"[\p{Latin}\p{N}]"
    first = [f"(?<!{edge}){_trie(compounds)}(?!(?<={edge}){edge})"] if compounds else []
    runs = [r"\p{Latin}[\p{Latin}\p{M}]*", r"\p{N}+", r"[\p{P}\p{S}]", r"[^\s\p{Latin}\p{N}\p{P}\p{S}]+"]
    return "|".join([*first, *runs])


def _trie(entries: Iterable[str]) -> str:
    """Write entries as one pattern that shares prefixes and prefers the longest.

    >>> _trie(["l'", "lo", "lorsqu'"])
    "l(?:'|o(?:rsqu')?)"
    """
    root: dict[str, dict[str, object]] = {}
    for entry in entries:
        node: dict[str, dict[str, object]] = root
        for character in entry:
            node = node.setdefault(character, {})  # type: ignore[assignment]
        node[""] = {}
    return _render(root)


def _render(node: Mapping[str, Mapping[str, object]]) -> str:
    branches = [_escape(c) + _render(child) for c, child in sorted(node.items()) if c]  # type: ignore[arg-type]
    if not branches:
        return ""
    grouped = f"(?:{'|'.join(branches)})" if len(branches) > 1 or "" in node else branches[0]
    return f"{grouped}?" if "" in node else grouped


def _escape(character: str) -> str:
    literal = not character.isascii() or character.isalnum() or character in "'_"
    return character if literal else f"\\{character}"
