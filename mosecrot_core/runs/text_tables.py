"""What a run keeps of the test texts: right and predicted labels, tokens, the anchors behind the words."""

import sys
from bisect import bisect_right
from collections.abc import Callable, Container
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from mosecrot_core.learning.reader import Reader
from mosecrot_core.mapping.alignment import RelativeMapping, RelativeSettings
from mosecrot_core.mapping.frequent_words import as_frequent
from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.runs.mapped_method import MappedMethod
from mosecrot_core.runs.mapped_rows import static_rows
from mosecrot_core.runs.readers import target_reader
from mosecrot_core.runs.schema import (
    EXAMPLE_COLUMNS,
    POINT_EXAMPLE_COLUMNS,
    TOKEN_COLUMNS,
    WORD_ANCHOR_COLUMNS,
)
from mosecrot_core.runs.unmapped_words import unmapped_words
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.neighbours import FloatArray, nearest

ANCHORS_KEPT = 8
"""How many anchors of a word are kept."""
_CELLS = 20_000_000  # weights of words to anchors held at once
Heaviest = tuple[NDArray[np.int32], FloatArray, FloatArray]
Weigher = Callable[[FloatArray], Heaviest]
TextTable = Callable[[Workbench, str, str], pd.DataFrame]


def examples_table(bench: Workbench, language: str, method: str = "") -> pd.DataFrame:
    """List the test texts or their words with the right labels, columns EXAMPLE_COLUMNS."""
    del method
    return _examples(bench, bench.corpus.get(language, "test")).assign(language=language)[EXAMPLE_COLUMNS]


def point_examples_table(bench: Workbench, language: str, method: str) -> pd.DataFrame:
    """List what a method's interpolated models are scored on, columns POINT_EXAMPLE_COLUMNS."""
    part = bench.corpus.get(language, bench.experiment.interpolated(method).read)
    return _examples(bench, part).assign(language=language, method=method)[POINT_EXAMPLE_COLUMNS]


def predictions_table(bench: Workbench, test: Any, predicted: NDArray[np.int64]) -> pd.DataFrame:
    """List the label that each unit ``[n]`` was given: `example`, `word`, `predicted`."""
    return _labelled(bench, test, predicted, "predicted")


def tokens_table(bench: Workbench, language: str, method: str = "") -> pd.DataFrame:
    """List the tokens of the test texts, columns TOKEN_COLUMNS; none if a tokenizer is not a fast one."""
    test, head = bench.corpus.get(language, "test"), bench.head
    reader, words = _reading(bench, language, method)
    tokenizer, joined = reader.tokenizer, reader.joined
    if not tokenizer.is_fast:
        return pd.DataFrame(columns=TOKEN_COLUMNS)
    texts, ends = list(head.texts(test, joined=joined)), head.unit_ends(test, joined=joined)
    kept = head.tokens_read(reader, test) or [sys.maxsize] * len(texts)
    encoded = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    frequent: set[str] = set()
    if method and words is not None:
        entries = unmapped_words(bench, words, language, method).frequent.index
        frequent = {words.vocabulary.entries[entry] for entry in entries}
    origins = _Origins(tokenizer, words, frequent)
    rows = []
    for text, ids, offsets, units_here, n_read in zip(
        texts, encoded["input_ids"], encoded["offset_mapping"], ends, kept, strict=True
    ):
        stops = [stop for stop, _ in units_here]
        for place, (token, (start, end)) in enumerate(zip(ids, offsets, strict=True)):
            _, unit = units_here[min(bisect_right(stops, start), len(stops) - 1)]
            rows.append((unit, *origins.of(token, text[start:end]), place < n_read))
    table = pd.DataFrame(rows, columns=["unit", "token", "origin", "form", "read"])
    example, word = head.unit_places(test)
    units = table["unit"].to_numpy(np.int64)
    return table.assign(
        language=language,
        method=method,
        example=example[units].astype(np.int32),
        word=word[units].astype(np.int32),
    )[TOKEN_COLUMNS]


