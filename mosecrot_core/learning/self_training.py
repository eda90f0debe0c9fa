"""Learning a language from its own unlabelled text: a model's labels teach the next model, in rounds.

    FOLDER/source/               the model that learned the source language alone
    FOLDER/1-soft/ 1-hard/ ...   what each round made; Hugging Face folders: a kill loses one training at most
    FOLDER/plain/                an ordinary model that learned from the last voters, if one is wanted

See `self_training_config.SelfTraining` for the paper and for what is assumed.
"""

from collections.abc import Mapping
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.encoded_parts import LearnablePart
from mosecrot_core.learning.self_training_config import SelfTraining
from mosecrot_core.learning.teaching import Build, PlainModel, SelfTrained, SourceSide, Teaching
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import Progress


def self_train(
    build: Build,
    tokenizer: PreTrainedTokenizerBase,
    source: SourceSide,
    target: LearnablePart,
    settings: SelfTraining,
    config: TrainConfig,
    seed: int,
    folder: Path,
    progress: Progress | None = None,
    plain: PlainModel | None = None,
    shared: Mapping[str, Path] | None = None,
) -> SelfTrained:
    """Teach a voting model a language from unlabelled text, or go on where a stopped training was.

    Rounds end after the last one, when too few labels change, or when none is accepted.

    Args:
        build: Makes a voting model that knows both vocabularies and has learned no label yet.
        tokenizer: The target's, which has the source's ids too.
        source: The labelled language.
        target: Unlabelled texts of the other.
        settings: How.
        config: How each model is trained; the last step is kept.
        seed: Of heads, order and dropout.
        folder: Where models are kept, of this training only.
        progress: Told after each step of each training.
        plain: What learns from the last voters in the end: the source's labels and those accepted of theirs
            (without a round, or if none is, the source's alone). None: they are the model.
        shared: Where the models of stages are kept that other trainings have in common with this one, by
            stage (`SelfTraining.first_stages`); of all others, in `folder`.

    Raises:
        MosecrotError: There is nothing to learn from, or no dev set to choose the threshold on.
    """
    if not source.train.n_units or not target.n_units:
        raise MosecrotError("self_train: labelled source texts and unlabelled target texts expected.")
    places = shared or {}
    teaching = Teaching(build, tokenizer, source, target, settings, config, seed, folder, places, progress)
    return teaching.done(plain)
