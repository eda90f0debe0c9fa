"""Tracking: where it is asked for, the Trainer tells TensorBoard, MLflow or Weights & Biases of a training.

What they get: hyperparameters, the model's configuration with the names of its labels, losses, scores on the
dev set, the place of the run folder. No texts; no weights unless their own settings ask for them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from transformers import Trainer
from transformers.integrations.integration_utils import TensorBoardCallback

from mosecrot_core.errors import InputError
from mosecrot_core.learning.train_config import Tracker, TrainConfig

_PACKAGES: dict[Tracker, tuple[str, ...]] = {
    "tensorboard": ("tensorboard", "tensorboardX"), "mlflow": ("mlflow",), "wandb": ("wandb",),
}  # fmt: skip


@dataclass(frozen=True)
class Tracking:
    """What trackers call the trainings that an experiment does at the moment, and which are told."""

    name: str
    """Of the fine-tuning, such as `demo-recommended-fr-seed0`; a safe file name."""
    folder: Path
    """TensorBoard's files go into a folder of that name in it, or in TENSORBOARD_LOGGING_DIR."""
    report_to: tuple[Tracker, ...]
    """Told also of trainings whose own settings name none, such as the stages before the last."""


_CURRENT: ContextVar[Tracking | None] = ContextVar("tracking", default=None)


@contextmanager
def tracked_as(tracking: Tracking) -> Iterator[None]:
    """Give the trainings inside their name.

    It goes past the functions that train, since it changes nothing of what they do.
    """
    token = _CURRENT.set(tracking)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def check_trackers(report_to: tuple[Tracker, ...]) -> None:
    """Miss a package before anything is trained.

    Raises:
        InputError: The package of a tracker is not installed.
    """
    for tracker in report_to:
        if not any(map(find_spec, _PACKAGES[tracker])):
            raise InputError(
                f"report_to: {tracker} expected, its Python package is not installed",
                remedy=f"Install it with: python -m pip install {tracker}; or take it out of report_to.",
            )


def trackers(config: TrainConfig) -> tuple[Tracker, ...]:
    """Return who is told of a training: none but those that were asked for.

    Raises:
        InputError: The package of a tracker is not installed.
    """
    current = _CURRENT.get()
    found = tuple(dict.fromkeys((*config.report_to, *(current.report_to if current else ()))))
    check_trackers(found)
    return found


def run_name(work: Path) -> str:
    """Return what trackers call a training: its fine-tuning, and its part where there are several."""
    current = _CURRENT.get()
    if current is None:
        return work.name
    part = "" if work.parent.name == "steps" else f"-{work.stem}"
    return current.name + part


@contextmanager
def told(trainer: Trainer, names: tuple[Tracker, ...]) -> Iterator[None]:
    """Let trackers have a run of their own for what is trained inside.

    Raises:
        InputError: A tracker fails, such as one that wants to be logged in to.
    """
    _place_tensorboard(trainer)
    finish = "wandb" in names and _no_run_of_wandb()
    try:
        yield
    except Exception as error:
        package = type(error).__module__.partition(".")[0]
        if package not in names:
            raise
        raise InputError(
            f"tracking with {package} failed: {error}",
            remedy="Log in, stay on this machine (WANDB_MODE=offline, "
            "MLFLOW_TRACKING_URI=sqlite:///mlflow.db), or take it out of report_to.",
        ) from error
    finally:
        if finish:
            _finish_wandb()


def _place_tensorboard(trainer: Trainer) -> None:
    """Keep TensorBoard's files apart from the checkpoints, which go when training is done."""
    current = _CURRENT.get()
    folder = current.folder if current else Path(str(trainer.args.output_dir)).parent / "tracking"
    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, TensorBoardCallback):
            place = Path(callback.logging_dir or folder)
            callback.logging_dir = str(place / str(trainer.args.run_name))


def _no_run_of_wandb() -> bool:
    import wandb

    return wandb.run is None


def _finish_wandb() -> None:
    """End its run, which would else go on as that of the next training."""
    import wandb

    wandb.finish()
