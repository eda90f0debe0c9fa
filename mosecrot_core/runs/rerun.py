"""Running an experiment again with what reviewers decided on its anchors, in a run of its own beside it."""

import os
from pathlib import Path

from mosecrot_core.anchors.decisions import read_decisions
from mosecrot_core.anchors.review import REVIEWS
from mosecrot_core.errors import InputError
from mosecrot_core.runs.experiment import Experiment, load_experiment
from mosecrot_core.runs.jobs import reviewed_folder
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.report import ProgressBar
from mosecrot_core.runs.runner import base_of, run_experiment
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.taken_over import take_over


def rerun(folder: Path, progress: ProgressBar) -> Run:
    """Run the experiment of a run again, with the decisions that hold beside it.

    What the decisions do not touch is taken over from the run, not done again.

    Args:
        folder: The run's folder; its decisions are in `reviews.sqlite` beside it.
        progress: Told what is being done.

    Returns:
        The new run (`reviewed_folder`), complete.

    Raises:
        InputError: There is no run, it does not say where its inputs are, or nothing was decided.
        MosecrotError: As `run_experiment`.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - `.` has no name; `..` goes, a link stays
    run, own = Run.open(folder), reviewed_folder(folder)
    base = base_of(run)
    experiment = _reviewed(load_experiment(run.folder / "experiment.yaml"), folder.parent / REVIEWS, own.name)
    plan = make_plan(experiment, base, FileHashes(folder.parent / ".hashes.json"))
    if own != folder:
        for step in plan.steps:
            take_over(step, run, Run(own))
    return run_experiment(experiment, base, own, progress)


def _reviewed(experiment: Experiment, reviews: Path, name: str) -> Experiment:
    targets = dict(experiment.targets)
    for language, own in experiment.targets.items():
        if own.has_words and len(read_decisions(reviews, (experiment.source.language, language))):
            targets[language] = own.model_copy(update={"decisions": str(reviews.absolute())})
    if targets == experiment.targets and not any(own.decisions for own in targets.values()):
        raise InputError(
            "decisions on its languages expected, none hold",
            path=reviews,
            remedy="Reject or correct pairs in the dashboard, or with: mosecrot anchors review RUN.",
        )
    return experiment.model_copy(update={"targets": targets, "name": name})
