"""Texts without their labels: what self-training is given of a target language.

Whoever holds one of these cannot look a label up: it is not there, under any name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from tokenizers import normalizers, pre_tokenizers

from mosecrot_core.learning.tasks.corpus import LabelledTexts
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens


@dataclass(frozen=True)
class UnlabelledTexts:
    """Texts, or pairs of texts."""

    texts: tuple[str, ...]
    second_texts: tuple[str, ...] | None = None
    """Of pairs, the second of each; `texts` are the first."""

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class UnlabelledTokens:
    """Sentences, each a tuple of words."""

    sentences: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.sentences)


Unlabelled = UnlabelledTexts | UnlabelledTokens


@singledispatch
def without_labels(part: object) -> Unlabelled:
    """Copy the texts or sentences of a labelled part.

    Raises:
        TypeError: It is neither: trees cannot be learned from unlabelled text.
    """
    raise TypeError(f"labelled texts or words expected, got {type(part).__name__}")


@without_labels.register
def _(part: LabelledTexts) -> Unlabelled:
    return UnlabelledTexts(part.texts, part.second_texts)


@without_labels.register
def _(part: LabelledTokens) -> Unlabelled:
    return UnlabelledTokens(part.sentences)


def drawn(part: Unlabelled, n: int, seed: int = 0) -> Unlabelled:
    """Return at most `n` of the texts or sentences, drawn at random, in their old order.

    >>> drawn(UnlabelledTexts(("a", "b", "c", "d"), ("A", "B", "C", "D")), 2)
    UnlabelledTexts(texts=('c', 'd'), second_texts=('C', 'D'))
    """
    if n >= len(part):
        return part
    places = np.sort(np.random.default_rng(seed).choice(len(part), n, replace=False)).tolist()
    if isinstance(part, UnlabelledTokens):
        return UnlabelledTokens(tuple(part.sentences[place] for place in places))
    first, second = part.texts, part.second_texts
    taken = None if second is None else tuple(second[place] for place in places)
    return UnlabelledTexts(tuple(first[place] for place in places), taken)


def cut_into_words(texts: Sequence[str]) -> UnlabelledTokens:
    """Cut running text as BERT does: at white space, around signs, and around Chinese characters.

    >>> cut_into_words(["Ada lebt in Ulm.", "我爱北京"]).sentences
    (('Ada', 'lebt', 'in', 'Ulm', '.'), ('我', '爱', '北', '京'))
    """
    normalizer = normalizers.BertNormalizer(strip_accents=False, lowercase=False)
    cutter = pre_tokenizers.BertPreTokenizer()
    cut = (cutter.pre_tokenize_str(normalizer.normalize_str(text)) for text in texts)
    sentences = (tuple(word for word, _ in words) for words in cut)
    return UnlabelledTokens(tuple(words for words in sentences if words))
