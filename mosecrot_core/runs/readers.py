"""What a method reads texts with: the encoder's own pieces, or the words of the target's vectors."""

from transformers import PreTrainedModel

from mosecrot_core.learning.reader import Reader
from mosecrot_core.runs.mapped_method import FineTunedMethod, MappedMethod
from mosecrot_core.runs.mapped_rows import mapped_rows
from mosecrot_core.runs.methods import Checkpoints
from mosecrot_core.runs.workbench import Workbench


def source_reader(bench: Workbench, name: str) -> Reader:
    """Return what a method reads the source language with."""
    method = bench.experiment.methods[name]
    if isinstance(method, Checkpoints) and method.source_tokenizer is not None:
        return Reader(
            bench.tokenizer(method.source_tokenizer), bench.experiment.training_for(name).max_length
        )
    return _own_reader(bench, name)


def target_reader(bench: Workbench, language: str, name: str) -> Reader:
    """Return what a method reads a target language with."""
    if isinstance(bench.experiment.methods[name], MappedMethod):
        return Reader.of(bench.words(language, name), bench.experiment.training_for(name).max_length)
    return _own_reader(bench, name)


def stitched_model(bench: Workbench, model: PreTrainedModel, language: str, name: str) -> PreTrainedModel:
    """Put a method's mapped rows of the words that a language's texts use under a model."""
    words = bench.words(language, name)
    return words.stitched(model, mapped_rows(bench, words, language, name))


def _own_reader(bench: Workbench, name: str) -> Reader:
    method = bench.experiment.methods[name]
    spec = method.own_encoder if isinstance(method, FineTunedMethod) else None
    tokenizer = bench.tokenizer(spec) if spec else bench.source_tokenizer
    return Reader(tokenizer, bench.experiment.training_for(name).max_length)
