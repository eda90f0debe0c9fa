"""Labelled texts of several languages, made ready once to be read by many models of one kind.

They are tokenised once, put into batches of like length without regard to their language, and name tokens by
the rows of a vocabulary that holds no others: what is left to do for each model is its forward passes.
"""

import copy
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import torch
import xxhash
from numpy.typing import NDArray
from transformers import PreTrainedModel

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.heads import Head, Scores
from mosecrot_core.learning.prediction import batches, read
from mosecrot_core.learning.reader import Reader
from mosecrot_core.words.neighbours import FloatArray

Share = tuple[str, list[int], list[int]]
"""A part in a batch: its name, which rows of the batch are its, and which of its inputs they are."""


class EvaluationSet:
    """Parts of a corpus by name, usually languages.

    Args:
        head: What the task asks of a model.
        parts: What is read by name, and the reader for it. Their tokenizers agree on ids: it is one
            tokenizer, or those of a joint vocabulary and of its source.
        device: Where batches lie.

    Raises:
        MosecrotError: The tokenizers pad with different tokens.
    """

    def __init__(
        self, head: Head[Any], parts: Mapping[str, tuple[Reader, Any]], device: str | torch.device = "cpu"
    ) -> None:
        self._head, self.device = head, torch.device(device)
        self._parts = {name: part for name, (_, part) in parts.items()}
        self._encoded = {name: head.encoded(reader, part) for name, (reader, part) in parts.items()}
        tokenizers = [reader.tokenizer for reader, _ in parts.values()]
        if len({(tokenizer.pad_token_id, tokenizer.padding_side) for tokenizer in tokenizers}) != 1:
            raise MosecrotError("tokenizers that pad alike expected: give the tokenizers of one vocabulary.")
        inputs = [each for encoded in self._encoded.values() for each in encoded.inputs]
        owners = [
            (name, number) for name, encoded in self._encoded.items() for number in range(len(encoded.inputs))
        ]
        pad = int(tokenizers[0].pad_token_id or 0)
        used = {token for each in inputs for token in each["input_ids"]}
        # Some architectures count positions from the pad token's id: rows up to it stay in their places.
        self.rows = torch.tensor([*range(pad + 1), *sorted(used - set(range(pad + 1)))])
        """Ids of the tokens that are read, in the order of their new numbers ``[V]``."""
        numbers = torch.zeros(int(self.rows.max()) + 1, dtype=torch.long)
        numbers[self.rows] = torch.arange(len(self.rows))
        self.batches: list[tuple[list[Share], dict[str, torch.Tensor]]] = []
        """The parts that a batch is of, and what a model is given."""
        # One tokenizer may tell segments apart, another of the same vocabulary need not.
        common = set.intersection(*map(set, inputs)) if inputs else set()
        shared = [{name: own for name, own in each.items() if name in common} for each in inputs]
        for places, batch in batches(tokenizers[0], shared, device):
            batch["input_ids"] = numbers.to(device)[batch["input_ids"]]
            self.batches.append((_shares([owners[place] for place in places]), batch))

    def on(self, device: str | torch.device) -> "EvaluationSet":
        """Return the same texts on another device."""
        moved = copy.copy(self)
        moved.device = torch.device(device)
        moved.batches = [
            (shares, {name: tensor.to(device) for name, tensor in batch.items()})
            for shares, batch in self.batches
        ]
        return moved

    @cached_property
    def digest(self) -> str:
        """Name the texts, how they are cut and scored, their labels and the labels' names, in hex digits."""
        head = self._head
        parts = [
            [name, list(map(int, head.unit_labels(part))), self._encoded[name].inputs, *head.scoring(part)]
            for name, part in self._parts.items()
        ]
        whole = json.dumps([type(head).__name__, *head.label_names, *parts])
        return str(xxhash.xxh3_128_hexdigest(whole.encode()))

    def answers(self, model: PreTrainedModel) -> dict[str, FloatArray]:
        """Let a model of `rows` read all parts; return what it answers about their units ``[n, A]``.

        Raises:
            MosecrotError: The model has another number of rows.
        """
        n_rows = model.get_input_embeddings().get_parameter("weight").shape[0]
        if n_rows != len(self.rows):
            raise MosecrotError(f"a model of the {len(self.rows)} rows that are read expected, got {n_rows}.")
        found = {name: encoded.no_answers(model) for name, encoded in self._encoded.items()}

        def take(shares: list[Share], logits: torch.Tensor) -> None:
            for name, places, numbers in shares:
                own = logits if len(shares) == 1 else logits[places]
                self._encoded[name].take(own, numbers, found[name])

        read(model, self.batches, take)
        return found

    def labels(self, answers: Mapping[str, FloatArray]) -> dict[str, NDArray[np.int64]]:
        """Return the label that each part's units are given ``[n]``."""
        return {name: self._encoded[name].labels(own) for name, own in answers.items()}

    def scores(self, answers: Mapping[str, FloatArray]) -> dict[str, Scores]:
        """Score the answers about each part by every metric of the task, and by `loss`.

        `loss` is the mean cross-entropy of the right labels, over the units that a model answers for.
        """
        return {name: self._of_part(name, own) for name, own in answers.items()}

    def _of_part(self, name: str, answers: FloatArray) -> Scores:
        part, encoded = self._parts[name], self._encoded[name]
        losses = encoded.losses(answers, np.asarray(self._head.unit_labels(part), np.int64))
        answered = losses[~np.isnan(losses)]
        loss = float(np.mean(answered)) if len(answered) else float("nan")
        return {**self._head.unit_scores(part, encoded.labels(answers)), "loss": loss}


def _shares(owners: list[tuple[str, int]]) -> list[Share]:
    """Tell the parts' inputs in a batch apart."""
    names = dict.fromkeys(name for name, _ in owners)
    places = {name: [place for place, (owner, _) in enumerate(owners) if owner == name] for name in names}
    return [(name, own, [owners[place][1] for place in own]) for name, own in places.items()]
