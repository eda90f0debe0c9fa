"""Batches of examples whose labels are numbers or distributions, of texts or of words."""

from collections.abc import Sequence

import torch
from transformers import PreTrainedTokenizerBase

from mosecrot_core.learning.dev_sets import Example
from mosecrot_core.learning.prediction import PADDING


def batch_of(tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Pad examples, and the labels of words on the same side.

    Args:
        tokenizer: Pads.
        examples: What `LearnablePart.examples` returns: labels of texts are a number or ``[C]`` floats, of
            words ``[T]`` numbers or ``[T, C]`` floats.

    Returns:
        `labels` are ``[B]``, ``[B, C]``, ``[B, T]`` or ``[B, T, C]``; beyond the end PADDING or NaN.
    """
    inputs = [{name: own for name, own in each.items() if name != "labels"} for each in examples]
    batch: dict[str, torch.Tensor] = dict(tokenizer.pad(inputs, return_tensors="pt"))
    labels = [torch.as_tensor(each["labels"]) for each in examples]
    soft = labels[0].is_floating_point()
    if labels[0].dim() == int(soft):
        return {**batch, "labels": torch.stack(labels)}
    shape = (*batch["input_ids"].shape, *labels[0].shape[1:])
    padded = labels[0].new_full(shape, torch.nan if soft else PADDING)
    for row, own in zip(padded, labels, strict=True):
        place = slice(-len(own), None) if tokenizer.padding_side == "left" else slice(len(own))
        row[place] = own
    return {**batch, "labels": padded}
