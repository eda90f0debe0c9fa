"""How running text is brought into one form and cut into words where nothing is known of its vocabulary.

`mapping/segmentation.py` starts from these rules and adds those that a vocabulary shows. So vectors trained
on words cut here have a row for exactly what a stitched tokenizer later cuts out of the same text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tokenizers import normalizers, pre_tokenizers

Cutter: TypeAlias = Callable[[str], list[str]]
"""Gives the words of one text, in order."""

WORD = r"[\p{L}\p{M}\p{N}\x{200C}\x{200D}]"
"""Letters, marks, digits and the joiners inside Persian or Indic words, as a pattern of one character."""
_INVISIBLE = "\u00ad\u200b\ufe0f\ufeff"
_APOSTROPHES = "[\u2019\u02bc]"


@lru_cache(maxsize=2)
def normalizer(fold: bool) -> normalizers.Normalizer:
    """Give what composes accents, unifies apostrophes, drops invisible characters and perhaps lower-cases."""
    from tokenizers import Regex, normalizers

    steps = [
        normalizers.Replace(Regex(f"[{_INVISIBLE}]"), ""),
        normalizers.NFC(),
        normalizers.Replace(Regex(_APOSTROPHES), "'"),
    ]
    return normalizers.Sequence([*steps, normalizers.Lowercase()] if fold else steps)


def word_cutter(*, fold: bool) -> Cutter:
    """Give what cuts text into runs of letters and digits and, each alone, all other characters.

    >>> word_cutter(fold=True)("L'été, c'est 1,5 mois!")
    ['l', "'", 'été', ',', 'c', "'", 'est', '1', ',', '5', 'mois', '!']
    """
    return partial(_cut, fold=fold)


def space_cutter(*, fold: bool) -> Cutter:
    r"""Give what cuts text at white space alone, Khmer's and Thai's invisible space included.

    >>> space_cutter(fold=False)("我 爱 北京\u200b。")
    ['我', '爱', '北京', '。']
    """
    return partial(_split, fold=fold)


def _cut(text: str, *, fold: bool) -> list[str]:
    normalised = normalizer(fold).normalize_str(text)
    return [word for word, _ in _pre_tokenizer().pre_tokenize_str(normalised)]


def _split(text: str, *, fold: bool) -> list[str]:
    normalised: str = normalizer(fold).normalize_str(text.replace("\u200b", " "))
    return normalised.split()


@lru_cache(maxsize=1)
def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    from tokenizers import Regex, pre_tokenizers

    return pre_tokenizers.Split(Regex(rf"{WORD}+|\S"), "removed", invert=True)
