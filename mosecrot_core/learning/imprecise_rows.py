"""Imprecise input rows while a model learns, so that it does not count on exact ones: mapped rows are none.

Noise is that of Bishop (1995), "Training with noise is equivalent to Tikhonov regularization"; dropping whole
rows is word dropout (Iyyer et al., 2015, "Deep unordered composition rivals syntactic methods").
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import PreTrainedModel

from mosecrot_core.learning.train_config import TrainConfig


@contextmanager
def imprecise_rows(model: PreTrainedModel, config: TrainConfig, special_ids: Sequence[int]) -> Iterator[None]:
    """Blur a model's input rows as its settings say, wherever it is in training mode.

    Args:
        model: An encoder with a head.
        config: Says how much; with neither noise nor dropout, nothing is done.
        special_ids: Tokens whose rows stay exact, as they do when a model is stitched.
    """
    if not (config.embedding_noise or config.embedding_dropout):
        yield
        return
    embedding = model.get_input_embeddings()
    weight = embedding.get_parameter("weight")
    length = float(weight.detach().norm(dim=1).mean())
    deviation = config.embedding_noise * length / weight.shape[1] ** 0.5
    special = torch.tensor(list(special_ids), dtype=torch.long)

    def blur(module: torch.nn.Module, inputs: Any, rows: torch.Tensor) -> torch.Tensor:
        if not module.training:
            return rows
        (ids,) = inputs
        exact = torch.isin(ids, special.to(ids.device)).unsqueeze(-1)
        dropped = torch.rand(ids.shape, device=ids.device).unsqueeze(-1) < config.embedding_dropout
        blurred = (rows + deviation * torch.randn_like(rows)).masked_fill(dropped, 0)
        return torch.where(exact, rows, blurred)

    handle = embedding.register_forward_hook(blur)
    try:
        yield
    finally:
        handle.remove()
