"""An input embedding with two rows a token: while a model learns, each text is read through one set of them.

A body that has read English both through the encoder's own rows and through F_s, which are made as the target
rows are made, can read either. Nothing of it is left in the model that comes out.
"""

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

_SHARE = 0.5


class EitherRows(torch.nn.Embedding):
    """Reads half of the texts, drawn anew in every step, through other rows; only in training mode."""

    other: torch.Tensor

    def __init__(self, own: torch.nn.Embedding, other: torch.Tensor) -> None:
        super().__init__(own.num_embeddings, own.embedding_dim, own.padding_idx, _weight=own.weight.detach())
        self.register_buffer("other", other.to(own.weight), persistent=False)

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - PyTorch's name
        """Return the rows of token ids ``[B, T]`` as ``[B, T, D]``."""
        rows = super().forward(input)
        if not self.training:
            return rows
        chosen = torch.rand(len(input), 1, 1, device=input.device) < _SHARE
        others = torch.nn.functional.embedding(input, self.other, self.padding_idx)
        return torch.where(chosen, others, rows)


def with_either_rows(model: PreTrainedModel, other: NDArray[np.float32]) -> PreTrainedModel:
    """Give a model other rows ``[V_s, D]`` beside its own, and return it."""
    own = cast("torch.nn.Embedding", model.get_input_embeddings())
    model.set_input_embeddings(EitherRows(own, torch.from_numpy(other)))
    return model


def with_own_rows(model: PreTrainedModel) -> None:
    """Take the other rows away again, where a model has some."""
    embedding = model.get_input_embeddings()
    if isinstance(embedding, EitherRows):
        n, width = embedding.weight.shape
        plain = torch.nn.Embedding(n, width, padding_idx=embedding.padding_idx)
        plain.weight = embedding.weight
        model.set_input_embeddings(plain)
