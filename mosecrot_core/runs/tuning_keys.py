"""Keys of fine-tuned models: the same for all who would train the same."""

from typing import Any

from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.runs.input_keys import InputKeys
from mosecrot_core.runs.keys import step_key


def tuning_key(inputs: InputKeys, seed: int, config: TrainConfig, texts: str, **depends: Any) -> str:
    """Return the key of a model fine-tuned on labelled texts.

    Args:
        inputs: Keys of what it is made from; the source encoder's, unless `encoder` says otherwise.
        seed: Of its training.
        config: How.
        texts: Key of the texts.
        depends: What else changes it, as JSON values.
    """
    common = {"encoder": inputs.encoder, "texts": texts, "training": config.matters(), "seed": seed}
    return step_key("fine-tuning", **{**common, **depends})


def learned_from(config: TrainConfig) -> tuple[str, ...]:
    """Name the splits that a fine-tuning uses."""
    return ("train", "dev") if config.select == "best_on_dev" else ("train",)
