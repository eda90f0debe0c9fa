"""The order of examples of several languages: batches of one language and of like length, shuffled.

Of each language some batches are drawn at a time, sorted by length and cut, so that little of a batch is
padding; then all batches are shuffled. Which language is next is drawn in proportion to its size, as in Wu
et al.'s own code.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

WINDOW = 16
"""How many batches are sorted together. More: less padding, and each text always among the same others."""


class BatchOrder(Sampler[int]):
    """Gives the indices of examples, a batch's behind each other.

    What is left over of each language, less than a batch, comes last; there languages may share a batch.

    Args:
        lengths: Of each example, in tokens; languages lie one behind the other.
        sizes: How many examples each language has.
        batch_size: Examples in a batch.
        seed: Of the order.
    """

    def __init__(self, lengths: Sequence[int], sizes: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths, self._sizes = np.asarray(lengths), sizes
        self._batch_size, self._seed, self._epoch = batch_size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Be told which epoch is next: its order is the same after a kill."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        random, size = np.random.default_rng((self._seed, self._epoch)), self._batch_size
        batches: list[NDArray[np.int64]] = []
        rests: list[NDArray[np.int64]] = []
        first = 0
        for n in self._sizes:
            order = first + random.permutation(n)
            whole = n - n % size
            for start in range(0, whole, WINDOW * size):
                window = order[start : min(start + WINDOW * size, whole)]
                by_length = window[np.argsort(self._lengths[window], kind="stable")]
                batches += [by_length[i : i + size] for i in range(0, len(window), size)]
            rests.append(order[whole:])
            first += n
        for i in random.permutation(len(batches)):
            yield from batches[i].tolist()
        for rest in rests:
            yield from rest.tolist()
