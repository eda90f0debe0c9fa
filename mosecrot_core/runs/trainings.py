"""What each fine-tuning of a plan trains, and with which tokenizer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from transformers import PreTrainedModel

from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.tracking import Tracking
from mosecrot_core.runs.mapped_method import FineTunedMethod
from mosecrot_core.runs.methods import InLanguage, Stitched
from mosecrot_core.runs.readers import source_reader, stitched_model, target_reader
from mosecrot_core.runs.steps import FineTuning, OfTwoLanguages
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.workbench import Workbench


@dataclass(frozen=True, eq=False)
class Training:
    """A model to be fine-tuned."""

    build: Callable[[], PreTrainedModel]
    """Makes it, with a new head."""
    reader: Reader
    """What it reads its training texts with."""


def training_of(tuning: FineTuning, bench: Workbench) -> Training:
    """Say what a fine-tuning trains; rows are only mapped when the model is built."""
    name, language = tuning.method, tuning.language
    if name is None:
        return Training(bench.new_classifier, Reader(bench.source_tokenizer, tuning.config.max_length))
    method = bench.experiment.methods[name]
    if language is None:
        spec = method.own_encoder if isinstance(method, FineTunedMethod) else None
        return Training(lambda: bench.new_classifier(spec=spec), source_reader(bench, name))
    if isinstance(method, InLanguage):  # it learns the language through the words that its texts use
        return Training(
            lambda: stitched_model(bench, bench.new_classifier(), language, name),
            target_reader(bench, language, name),
        )
    mixed = isinstance(method, Stitched) and method.learns_on == "mixed"
    return Training(
        lambda: bench.new_classifier(bench.source_rows(language, name), mixed=mixed),
        source_reader(bench, name),
    )


def tracking_of(training: FineTuning | OfTwoLanguages, run: Run) -> Tracking:
    """Name a fine-tuning for trackers by the run, the methods and languages that it serves, and its seed."""
    steps = training.steps if isinstance(training, FineTuning) else (training.step,)
    methods, languages = (_some(getattr(step, what) for step in steps) for what in ("method", "language"))
    name = f"{run.name}-{methods}-{languages}-seed{training.seed}"
    return Tracking(name, run.folder / "tracking", training.config.report_to)


def _some(names: Iterable[str]) -> str:
    """Join a few names; a file name has room for no more."""
    found = list(dict.fromkeys(names))
    return "+".join(found[:2]) + (f"+{len(found) - 2}" if len(found) > 2 else "")
