"""A word-level Hugging Face tokenizer for the target language, from the vocabulary of its word vectors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, models, processors

from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.segmentation import Segmentation
from mosecrot_core.mapping.target_vocabulary import TargetVocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

_ROLES = ("unk", "bos", "eos", "sep", "pad", "cls", "mask")
# Below every word's score (see `_word_score`); the model puts an unknown character 10 below its lowest score,
# so that all known characters are covered before the number of words counts.
_LOWEST_SCORE = -2.0


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
