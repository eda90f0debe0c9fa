"""A part of a data set, drawn at random: the same one on every machine."""

import random
from collections.abc import Sequence
from typing import TypeVar

from pydantic import PositiveInt

from mosecrot_core.settings import Settings

_T = TypeVar("_T")


class SampleSizes(Settings):
    """How many texts of a split are drawn at random; none: all."""

    train: PositiveInt | None = None
    """Texts for fine-tuning."""
    dev: PositiveInt | None = None
    """Texts for choosing a checkpoint."""
    test: PositiveInt | None = None
    """Texts for the reported score."""
    seed: int = 0
    """Seed of the draw; the same seed draws the same texts on every machine."""

    def draw(self, texts: Sequence[_T], language: str, split: str) -> list[_T]:
        """Return the sample of a language's split, in its old order.

        >>> SampleSizes(train=2).draw("abcd", "en", "dev")
        ['a', 'b', 'c', 'd']
        """
        size: int | None = getattr(self, split)
        if size is None or size >= len(texts):
            return list(texts)
        # A string seeds the generator by its SHA-512: the same in every process.
        rng = random.Random(f"{self.seed}/{language}/{split}")  # noqa: S311 - sampling, not secrets
        return [texts[position] for position in sorted(rng.sample(range(len(texts)), size))]
