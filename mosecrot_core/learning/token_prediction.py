"""Labelling words with a classifier: length-sorted batches of windows, one label a word back."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.learning.prediction import logits_by_batch
from mosecrot_core.learning.token_windows import encode_words, labels_of_words


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
    windows = encode_words(tokenizer, sentences, max_length, joined=joined)
    found: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)] * len(windows)
    for rows, logits in logits_by_batch(model, tokenizer, [window.inputs for window in windows]):
        best = logits.argmax(dim=-1).cpu().numpy()
        for row, labels in zip(rows, best, strict=True):
            window = windows[row]
            padded = len(labels) - len(window.inputs["input_ids"])
            shift = padded if tokenizer.padding_side == "left" else 0
            found[row] = labels[np.array(window.positions) + shift]
    return labels_of_words(windows, found, [len(words) for words in sentences], label_names)
