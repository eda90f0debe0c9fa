"""How a model teaches itself a language; apart from self_training.py, so that reading it needs no torch."""

from typing import Any, Literal

from pydantic import Field, model_validator

from mosecrot_core.learning.pseudo_labels import Acceptance
from mosecrot_core.settings import Settings

FIRST = "source"
"""The stage whose voters learn the source language alone."""
FIRST_SOFT = "1-soft"
"""The stage after it, whose voters learn what those say."""
_SOFT_HANGS_ON = {"voters", "class_priors", "start", "pool", "with_source"}
VoterKind = Literal["linear", "bilstm", "cnn"]


class SelfTraining(Settings):
    """How a model teaches itself a language without labels.

    A reconstruction of "Zero-shot Cross-lingual Transfer without Parallel Corpus" (arXiv:2310.04726), whose
    text was not at hand. From its summary: soft labels by squared error, then hard ones by cross-entropy,
    repeated; a threshold that is chosen by itself on the source language; voters. All else is an assumption,
    and a setting.
    """

    voters: tuple[VoterKind, ...] = Field(default=("linear", "bilstm", "cnn"), min_length=1)
    """The heads over one encoder; their mean probability is the model's. One: nobody to vote with."""
    soft: bool = True
    """Begin a round by learning the last model's probabilities of all target texts."""
    hard: bool = True
    """End a round by learning the labels that are accepted."""
    acceptance: Acceptance = Acceptance()
    """Which labels are."""
    rounds: int = Field(default=5, ge=0)
    """How many rounds at most; 0: the voters learn the source language, and that is all."""
    least_change: float = Field(default=0.01, ge=0, le=1)
    """No further round once a smaller share of the target units has been given another label."""
    class_priors: float = Field(default=0, ge=0, le=1)
    """How much of the way each label is brought to the share that it has among the source's labels, in what
    every model says of the target's texts, and by the bias of the last one's head (`class_priors.py`): 0
    none, 1 all. For labels that are as frequent in both languages."""
    start: Literal["initial", "last"] = "initial"
    """Where each model starts from: the encoder as it was before it learned any label, so that mistakes are
    not inherited with the weights; or the last model."""
    result: Literal["plain", "voters"] = "plain"
    """What is scored and kept in the end. plain: an ordinary model with the task's own head, which learns the
    source's labels and those that the last voters are trusted with; voters: these themselves."""
    pool: Literal["task", "unlabelled"] | None = None
    """Which target texts teach. task: its train texts, without their labels; unlabelled: those named as
    `unlabelled`; none: the former where there are any, else the latter."""
    with_source: bool = True
    """Whether the labelled source texts are learned from in every round, in batches of their own."""

    def first_stages(self) -> dict[str, dict[str, Any]]:
        """Return what the models of the first stages hang on, by stage; others may agree in that."""
        if not self.rounds and self.result == "plain":  # no voter is ever asked
            return {}
        hang_on = {FIRST: {"voters"}} | ({FIRST_SOFT: _SOFT_HANGS_ON} if self.rounds and self.soft else {})
        return {stage: self.model_dump(mode="json", include=names) for stage, names in hang_on.items()}

    @model_validator(mode="after")
    def _something_is_learned(self) -> "SelfTraining":
        if not (self.soft or self.hard):
            raise ValueError("soft, hard or both expected to be on")
        if len(set(self.voters)) < len(self.voters):
            raise ValueError("voters must differ from each other")
        return self
