"""The order of examples of several languages, so that a batch is of one language (Wu et al.'s own code)."""

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler


class LanguageBatches(Sampler[int]):
    """Runs of examples of one language each, as long as a batch; all in a new order in every epoch.

    Which language is next is drawn in proportion to its size. What is left over of each language, less than a
    batch, comes last; there languages may share a batch.

    Args:
        sizes: How many examples each language has; they lie one language behind the other.
        batch_size: Length of a run.
        seed: Of the order.
    """

    def __init__(self, sizes: Sequence[int], batch_size: int, seed: int) -> None:
        self._sizes, self._batch_size, self._seed, self._epoch = sizes, batch_size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Be told which epoch is next: its order is the same after a kill."""
        self._epoch = epoch

    def __len__(self) -> int:
        return sum(self._sizes)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        runs, rests, first = [], [], 0
        for size in self._sizes:
            order = (first + torch.randperm(size, generator=generator)).tolist()
            whole = size - size % self._batch_size
            runs += [order[start : start + self._batch_size] for start in range(0, whole, self._batch_size)]
            rests += order[whole:]
            first += size
        for i in torch.randperm(len(runs), generator=generator).tolist():
            yield from runs[i]
        yield from rests
