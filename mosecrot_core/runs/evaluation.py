"""What each step of a plan computes, as rows of the run's tables."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mosecrot_core.learning.averaged_vectors import average_vectors, classify_averages
from mosecrot_core.learning.class_priors import add_to_bias
from mosecrot_core.learning.heads import Scores
from mosecrot_core.learning.reader import Reader
from mosecrot_core.mapping.alignment import RelativeMapping
from mosecrot_core.mapping.null_baselines import gaussian_rows, mean_rows
from mosecrot_core.mapping.stitching import save_stitched
from mosecrot_core.mapping.target_words import TargetWords
from mosecrot_core.mapping.tokenizer import coverage
from mosecrot_core.runs.label_shares import label_offsets
from mosecrot_core.runs.mapped_rows import mapped_rows, rows_of_source, static_rows
from mosecrot_core.runs.pair_tables import PAIR_TABLES
from mosecrot_core.runs.readers import stitched_model, target_reader
from mosecrot_core.runs.schema import PREDICTION_COLUMNS, RESULT_COLUMNS
from mosecrot_core.runs.steps import Step
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.text_tables import TEXT_TABLES, predictions_table
from mosecrot_core.runs.trainings import Training
from mosecrot_core.runs.unmapped_words import unmapped_words
from mosecrot_core.runs.word_maps import word_map_table
from mosecrot_core.runs.word_tables import words_tables
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.neighbours import FloatArray

NullRows = dict[str, Callable[[], FloatArray]]
Labels = NDArray[np.int64]
Tables = dict[str, pd.DataFrame]
"""Rows by the name of the run's table that they go into."""


