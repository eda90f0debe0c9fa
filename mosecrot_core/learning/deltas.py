"""How trained models differ from each other, as vectors: their lengths, the angle between them, directions.

Sums over all weights are made in float64: of millions of small float32 numbers the last ones would be lost.
"""

import copy
import math
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel


@dataclass(frozen=True)
class Deltas:
    """Lengths of delta_src = theta_src - theta_bi and delta_tgt, and how they lie (Wu et al., appendix B)."""

    source_norm: float
    target_norm: float
    angle: float
    """In degrees; NaN where one of them is 0."""

    @property
    def norm_ratio(self) -> float:
        """||delta_src|| / ||delta_tgt||; NaN where the latter is 0."""
        return self.source_norm / self.target_norm if self.target_norm else math.nan


def deltas(bilingual: PreTrainedModel, source: PreTrainedModel, target: PreTrainedModel) -> Deltas:
    """Measure how two models differ from a third, over all their float parameters; tied ones count once."""
    products = torch.zeros(3, dtype=torch.float64)
    others = dict(source.named_parameters()), dict(target.named_parameters())
    for name, base in bilingual.named_parameters():
        to_source, to_target = (
            (other[name].detach().cpu().double() - base.detach().cpu().double()).flatten() for other in others
        )
        products += torch.stack([to_source @ to_source, to_target @ to_target, to_source @ to_target])
    source_norm, target_norm = products[:2].sqrt().tolist()
    lengths = source_norm * target_norm
    cosine = float(products[2]) / lengths if lengths else math.nan
    angle = math.degrees(math.acos(max(-1.0, min(1.0, cosine)))) if lengths else math.nan
    return Deltas(source_norm, target_norm, angle)


def random_neighbour(
    model: PreTrainedModel, seed: int, other: PreTrainedModel | None = None
) -> PreTrainedModel:
    """Return theta + d, d a random direction with filters as long as theta's (Li et al. 2018, section 4).

    A filter is a row of a matrix; vectors (biases, layer norms) do not move, as there. With two such
    neighbours as corners an `Interpolation` walks the plane around a model.

    Args:
        model: theta; it stays as it is.
        seed: Of the direction.
        other: A model of the same architecture: filters and vectors of d are then as long as those of its
            difference from theta.
    """
    generator = torch.Generator().manual_seed(seed)
    neighbour = copy.deepcopy(model)
    others = dict(other.named_parameters()) if other is not None else {}
    with torch.no_grad():
        for name, parameter in neighbour.named_parameters():
            if parameter.dim() < 2 and other is None:
                continue
            long = parameter if other is None else others[name].to(parameter) - parameter
            rows = long.cpu().float().reshape(len(long) if long.dim() > 1 else 1, -1)
            direction = torch.randn(rows.shape, generator=generator)
            direction *= rows.norm(dim=1, keepdim=True) / direction.norm(dim=1, keepdim=True)
            parameter.add_(direction.view_as(parameter).to(parameter))
    return neighbour
