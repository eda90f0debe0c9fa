"""The source side of the stitch: an encoder's tokenizer and embedding rows, and which row is which word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.mapping.source_pieces import is_sign, pieces_of

if TYPE_CHECKING:
    from torch.nn import Embedding
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# A word is encoded behind this one, so that it is read as it stands inside a sentence (`Ġword`, `▁word`).
_LEAD = "a"
_WORD_MARKS = "Ġ▁"
_PLACEHOLDER = re.compile(r"[\[<]?(unused|madeupword|extra_id_|reserved)_?\d+[\]>]?")


@dataclass(frozen=True, eq=False)
class SourceEncoder:
    """A pretrained encoder as the mapping sees it; the Transformer body itself is not kept.

    >>> encoder = SourceEncoder.load("bert-base-cased")  # doctest: +SKIP
    >>> encoder.anchor_ids(["house", "houseboat", "paris"], case_variants=True)  # doctest: +SKIP
    array([1402,   -1, 2123])
    """

    tokenizer: PreTrainedTokenizerBase
    rows: NDArray[np.float32]
    """Input embeddings ``[V_s, D]``; D is ELECTRA's embedding size, not its hidden size."""
    uncased: bool
    """Whether the tokenizer lower-cases."""
    max_length: int | None
    """Longest sequence in tokens, special tokens included; None: no limit known."""
    token_types: bool
    """Whether the architecture tells the two sentences of a pair apart by token type."""
    positions_from_padding: bool
    """Whether position ids are counted from the pad token's id (RoBERTa, XLM-R, MPNet): that id must stay."""

    @classmethod
    def load(cls, source: str | Path) -> SourceEncoder:
        """Load tokenizer and embeddings from a local directory or a hub id.

        Only safetensors weights are read, and no code from the repository is run.

        Raises:
            InputError: Nothing loadable is there, or its embeddings hold NaN or infinity.
            MosecrotError: The tokenizer has ids that the embedding matrix lacks.
        """
        from transformers import AutoModel, AutoTokenizer  # seconds

        name = str(source)
        try:
            tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
            model = AutoModel.from_pretrained(name, use_safetensors=True, trust_remote_code=False)
            encoder = cls.from_model(model, tokenizer)
            encoder._single_token_ids([_LEAD])  # a damaged tokenizer may fail only when it is used
        except MosecrotError:
            raise
        except Exception as error:  # what reads configs, tokenizers and weights shares no base for its errors
            said = str(error).strip() or type(error).__name__
            raise InputError(
                f"no encoder could be loaded: {said.splitlines()[0]}",
                path=name,
                remedy="Give a hub id or a directory with config.json, model.safetensors, tokenizer.json.",
            ) from error
        if not np.isfinite(encoder.rows).all():
            remedy = "Its training failed, or the file is damaged: fetch it again."
            raise InputError("embeddings without NaN and infinity expected", path=name, remedy=remedy)
        return encoder

    @classmethod
    def from_model(cls, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> SourceEncoder:
        """Read an encoder that is already in memory; the rows are copied.

        Raises:
            MosecrotError: The tokenizer has ids that the embedding matrix lacks.
        """
        weight = cast("Embedding", model.get_input_embeddings()).weight.detach()
        rows: NDArray[np.float32] = weight.float().cpu().numpy().copy()
        if len(tokenizer) > len(rows):
            raise MosecrotError(
                f"the tokenizer has {len(tokenizer):,} tokens, the embedding matrix {rows.shape}: one row "
                "per token was expected. The tokenizer probably belongs to another model."
            )
        return cls(
            tokenizer=tokenizer,
            rows=rows,
            uncased=_lower_cases(tokenizer),
            max_length=_position_limit(model),
            token_types=getattr(model.config, "type_vocab_size", 0) > 1,
            positions_from_padding=counts_positions_from_padding(model),
        )

    @cached_property
    def special_ids(self) -> tuple[int, ...]:
        """Ids of the special tokens, ascending."""
        return tuple(sorted(set(self.tokenizer.all_special_ids)))

    def anchor_ids(self, words: Sequence[str], case_variants: bool = False) -> NDArray[np.int64]:
        """Find the one token that stands for each whole word in running text.

        Args:
            words: Any words; empty ones are allowed.
            case_variants: Try the word's `candidates` in order; else only the word as it is.

        Returns:
            Token ids ``[len(words)]``; -1 where the word takes several tokens, or has only a special, unknown
            or placeholder token (section 4 keeps only pairs that both embeddings know).
        """
        ids = self._single_token_ids(words)
        if case_variants and not self.uncased:
            for attempt in range(1, 4):
                casings = {i: self.candidates(words[i]) for i in np.flatnonzero(ids < 0).tolist()}
                retry = {i: tried[attempt] for i, tried in casings.items() if len(tried) > attempt}
                ids[list(retry)] = self._single_token_ids(list(retry.values()))
        return ids

    @cached_property
    def whole_words(self) -> tuple[list[str], NDArray[np.int64]]:
        """The words that are one token in running text, and their ids ``[n]``, ascending."""
        ids = np.flatnonzero(self._is_word)
        texts = self.tokenizer.batch_decode(ids[:, None].tolist(), clean_up_tokenization_spaces=False)
        words = [text.strip() for text in texts]
        whole = np.flatnonzero(self._single_token_ids(words) == ids)
        return [words[i] for i in whole.tolist()], ids[whole]

    def word_shares(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Find the words of texts that are one token, no signs, and what share of all such words each is.

        Returns:
            Their ids ``[n]``, ascending, and shares ``[n]``, together 1.
        """
        read = self._encode(list(texts)) if texts else []
        counts = np.bincount([token for ids in read for token in ids], minlength=len(self.rows))
        words, ids = self.whole_words
        used = ids[[not is_sign(word) for word in words] & (counts[ids] > 0)]
        return used, counts[used] / max(1, counts[used].sum())

    @cached_property
    def pieces(self) -> dict[str, int]:
        """Each token as a piece of a word (`source_pieces.pieces_of`), with its id, in their order."""
        tokens = self.tokenizer.convert_ids_to_tokens(list(range(len(self.tokenizer))))
        names = pieces_of(tokens, self.tokenizer.all_special_tokens)
        return {name: i for i, name in enumerate(names)}

    def candidates(self, word: str) -> tuple[str, ...]:
        """List the casings of a word in the order of trial: itself, lower, capitalised, upper."""
        if self.uncased:
            return (word,)
        return tuple(dict.fromkeys((word, word.lower(), word[:1].upper() + word[1:].lower(), word.upper())))

    def _single_token_ids(self, words: Sequence[str]) -> NDArray[np.int64]:
        ids = np.full(len(words), -1, dtype=np.int64)
        if not words:
            return ids
        lead, *encoded = self._encode([_LEAD, *(f"{_LEAD} {word}" for word in words)])
        length = len(lead)
        for i, tokens in enumerate(encoded):
            if len(tokens) == length + 1 and tokens[:length] == lead and self._is_word[tokens[-1]]:
                ids[i] = tokens[-1]
        return ids

    def _encode(self, texts: list[str]) -> list[list[int]]:
        encoded = self.tokenizer(
            texts,
            add_special_tokens=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
        )
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    @cached_property
    def _is_word(self) -> NDArray[np.bool_]:
        """Which ids can be a whole word ``[V_s]``."""
        is_word = np.zeros(len(self.rows), dtype=bool)
        forbidden = set(self.special_ids)
        for token, token_id in self.tokenizer.get_vocab().items():
            is_word[token_id] = not (
                token_id in forbidden
                or (token.startswith("##") and len(token) > 2)
                or _PLACEHOLDER.fullmatch(token)
                or not token.strip(_WORD_MARKS)
            )
        return is_word


def counts_positions_from_padding(model: PreTrainedModel) -> bool:
    """Tell whether the model derives position ids from the pad token's id."""
    return any(module.padding_idx is not None for module in _position_embeddings(model))


def _position_limit(model: PreTrainedModel) -> int | None:
    """Count the positions that text can use; RoBERTa's table starts behind the pad token's id."""
    for module in _position_embeddings(model):
        reserved = 0 if module.padding_idx is None else module.padding_idx + 1
        return module.num_embeddings - reserved
    limit = getattr(model.config, "max_position_embeddings", None)
    return None if limit is None else int(limit)


def _position_embeddings(model: PreTrainedModel) -> Iterable[Embedding]:
    from torch import nn

    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            yield module


def _lower_cases(tokenizer: PreTrainedTokenizerBase) -> bool:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return bool(getattr(tokenizer, "do_lower_case", False))
    normalizer = backend.normalizer
    return normalizer is not None and "ab" in normalizer.normalize_str("AB")
