"""The models of a self-training: what it begins with, fitted to the task's text or not, and what is kept."""

from collections.abc import Callable
from pathlib import Path

from transformers import AutoModelForMaskedLM, PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.learning.dev_sets import Example
from mosecrot_core.learning.encoded_parts import LearnablePart
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.task_fitting import fit_to_task, put_body
from mosecrot_core.learning.task_fitting_config import TaskFitting
from mosecrot_core.learning.tasks.token_corpus import TokenCorpus
from mosecrot_core.learning.tasks.unlabelled import Unlabelled
from mosecrot_core.learning.training import Progress
from mosecrot_core.learning.voting_model import new_voters
from mosecrot_core.runs.mapped_method import MappedMethod
from mosecrot_core.runs.mapped_rows import mapped_rows
from mosecrot_core.runs.readers import source_reader, stitched_model, target_reader
from mosecrot_core.runs.steps import Teaching
from mosecrot_core.runs.unlabelled_pools import unlabelled_parts
from mosecrot_core.runs.workbench import Workbench

Build = Callable[[], PreTrainedModel]


def initial_models(
    teaching: Teaching, bench: Workbench, folder: Path, progress: Progress
) -> tuple[Build, Build]:
    """Say how models are made that have learned no label yet, one with voters and a plain one.

    Args:
        teaching: The self-training.
        bench: Inputs.
        folder: Where task fitting, if it is wanted, keeps its models.
        progress: Told after each of its steps.
    """
    method = bench.experiment.self_trained(teaching.method)
    place = bench.folder(method.own_encoder)
    kinds, of_words = method.self_training.voters, isinstance(bench.corpus, TokenCorpus)

    def stitched(model: PreTrainedModel) -> PreTrainedModel:
        if isinstance(method, MappedMethod):
            return stitched_model(bench, model, teaching.language, teaching.method)
        return model

    def voters() -> PreTrainedModel:
        return stitched(new_voters(place, bench.head.label_names, kinds, of_words=of_words))

    def plain() -> PreTrainedModel:
        return stitched(bench.head.new_model(place))

    if method.fitting is None:
        return voters, plain

    def masked() -> PreTrainedModel:
        return stitched(AutoModelForMaskedLM.from_pretrained(place, use_safetensors=True))

    fitted = _fitted(masked, teaching, bench, method.fitting, folder, progress)
    return lambda: put_body(voters(), fitted), lambda: put_body(plain(), fitted)


def _fitted(
    build: Build,
    teaching: Teaching,
    bench: Workbench,
    settings: TaskFitting,
    folder: Path,
    progress: Progress,
) -> PreTrainedModel:
    source = source_reader(bench, teaching.method)
    target = target_reader(bench, teaching.language, teaching.method)
    sides = (
        _texts(bench, source, bench.experiment.source.language),
        _texts(bench, target, teaching.language),
    )
    mapped: list[int] = []
    if isinstance(bench.experiment.methods[teaching.method], MappedMethod):
        mapped = bench.words(teaching.language, teaching.method).ids.tolist()
    return fit_to_task(build, target.tokenizer, *sides, mapped, settings, teaching.seed, folder, progress)


def _texts(bench: Workbench, reader: Reader, language: str) -> list[Example]:
    return [x for part in unlabelled_parts(bench, language) for x in encoded(bench, reader, part).inputs]


def encoded(bench: Workbench, reader: Reader, unlabelled: Unlabelled) -> LearnablePart:
    """Let a method's tokenizer read unlabelled texts."""
    found = bench.head.encoded(reader, unlabelled)
    if not isinstance(found, LearnablePart):
        raise TypeError("texts or words expected")
    return found


def of_whole_vocabulary(
    model: PreTrainedModel, teaching: Teaching, bench: Workbench
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Give a plain model every word of the target's vectors, and the tokenizer that knows them.

    Words that no text had get the rows that stitching maps, those of texts keep what was learned.
    """
    if not isinstance(bench.experiment.methods[teaching.method], MappedMethod):
        return model, source_reader(bench, teaching.method).tokenizer
    used = bench.words(teaching.language, teaching.method).tokenizer.get_vocab()
    words = bench.all_words(teaching.language, teaching.method)
    rows = mapped_rows(bench, words, teaching.language, teaching.method)
    whole = words.stitched(bench.head.new_model(bench.folder(None)), rows)
    known, learned = words.tokenizer.get_vocab(), model.get_input_embeddings().get_parameter("weight")
    weight = whole.get_input_embeddings().get_parameter("weight")
    rows_of_all = weight.detach().clone()
    rows_of_all[[known[token] for token in used]] = learned[list(used.values())].detach().to(weight)
    body = {
        name: tensor for name, tensor in model.state_dict().items() if tensor.data_ptr() != learned.data_ptr()
    }
    whole.load_state_dict(body, strict=False)
    weight.data = rows_of_all
    return whole, words.tokenizer
