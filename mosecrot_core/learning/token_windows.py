"""Sentences of words as windows of subwords, in which every word is scored once, by its first subword.

A sentence that is too long for one window goes on in the next, which begins with the last subwords of the
one before as context (Wu et al.: windows of 128, 64 carried over). A word is scored in the first window that
holds its first subword.

Scripts without spaces: PAN-X cuts Chinese, Japanese and Thai into characters, but word vectors know words.
With `joined` the words are joined to running text, so that a tokenizer finds 中国 where the words are 中 and
国. A word is then scored by the token that its first character lies in; words which share that token share
its label, a begun entity going on (`mosecrot_core.learning.bio.continued`).
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding
from transformers import PreTrainedTokenizerBase

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.bio import OUTSIDE, continued
from mosecrot_core.words.scripts import UNSPACED, script

IGNORED = -100
"""The label of subwords that count for nothing, as PyTorch's cross-entropy has it."""
CONTEXT = 64


@dataclass(frozen=True)
class Window:
    """A piece of a sentence as a model reads it.

    >>> Window({"input_ids": [101, 7, 8, 9, 102]}, 0, (0, 1), (1, 3)).labels([5, 6])
    [-100, 5, -100, 6, -100]
    """

    inputs: dict[str, list[int]]
    """What the model takes, special tokens included."""
    sentence: int
    """Which sentence it is of."""
    words: tuple[int, ...]
    """The words of the sentence that are scored here."""
    positions: tuple[int, ...]
    """Where in `input_ids` each of them is scored; the same for words that share a token."""

    def labels(self, of_words: Sequence[int]) -> list[int]:
        """Give the label of each subword for training: that of its word, or `IGNORED`."""
        labels = [IGNORED] * len(self.inputs["input_ids"])
        for word, position in zip(reversed(self.words), reversed(self.positions), strict=True):
            labels[position] = of_words[word]  # of words that share a token, the first has the last say
        return labels


def encode_words(
    tokenizer: PreTrainedTokenizerBase,
    sentences: Sequence[Sequence[str]],
    max_length: int = 128,
    *,
    context: int = CONTEXT,
    joined: bool = False,
) -> list[Window]:
    """Cut sentences into windows, in order.

    A word that the tokenizer turns into nothing (control characters) is in no window, nor is a window made
    in which no word is scored.

    Args:
        tokenizer: A fast one.
        sentences: Words.
        max_length: Longest window in subwords, special tokens included; the model may allow fewer.
        context: Subwords carried over to the next window; at most half a window.
        joined: Join the words to running text (see above).

    Raises:
        MosecrotError: The tokenizer is not a fast one, or a window has no room for a subword.
    """
    if not sentences:
        return []
    if not tokenizer.is_fast:
        raise MosecrotError("a fast tokenizer is needed to tell which word a subword is of")
    limit = min(max_length, tokenizer.model_max_length)
    room = limit - tokenizer.num_special_tokens_to_add()
    if room < 1:
        raise MosecrotError(f"windows of {limit} subwords have no room beside the special tokens")
    joins = [join_words(words) for words in sentences] if joined else []
    lead = _lead(tokenizer)
    split = [[lead + word for word in words] for words in sentences]
    batch = tokenizer(
        [text for text, _ in joins] if joined else split,
        is_split_into_words=not joined, truncation=True, max_length=limit,
        stride=min(context, limit // 2, room - 1), return_overflowing_tokens=True,
    )  # fmt: skip
    names = [name for name in tokenizer.model_input_names if name in batch]
    windows: list[Window] = []
    done = [0] * len(sentences)  # words scored so far
    for i, sentence in enumerate(batch["overflow_to_sample_mapping"]):
        encoding = batch.encodings[i]
        places = _by_offsets(encoding, joins[sentence][1]) if joined else _by_words(encoding)
        if scored := [place for place in places if place[0] >= done[sentence]]:
            words, positions = zip(*scored, strict=True)
            done[sentence] = words[-1] + 1
            windows.append(Window({name: batch[name][i] for name in names}, sentence, words, positions))
    return windows


def labels_of_words(
    windows: Sequence[Window],
    predicted: Sequence[Sequence[int] | NDArray[np.int64]],
    lengths: Sequence[int],
    label_names: Sequence[str],
) -> list[NDArray[np.int64]]:
    """Put the predictions for windows together: one label a word for each sentence.

    A word in no window, which the tokenizer turns into nothing, gets `silent_label`.

    Args:
        windows: As `encode_words` returned them.
        predicted: For each window, the label at each of its `positions`.
        lengths: The number of words of each sentence.
        label_names: The labels.
    """
    going_on = np.array(continued(label_names))
    labels = [np.full(length, silent_label(label_names), dtype=np.int64) for length in lengths]
    for window, found in zip(windows, predicted, strict=True):
        own = np.array(found, dtype=np.int64)
        shared = np.flatnonzero(np.diff(window.positions) == 0) + 1
        own[shared] = going_on[own[shared]]
        labels[window.sentence][list(window.words)] = own
    return labels


def join_words(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Join words to running text ``(text, span of each word)``, with a space only where a script has them.

    >>> join_words(["中", "国", "iPhone", "5", "。"])
    ('中国iPhone 5。', [(0, 1), (1, 2), (2, 8), (9, 10), (10, 11)])
    """
    text, before, spans = "", "", []
    for word in words:
        if before and _are_spaced(before, word):
            text += " "
        spans.append((len(text), len(text) + len(word)))
        text, before = text + word, word
    return text, spans


def silent_label(label_names: Sequence[str]) -> int:
    """Return the label of words that leave no subword: ``O`` of entities, ``X`` of parts of speech, else 0.

    >>> silent_label(["ADJ", "X"]), silent_label(["B-PER", "I-PER", "O"])
    (1, 2)
    """
    return next((label_names.index(name) for name in (OUTSIDE, "X") if name in label_names), 0)


def _by_words(encoding: Encoding) -> Iterator[tuple[int, int]]:
    """Yield each word with the position of its first subword in the window."""
    before = None
    for position, word in enumerate(encoding.word_ids):
        if word is not None and word != before:
            yield word, position
        before = word


def _by_offsets(encoding: Encoding, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield each word with the position of the first token in the window that shares a character with it."""
    tokens = [
        (start, end, position)
        for position, ((start, end), sequence) in enumerate(
            zip(encoding.offsets, encoding.sequence_ids, strict=True)
        )
        if sequence is not None and end > start
    ]
    ends = [end for _, end, _ in tokens]
    for word, (begin, stop) in enumerate(spans):
        first = bisect_right(ends, begin)
        if first < len(tokens) and tokens[first][0] < stop:
            yield word, tokens[first][2]


def _are_spaced(word: str, following: str) -> bool:
    # Where both are single characters the sentence was cut into characters, a Latin name too.
    whole_words = len(word) > 1 or len(following) > 1
    edges = word[-1], following[0]
    return whole_words and all(c.isalnum() and script(c) not in UNSPACED for c in edges)


def _lead(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return what makes the tokenizer read a word as it stands inside a sentence: a space for RoBERTa."""
    alone, behind_space = (tokenizer([[text]], is_split_into_words=True)["input_ids"] for text in ("a", " a"))
    return "" if alone == behind_space else " "
