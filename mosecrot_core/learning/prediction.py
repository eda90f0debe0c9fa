"""Reading texts or pairs with a classifier: length-sorted batches, no gradients, the caller's order back."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils.rnn import pad_sequence
from transformers import BatchEncoding, PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.threads import over_items

Whose = TypeVar("Whose")

PADDING = -100
"""Behind what a model is given of words; as labels, PyTorch's cross-entropy ignores it."""
_OF_WORDS = ("nodes", "labels")  # as many of each as the sentence has words, and not as it has tokens
_TOKENS_A_BATCH = 512  # what lies in a processor's cache is read up to 1.6 times faster, and less is padded
_MORE_ON_GPU = 32


def encode(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int,
    second_texts: Sequence[str] | None = None,
) -> list[dict[str, list[int]]]:
    """Tokenise each text, or pair of texts, cut at `max_length` or what the model can take, if that is less.

    Of a pair, tokens are taken from the longer text first.
    """
    if not texts:
        return []
    batch = _truncated(tokenizer, texts, max_length, second_texts)
    return [{name: batch[name][i] for name in batch} for i in range(len(texts))]


def tokens_read(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int,
    second_texts: Sequence[str] | None = None,
) -> list[int]:
    """Count the tokens of each text that `encode` keeps; those of a pair one behind the other.

    Args:
        tokenizer: A fast one.
        texts: As for `encode`.
        max_length: As for `encode`.
        second_texts: As for `encode`.
    """
    batch = _truncated(tokenizer, texts, max_length, second_texts)
    owners = [batch.sequence_ids(i) for i in range(len(texts))]
    parts = (0,) if second_texts is None else (0, 1)
    return [own.count(part) for own in owners for part in parts]


def predict(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int = 128,
    second_texts: Sequence[str] | None = None,
) -> NDArray[np.float32]:
    """Return the logits ``[n, labels]`` of each text or pair, on the device that the model is on.

    The model's mode is put back as it was.
    """
    logits = np.empty((len(texts), int(model.config.num_labels or 0)), dtype=np.float32)
    inputs = encode(tokenizer, texts, max_length, second_texts)

    def take(rows: list[int], found: torch.Tensor) -> None:
        logits[rows] = found.float().cpu().numpy()

    read(model, batches(tokenizer, inputs, model.device), take)
    return logits


def read(
    model: PreTrainedModel,
    batches: Iterable[tuple[Whose, Mapping[str, torch.Tensor]]],
    take: Callable[[Whose, torch.Tensor], None],
) -> None:
    """Let a model read batches without gradients; its mode is put back as it was, also after an error.

    On a processor each core reads batches of its own. That is faster than several cores at one batch, and
    what the model says does not hang on how many there are: their sums would be made in another order.

    Args:
        model: Which, on the device that the batches are on.
        batches: Pairs of (whose it is, what the model is given).
        take: Called with whose it is and its logits, in any order, perhaps by several threads at once.
    """

    def one(batch: tuple[Whose, Mapping[str, torch.Tensor]], _: None) -> None:
        with torch.inference_mode():  # of this thread
            take(batch[0], model(**batch[1]).logits)

    threads = torch.get_num_threads() if model.device.type == "cpu" else 1
    with evaluating(model):
        over_items(batches, one, lambda: None, threads)


@contextmanager
def evaluating(model: PreTrainedModel) -> Iterator[None]:
    """Hold a model in evaluation mode; its mode is put back as it was, also after an error."""
    was_training = model.training
    model.train(False)
    try:
        yield
    finally:
        model.train(was_training)


def batches(
    tokenizer: PreTrainedTokenizerBase,
    inputs: Sequence[dict[str, list[int]]],
    device: str | torch.device = "cpu",
) -> Iterator[tuple[list[int], dict[str, torch.Tensor]]]:
    """Pad encoded texts in batches of similar length; yield (their numbers, tensors ``[B, T]``) of each."""
    device = torch.device(device)
    most = _TOKENS_A_BATCH * (1 if device.type == "cpu" else _MORE_ON_GPU)
    order = sorted(range(len(inputs)), key=lambda i: len(inputs[i]["input_ids"]))
    for rows in _cut(order, inputs, most):
        batch = padded(tokenizer, [inputs[i] for i in rows])
        yield rows, {name: tensor.to(device) for name, tensor in batch.items()}


def _truncated(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int,
    second_texts: Sequence[str] | None,
) -> BatchEncoding:
    limit = min(max_length, tokenizer.model_max_length)
    seconds = None if second_texts is None else list(second_texts)
    batch: BatchEncoding = tokenizer(list(texts), seconds, truncation="longest_first", max_length=limit)
    return batch


def padded(
    tokenizer: PreTrainedTokenizerBase, inputs: Sequence[Mapping[str, list[int]]]
) -> dict[str, torch.Tensor]:
    """Pad encoded texts: what is of tokens as the tokenizer does, what is of words with `PADDING` behind."""
    of_words = [name for name in _OF_WORDS if inputs and name in inputs[0]]
    of_tokens = [{name: own for name, own in each.items() if name not in of_words} for each in inputs]
    batch = dict(tokenizer.pad(of_tokens, return_tensors="pt"))
    for name in of_words:
        rows = [torch.tensor(each[name]) for each in inputs]
        batch[name] = pad_sequence(rows, batch_first=True, padding_value=PADDING)
    return batch


def _cut(order: list[int], inputs: Sequence[dict[str, list[int]]], most: int) -> list[list[int]]:
    """Cut the order into runs of at most so many tokens, padding counted."""
    runs: list[list[int]] = [[]] if order else []
    for i in order:
        if runs[-1] and (len(runs[-1]) + 1) * len(inputs[i]["input_ids"]) > most:
            runs.append([])
        runs[-1].append(i)
    return runs
