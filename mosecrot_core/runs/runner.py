"""Running an experiment: what is done is recognised at once, the rest is executed."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from mosecrot_core.errors import InputError
from mosecrot_core.files import named_disk_errors
from mosecrot_core.locations import hub_commits
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.report import ProgressBar
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.steps import OF_PAIRS, Plan
from mosecrot_core.runs.store import Run


def run_experiment(
    experiment: Experiment, base: Path, folder: Path, progress: ProgressBar, *, only_pairs: bool = False
) -> Run:
    """Run what is not yet done of an experiment.

    Args:
        experiment: What to run.
        base: Folder that its relative paths start from.
        folder: The run folder, made or gone on with.
        progress: Told what is being done.
        only_pairs: Stop when the word pairs are scored, before any fine-tuning.

    Returns:
        The run, its tables complete.

    Raises:
        MosecrotError: An input cannot be used; what was finished before stays.
    """
    run = Run.take_up(folder)
    hashes = FileHashes(folder.parent / ".hashes.json")
    plan = make_plan(experiment, base, hashes)
    if is_complete(run, experiment, plan):
        made_of = _made_of(base, plan)
        if {name: run.info().get(name) for name in made_of} != made_of:
            run.write_info(**made_of)
        return run
    if (
        only_pairs
        and run.state is not None
        and all(run.has_step(s.key) for s in plan.first if s.kind in OF_PAIRS)
    ):
        return run
    with named_disk_errors(folder), run.taken():
        hashes.save()
        _work(run, experiment, base, plan, hashes, progress, only_pairs=only_pairs)
    return run


def _work(
    run: Run,
    experiment: Experiment,
    base: Path,
    plan: Plan,
    hashes: FileHashes,
    progress: ProgressBar,
    *,
    only_pairs: bool,
) -> None:
    # Only now: a finished run is told apart without loading torch.
    from mosecrot_core.runs.execution import Execution
    from mosecrot_core.runs.workbench import Workbench

    begin(run, experiment, base, plan, hashes)
    try:
        bench = Workbench(experiment, base, run.folder.parent / ".vectors")
        execution = Execution(run, plan, bench, progress)
        if only_pairs:
            execution.look_at_pairs()
        else:
            execution.work()
    except BaseException as error:
        with suppress(OSError):  # the disk may be full: then the first error is the one to tell
            run.write_info(state="stopped", problem=f"{type(error).__name__}: {error}")
        raise
    run.write_info(state="stopped" if only_pairs else "done", problem=None)


def is_complete(run: Run, experiment: Experiment, plan: Plan) -> bool:
    """Say whether a run has all steps of an experiment and their tables."""
    return (
        run.state == "done"
        and all(run.has_step(step.key) for step in plan.steps)
        and all((run.folder / f"{name}.parquet").exists() for name in TABLES)
        and is_written(run, experiment)
    )


def begin(run: Run, experiment: Experiment, base: Path, plan: Plan, hashes: FileHashes) -> None:
    """Write down what is run, where and with what."""
    from mosecrot_core.runs.environment import describe_environment

    run.write_text("experiment.yaml", _as_yaml(experiment))
    run.write_info(
        state="running", problem=None, hub=hub_commits(hashes.asked),
        environment=describe_environment(Path.cwd()), **_made_of(base, plan),
    )  # fmt: skip


def is_written(run: Run, experiment: Experiment) -> bool:
    """Say whether a run is of this experiment."""
    written = run.folder / "experiment.yaml"
    return written.exists() and written.read_text(encoding="utf-8", errors="replace") == _as_yaml(experiment)


def base_of(run: Run) -> Path:
    """Return the folder that relative paths of a run's experiment start from.

    Raises:
        InputError: The run does not say, or it is not there.
    """
    base = run.info().get("base")
    if not isinstance(base, str) or not Path(base).is_dir():
        raise InputError(
            "the folder of its experiment file expected in run.json, "
            + ("none" if base is None else str(base)),
            path=run.folder,
            remedy="An older version made the run, or its inputs were moved: mosecrot run its file again.",
        )
    return Path(base)


def _made_of(base: Path, plan: Plan) -> dict[str, Any]:
    """Return what run.json keeps of the inputs: where their relative paths start, and their hashes."""
    return {"base": str(base.absolute()), "inputs": [each.as_json() for each in plan.inputs]}


def _as_yaml(experiment: Experiment) -> str:
    return yaml.safe_dump(experiment.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
