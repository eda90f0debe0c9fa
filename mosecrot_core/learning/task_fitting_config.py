"""How a model is fitted to a task's text; apart from task_fitting.py, so that reading it needs no torch."""

from pydantic import Field, field_validator

from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.settings import Settings


class TaskFitting(Settings):
    """How a model learns unlabelled text of both languages by guessing words that are masked.

    The bilingual task fitting of "Zero-shot Cross-lingual Transfer without Parallel Corpus"
    (arXiv:2310.04726), whose text was not at hand: that masking is BERT's, and that both languages are read
    equally often, are assumptions.
    """

    masked: float = Field(default=0.15, gt=0, lt=1)
    """Share of the tokens that are to be guessed. Of them 80 % are masked, 10 % are another token, 10 % stay
    (Devlin et al., 2019)."""
    balanced: bool = True
    """Read both languages equally often, texts of the smaller side again and again; else each text once an
    epoch."""
    rows_first: int = Field(default=0, ge=0)
    """Epochs before all others in which only the mapped rows, and the head that guesses, learn. A checkpoint
    without such a head gets a new one, which at first has nothing to teach the body."""
    training: TrainConfig = TrainConfig(learning_rate=5e-5, epochs=3)
    """How, and how many epochs with all weights; there is no dev set to select by."""

    @field_validator("training")
    @classmethod
    def _nothing_selects(cls, training: TrainConfig) -> TrainConfig:
        if training.select != "last":
            raise ValueError("task fitting has no dev set: set `select: last`")
        return training
