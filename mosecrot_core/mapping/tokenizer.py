"""A word-level Hugging Face tokenizer for the target language, from the vocabulary of its word vectors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, models, processors

from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.segmentation import Segmentation, kind_of
from mosecrot_core.settings import Settings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

_ROLES = ("unk", "bos", "eos", "sep", "pad", "cls", "mask")
# Below every word's score (see `_word_score`); the model puts an unknown character 10 below its lowest score,
# so that all known characters are covered before the number of words counts.
_LOWEST_SCORE = -2.0


class TokenizerSettings(Settings):
    """How text of the target language is cut into entries of the vocabulary."""

    casing: Literal["auto", "keep", "fold"] = "auto"
    """Lower-case vocabulary and text (fold) or not (keep); auto: fold if the source encoder is uncased."""
    segmentation: Literal["auto", "words", "longest_match"] = "auto"
    """words: cut at spaces and punctuation; longest_match: the fewest entries that cover a run of characters,
    for Chinese, Japanese, Thai, Khmer, Lao and Burmese; auto: by language code, else by the words' script."""


@dataclass(frozen=True, eq=False)
class TargetVocabulary:
    """The normalised, unique entries of a vector file, most frequent first, and how text is cut into them."""

    entries: tuple[str, ...]
    source_index: NDArray[np.int64]
    """Which input word supplies the row of each entry ``[V_t]``."""
    ranks: NDArray[np.int64]
    """Where each entry first occurs in the input ``[V_t]``, in any casing."""
    segmentation: Segmentation
    skipped: int
    """Entries left out because no text could ever produce them: white space inside, or split by the rules."""

    @classmethod
    def from_words(
        cls,
        words: Sequence[str],
        settings: TokenizerSettings | None = None,
        *,
        language: str = "",
        source_uncased: bool = False,
    ) -> TargetVocabulary:
        """Normalise the words of a vector file.

        Of several words with one normal form, the one already normal supplies the row, else the first.

        Args:
            words: Most frequent first.
            settings: Casing and segmentation.
            language: Code such as ``fr``, ``zho_Hans``; may be empty.
            source_uncased: What ``casing="auto"`` follows (`SourceEncoder.uncased`).

        Raises:
            MosecrotError: No word is usable.

        >>> vocabulary = TargetVocabulary.from_words(["Le", "L'", "le", "a b"], source_uncased=True)
        >>> vocabulary.entries, vocabulary.source_index.tolist(), vocabulary.skipped
        (('le', "l'"), [2, 1], 1)
        """
        settings = settings or TokenizerSettings()
        fold = source_uncased if settings.casing == "auto" else settings.casing == "fold"
        kind = kind_of(language, words) if settings.segmentation == "auto" else settings.segmentation
        ranks, suppliers = _merge(words, Segmentation(kind, fold))
        segmentation = Segmentation.learn(list(ranks), kind, fold=fold)
        entries = tuple(entry for entry in ranks if segmentation.produces(entry))
        if not entries:
            raise MosecrotError(
                f"none of the {len(words):,} words can be an entry: are these a vector file's words?"
            )
        return cls(
            entries=entries,
            source_index=np.array([suppliers[entry] for entry in entries], dtype=np.int64),
            ranks=np.array([ranks[entry] for entry in entries], dtype=np.int64),
            segmentation=segmentation.restricted_to(set(entries)),
            skipped=len(ranks) - len(entries),
        )

    def subset(self, entry_indices: Sequence[int] | NDArray[np.int64]) -> TargetVocabulary:
        """Keep some entries (or none), in their old order; texts that use no others are cut as before.

        Raises:
            MosecrotError: An index is out of range.
        """
        kept = np.unique(np.asarray(entry_indices, dtype=np.int64))
        if len(kept) and (kept[0] < 0 or kept[-1] >= len(self.entries)):
            last = len(self.entries) - 1
            raise MosecrotError(f"entry indices in 0..{last} were expected, {kept[0]}..{kept[-1]} came")
        entries = tuple(self.entries[i] for i in kept)
        return TargetVocabulary(
            entries=entries,
            source_index=self.source_index[kept],
            ranks=self.ranks[kept],
            segmentation=self.segmentation.restricted_to(set(entries)),
            skipped=self.skipped,
        )


