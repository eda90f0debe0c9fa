"""How texts are cut for a model."""

from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from mosecrot_core.mapping.target_words import TargetWords


@dataclass(frozen=True, eq=False)
class Reader:
    """A tokenizer, and what is to be known to cut texts with it."""

    tokenizer: PreTrainedTokenizerBase
    max_length: int = 128
    """How many tokens a model is given at a time."""
    joined: bool = False
    """Whether the tokenizer is one for a script without spaces: words that come one by one are then joined to
    running text first (`token_windows`)."""

    @classmethod
    def of(cls, words: TargetWords, max_length: int = 128) -> "Reader":
        """Read with target words."""
        return cls(words.tokenizer, max_length, words.joined)
