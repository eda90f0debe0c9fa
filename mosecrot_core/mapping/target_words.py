"""The words that a stitched model will know: those of the vector file and those that its text adds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.joint_tokenizer import JointTokens, join, known_signs
from mosecrot_core.mapping.segmentation import Segmentation
from mosecrot_core.mapping.stitching import stitch
from mosecrot_core.mapping.target_vocabulary import TargetVocabulary, TokenizerSettings
from mosecrot_core.mapping.tokenizer import build_tokenizer, target_model
from mosecrot_core.words.han import all_scripts, is_han, other_scripts
from mosecrot_core.words.neighbours import FloatArray
from mosecrot_core.words.vectors import WordVectors


@dataclass(frozen=True, eq=False)
class TargetWords:
    """Entries of a target vocabulary, their static rows, and the tokenizer that finds them in text."""

    vocabulary: TargetVocabulary
    rows: FloatArray
    """Static rows of the entries ``[V_t, d]``."""
    tokenizer: PreTrainedTokenizerBase
    encoder: SourceEncoder
    forms: NDArray[np.object_]
    """The word of the vectors whose row each entry has ``[V_t]``; empty where it is composed of subwords."""
    joint: JointTokens | None = None
    """The source's tokens that it is read with, in a joint vocabulary; none: it takes the source's place."""

    @classmethod
    def build(
        cls,
        vectors: WordVectors,
        encoder: SourceEncoder,
        settings: TokenizerSettings,
        language: str,
        texts: Sequence[str] = (),
    ) -> "TargetWords":
        """Take every word of the vectors, and from the texts those that the vectors can still give a row.

        A word of the texts that is not in the file as written gets the row of its lower, capitalised or upper
        case variant, else one composed of subwords, where the file has them; else it stays unknown. Chinese
        words get the row of their variant in the other script, and characters, of the texts or not, one
        composed of the words that hold them.

        Args:
            vectors: Static vectors.
            encoder: The encoder that will read them.
            settings: Casing and segmentation.
            language: Code of the language.
            texts: Unlabelled text that the model is to read.
        """

        def vocabulary_of(words: Sequence[str]) -> TargetVocabulary:
            return TargetVocabulary.from_words(
                words, settings, language=language, source_uncased=encoder.uncased
            )

        vocabulary = vocabulary_of(vectors.words)
        unspaced = vocabulary.segmentation.kind == "longest_match"
        characters = vectors.han.characters if unspaced else []
        extra, extra_forms, extra_rows = _compose(vectors, _unknown_words(vocabulary, [*texts, *characters]))
        if extra:
            vocabulary = vocabulary_of([*vectors.words, *extra])
        stored = vocabulary.source_index < len(vectors)
        rows = np.empty((len(stored), vectors.dim), np.float32)
        rows[stored] = vectors.rows[vocabulary.source_index[stored]]
        rows[~stored] = extra_rows[vocabulary.source_index[~stored] - len(vectors)]
        forms = np.array([*vectors.words, *extra_forms], dtype=object)[vocabulary.source_index]
        return cls(vocabulary, rows, build_tokenizer(vocabulary, encoder), encoder, forms)

    def knowing(self, words: Sequence[str]) -> "TargetWords":
        """Return a vocabulary that has these words too, in both Chinese scripts, though they have no row.

        Their row is the mean of all: something else must say what they mean.

        Args:
            words: As people write them.
        """
        segmentation, entries = self.vocabulary.segmentation, self.vocabulary.entries
        known = {*entries, *self.encoder.tokenizer.all_special_tokens}
        forms = dict.fromkeys(segmentation.normalise(form) for word in words for form in all_scripts(word))
        new = [form for form in forms if form not in known]
        vocabulary = self.vocabulary.extended(new)
        n = len(vocabulary.entries) - len(entries)
        if not n:
            return self
        mean = self.rows.mean(axis=0, dtype=np.float64).astype(np.float32)
        return TargetWords(
            vocabulary, np.concatenate([self.rows, np.tile(mean, (n, 1))]),
            build_tokenizer(vocabulary, self.encoder), self.encoder,
            np.concatenate([self.forms, np.full(n, "", dtype=object)]),
        )  # fmt: skip

    @property
    def joined(self) -> bool:
        """Whether words that come one by one are to be joined to running text: a script without spaces."""
        return self.vocabulary.segmentation.kind == "longest_match"

    def with_source(self) -> "TargetWords":
        """Return the words in a joint vocabulary with the source's tokens (see `joint_tokenizer.py`)."""
        kept = np.flatnonzero(~known_signs(self.vocabulary, self.encoder))
        return self._only(kept, joint=True)

    def used_by(self, texts: Sequence[str]) -> "TargetWords":
        """Keep the entries that the texts use; these texts are still cut in the same places."""
        kept = np.flatnonzero(self.counts(texts))
        return self._only(kept, joint=self.joint is not None) if len(kept) else self

    def _only(self, kept: NDArray[np.int64], joint: bool) -> "TargetWords":
        vocabulary = self.vocabulary.subset(kept)
        tokens = join(vocabulary, self.encoder) if joint else None
        tokenizer = tokens.tokenizer if tokens else build_tokenizer(vocabulary, self.encoder)
        return TargetWords(vocabulary, self.rows[kept], tokenizer, self.encoder, self.forms[kept], tokens)

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """The token id of each entry ``[V_t]``."""
        if self.joint is not None:
            return self.joint.words_from + np.arange(len(self.rows))
        return np.setdiff1d(np.arange(len(self.tokenizer)), self.tokenizer.all_special_ids)

    def stitched(self, model: PreTrainedModel, rows: FloatArray) -> PreTrainedModel:
        """Put mapped rows ``[V_t, D]`` of the entries under a model (`stitching.stitch`)."""
        kept = None if self.joint is None else self.joint.kept
        return stitch(model, self.encoder.tokenizer, self.tokenizer, rows, kept)

    def entries(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the entry numbers of each text's known words."""
        entry_of = np.full(len(self.tokenizer), -1, dtype=np.int64)
        entry_of[self.ids] = np.arange(len(self.ids))
        encoded = (
            self.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"] if texts else []
        )
        return [[int(entry_of[i]) for i in ids if entry_of[i] >= 0] for ids in encoded]

    def counts(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Count how often the texts use each entry ``[V_t]``."""
        used = [entry for entries in self.entries(texts) for entry in entries]
        return np.bincount(used, minlength=len(self.rows))


def _unknown_words(vocabulary: TargetVocabulary, texts: Sequence[str]) -> list[str]:
    """List what the texts hold, cut and normalised, that is no entry and may have a row; first seen first."""
    segmentation: Segmentation = vocabulary.segmentation
    known = set(vocabulary.entries)
    pieces = dict.fromkeys(
        piece
        for text in texts
        for piece, _ in segmentation.pre_tokenizer.pre_tokenize_str(segmentation.normalise(text))
    )
    if segmentation.kind == "longest_match":
        pieces = dict.fromkeys(_parts(vocabulary, pieces))
    return [piece for piece in pieces if piece not in known]


def _parts(vocabulary: TargetVocabulary, runs: Iterable[str]) -> Iterator[str]:
    """Yield the words in runs of Chinese that are entries in the other script, and all characters."""
    unknown = "[UNK]"
    known = {entry: i for i, entry in enumerate((unknown, *vocabulary.entries))}
    cutter = Tokenizer(target_model(vocabulary, known, unknown))
    turned = [(run, other) for run in runs for other in other_scripts(run)]
    for (run, _), cut in zip(turned, cutter.encode_batch([other for _, other in turned]), strict=True):
        yield from (run[start:end] for start, end in cut.offsets)
    yield from filter(is_han, (character for run in runs for character in run))


def _compose(vectors: WordVectors, words: Sequence[str]) -> tuple[list[str], list[str], FloatArray]:
    """Return those of the words that the vectors can give a row, how these know them, and the rows."""
    variants = [vectors.known_as(word) for word in words]
    rows, found = vectors.lookup([variant or word for variant, word in zip(variants, words, strict=True)])
    usable = found & rows.any(axis=1)
    kept = [(word, variant or "") for word, variant, use in zip(words, variants, usable, strict=True) if use]
    return [word for word, _ in kept], [form for _, form in kept], rows[usable]
