"""Models of ours over any encoder of Transformers: what of a family's own classes they are made of."""

import inspect
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from torch import nn
from transformers import MODEL_MAPPING, AutoConfig, PreTrainedModel


def encoder_of(config: Any) -> nn.Module:
    """Return a new encoder without a pooler, as a config describes it."""
    kind: Any = MODEL_MAPPING[type(config)]
    takes_pooler = "add_pooling_layer" in inspect.signature(kind).parameters
    return cast("nn.Module", kind(config, add_pooling_layer=False) if takes_pooler else kind(config))


def takes_types(encoder: nn.Module) -> bool:
    """Tell whether an encoder is given the types of tokens."""
    return "token_type_ids" in inspect.signature(encoder.forward).parameters


def labelled_config(folder: Path, label_names: Sequence[str]) -> Any:
    """Return an encoder's config with the labels of a task."""
    return AutoConfig.from_pretrained(
        folder, num_labels=len(label_names), id2label=dict(enumerate(label_names)),
        label2id={name: number for number, name in enumerate(label_names)},
    )  # fmt: skip


def load_in_family(own: Any, folder: Path, config: Any, suffix: str) -> PreTrainedModel:
    """Load a model of ours; weights that the folder does not have are drawn from PyTorch's generator.

    Args:
        own: Its class.
        folder: Its folder, or an encoder's.
        config: Its config.
        suffix: As for `in_family`.
    """
    kind: Any = in_family(own, type(config), suffix)
    return cast("PreTrainedModel", kind.from_pretrained(folder, config=config, use_safetensors=True))


def in_family(own: Any, config_class: Any, suffix: str) -> Any:
    """Mix a class of ours into an encoder's family, such as BertForDependencies.

    Weights are then named as the family's are, so that a folder of ours is one of theirs with a head more.

    Args:
        own: The class, a `PreTrainedModel`.
        config_class: The family's.
        suffix: What its name ends in.
    """
    return _mixed(own, config_class, suffix)


@cache
def _mixed(own: Any, config_class: Any, suffix: str) -> Any:
    encoder: Any = MODEL_MAPPING[config_class]
    family = next(kind for kind in encoder.__mro__[1:] if issubclass(kind, PreTrainedModel))
    name = encoder.__name__.removesuffix("Model") + suffix
    return type(name, (own, family), {"__module__": own.__module__, "config_class": config_class})
