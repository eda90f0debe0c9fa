"""Labelled texts of several languages, made ready once to be read by many models of one kind.

They are tokenised once, put into batches of like length without regard to their language, and name tokens by
the rows of a vocabulary that holds no others: what is left to do for each model is its forward passes.
"""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import torch
import xxhash
from transformers import PreTrainedModel

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.heads import Head, Scores
from mosecrot_core.learning.prediction import batches
from mosecrot_core.learning.reader import Reader
from mosecrot_core.words.neighbours import FloatArray


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
        self._owners: list[tuple[str, int]] = [
            (name, number) for name, encoded in self._encoded.items() for number in range(len(encoded.inputs))
        ]
        pad = int(tokenizers[0].pad_token_id or 0)
        used = {token for each in inputs for token in each["input_ids"]}
        # Some architectures count positions from the pad token's id: rows up to it stay in their places.
        self.rows = torch.tensor([*range(pad + 1), *sorted(used - set(range(pad + 1)))])
        """Ids of the tokens that are read, in the order of their new numbers ``[V]``."""
        numbers = torch.zeros(int(self.rows.max()) + 1, dtype=torch.long)
        numbers[self.rows] = torch.arange(len(self.rows))
        self._batches = []
        for places, batch in batches(tokenizers[0], inputs, device):
            batch["input_ids"] = numbers.to(device)[batch["input_ids"]]
            self._batches.append((places, batch))

    @cached_property
    def digest(self) -> str:
        """Name the texts, how they are cut, their labels and the labels' names, in hex digits."""
        parts = [
            [name, [int(label) for label in self._head.unit_labels(part)], self._encoded[name].inputs]
            for name, part in self._parts.items()
        ]
        whole = json.dumps([type(self._head).__name__, *self._head.label_names, *parts])
        return str(xxhash.xxh3_128_hexdigest(whole.encode()))

    def logits(self, model: PreTrainedModel) -> dict[str, FloatArray]:
        """Let a model of `rows` read all parts; return the logits of each part's units ``[n, C]``.

        Raises:
            MosecrotError: The model has another number of rows.
        """
        n_rows = model.get_input_embeddings().get_parameter("weight").shape[0]
        if n_rows != len(self.rows):
            raise MosecrotError(f"a model of the {len(self.rows)} rows that are read expected, got {n_rows}.")
        width = int(model.config.num_labels or 0)
        found = {
            name: np.full((encoded.n_units, width), np.nan, np.float32)
            for name, encoded in self._encoded.items()
        }
        was_training = model.training
        model.train(False)
        try:
            for rows, batch in self._batches:
                with torch.inference_mode():
                    self._put(model(**batch).logits, rows, found)
        finally:
            model.train(was_training)
        return found

    def _put(self, logits: torch.Tensor, rows: list[int], found: dict[str, FloatArray]) -> None:
        """Hand each part its share of a batch."""
        mine: dict[str, tuple[list[int], list[int]]] = {}
        for place, row in enumerate(rows):
            name, number = self._owners[row]
            places, numbers = mine.setdefault(name, ([], []))
            places.append(place)
            numbers.append(number)
        for name, (places, numbers) in mine.items():
            share = logits if len(mine) == 1 else logits[places]
            self._encoded[name].take(share, numbers, found[name])

    def scores(self, logits: Mapping[str, FloatArray]) -> dict[str, Scores]:
        """Score the units' logits of each part by every metric of the task, and by `loss`.

        `loss` is the mean cross-entropy of the right labels, over the units that a model answers for.
        """
        return {name: self._of_part(name, np.asarray(own, np.float64)) for name, own in logits.items()}

    def _of_part(self, name: str, logits: Any) -> Scores:
        part = self._parts[name]
        labels = self._encoded[name].labels(logits)
        gold = np.asarray(self._head.unit_labels(part), np.int64)
        answered = np.flatnonzero(~np.isnan(logits[:, 0]))
        own, right = logits[answered], logits[answered, gold[answered]]
        highest = own.max(axis=1)
        total = highest + np.log(np.exp(own - highest[:, None]).sum(axis=1))
        loss = float(np.mean(total - right)) if len(answered) else float("nan")
        return {**self._head.unit_scores(part, labels), "loss": loss}
