"""What each fine-tuning of a plan trains, and with which tokenizer."""

from collections.abc import Callable
from dataclasses import dataclass

from transformers import PreTrainedModel

from mosecrot_core.learning.reader import Reader
from mosecrot_core.runs.methods import InLanguage, Stitched, ZeroShot
from mosecrot_core.runs.steps import FineTuning
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
    name, language, length = tuning.method, tuning.language, tuning.config.max_length
    method = None if name is None else bench.experiment.methods[name]
    if isinstance(method, ZeroShot):
        spec = method.encoder
        return Training(lambda: bench.new_classifier(spec=spec), Reader(bench.tokenizer(spec), length))
    own = Reader(bench.source_tokenizer, length)
    if name is None or language is None:
        return Training(bench.new_classifier, own)
    if isinstance(method, InLanguage):
        return _in_language(name, language, length, bench)
    mixed = isinstance(method, Stitched) and method.learns_on == "mixed"
    return Training(lambda: bench.new_classifier(bench.source_rows(language, name), mixed=mixed), own)


def _in_language(name: str, language: str, length: int, bench: Workbench) -> Training:
    """Teach the body the target language through the words that its texts use."""
    words = bench.words(language, name)

    def build() -> PreTrainedModel:
        rows = bench.mapping(language, name).map_target(words.rows)
        return words.stitched(bench.new_classifier(), rows)

    return Training(build, Reader.of(words, length))
