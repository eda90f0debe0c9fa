"""What a worker of a sweep asks of the machine that it is given."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Hints:
    """What each worker asks for."""

    cpus: float = 1
    """Cores; fine-tuning is faster on several."""
    gpus: float = 0
    """GPUs; with Ray a fraction lets several workers share one."""
    memory: float | None = None
    """GiB of memory; none: not said."""
    resources: dict[str, float] = field(default_factory=dict)
    """With Ray, amounts of the cluster's own resources, such as ``{"spot": 1}``."""
