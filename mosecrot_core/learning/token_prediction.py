"""Labelling words with a classifier: length-sorted batches of windows, one label a word back."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.learning.encoded_parts import EncodedWords


def predict_tokens(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    sentences: Sequence[Sequence[str]],
    label_names: Sequence[str],
    max_length: int = 128,
    *,
    joined: bool = False,
) -> list[NDArray[np.int64]]:
    """Return the best label of each word, sentence by sentence, on the device that the model is on.

    Args:
        model: A token classifier; its mode is put back as it was.
        tokenizer: Its tokenizer, a fast one.
        sentences: Words.
        label_names: The name of each of the model's outputs.
        max_length: Length of a window in subwords.
        joined: As for `encode_words`: for a target tokenizer of a script without spaces.

    Raises:
        MosecrotError: The tokenizer is not a fast one.
    """
    encoded = EncodedWords(tokenizer, sentences, label_names, max_length, joined=joined)
    ends = np.cumsum([len(words) for words in sentences], dtype=np.int64)
    return np.split(encoded.labels(encoded.read(model, tokenizer)), ends[:-1])[: len(sentences)]
