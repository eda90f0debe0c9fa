"""Chinese characters: the other script of a word, and rows for characters that vectors have only in words.

A word list or a text in traditional characters finds the vectors of simplified words, and the other way
round: 電腦 and 电脑. OpenCC knows the characters and the phrases in which they differ.

Vectors of Chinese often lack its most frequent words, single characters that were left out as stop words. A
character is a morpheme, so words that hold it say what it means. Zhao, Mudgal and Liang (2018), "Generalizing
Word Embeddings using Bag of Subwords", take words for means of their subwords and solve for these; here a
character's row is the mean of its words' rows, each weighed by the share of the word that the character is.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.words.scripts import script
from mosecrot_core.words.vector_table import Rows


def is_han(text: str) -> bool:
    """Tell whether a text is Chinese characters only.

    >>> is_han("中国"), is_han("卡拉OK"), is_han("")
    (True, False, False)
    """
    return bool(text) and not text.isascii() and all(script(character) == "CJK" for character in text)


def other_scripts(text: str) -> Iterator[str]:
    """Yield a text in simplified and in traditional characters, as often as that differs and is as long.

    >>> list(other_scripts("電腦")), list(other_scripts("chat"))
    (['电脑'], [])
    """
    if text.isascii() or not any(script(character) == "CJK" for character in text):
        return
    for name in ("t2s", "s2t"):
        turned = _converter(name).convert(text)
        if turned != text and len(turned) == len(text):
            yield turned


def all_scripts(text: str) -> list[str]:
    """Return a text and what it is in all other scripts, as Taiwan and Hong Kong write it too.

    >>> all_scripts("为"), all_scripts("chat")
    (['为', '爲', '為'], ['chat'])
    """
    forms = [text, *other_scripts(text)]
    if len(forms) > 1:
        forms += (_converter(name).convert(text) for name in ("s2tw", "s2hk"))
    return [form for form in dict.fromkeys(forms) if len(form) == len(text)]


class HanRows:
    """Rows of single characters, from the words that hold them.

    Args:
        words: ``[V]``.
        rows: Their vectors ``[V, d]``.

    >>> HanRows(["中国", "国家", "chat"], np.eye(3, dtype=np.float32)).row("国").tolist()
    [0.5, 0.5, 0.0]
    """

    def __init__(self, words: Sequence[str], rows: Rows) -> None:
        self._rows = rows
        self._held: dict[str, list[int]] = {}
        self._shares = np.array([1 / len(word) for word in words], np.float32)
        for place, word in enumerate(words):
            if len(word) > 1 and not word.isascii():
                for character in filter(is_han, dict.fromkeys(word)):
                    self._held.setdefault(character, []).append(place)

    @property
    def characters(self) -> list[str]:
        """Those that have a row."""
        return list(self._held)

    def row(self, character: str) -> NDArray[np.float32] | None:
        """Return a character's row ``[d]``; None if no word holds it, in either script."""
        known = (form for form in (character, *other_scripts(character)) if form in self._held)
        if (form := next(known, None)) is None:
            return None
        places = self._held[form]
        shares = self._shares[places]
        return np.asarray(shares @ self._rows[places].astype(np.float32) / shares.sum(), np.float32)


@cache
def _converter(name: str) -> Any:
    import opencc

    return opencc.OpenCC(name)
