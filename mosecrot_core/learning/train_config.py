"""How an encoder is fine-tuned; apart from training.py, so that reading it needs no torch."""

from typing import Any, Literal

from pydantic import Field, model_validator

from mosecrot_core.settings import Settings

Tracker = Literal["tensorboard", "mlflow", "wandb"]


class TrainConfig(Settings):
    """How an encoder is fine-tuned."""

    learning_rate: float = Field(default=2e-5, gt=0)
    """Peak learning rate of AdamW; linear warm-up, then linear to 0."""
    epochs: int = Field(default=5, ge=1)
    """Passes over the training texts."""
    batch_size: int = Field(default=32, ge=1)
    """Sentences a step."""
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """Share of the steps spent warming up."""
    weight_decay: float = Field(default=0.0, ge=0)
    """AdamW's weight decay."""
    adam_beta2: float = Field(default=0.999, ge=0, lt=1)
    """AdamW's second beta; .99 in Wu et al.'s code."""
    max_length: int = Field(default=128, ge=8)
    """Longest sentence in tokens; the rest is cut off."""
    freeze_embeddings: bool | None = None
    """Leave the input embedding as it is and train only the body and the head. None: where mapped rows are to
    take the place of the encoder's own, which they resemble only as long as those stay."""
    embedding_noise: float = Field(default=0.0, ge=0)
    """Gaussian noise on each input row while training, its mean length as a share of the rows' own."""
    embedding_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the input rows that are zero while training; another lot in every step."""
    embedding_neighbours: float = Field(default=0.0, ge=0, le=1)
    """Share of the input rows that are another row while training, another lot in every step: that which
    the token would have if it were mapped, a mixture of the rows nearest to its own."""
    select: Literal["last", "best_on_dev"] = "last"
    """Which model is kept; `best_on_dev` goes by the dev set of the language that is
    learned from: macro-F1 of texts, span F1 of entities, accuracy of tags, LAS of trees."""
    dev_checks: int | None = Field(default=None, ge=1)
    """About how often in all the dev set is read, at equal distances (Wu et al.: 20 times); none: after each
    epoch."""
    patience: int | None = Field(default=None, ge=1)
    """Stop after so many looks at the dev set without a better score; needs `select: best_on_dev`."""
    checkpoint: Literal["never", "epoch"] = "epoch"
    """Whether training can go on from its last whole epoch after a kill; `never` starts it again."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """What the matrix products of fine-tuning are computed in; weights stay float32. bfloat16: wherever the
    device computes in it, a GPU or a processor (1.5 times as fast), else float32; auto: only on a GPU."""
    report_to: tuple[Tracker, ...] = ()
    """Trackers that are told how training goes, which changes nothing of it; none: nobody. `tensorboard`
    writes into the run's folder `tracking`; `mlflow` and `wandb` send it where their own settings say, such
    as MLFLOW_TRACKING_URI or WANDB_MODE=offline."""

    @model_validator(mode="after")
    def _some_go_by_dev(self) -> "TrainConfig":
        for name in ("patience", "dev_checks"):
            if getattr(self, name) is not None and self.select != "best_on_dev":
                raise ValueError(f"{name} needs `select: best_on_dev`")
        return self

    def matters(self) -> dict[str, Any]:
        """Return what the trained weights depend on.

        Keys that came later are left out where they change nothing, so that older runs go on.
        """
        fields = type(self).model_fields
        names = ("adam_beta2", "dev_checks", "embedding_neighbours")
        later = {name for name in names if getattr(self, name) == fields[name].default}
        return self.model_dump(exclude={"report_to", "checkpoint", *later})
