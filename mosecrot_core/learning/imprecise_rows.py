"""Imprecise input rows while a model learns, so that it does not count on exact ones: mapped rows are none.

Noise is that of Bishop (1995), "Training with noise is equivalent to Tikhonov regularization"; dropping whole
rows is word dropout (Iyyer et al., 2015, "Deep unordered composition rivals syntactic methods"). Mapped rows
are off in a way of their own: mixtures of what is near. Reading a token through the mixture of its nearest
others, weighed as anchors are, shows a body just such rows; Zhou et al. (2021), "Defense against Synonym
Substitution-based Adversarial Attacks via Dirichlet Neighborhood Ensemble", mix synonyms' rows at random.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.mapping.alignment.relative_representations import RelativeRepresentations
from mosecrot_core.mapping.relative import combine, relative_weights
from mosecrot_core.words.neighbours import FloatArray, Neighbours, nearest

Reread = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
_MIXTURE = RelativeRepresentations()


@contextmanager
def imprecise_rows(
    model: PreTrainedModel, config: TrainConfig, special_ids: Sequence[int], read_ids: Iterable[int]
) -> Iterator[None]:
    """Blur a model's input rows as its settings say, wherever it is in training mode.

    Args:
        model: An encoder with a head.
        config: Says how much; where it says nothing of it, nothing is done.
        special_ids: Tokens whose rows stay exact, as they do when a model is stitched.
        read_ids: Tokens of the training texts, as often as they like: others keep their rows.
    """
    steps = _steps(model, config, special_ids, read_ids)
    if not steps:
        yield
        return
    special = torch.tensor(list(special_ids), dtype=torch.long)

    def blur(module: torch.nn.Module, inputs: Any, rows: torch.Tensor) -> torch.Tensor:
        if not module.training:
            return rows
        (ids,) = inputs
        blurred = rows
        for step in steps:
            blurred = step(ids, blurred)
        return torch.where(torch.isin(ids, special.to(ids.device)).unsqueeze(-1), rows, blurred)

    handle = model.get_input_embeddings().register_forward_hook(blur)
    try:
        yield
    finally:
        handle.remove()


def neighbour_mixtures(rows: FloatArray, ids: NDArray[np.int64], among: NDArray[np.int64]) -> FloatArray:
    """Mix for each token the rows nearest to its own, and not its own, as `RelativeRepresentations` does.

    Args:
        rows: Of all tokens ``[V, D]``.
        ids: Tokens ``[n]``.
        among: Tokens that may be neighbours, ascending ``[m]``, at least two.

    Returns:
        ``[n, D]``.
    """
    k = min(int(_MIXTURE.k), len(among) - 1)
    found = nearest(rows[ids], rows[among], k + 1)
    own = among[found.indices] == ids[:, None]
    own[~own.any(axis=1), -1] = True  # one that is no neighbour itself, or behind as many equal rows
    others = Neighbours(found.indices[~own].reshape(-1, k), found.cosines[~own].reshape(-1, k))
    weights = relative_weights(others.cosines, _MIXTURE.weighting, _MIXTURE.temperature)
    return combine(others, weights, rows[among], match_norms=_MIXTURE.match_norms)


def _steps(
    model: PreTrainedModel, config: TrainConfig, special_ids: Sequence[int], read_ids: Iterable[int]
) -> list[Reread]:
    """Return what is done to rows ``[..., D]`` of ids ``[...]``, in this order."""
    weight = model.get_input_embeddings().get_parameter("weight").detach()
    steps: list[Reread] = []
    if config.embedding_neighbours:
        steps.append(_neighbours(weight, config.embedding_neighbours, special_ids, read_ids))
    if config.embedding_noise or config.embedding_dropout:
        steps.append(_noise_and_dropout(weight, config))
    return steps


def _neighbours(
    weight: torch.Tensor, share: float, special_ids: Sequence[int], read_ids: Iterable[int]
) -> Reread:
    rows = weight.float().cpu().numpy()
    ids = np.setdiff1d(np.fromiter(read_ids, np.int64), special_ids)
    among = np.setdiff1d(np.flatnonzero(rows.any(axis=1)), special_ids)
    mixtures = torch.from_numpy(neighbour_mixtures(rows, ids, among))
    places = torch.full((len(rows),), -1)
    places[ids] = torch.arange(len(ids))

    def reread(read: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        nonlocal mixtures, places
        mixtures, places = mixtures.to(rows), places.to(read.device)  # copied once, to where the model is
        place = places[read]
        chosen = _drawn(read, share) & (place >= 0).unsqueeze(-1)
        return torch.where(chosen, mixtures[place], rows)

    return reread


def _noise_and_dropout(weight: torch.Tensor, config: TrainConfig) -> Reread:
    deviation = config.embedding_noise * float(weight.norm(dim=1).mean()) / weight.shape[1] ** 0.5

    def reread(read: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        dropped = _drawn(read, config.embedding_dropout)
        noisy: torch.Tensor = rows + deviation * torch.randn_like(rows)
        return noisy.masked_fill(dropped, 0)

    return reread


def _drawn(ids: torch.Tensor, share: float) -> torch.Tensor:
    """Draw tokens, as a mask ``[..., 1]``."""
    return torch.rand(ids.shape, device=ids.device).unsqueeze(-1) < share