def build_tokenizer(vocabulary: TargetVocabulary, encoder: SourceEncoder) -> PreTrainedTokenizerFast:
    """Build the target language's tokenizer, a drop-in for the source encoder's.

    Special tokens keep their strings, roles, order and template; the pad token keeps its id, because RoBERTa,
    XLM-R and MPNet count positions from it. The other ids are the vocabulary's entries in order.

    Raises:
        MosecrotError: The source has no unknown token, an entry is spelled like a special token, or the
            vocabulary is too small for the pad token to keep its id.
    """
    ids = _assign_ids(vocabulary.entries, encoder)
    model = target_model(vocabulary, ids, str(encoder.tokenizer.unk_token))
    return like_source(model, vocabulary.segmentation, ids, encoder)


def like_source(
    model: models.Model, segmentation: Segmentation, ids: Mapping[str, int], encoder: SourceEncoder
) -> PreTrainedTokenizerFast:
    """Put a model behind a segmentation, with the source's special tokens, roles, template and limits.

    Args:
        model: Cuts what the segmentation leaves whole.
        segmentation: Normalises text and cuts it.
        ids: The model's tokens, special ones included.
        encoder: The source.
    """
    from transformers import PreTrainedTokenizerFast  # seconds

    source = encoder.tokenizer
    backend = Tokenizer(model)
    backend.normalizer = segmentation.normalizer
    backend.pre_tokenizer = segmentation.pre_tokenizer
    backend.add_special_tokens([_added_token(source, i) for i in encoder.special_ids])
    backend.post_processor = _template(source, ids)
    inputs = [name for name in source.model_input_names if name != "token_type_ids" or encoder.token_types]
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        model_max_length=min(source.model_max_length, encoder.max_length or source.model_max_length),
        padding_side=source.padding_side,
        truncation_side=source.truncation_side,
        model_input_names=inputs,
        clean_up_tokenization_spaces=False,
        extra_special_tokens=_roleless_tokens(source),
        **{f"{role}_token": token for role in _ROLES if (token := getattr(source, f"{role}_token"))},
    )


def target_model(vocabulary: TargetVocabulary, ids: dict[str, int], unknown: str) -> models.Model:
    """Make the model behind the pre-tokenizer: a look-up for words, else the fewest words that cover a run.

    Greedy longest match (WordPiece) loses a whole clause to one unknown character: see `benchmarks/`.
    """
    if vocabulary.segmentation.kind == "words":
        return models.WordLevel(vocab=ids, unk_token=unknown)
    return fewest_tokens(vocabulary, ids, unknown, _LOWEST_SCORE)


def fewest_tokens(
    vocabulary: TargetVocabulary, ids: Mapping[str, int], unknown: str, others: float
) -> models.Model:
    """Make the model that covers a run with the fewest tokens; `others` scores all that are no entry."""
    ranks = dict(zip(vocabulary.entries, vocabulary.ranks.tolist(), strict=True))
    scores = [(token, _word_score(ranks[token]) if token in ranks else others) for token in ids]
    return models.Unigram(scores, unk_id=ids[unknown], byte_fallback=False)


def coverage(tokenizer: PreTrainedTokenizerBase, texts: Iterable[str]) -> float:
    """Share of the texts' tokens that have a row of their own, in [0, 1]; NaN if there are no tokens."""
    tokens = _token_ids(tokenizer, texts)
    return float(np.mean(tokens != tokenizer.unk_token_id)) if len(tokens) else math.nan


def _merge(words: Sequence[str], segmentation: Segmentation) -> tuple[dict[str, int], dict[str, int]]:
    """Map each normal form to its first position and to the position of the word that supplies its row."""
    ranks: dict[str, int] = {}
    suppliers: dict[str, int] = {}
    for index, word in enumerate(words):
        entry = segmentation.normalise(word)
        ranks.setdefault(entry, index)
        if entry not in suppliers or (word == entry and words[suppliers[entry]] != entry):
            suppliers[entry] = index
    return ranks, suppliers