class Evaluation:
    """Computes steps on a workbench.

    Args:
        bench: Inputs.
        run: Where stitched models are saved.
    """

    def __init__(self, bench: Workbench, run: Run) -> None:
        self._bench, self._run = bench, run

    def without_model(self, step: Step) -> Tables:
        """Compute a step that needs no fine-tuned model."""
        if step.kind == "averages":
            return self._averages(step)
        if step.kind in PAIR_TABLES:
            return {step.table: self._pairs(step)}
        if step.kind == "anchor_use":
            return {step.table: self._anchor_use(step)}
        if step.kind == "words":
            return words_tables(self._bench, step.language, self._run.folder, step.file)
        if step.kind == "word_map":
            return {step.table: word_map_table(self._bench, step.language, step.method)}
        return {step.table: TEXT_TABLES[step.kind](self._bench, step.language, step.method)}

    def with_model(self, step: Step, model: PreTrainedModel, training: Training, source: Scores) -> Tables:
        """Compute a step of a fine-tuning, of which `source` is what `on_source` returned."""
        if step.kind == "save":
            return {step.table: self._save(step, model)}
        stitched = step.kind == "stitched"
        found = self._stitched(step, model) if stitched else self._read(step, model, training.reader)
        table = found["results"]
        return {**found, "results": table.assign(source_value=table["metric"].map(source))}

    def on_source(self, model: PreTrainedModel, training: Training) -> Scores:
        """Score a fine-tuned model on the source language's test texts, if there are any."""
        test = self._bench.corpus.splits.get((self._bench.experiment.source.language, "test"))
        if test is None:
            return {}
        return self._bench.head.scores(model, training.reader, test)

    def _pairs(self, step: Step) -> pd.DataFrame:
        target = self._bench.target(step.language)
        anchors = self._bench.anchors(step.language, step.method) if step.method else target.anchors
        table = PAIR_TABLES[step.kind](step.language, target.judged, anchors)
        return table.assign(method=step.method) if step.method else table

    def _anchor_use(self, step: Step) -> pd.DataFrame:
        """Share of the mapped test tokens' weight that each anchor carries."""
        words = self._bench.words(step.language, step.method)
        counts = words.counts(self._bench.head.texts(self._test(step.language), joined=words.joined))
        counts[unmapped_words(self._bench, words, step.language, step.method).entries] = 0
        mapping = self._bench.mapping(step.language, step.method)
        if not isinstance(mapping, RelativeMapping):
            raise TypeError(f"{step.method} does not weigh anchors")
        rows = static_rows(self._bench, words, step.language, step.method, slice(None))
        found, weights = mapping.anchor_weights(rows)
        carried = np.zeros(len(self._bench.anchors(step.language, step.method)))
        np.add.at(carried, found.indices, np.abs(weights) * counts[:, None])
        share = carried / max(carried.sum(), np.finfo(float).tiny)
        used = np.flatnonzero(carried)
        return pd.DataFrame({"anchor": used, "share": share[used]}).assign(
            language=step.language, method=step.method
        )

    def _averages(self, step: Step) -> Tables:
        """Classify each text by the mean of its words' static vectors, pairs by both, or words by theirs."""
        words, head = self._bench.target(step.language).words, self._bench.head
        train, test = self._bench.corpus.get(step.language, "train"), self._test(step.language)

        def averages(texts: Sequence[str]) -> FloatArray:
            return average_vectors(words.rows, words.entries(texts))

        features = [head.features(part, averages) for part in (train, test)]
        predicted = classify_averages(features[0], head.unit_labels(train), features[1])
        share = coverage(words.tokenizer, head.texts(test))
        return self._scored(step, test, predicted, share)

    def _read(self, step: Step, model: PreTrainedModel, reader: Reader) -> Tables:
        """Score a model that reads target text through the tokenizer that it was fine-tuned with."""
        test, head = self._test(step.language), self._bench.head
        predicted = head.predict(model, reader, test)
        return self._scored(step, test, predicted, head.coverage(reader, test))

    def _stitched(self, step: Step, model: PreTrainedModel) -> Tables:
        """Score a method and, with the same fine-tuned body, its null baselines."""
        words, test = self._bench.words(step.language, step.method), self._test(step.language)
        head, reader = self._bench.head, target_reader(self._bench, step.language, step.method)
        share = head.coverage(reader, test)
        candidates = {"": lambda: self._mapped(step, words), **self._nulls(step, words)}
        found = {}
        for null, rows in candidates.items():
            stitched = words.stitched(model, rows())
            self._shift(step, stitched)
            predicted = head.predict(stitched, reader, test)
            found[null] = self._scored(step, test, predicted, share, null)
        scores = pd.concat([tables["results"] for tables in found.values()], ignore_index=True)
        return {"results": scores, "predictions": found[""]["predictions"]}

    def _mapped(self, step: Step, words: TargetWords) -> FloatArray:
        return mapped_rows(self._bench, words, step.language, step.method)

    def _nulls(self, step: Step, words: TargetWords) -> NullRows:
        def shuffled() -> FloatArray:
            return mapped_rows(self._bench, words, step.language, step.method, shuffled=step.seed)

        def like() -> FloatArray:
            return rows_of_source(self._bench, step.language, step.method)

        makers: NullRows = {
            "shuffled": shuffled,
            "gaussian": lambda: gaussian_rows(like(), len(words.rows), step.seed),
            "mean_row": lambda: mean_rows(like(), len(words.rows)),
        }
        return {null: makers[null] for null in self._bench.experiment.nulls}

    def _save(self, step: Step, model: PreTrainedModel) -> pd.DataFrame:
        """Keep the stitched model with the whole target vocabulary."""
        words = self._bench.all_words(step.language, step.method)
        whole = words.stitched(model, self._mapped(step, words))
        self._shift(step, whole, lambda: stitched_model(self._bench, model, step.language, step.method))
        return self.keep(step, whole, words.tokenizer)

    def _shift(
        self, step: Step, model: PreTrainedModel, reading: Callable[[], PreTrainedModel] | None = None
    ) -> None:
        """Let a model give each label as often as its method says, as it, or one that is `reading`, tells."""
        offsets = label_offsets(self._bench, reading or (lambda: model), step.language, step.method)
        if offsets is not None:
            add_to_bias(model, offsets)

    def keep(self, step: Step, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> pd.DataFrame:
        """Write the model that a step is for; return where, a row of the table of models."""
        folder = f"models/{step.method}-{step.language}"
        metadata = {"language": step.language, "method": step.method, "seed": step.seed}
        save_stitched(model, tokenizer, self._run.folder / folder, metadata)
        return pd.DataFrame([{**metadata, "folder": folder}])

    def _test(self, language: str) -> Any:
        return self._bench.corpus.get(language, "test")

    def _scored(self, step: Step, test: Any, predicted: Labels, share: float, null: str = "") -> Tables:
        """Give the scores of the labels of all units ``[n]``, and the labels themselves."""
        method = f"{step.method}:{null}" if null else step.method
        common = {
            "language": step.language, "method": method, "baseline_of": step.method if null else "",
            "seed": step.seed, "n": len(test), "coverage": share,
        }  # fmt: skip
        scores = self._bench.head.unit_scores(test, predicted)
        rows = [{**common, "metric": name, "value": value} for name, value in scores.items()]
        return {
            "results": pd.DataFrame(rows, columns=RESULT_COLUMNS),
            "predictions": predictions_table(self._bench, test, predicted).assign(
                language=step.language, method=method, seed=step.seed
            )[PREDICTION_COLUMNS],
        }
