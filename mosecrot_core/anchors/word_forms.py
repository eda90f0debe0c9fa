"""What the written forms of a pair say of it."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from mosecrot_core.words.neighbours import FloatArray

_GRAM_LENGTHS = (2, 3)


def spelling(pairs: Iterable[tuple[str, str]]) -> FloatArray:
    """Return how alike two words are spelled, 0 to 1; NaN where they share no script.

    It is the Dice coefficient of their letter groups of two and three, accents and case left out, word edges
    included. Cognates and names come out high.

    >>> [f"{alike:.2f}" for alike in spelling([("nation", "nación"), ("dog", "chien")])]
    ['0.62', '0.00']
    """
    seen: dict[str, tuple[frozenset[str], str]] = {}

    def grams(word: str) -> tuple[frozenset[str], str]:
        if word not in seen:
            bare = _bare(word)
            edged = f"^{bare}$"
            found = frozenset(edged[i : i + n] for n in _GRAM_LENGTHS for i in range(len(edged) - n + 1))
            seen[word] = found, _script(bare)
        return seen[word]

    values = []
    for source, target in pairs:
        (left, left_script), (right, right_script) = grams(source), grams(target)
        alike = 2 * len(left & right) / max(1, len(left) + len(right))
        values.append(alike if left_script == right_script else np.nan)
    return np.array(values, np.float32)


def identical(sources: Sequence[str], targets: Sequence[str]) -> FloatArray:
    """Return 1 where both words are the same but for case."""
    return np.array([s.casefold() == t.casefold() for s, t in zip(sources, targets, strict=True)], np.float32)


def casing(sources: Sequence[str], targets: Sequence[str]) -> FloatArray:
    """Return 1 where one word is written with a capital and the other is not, though their scripts have case.

    A list that was lower-cased cannot tell the German *sie* (she, they) from *Sie* (you): section 6.
    """
    differ = [s[:1].isupper() != t[:1].isupper() and s[:1].lower() != s[:1].upper() and
              t[:1].lower() != t[:1].upper() for s, t in zip(sources, targets, strict=True)]  # fmt: skip
    return np.array(differ, np.float32)


def digits(sources: Sequence[str], targets: Sequence[str]) -> FloatArray:
    """Return 1 where the digits in the two words differ, 0 where they agree or there are none."""
    return np.array([_digits(s) != _digits(t) for s, t in zip(sources, targets, strict=True)], np.float32)


def log_length_ratio(sources: Sequence[str], targets: Sequence[str]) -> FloatArray:
    """Return log2 of the ratio of the words' lengths in letters."""
    lengths = np.array([(max(1, len(s)), max(1, len(t))) for s, t in zip(sources, targets, strict=True)])
    return np.asarray(np.log2(lengths[:, 0] / lengths[:, 1]), np.float32)


def proper_names(sources: Sequence[str], targets: Sequence[str]) -> FloatArray:
    """Return 1 where both words are written with a capital."""
    return np.array(
        [s[:1].isupper() and t[:1].isupper() for s, t in zip(sources, targets, strict=True)], np.float32
    )


def foreign_script(words: Sequence[str]) -> FloatArray:
    """Return 1 for each word with letters whose script is not that of most words."""
    scripts = [_script(word) for word in words]
    counts = Counter(script for script in scripts if script)
    usual = counts.most_common(1)[0][0] if counts else ""
    return np.array([script not in ("", usual) for script in scripts], np.float32)


def stop_words(words: Sequence[str], language: str) -> FloatArray:
    """Return 1 for each stop word, NaN throughout where no list of the language is known."""
    import stopwordsiso

    if not stopwordsiso.has_lang(language):
        return np.full(len(words), np.nan, np.float32)
    listed = stopwordsiso.stopwords(language)
    return np.array([word.casefold() in listed for word in words], np.float32)


def _bare(word: str) -> str:
    folded = unicodedata.normalize("NFD", word.casefold())
    return "".join(character for character in folded if not unicodedata.combining(character))


def _digits(word: str) -> str:
    return "".join(str(unicodedata.digit(c)) for c in word if unicodedata.digit(c, None) is not None)


def _script(word: str) -> str:
    """Name the script of the first letter; empty for none."""
    first = next((character for character in word if character.isalpha()), "")
    return unicodedata.name(first, "").split(" ")[0] if first else ""
