"""The tokenizer of a joint vocabulary: the source's own tokens with the target's words behind them.

A word of the vectors is one token and has a mapped row. Signs and numbers are spelled in the source's own
tokens, which word vectors put anywhere (`,` beside *like*, `''` among the names). So is a word that the
vectors do not know, as the source spells words that it does not know; a name or a mistake stays readable.
The longest piece counts: a word of the vectors may begin an unknown one. The source's own tokenizer stays
right for text in its language: its ids are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tokenizers import models

from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.mapping.source_pieces import CONTINUED, UNREACHABLE, is_sign, stand_ins
from mosecrot_core.mapping.target_vocabulary import TargetVocabulary
from mosecrot_core.mapping.tokenizer import check_specials, fewest_tokens, like_source

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

# Below every word of the vectors, above two of them: the fewest tokens still cover a text.
_SOURCE_SCORE = -2.5


@dataclass(frozen=True, eq=False)
class JointTokens:
    """Which row each token of a joint vocabulary has: the source's, then the words', then copies."""

    tokenizer: PreTrainedTokenizerFast
    words_from: int
    """The id of the first word of the vectors: as many tokens as the source has."""
    copied: NDArray[np.int64]
    """Ids of the source tokens whose rows the tokens behind the words have: signs and letters of other
    scripts that stand for plain ones."""

    @property
    def kept(self) -> dict[int, int]:
        """Map the id of each token that has a row of the source's to that row."""
        copies_from = len(self.tokenizer) - len(self.copied)
        return {i: i for i in range(self.words_from)} | dict(enumerate(self.copied.tolist(), copies_from))


def join(vocabulary: TargetVocabulary, encoder: SourceEncoder) -> JointTokens:
    """Put a target vocabulary behind the source's tokens.

    Args:
        vocabulary: Words of the vectors, without `known_signs`.
        encoder: The source.

    Raises:
        MosecrotError: The source has no unknown token, or an entry is spelled like a special token.
    """
    entries, own, unknown = vocabulary.entries, encoder.pieces, str(encoder.tokenizer.unk_token)
    check_specials(entries, encoder)
    words = set(entries)
    copies = {name: i for name, i in stand_ins(own).items() if name not in words}
    hidden = copies.keys() | words
    names = [f"{UNREACHABLE}{name}" if name in hidden else name for name in own]
    ids = {name: i for i, name in enumerate([*names, *entries, *copies])}
    if vocabulary.segmentation.kind == "words":
        model: models.Model = models.WordPiece(
            ids, unk_token=unknown, continuing_subword_prefix=CONTINUED, max_input_chars_per_word=100
        )
    else:
        model = fewest_tokens(vocabulary, ids, unknown, _SOURCE_SCORE)
    tokenizer = like_source(model, vocabulary.segmentation, ids, encoder)
    return JointTokens(tokenizer, len(own), np.array(list(copies.values()), np.int64))


def known_signs(vocabulary: TargetVocabulary, encoder: SourceEncoder) -> NDArray[np.bool_]:
    """Tell which entries ``[V_t]`` are signs or numbers that the source can spell."""
    known = encoder.pieces.keys() | stand_ins(encoder.pieces).keys()
    return np.array([is_sign(entry) and known.issuperset(entry) for entry in vocabulary.entries], bool)
