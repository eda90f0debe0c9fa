"""N-grams of letters, hashed into buckets, of many words at once.

Bucket for bucket what scikit-learn's `HashingVectorizer` (`analyzer="char_wb"`) counts, several times faster,
and without the second that its import takes of the time in which a page of the dashboard is drawn.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.threads import n_threads

Integers = NDArray[np.int64]
_AT_ONCE = 10_000  # words
_TAILS = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF], np.uint32)


def count_ngrams(words: Sequence[str], longest: int, buckets: int) -> tuple[Integers, Integers, Integers]:
    """Count the n-grams of 1 to `longest` letters of words, in lower case, their ends marked by a space.

    Args:
        words: ``[n]``; of one with spaces in it, each part is marked.
        longest: Letters of an n-gram, at most.
        buckets: How many are told apart, a power of 2.

    Returns:
        Number of the word, bucket and count of each n-gram that occurs, by word and then by bucket.
    """
    starts = range(0, max(1, len(words)), _AT_ONCE)
    with ThreadPoolExecutor(n_threads()) as pool:
        parts = pool.map(
            lambda start: _counted(words[start : start + _AT_ONCE], start, longest, buckets), starts
        )
    places, counts = (np.concatenate(of_parts) for of_parts in zip(*parts, strict=True))
    return places // buckets, places % buckets, counts


def _counted(words: Sequence[str], first: int, longest: int, buckets: int) -> tuple[Integers, Integers]:
    tokens = [
        (number, f" {token} ") for number, word in enumerate(words, first) for token in word.lower().split()
    ]
    found = [owners * buckets + hashes % buckets for owners, hashes in _ngrams(tokens, longest)]
    return np.unique(np.concatenate(found), return_counts=True)


def _ngrams(tokens: Sequence[tuple[int, str]], longest: int) -> Iterator[tuple[Integers, Integers]]:
    """Yield, length by length, the number that stands with each n-gram's token, and its hash."""
    text = "".join(token for _, token in tokens)
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    lengths = np.array([len(token) for _, token in tokens], np.int64)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(letters))  # letters until the token ends
    owners = np.repeat(np.array([number for number, _ in tokens], np.int64), lengths)
    sizes = 1 + (letters >= 0x80) + (letters >= 0x800) + (letters >= 0x10000)  # bytes in UTF-8
    starts = np.concatenate([[0], np.cumsum(sizes)])
    words_of_4 = _words_of_4(text.encode("utf-8", "surrogatepass") + bytes(4 * longest + 4))
    for length in range(1, longest + 1):
        at = np.flatnonzero(left >= length)
        yield owners[at], _murmur_3(words_of_4, starts[at], starts[at + length] - starts[at])


def _words_of_4(data: bytes) -> NDArray[np.uint32]:
    """Return the number that the four bytes from each place on make, the lowest first."""
    numbers = np.frombuffer(data, np.uint8).astype(np.uint32)
    parts = numbers[:-3] | numbers[1:-2] << 8 | numbers[2:-1] << 16 | numbers[3:] << 24
    return np.asarray(parts, np.uint32)


def _murmur_3(words_of_4: NDArray[np.uint32], starts: Integers, sizes: Integers) -> Integers:
    """Hash strings by MurmurHash3 (x86, 32 bits, seed 0); return what `FeatureHasher` makes of it: |h|.

    Args:
        words_of_4: Of the bytes that they are parts of, zeros behind them.
        starts: Where each begins.
        sizes: How many bytes it has.
    """
    hashes, whole = np.zeros(len(starts), np.uint32), sizes // 4
    for block in range(int(whole.max(initial=0))):
        mixed = _rotated(hashes ^ _scrambled(words_of_4[starts + 4 * block]), 13) * np.uint32(5)
        hashes = np.where(block < whole, mixed + np.uint32(0xE6546B64), hashes)
    hashes ^= _scrambled(words_of_4[starts + 4 * whole] & _TAILS[sizes % 4])
    hashes ^= sizes.astype(np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        hashes = np.asarray((hashes ^ hashes >> shift) * np.uint32(factor), np.uint32)
    return np.abs((hashes ^ hashes >> 16).view(np.int32).astype(np.int64))


def _scrambled(block: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return _rotated(block * np.uint32(0xCC9E2D51), 15) * np.uint32(0x1B873593)


def _rotated(numbers: NDArray[np.uint32], by: int) -> NDArray[np.uint32]:
    return np.asarray(numbers << by | numbers >> (32 - by), np.uint32)