def word_anchors_table(bench: Workbench, language: str, method: str) -> pd.DataFrame:
    """List the heaviest anchors of each word of the test texts, columns WORD_ANCHOR_COLUMNS."""
    words, head = bench.words(language, method), bench.head
    texts = head.texts(bench.corpus.get(language, "test"), joined=words.joined)
    used = np.flatnonzero(words.counts(texts))
    pairs, unmapped = bench.anchors(language, method).pairs, unmapped_words(bench, words, language, method)
    unmapped = unmapped.among(used)
    used = np.setdiff1d(used, unmapped.entries)
    listed = unmapped.listed
    tokens = [words.vocabulary.entries[entry] for entry in listed.index]
    by_list = listed[["source", "target"]].assign(token=tokens, weight=np.float32(1), cosine=np.float32(1))
    tables = [by_list, _as_frequent(bench, words, unmapped.frequent)]
    heaviest, step = _weigher(bench, language, method), max(1, _CELLS // len(pairs))
    for start in range(0, len(used), step):
        entries = used[start : start + step]
        anchors, weights, cosines = heaviest(static_rows(bench, words, language, method, entries))
        kept = anchors.shape[1]
        chosen = pairs.iloc[anchors.ravel()]
        tables.append(pd.DataFrame({
            "token": np.repeat([words.vocabulary.entries[entry] for entry in entries], kept),
            "source": chosen["source"].to_numpy(), "target": chosen["target"].to_numpy(),
            "weight": weights.ravel().astype(np.float32), "cosine": cosines.ravel().astype(np.float32),
        }))  # fmt: skip
    table = pd.concat([own for own in tables if len(own)] or tables, ignore_index=True)
    table = table[(table["weight"] != 0)]  # a missing weight is not 0
    return table.assign(language=language, method=method)[WORD_ANCHOR_COLUMNS]


def _as_frequent(bench: Workbench, words: TargetWords, frequent: pd.Series) -> pd.DataFrame:
    """List the source words that the row of each frequent word is the mean of: no pairs, and no anchors."""
    ids, shares = bench.source_shares
    near = ids[as_frequent(frequent.to_numpy(), shares)]
    tokens = [words.vocabulary.entries[entry] for entry in frequent.index for _ in range(near.shape[1])]
    return pd.DataFrame({
        "token": tokens, "source": bench.encoder.tokenizer.convert_ids_to_tokens(near.ravel().tolist()),
        "target": tokens, "weight": np.float32(1 / max(1, near.shape[1])), "cosine": np.float32(np.nan),
    })  # fmt: skip


TEXT_TABLES: dict[str, TextTable] = {
    "examples": examples_table,
    "point_examples": point_examples_table,
    "tokens": tokens_table,
    "word_anchors": word_anchors_table,
}
"""By the name of the run's table; called with the workbench, a language and a method or an empty name."""


class _Origins:
    """Says of each token where its row is from: `token`, `origin` (one of ORIGINS), `form`."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, words: TargetWords | None, frequent: Container[str]
    ) -> None:
        self._unknown = tokenizer.unk_token_id
        tokens = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        forms = (
            {} if words is None else dict(zip(words.vocabulary.entries, words.forms.tolist(), strict=True))
        )
        self._known = [
            (token, "frequent", "") if token in frequent else (token, *self._origin(forms.get(token)))
            for token in tokens
        ]

    @staticmethod
    def _origin(form: str | None) -> tuple[str, str]:
        if form is None:
            return "encoder", ""
        return ("vectors", form) if form else ("subwords", "")

    def of(self, token: int, text: str) -> tuple[str, str, str]:
        return (text, "unknown", "") if token == self._unknown else self._known[token]


def _examples(bench: Workbench, part: Any) -> pd.DataFrame:
    gold = np.array(bench.head.unit_labels(part), np.int64)
    return _labelled(bench, part, gold, "gold").assign(text=list(bench.head.units(part)))


def _labelled(bench: Workbench, test: Any, labels: NDArray[np.int64], column: str) -> pd.DataFrame:
    example, word = bench.head.unit_places(test)
    names = pd.CategoricalDtype(list(bench.head.unit_names))
    named = pd.Categorical.from_codes(labels, dtype=names)
    return pd.DataFrame({"example": example.astype(np.int32), "word": word.astype(np.int32), column: named})


def _reading(bench: Workbench, language: str, method: str) -> tuple[Reader, TargetWords | None]:
    """Return what a method reads target texts with, and its words, if any; no name: as most methods."""
    if not method:
        words = bench.target(language).words
        return Reader.of(words, bench.experiment.training.max_length), words
    mapped = isinstance(bench.experiment.methods[method], MappedMethod)
    return target_reader(bench, language, method), bench.words(language, method) if mapped else None


def _weigher(bench: Workbench, language: str, method: str) -> Weigher:
    """Return what gives numbers, weights (NaN: none) and cosines of the heaviest anchors, ``[n, k]`` each."""
    if not isinstance(bench.experiment.mapped(method).alignment, RelativeSettings):
        keys = bench.anchor_rows(language, method)

        def by_cosine(rows: FloatArray) -> Heaviest:
            near = nearest(rows, keys, ANCHORS_KEPT)
            return near.indices, np.full(near.cosines.shape, np.nan, np.float32), near.cosines

        return by_cosine
    mapping = bench.mapping(language, method)

    def by_weight(rows: FloatArray) -> Heaviest:
        if not isinstance(mapping, RelativeMapping):
            raise TypeError(f"{method} does not weigh anchors")
        found, weights = mapping.anchor_weights(rows)
        order = np.argsort(-np.abs(weights), axis=1, kind="stable")[:, :ANCHORS_KEPT]
        return (
            np.take_along_axis(found.indices, order, axis=1),
            np.take_along_axis(weights, order, axis=1),
            np.take_along_axis(found.cosines, order, axis=1),
        )

    return by_weight