def check_specials(entries: Sequence[str], encoder: SourceEncoder) -> None:
    """Refuse a source without an unknown token, and entries that are spelled like special tokens.

    Raises:
        MosecrotError: It is so.
    """
    if encoder.tokenizer.unk_token is None:
        raise MosecrotError("the source tokenizer has no unknown token, which a tokenizer of words needs")
    if clash := {_token(encoder.tokenizer, i) for i in encoder.special_ids}.intersection(entries):
        raise MosecrotError(
            f"entries are spelled like special tokens: {sorted(clash)}; drop them from the vocabulary"
        )


def _assign_ids(entries: Sequence[str], encoder: SourceEncoder) -> dict[str, int]:
    """Number special tokens (source order, in front), the pad token (its own id) and entries (the rest)."""
    source = encoder.tokenizer
    check_specials(entries, encoder)
    specials = [_token(source, i) for i in encoder.special_ids]
    order = [token for token in specials if token != source.pad_token] + list(entries)
    if source.pad_token is not None:
        pad_id: int = source.pad_token_id
        if pad_id > len(order) and encoder.positions_from_padding:
            raise MosecrotError(
                f"the pad token must keep id {pad_id:,}, because positions are counted from it, but there "
                f"are only {len(order):,} other tokens: use a larger vocabulary"
            )
        order.insert(pad_id if pad_id <= len(order) else len(specials) - 1, source.pad_token)
    return {token: i for i, token in enumerate(order)}


def _word_score(rank: int) -> float:
    """Score an entry so that the best path has the fewest words and, among those, the most frequent."""
    return -1 - 0.05 * math.log(rank + 2)


def _added_token(source: PreTrainedTokenizerBase, token_id: int) -> AddedToken:
    known = source.added_tokens_decoder.get(token_id)
    lstrip, rstrip = (known.lstrip, known.rstrip) if known is not None else (False, False)
    return AddedToken(_token(source, token_id), lstrip=lstrip, rstrip=rstrip, normalized=False, special=True)


def _token(tokenizer: PreTrainedTokenizerBase, token_id: int) -> str:
    return str(tokenizer.convert_ids_to_tokens(token_id))


def _roleless_tokens(source: PreTrainedTokenizerBase) -> list[str]:
    with_role = {getattr(source, f"{role}_token") for role in _ROLES}
    return [token for token in source.all_special_tokens if token not in with_role]


def _template(source: PreTrainedTokenizerBase, ids: Mapping[str, int]) -> processors.TemplateProcessing:
    """Read the source's template off an encoded sentence and pair, and write it with the new ids."""
    single, pair = source("a"), source("a", "a")
    pieces = [_template_pieces(source, encoded.encodings[0]) for encoded in (single, pair)]
    strings = {piece.rsplit(":", 1)[0] for piece in pieces[0] + pieces[1]} - {"$A", "$B"}
    return processors.TemplateProcessing(
        single=pieces[0], pair=pieces[1], special_tokens=[(token, ids[token]) for token in sorted(strings)]
    )


def _template_pieces(source: PreTrainedTokenizerBase, encoded: Any) -> list[str]:
    pieces: list[str] = []
    for sequence, type_id, token_id in zip(encoded.sequence_ids, encoded.type_ids, encoded.ids, strict=True):
        name = _token(source, token_id) if sequence is None else f"${'AB'[sequence]}"
        piece = f"{name}:{type_id}"
        if sequence is None or piece not in pieces:
            pieces.append(piece)
    return pieces


def _token_ids(tokenizer: PreTrainedTokenizerBase, texts: Iterable[str]) -> NDArray[np.int64]:
    batch = list(texts)
    encoded = tokenizer(batch, add_special_tokens=False, verbose=False)["input_ids"] if batch else []
    return np.array([token for ids in encoded for token in ids], dtype=np.int64)
