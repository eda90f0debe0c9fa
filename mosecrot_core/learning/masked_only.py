"""Guessing masked tokens without scoring all the others.

The layer over the vocabulary is the dearest of a masked language model, and 85 % of what it says is not asked
for. Here it is given the masked tokens alone, whatever the architecture: for the same loss.
"""

from typing import Any, cast

import torch
from torch import nn
from transformers import PreTrainedModel

from mosecrot_core.errors import MosecrotError

_NOT_ASKED = -100


def masked_only(model: PreTrainedModel) -> PreTrainedModel:
    """Let a masked language model score only the tokens that have a label, and return it.

    Its `logits` are then ``[n, V]``, a row a label, and its `loss` is their mean cross-entropy, 0 without
    any. Nothing of it is saved: a model that is loaded from its folder scores all tokens.

    Raises:
        MosecrotError: The model has no layer over the vocabulary.
    """
    output = cast("nn.Module | None", model.get_output_embeddings())  # type: ignore[no-untyped-call]
    if output is None:
        raise MosecrotError(f"masked_only: a masked language model expected, got {type(model).__name__}.")
    asked: list[torch.Tensor] = []

    def before(_: nn.Module, args: tuple[Any, ...], inputs: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        asked[:] = [inputs["labels"]]
        return args, {name: own for name, own in inputs.items() if name != "labels"}

    def narrowed(_: nn.Module, args: tuple[torch.Tensor, ...]) -> torch.Tensor:
        return args[0][asked[0] != _NOT_ASKED]  # [B, T, D] to [n, D]

    def after(_: nn.Module, __: Any, found: Any) -> Any:
        labels, logits = asked[0][asked[0] != _NOT_ASKED], found["logits"].float()
        found["loss"] = nn.functional.cross_entropy(logits, labels) if len(labels) else logits.sum()
        return found

    model.register_forward_pre_hook(before, with_kwargs=True)
    output.register_forward_pre_hook(narrowed)
    model.register_forward_hook(after)
    return model
