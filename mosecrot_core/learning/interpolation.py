"""A model whose weights are mixed from others' (Wu et al. 2022, Eq. 1 to 3).

theta(w) = sum_i w_i theta_i with weights that add up to 1, so that at a corner, where one weight is 1, the
model is that corner bit for bit. Sums are made in float32, whatever the model computes in.
"""

import copy
import re
from collections.abc import Callable, Mapping, Sequence

import torch
from transformers import PreTrainedModel

from mosecrot_core.errors import MosecrotError

_LAYER = re.compile(r"\.layers?\.(\d+)\.")
_LIMIT = 6  # names in a message


class Interpolation:
    """Mixes models in place, in a model of its own: those it is given stay as they are.

    Their weights are read where they lie; only what lies on another device, or is not float32, is copied.

    Args:
        corners: Two models or more of the same architecture. What is not in `scope` is the first one's.
        scope: Which weights are mixed: `all`; `encoder` or `head`; `embeddings`; or `layer 3`, from 0.
        rows: Keep only these rows of the input embeddings, in this order ``[V]``: those of the tokens that
            the mixed model is to read. It then reads numbers of rows instead of token ids.
        device: Where the mixed model is; as the first corner, if none.
        dtype: What it computes in.

    Raises:
        MosecrotError: The corners differ in names or shapes of their weights, or nothing is in scope.
    """

    def __init__(
        self,
        corners: Sequence[PreTrainedModel],
        scope: str = "all",
        rows: torch.Tensor | None = None,
        device: str | torch.device | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        tensors = [_weights(corner) for corner in corners]
        _check_alike(tensors)
        self.model = copy.deepcopy(corners[0])
        if rows is not None:
            _keep_rows(self.model, rows)
        self.model.to(device=device or corners[0].device, dtype=dtype)  # type: ignore[call-arg]
        self.model.train(False)
        self.model.requires_grad_(False)
        own = _weights(self.model)
        mixed = [name for name in own if own[name].is_floating_point() and _in_scope(scope, corners[0])(name)]
        if not mixed:
            raise MosecrotError(
                f"no weights are in scope {scope!r}; there are: {', '.join(_scopes(corners[0]))}."
            )
        embedding = _name_of_embedding(self.model)
        self._mixed = [own[name] for name in mixed]
        self._corners = [
            [_resident(each[name], rows if name == embedding else None, own[name].device) for name in mixed]
            for each in tensors
        ]

    def at(self, weights: Sequence[float]) -> PreTrainedModel:
        """Mix, and return the mixed model, which the next mix changes.

        Args:
            weights: One a corner; they add up to 1.

        Raises:
            MosecrotError: There are more or fewer weights than corners, or they add up to something else.
        """
        if len(weights) != len(self._corners):
            raise MosecrotError(f"{len(self._corners)} weights expected, one a corner, got {len(weights)}.")
        if abs(sum(weights) - 1) > 1e-9:
            raise MosecrotError(f"weights that add up to 1 expected, got {', '.join(map(str, weights))}.")
        parts = [
            (weight, corner) for weight, corner in zip(weights, self._corners, strict=True) if weight != 0
        ]
        with torch.no_grad():
            for i, mixed in enumerate(self._mixed):
                _mix(mixed, [(weight, corner[i]) for weight, corner in parts])
        return self.model


def _mix(mixed: torch.Tensor, parts: Sequence[tuple[float, torch.Tensor]]) -> None:
    (first, tensor), *others = parts
    if first == 1 and not others:
        mixed.copy_(tensor)
        return
    total = torch.mul(tensor, first, out=mixed if mixed.dtype == torch.float32 else None)
    for weight, other in others:
        total.add_(other, alpha=weight)
    if total is not mixed:
        mixed.copy_(total)


def _weights(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Return parameters and buffers by name; what is tied to another stands under one name only."""
    return {name: tensor.detach() for name, tensor in (*model.named_parameters(), *model.named_buffers())}


def _resident(tensor: torch.Tensor, rows: torch.Tensor | None, device: torch.device) -> torch.Tensor:
    kept = tensor if rows is None else tensor[rows.to(tensor.device)]
    return kept.to(device=device, dtype=torch.float32)


def _check_alike(corners: Sequence[Mapping[str, torch.Tensor]]) -> None:
    if len(corners) < 2:
        raise MosecrotError(f"two models or more expected, got {len(corners)}.")
    first = corners[0]
    for number, other in enumerate(corners[1:], start=1):
        if odd := sorted(first.keys() ^ other.keys()):
            raise MosecrotError(
                f"models 0 and {number} do not have the same weights: only one of them has {_some(odd)}. "
                "Interpolate models of one architecture, with the same weights tied."
            )
        if odd := [name for name in first if first[name].shape != other[name].shape]:
            name = odd[0]
            raise MosecrotError(
                f"{name} is {_shape(first[name])} in model 0 and {_shape(other[name])} in model {number}. "
                "Models that are interpolated share their vocabulary, labels and initialisation."
            )


def _keep_rows(model: PreTrainedModel, rows: torch.Tensor) -> None:
    weight = model.get_input_embeddings().get_parameter("weight")
    names = [name for name, own in model.named_parameters(remove_duplicate=False) if own is weight]
    if len(names) > 1:
        raise MosecrotError(f"rows of {names[0]} cannot be left out: {names[1]} is tied to it.")
    kept = weight.detach()[rows.to(weight.device)]
    model.get_input_embeddings().weight = torch.nn.Parameter(kept)


def _name_of_embedding(model: PreTrainedModel) -> str:
    weight = model.get_input_embeddings().get_parameter("weight")
    return next(name for name, own in model.named_parameters() if own is weight)


def _in_scope(scope: str, model: PreTrainedModel) -> Callable[[str], bool]:
    encoder = model.base_model_prefix + "."
    embeddings = encoder + "embeddings."
    wanted = {
        "all": lambda _: True,
        "encoder": lambda name: name.startswith(encoder),
        "head": lambda name: not name.startswith(encoder),
        "embeddings": lambda name: name.startswith(embeddings),
    }
    return wanted.get(scope, lambda name: _layer_of(name) == scope)


def _layer_of(name: str) -> str | None:
    found = _LAYER.search(name)
    return f"layer {found[1]}" if found else None


def _scopes(model: PreTrainedModel) -> list[str]:
    layers = dict.fromkeys(filter(None, map(_layer_of, _weights(model))))
    return ["all", "encoder", "head", "embeddings", *layers]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_LIMIT]) + (", ..." if len(names) > _LIMIT else "")


def _shape(tensor: torch.Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "a number"
