"""A part of a corpus as a model reads it: tokenised once, and where it answers for each unit."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.learning.prediction import batches, encode, read
from mosecrot_core.learning.token_windows import encode_words, labels_of_words
from mosecrot_core.words.neighbours import FloatArray


class EncodedPart(ABC):
    """Inputs of a model, and what it answers about units: texts, or words.

    Answers are rows of numbers whose meaning is known here alone, such as a logit a label. A unit that no
    input answers for has a row of NaN.
    """

    inputs: list[dict[str, list[int]]]
    """What the tokenizer makes of each text, or window of one."""
    n_units: int
    """How many texts or words have a label."""

    @abstractmethod
    def take(self, logits: torch.Tensor, inputs: Sequence[int], into: FloatArray) -> None:
        """Put what a model says of a batch into the answers for the units; threads may do so at once.

        Args:
            logits: ``[B, C]`` of texts, ``[B, T, C]`` of windows; of trees see `DependencyParser.forward`.
            inputs: Which inputs they are of ``[B]``.
            into: Answers for all units ``[n_units, A]``.
        """

    def read(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> FloatArray:
        """Let a model read it, on the device that it is on; return answers for all units ``[n_units, A]``.

        The model's mode is put back as it was.
        """
        answers = self.no_answers(model)
        read(
            model,
            batches(tokenizer, self.inputs, model.device),
            lambda inputs, logits: self.take(logits, inputs, answers),
        )
        return answers

    def no_answers(self, model: PreTrainedModel) -> FloatArray:
        """Return answers for all units by a model that has not answered yet ``[n_units, A]``."""
        return np.full((self.n_units, self.width(model)), np.nan, np.float32)

    def width(self, model: PreTrainedModel) -> int:
        """Return how many numbers an answer is, A: a logit for each label."""
        return int(model.config.num_labels or 0)

    @abstractmethod
    def labels(self, answers: FloatArray) -> NDArray[np.int64]:
        """Return the best label of each unit ``[n_units]``, given the answers ``[n_units, A]``."""

    def losses(self, answers: FloatArray, right: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the cross-entropy of each unit's right label ``[n_units]``; NaN where there is no answer.

        Args:
            answers: ``[n_units, A]``.
            right: The right labels ``[n_units]``.
        """
        logits = np.asarray(answers, np.float64)
        highest = logits.max(axis=1)
        total = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
        return np.asarray(total - logits[np.arange(len(right)), right], np.float64)


class LearnablePart(EncodedPart):
    """A part that a model can also learn from what is found out about its units, one row of numbers each."""

    @abstractmethod
    def examples(self, values: NDArray[Any], nothing: float) -> list[dict[str, Any]]:
        """Return the inputs with `labels`, what is to be answered about their units: what `take` undoes.

        Args:
            values: Labels of all units ``[n_units]``, or rows of numbers ``[n_units, A]``.
            nothing: What stands where no unit is asked for.
        """


class EncodedTexts(LearnablePart):
    """Texts, or pairs of texts, with a label each."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        texts: Sequence[str],
        max_length: int,
        second_texts: Sequence[str] | None = None,
    ) -> None:
        self.inputs = encode(tokenizer, texts, max_length, second_texts)
        self.n_units = len(texts)

    def take(self, logits: torch.Tensor, inputs: Sequence[int], into: FloatArray) -> None:
        """Put each text's logits where they belong."""
        into[inputs] = logits.float().cpu().numpy()

    def examples(self, values: NDArray[Any], nothing: float) -> list[dict[str, Any]]:
        """Give each text its value."""
        del nothing  # each text is asked for
        return [{**own, "labels": value} for own, value in zip(self.inputs, values, strict=True)]

    def labels(self, answers: FloatArray) -> NDArray[np.int64]:
        """Return the label of the largest logit."""
        return np.asarray(answers.argmax(axis=1), np.int64)


class EncodedWords(LearnablePart):
    """Sentences whose words have a label each, in windows (`token_windows`)."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        sentences: Sequence[Sequence[str]],
        label_names: Sequence[str],
        max_length: int,
        *,
        joined: bool = False,
    ) -> None:
        self._windows = encode_words(tokenizer, sentences, max_length, joined=joined)
        self.inputs = [window.inputs for window in self._windows]
        self._lengths, self._label_names = [len(words) for words in sentences], label_names
        self.n_units = sum(self._lengths)
        self._padded_left = tokenizer.padding_side == "left"
        first = np.concatenate([[0], np.cumsum(self._lengths)]).astype(np.int64)
        self._units = [first[window.sentence] + np.array(window.words) for window in self._windows]

    def take(self, logits: torch.Tensor, inputs: Sequence[int], into: FloatArray) -> None:
        """Put the logits at each word's first subword where they belong."""
        rows, positions = [], []
        for row, number in enumerate(inputs):
            window = self._windows[number]
            shift = logits.shape[1] - len(window.inputs["input_ids"]) if self._padded_left else 0
            rows += [row] * len(window.positions)
            positions += [position + shift for position in window.positions]
        at = torch.tensor([rows, positions], device=logits.device)
        into[np.concatenate([self._units[number] for number in inputs])] = (
            logits[at[0], at[1]].float().cpu().numpy()
        )

    def examples(self, values: NDArray[Any], nothing: float) -> list[dict[str, Any]]:
        """Give each window the values of its words, at their first subwords: ``[T]`` or ``[T, A]``."""
        found = []
        for window, units in zip(self._windows, self._units, strict=True):
            own = np.full((len(window.inputs["input_ids"]), *values.shape[1:]), nothing, values.dtype)
            own[list(window.positions)[::-1]] = values[units[::-1]]  # of words that share a token, the first
            found.append({**window.inputs, "labels": own})
        return found

    def labels(self, answers: FloatArray) -> NDArray[np.int64]:
        """Return the label of the largest logit; words that share a token go on with its label."""
        best = answers.argmax(axis=1)
        found = [best[units] for units in self._units]
        by_sentence = labels_of_words(self._windows, found, self._lengths, self._label_names)
        return np.concatenate([np.empty(0, np.int64), *by_sentence])
