"""What all methods share that fine-tune an encoder, and those that map rows: their defaults, by alignment."""

from typing import Literal

from pydantic import Field

from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.mapping.alignment import Alignment, PaperRepresentations, RelativeRepresentations
from mosecrot_core.mapping.frequent_words import FREQUENT_FROM
from mosecrot_core.settings import Settings


class FineTunedMethod(Settings):
    """A method with an encoder that is fine-tuned."""

    training: TrainConfig | None = None
    """What this method changes of how encoders are fine-tuned, key by key; none: nothing."""

    @property
    def keeps_source(self) -> bool:
        """Whether the source encoder is fine-tuned on its own rows, as all that keep them can share."""
        return False

    @property
    def own_rows_stay(self) -> bool:
        """Whether the encoder's own rows are read beside mapped ones, and stay as they are for that."""
        return self.keeps_source

    @property
    def own_encoder(self) -> str | None:
        """An encoder of its own; none: the source encoder."""
        return None


class MappedMethod(FineTunedMethod):
    """A method that reads the target language through mapped rows."""

    alignment: Alignment
    """How the target rows are mapped."""
    anchors: AnchorSettings | None = None
    """Which pairs become anchors for this method (Table 4); none: as for the others."""
    vocabulary: Literal["swapped", "joint"] | None = None
    """swapped: the words of the vectors take the place of the encoder's tokens, as in the paper; joint: they
    stand behind them, so that signs, numbers, and words without a vector are read through the encoder's own
    pieces; none: swapped where the alignment is `paper`, else joint."""

    spelling: float | None = Field(default=None, ge=0)
    """What likeness of spelling counts beside that of vectors where near anchors are sought (`spelling.py`);
    1: as much; none: 0.5 where the alignment is `relative`, else 0."""

    listed: bool | None = None
    """Whether a word of the list that has no vector of its own is a word of the vocabulary all the same, with
    the row of its translation; none: where the alignment is `relative`."""

    frequent: float | None = Field(default=None, gt=0, le=1)
    """The share of a language's words from which one that neither the vectors nor the list have is read as
    source words as frequent are (`mapping/frequent_words.py`), not as what it looks like, if such words make
    up a twentieth of the text; 1: none is; none: 0.001 where the alignment is `relative`, else 1. Vectors
    that compose rows of subwords have every word."""

    @property
    def takes_listed(self) -> bool:
        """Whether words of the list without a vector have the row of their translation."""
        if self.listed is None:
            return isinstance(self.alignment, RelativeRepresentations)
        return self.listed

    @property
    def frequent_from(self) -> float:
        """From which share of all words a word without a row is read as source words as frequent; 1: none."""
        if self.frequent is None:
            return FREQUENT_FROM if isinstance(self.alignment, RelativeRepresentations) else 1
        return self.frequent

    @property
    def spelled(self) -> float:
        """What spelling counts beside vectors."""
        if self.spelling is None:
            return 0.5 if isinstance(self.alignment, RelativeRepresentations) else 0
        return self.spelling

    @property
    def joins_source(self) -> bool:
        """Whether the encoder's own tokens stay beside the words of the vectors."""
        if self.vocabulary is None:
            return not isinstance(self.alignment, PaperRepresentations)
        return self.vocabulary == "joint"
