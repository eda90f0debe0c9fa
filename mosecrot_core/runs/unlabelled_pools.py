"""The unlabelled texts of a language: those of the task, without their labels, and those named beside it."""

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import InputError
from mosecrot_core.learning.self_training_config import SelfTraining
from mosecrot_core.learning.tasks.token_corpus import TokenCorpus
from mosecrot_core.learning.tasks.unlabelled import (
    Unlabelled,
    UnlabelledTexts,
    cut_into_words,
    without_labels,
)
from mosecrot_core.runs.workbench import Workbench


def unlabelled_parts(bench: Workbench, language: str) -> list[Unlabelled]:
    """Return all there are of a language: the task's first."""
    of_task = bench.corpus.splits.get((language, "train"))
    beside = bench.unlabelled(language)
    return [
        *([] if of_task is None else [without_labels(of_task)]),
        *([_as_of_task(bench, beside)] if beside else []),
    ]


def texts_at_hand(bench: Workbench, language: str) -> list[Unlabelled]:
    """Return unlabelled texts of a language: all there are, else those that are to be labelled."""
    return unlabelled_parts(bench, language) or [without_labels(bench.corpus.get(language, "test"))]


def pool(bench: Workbench, language: str, settings: SelfTraining) -> Unlabelled:
    """Return what a model labels itself, to learn from it.

    Raises:
        InputError: There is no such text.
    """
    if _teaches_task(bench, language, settings):
        return without_labels(bench.corpus.get(language, "train"))
    if not (beside := bench.unlabelled(language)):
        raise InputError(
            f"unlabelled text in {language} was expected, to learn from",
            remedy=f"Name files under targets.{language}.unlabelled.",
        )
    return _as_of_task(bench, beside)


def pool_labels(bench: Workbench, language: str, settings: SelfTraining) -> NDArray[np.int64] | None:
    """Open the labels of the pool's units, if there are any: for who says how right a model was."""
    if not _teaches_task(bench, language, settings):
        return None
    return np.asarray(bench.head.unit_labels(bench.corpus.get(language, "train")), np.int64)


def _teaches_task(bench: Workbench, language: str, settings: SelfTraining) -> bool:
    there = (language, "train") in bench.corpus.splits or bench.experiment.unlabelled(language) is None
    return settings.pool == "task" or (settings.pool is None and there)


def _as_of_task(bench: Workbench, texts: list[str]) -> Unlabelled:
    return cut_into_words(texts) if isinstance(bench.corpus, TokenCorpus) else UnlabelledTexts(tuple(texts))
