"""Whether an experiment's inputs can be used: each is read as a run would read it, and nothing is trained."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mosecrot_core.anchors.anchor_set import AnchorSettings, build_anchor_set
from mosecrot_core.anchors.candidates import SourceVocabulary
from mosecrot_core.anchors.decisions import apply_decisions, read_decisions
from mosecrot_core.display import short
from mosecrot_core.learning.tasks.corpus import LabelledTexts
from mosecrot_core.locations import model_on_disk, resolve_path
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.words.lexicon import read_lexicon

COLUMNS = ["language", "what", "found"]
_SHOWN = 5
_Row = tuple[str, str, str]


def check_inputs(experiment: Experiment, base: Path) -> pd.DataFrame:
    """Read an experiment's texts, word lists, vectors and encoder.

    What has first to be fetched from the model hub, or to be trained, is left to the run.

    Args:
        experiment: What is to be run.
        base: Folder that its relative paths start from.

    Returns:
        What was found, columns COLUMNS.

    Raises:
        MosecrotError: Something cannot be used, or no word pair is known to both sides of a language.
    """
    return pd.DataFrame(list(_found(experiment, base)), columns=COLUMNS)


def _found(experiment: Experiment, base: Path) -> Iterator[_Row]:
    source, folder = experiment.source, model_on_disk(experiment.source.encoder, base)
    yield from _texts(experiment, base)
    encoder: SourceVocabulary | None = None
    for language, own in experiment.targets.items():
        if own.vectors is None or own.lexicon is None:
            continue
        lexicon = read_lexicon(own.lexicon, base)
        left_out = f"; left out: {_counts(lexicon.dropped)}" if lexicon.dropped else ""
        yield language, "word list", f"{len(lexicon):,} pairs{left_out}"
        languages = (source.language, language)
        if own.decisions is not None:
            decisions = read_decisions(resolve_path(own.decisions, base), languages)
            yield language, "decisions", f"{len(decisions):,} on pairs"
            lexicon = apply_decisions(lexicon, decisions)
        if own.vectors.train_on:
            yield language, "word vectors", "are trained when the run begins"
            continue
        (file,) = own.vectors.files(base)
        vectors = own.vectors.load(file)
        yield language, "word vectors", f"{len(vectors):,} words of {vectors.dim:,} numbers"
        encoder = encoder or _encoder(folder)
        settings = _whatever_their_quality(experiment.anchor_settings(language))
        anchors = build_anchor_set(lexicon, encoder, vectors, settings, languages)
        known = "the vectors" if folder is None else "the vectors and the encoder"
        left_out = f"; left out: {_counts(anchors.dropped)}" if anchors.dropped else ""
        yield language, "anchors", f"{len(anchors):,} pairs that {known} know{left_out}"
    from_hub = "is fetched from the model hub when the run begins"
    yield source.language, "encoder", from_hub if folder is None else "is on this machine"


def _texts(experiment: Experiment, base: Path) -> Iterator[_Row]:
    corpus = experiment.task.load(experiment.languages, base)
    for (language, split), part in corpus.splits.items():
        said = f"{len(part):,}"
        if isinstance(part, LabelledTexts):
            labels = Counter(corpus.label_names[label] for label in part.labels)
            said += f" texts of {len(labels):,} labels: {_counts(labels)}"
        yield language, f"{split} texts", said


def _counts(counts: Mapping[str, int]) -> str:
    """Write the most frequent ones."""
    shown = [f"{count:,} {short(name, 40)}" for name, count in Counter(counts).most_common(_SHOWN)]
    return ", ".join(shown) + (" ..." if len(counts) > _SHOWN else "")


def _whatever_their_quality(settings: AnchorSettings) -> AnchorSettings:
    """Leave to the run what pairs are worth: only that there are some is looked at here."""
    return settings.model_copy(update={"min_quality": None, "translation": "first", "grow": None})


def _encoder(folder: Path | None) -> SourceVocabulary:
    if folder is None:
        return _AnyEncoder()
    from mosecrot_core.mapping.encoder import SourceEncoder
    from mosecrot_core.runs.quiet import quieten

    quieten()
    return SourceEncoder.load(folder)


class _AnyEncoder:
    """Stands for an encoder that is not there yet: one that knows every word."""

    rows = np.ones((1, 1), np.float32)
    whole_words: tuple[list[str], NDArray[np.int64]] = ([], np.zeros(0, np.int64))

    def anchor_ids(self, words: Sequence[str], case_variants: bool = False) -> NDArray[np.int64]:
        """Give each word the same token."""
        del case_variants
        return np.zeros(len(words), np.int64)
