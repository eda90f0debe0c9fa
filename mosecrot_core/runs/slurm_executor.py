"""A sweep as jobs of a Slurm cluster, which submitit writes: so many workers, each until no task is left."""

from dataclasses import dataclass
from typing import Any

from mosecrot_core.errors import InputError
from mosecrot_core.runs.hints import Hints
from mosecrot_core.runs.report import ProgressBar
from mosecrot_core.runs.sweeping import Execute, work
from mosecrot_core.runs.tasks import Tasks


def on_slurm(
    workers: int,
    hints: Hints | None = None,
    minutes: int = 1440,
    options: dict[str, str] | None = None,
    *,
    cluster: str = "slurm",
) -> Execute:
    """Submit workers and return; they go on by themselves.

    Args:
        workers: How many jobs.
        hints: What each asks for.
        minutes: How long a job may take; one that is cut off or preempted is queued again and goes on.
        options: Further ones of sbatch, such as ``{"partition": "gpu"}``.
        cluster: `slurm`, or another that submitit knows.
    """

    def execute(tasks: Tasks, progress: ProgressBar) -> None:
        progress.start(workers)
        executor = _executor(tasks, hints or Hints(), minutes, options or {}, cluster)
        with executor.batch():
            for _ in range(workers):
                executor.submit(SlurmWorker(tasks.sweep.as_json()))
        for _ in range(workers):
            progress.done()

    return execute


@dataclass(frozen=True)
class SlurmWorker:
    """What a job does."""

    sweep: str
    """As `Sweep.as_json` wrote it."""

    def __call__(self) -> None:
        """Do tasks until none is left."""
        work(self.sweep)

    def checkpoint(self) -> Any:
        """Say what is to be done when the job was cut off: the same."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def _executor(tasks: Tasks, hints: Hints, minutes: int, options: dict[str, str], cluster: str) -> Any:
    try:
        import submitit
    except ImportError as error:
        raise InputError(
            "the package submitit is not installed", remedy="Install it: pip install 'mosecrot[cluster]'."
        ) from error
    folder = tasks.sweep.folder / "slurm"
    try:
        executor = submitit.AutoExecutor(folder=folder, cluster=cluster)
    except RuntimeError as error:
        raise InputError(f"no Slurm here ({error})", remedy="Submit from a login node.") from error
    whole = {"name": tasks.sweep.name, "timeout_min": minutes, "cpus_per_task": max(1, round(hints.cpus))}
    asked = {"mem_gb": hints.memory, "gpus_per_node": round(hints.gpus)}
    executor.update_parameters(**whole, **{name: value for name, value in asked.items() if value})
    if cluster == "slurm" and options:
        executor.update_parameters(slurm_additional_parameters=options)
    return executor
