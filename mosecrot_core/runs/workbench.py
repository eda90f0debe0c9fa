"""What the steps of a run work on, loaded when first needed and kept while the run lasts."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.anchors.anchor_set import AnchorSet, AnchorSettings
from mosecrot_core.anchors.decisions import read_decisions
from mosecrot_core.anchors.judged_pairs import JudgedPairs
from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.either_rows import with_either_rows
from mosecrot_core.learning.heads import Head
from mosecrot_core.learning.task_heads import head_of
from mosecrot_core.learning.tasks.corpus import Corpus
from mosecrot_core.locations import model_folder, resolve_path
from mosecrot_core.mapping.alignment import (
    LeastSquares,
    Mapping,
    Procrustes,
    Rcsls,
    RelativeMapping,
    SourceStatics,
    Wechsel,
    Whitened,
)
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.neighbour_cache import NeighbourCache
from mosecrot_core.mapping.spelling import Spelling
from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.runs.experiment import Experiment
from mosecrot_core.runs.languages import VectorSettings
from mosecrot_core.runs.target import Target
from mosecrot_core.words.lexicon import read_lexicon
from mosecrot_core.words.neighbours import FloatArray
from mosecrot_core.words.trained_files import cached_vectors
from mosecrot_core.words.vectors import WordVectors

_ALIGNERS = {method.method: method for method in (LeastSquares(), Procrustes(), Whitened(), Rcsls())}
"""What anchors grow through, by name."""


class Workbench:
    """The inputs of an experiment.

    Args:
        experiment: What is run.
        base: Folder that its relative paths start from.
        trained: Folder that vectors trained on text are kept in; none: `.vectors` in `base`.
    """

    def __init__(self, experiment: Experiment, base: Path, trained: Path | None = None) -> None:
        self.experiment = experiment
        self._base = base
        self._trained = trained or base / ".vectors"
        self._tokenizers: dict[str, PreTrainedTokenizerBase] = {}
        self._targets: dict[str, Target] = {}
        self._listed: dict[tuple[str, AnchorSettings], Target] = {}
        self._known: dict[tuple[str, AnchorSettings, bool, float], tuple[Target, dict[str, float]]] = {}
        self._own_anchors: dict[tuple[str, AnchorSettings], AnchorSet] = {}
        self._source_rows: dict[tuple[str, str], FloatArray] = {}
        self._spellings: dict[tuple[str, str, float], Spelling] = {}
        self._search = NeighbourCache()

    def turned_to(self, experiment: Experiment) -> "Workbench":
        """Return a workbench for another experiment, with what is loaded here and the same there."""
        new, old = Workbench(experiment, self._base, self._trained), self.experiment
        new._search = self._search  # it looks at the rows themselves
        same_source = experiment.source == old.source
        same_texts = experiment.task == old.task and experiment.languages == old.languages
        kept = ["corpus", "head"] * same_texts + ["encoder", "_static_vectors"] * same_source
        vars(new).update({name: vars(self)[name] for name in kept if name in vars(self)})
        if same_source and same_texts and experiment.tokenizer == old.tokenizer:
            for language, target in self._targets.items():
                if experiment.targets[language] == old.targets[language] and (
                    experiment.anchor_settings(language) == old.anchor_settings(language)
                ):
                    new._targets[language] = target
        return new

    @cached_property
    def corpus(self) -> Corpus[Any]:
        """The labelled texts or sentences of every language."""
        return self.experiment.task.load(self.experiment.languages, self._base)

    @cached_property
    def head(self) -> Head[Any]:
        """What the task asks of a model."""
        return head_of(self.corpus)

    @cached_property
    def encoder(self) -> SourceEncoder:
        """Tokenizer and embedding rows of the source encoder."""
        return _load_encoder(self.folder(None))

    def tokenizer(self, spec: str) -> PreTrainedTokenizerBase:
        """Return the tokenizer of any encoder, whose rows are not kept."""
        if spec not in self._tokenizers:
            self._tokenizers[spec] = _load_encoder(self.folder(spec)).tokenizer
        return self._tokenizers[spec]

    def folder(self, spec: str | None) -> Path:
        """Return the folder of a model; none: of the source encoder."""
        return model_folder(spec or self.experiment.source.encoder, self._base)

    def target(self, language: str) -> Target:
        """Return a target language's anchors, vocabulary and rows."""
        if language not in self._targets:
            self._targets[language] = self._load_target(language)
        return self._targets[language]

    def _load_target(self, language: str) -> Target:
        settings = self.experiment.targets[language]
        if settings.vectors is None or settings.lexicon is None:
            raise MosecrotError(
                f"word vectors and a word list of {language} are needed: name them in targets."
            )
        vectors = self._load_vectors(settings.vectors)
        languages = (self.experiment.source.language, language)
        decisions = None
        if settings.decisions is not None:
            decisions = read_decisions(resolve_path(settings.decisions, self._base), languages)
        listed = read_lexicon(settings.lexicon, self._base)
        choice = self.experiment.anchor_settings(language)
        judged = JudgedPairs(listed, self.encoder, vectors, choice, languages, decisions)
        anchors = _choose(judged, choice)
        tokenizer = self.experiment.tokenizer
        joined = tokenizer.kind(language, vectors.words) == "longest_match"
        running = (*self.of_task(language, joined=joined), *self.unlabelled(language))
        texts = tuple(dict.fromkeys([*self.of_task(language), *running]))
        words = TargetWords.build(vectors, self.encoder, tokenizer, language, texts)
        return Target(anchors, judged, words, texts, running, vectors.composer is not None)

    def listed_target(self, language: str, name: str | None = None) -> Target:
        """Return a target that knows the words that only its list has, too: a method's, or its own list."""
        key = (language, self.experiment.anchor_settings(language, name))
        if key not in self._listed:
            listed = self.anchors(language, name).listed
            self._listed[key] = self.target(language).knowing(list(listed["word"]))
        return self._listed[key]

    def of_task(self, language: str, *, joined: bool = False) -> list[str]:
        """Return the task's texts of a language, of all splits, as `Head.texts` gives them."""
        parts = (part for (known, _), part in self.corpus.splits.items() if known == language)
        return [text for part in parts for text in self.head.texts(part, joined=joined)]

    def unlabelled(self, language: str) -> list[str]:
        """Return the texts of a language that are there beside the task's."""
        settings = self.experiment.unlabelled(language)
        return [] if settings is None else settings.texts(self._base)

    def words(self, language: str, name: str) -> TargetWords:
        """Return the words that the texts of a language use, in a method's kind of vocabulary."""
        target = self._target_of(language, name)
        return target.joint if self.experiment.mapped(name).joins_source else target.words

    def all_words(self, language: str, name: str) -> TargetWords:
        """Return every word that a saved model knows, in a method's kind of vocabulary."""
        target = self._target_of(language, name)
        return target.all_joint if self.experiment.mapped(name).joins_source else target.all_words

    def _target_of(self, language: str, name: str) -> Target:
        """Return a target as a method knows it, maybe with words that only its list or its texts have."""
        return self._known_by(language, name)[0]

    def lacked_words(self, language: str, name: str) -> dict[str, float]:
        """Return the words that a method reads as source words as frequent, and their share of all words.

        Those of them that its list translates are not read so (`unmapped_words.py`).
        """
        return self._known_by(language, name)[1]

    def _known_by(self, language: str, name: str) -> tuple[Target, dict[str, float]]:
        method, settings = self.experiment.mapped(name), self.experiment.anchor_settings(language, name)
        key = (language, settings, method.takes_listed, method.frequent_from)
        if key not in self._known:
            target = self.listed_target(language, name) if method.takes_listed else self.target(language)
            lacked = target.lacked(method.frequent_from) if method.frequent_from < 1 else {}
            if lacked and not len(self.source_shares[0]):
                lacked = {}  # no source text to tell how often its words are used
            self._known[key] = target.knowing(list(lacked)), lacked
        return self._known[key]

    def _load_vectors(self, settings: VectorSettings) -> WordVectors:
        files = settings.files(self._base)
        if settings.train_on:
            path = cached_vectors(files, settings.training, self._trained, column=settings.column)
        else:
            (path,) = files
        return settings.load(path)

    @cached_property
    def _static_vectors(self) -> FloatArray:
        """Static vectors of the encoder's tokens ``[V_s, e]``; zeros for those that are no word with one."""
        settings = self.experiment.source.vectors
        if settings is None:
            raise MosecrotError("static vectors of the source are needed: name them under source.vectors.")
        vectors = self._load_vectors(settings)
        words, ids = self.encoder.whole_words
        of_tokens = np.zeros((len(self.encoder.rows), vectors.dim), np.float32)
        of_tokens[ids], _ = vectors.lookup([vectors.known_as(word) or word for word in words])
        return of_tokens

    def anchors(self, language: str, name: str | None = None) -> AnchorSet:
        """Return the anchors that a method goes by; none: those of the language."""
        target, settings = self.target(language), self.experiment.anchor_settings(language, name)
        if settings == self.experiment.anchor_settings(language):
            return target.anchors
        if (language, settings) not in self._own_anchors:
            self._own_anchors[language, settings] = _choose(target.judged, settings)
        return self._own_anchors[language, settings]

    def new_classifier(
        self, rows: FloatArray | None = None, *, mixed: bool = False, spec: str | None = None
    ) -> PreTrainedModel:
        """Return an encoder with a new head, and with its ordinary tokens' rows replaced if given.

        Args:
            rows: F_s ``[V_s, D]`` of the source encoder; special tokens keep their own rows.
            mixed: Keep its own rows beside F_s, to learn through either (`either_rows.py`).
            spec: Another encoder; none: the source encoder.
        """
        import torch

        model = self.head.new_model(self.folder(spec))
        if rows is None:
            return model
        rows = rows.copy()
        special = list(self.encoder.special_ids)
        rows[special] = self.encoder.rows[special]
        if mixed:
            return with_either_rows(model, rows)
        weight: torch.Tensor = model.get_input_embeddings().get_parameter("weight")
        weight.data.copy_(torch.from_numpy(rows))
        return model

    def mapping(self, language: str, name: str, order: NDArray[np.int64] | None = None) -> Mapping:
        """Fit a method's alignment to its anchors of a language; `order` re-pairs the target side."""
        alignment, anchors = self.experiment.mapped(name).alignment, self.anchors(language, name)
        target_rows = self.anchor_rows(language, name)
        target_rows = target_rows if order is None else target_rows[order]
        if isinstance(alignment, Wechsel):
            vectors = self._static_vectors
            statics = SourceStatics(vectors, self.encoder.rows, vectors[anchors.source_ids])
            return alignment.fit_with_statics(statics, target_rows)
        mapping = alignment.fit(self.encoder.rows[anchors.source_ids], target_rows)
        return replace(mapping, search=self._search) if isinstance(mapping, RelativeMapping) else mapping

    def spelling(self, language: str, name: str) -> Spelling | None:
        """Return what puts the spelling of words beside their static rows; none if a method does not."""
        weight, anchors = self.experiment.mapped(name).spelled, self.anchors(language, name)
        if not weight:
            return None
        key = (language, anchors.digest, weight)
        if key not in self._spellings:
            self._spellings[key] = Spelling(list(anchors.pairs["word"]), anchors.target_rows, weight)
        return self._spellings[key]

    def anchor_rows(self, language: str, name: str) -> FloatArray:
        """Return what a method's mapping knows its anchors by: static rows, maybe with their spelling."""
        spelling = self.spelling(language, name)
        return self.anchors(language, name).target_rows if spelling is None else spelling.anchors

    def source_rows(self, language: str, name: str) -> FloatArray:
        """Return F_s ``[V_s, D]`` of a method, the same for every seed."""
        if (language, name) not in self._source_rows:
            self._source_rows[language, name] = self.mapping(language, name).map_source(self.encoder.rows)
        return self._source_rows[language, name]

    @cached_property
    def source_shares(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The words of the source's training texts that are one token: ids, and shares of all such words."""
        part = self.corpus.splits.get((self.experiment.source.language, "train"))
        return self.encoder.word_shares([] if part is None else self.head.texts(part))

    @property
    def source_tokenizer(self) -> PreTrainedTokenizerBase:
        """The source encoder's tokenizer."""
        return self.encoder.tokenizer


def _choose(judged: JudgedPairs, settings: AnchorSettings) -> AnchorSet:
    aligner = None if settings.grow is None else _ALIGNERS[settings.grow.alignment]
    return judged.anchors(settings, aligner)


def _load_encoder(folder: Path) -> SourceEncoder:
    encoder = SourceEncoder.load(folder)
    if encoder.max_length is not None:  # some tokenizers do not know how long their model's texts may be
        tokenizer = encoder.tokenizer
        tokenizer.model_max_length = min(tokenizer.model_max_length, encoder.max_length)
    return encoder
