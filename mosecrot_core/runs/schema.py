"""The only on-disk schema: what a run folder holds, and the columns of its tables.

    RUN/run.json             schema, name, state, times, environment, base: where relative paths start,
                             inputs: what it is made of, with hashes, hub: the commits that were read there
    RUN/experiment.yaml      the experiment as it was run, every default written out
    RUN/results.parquet      one row a score; see RESULT_COLUMNS
    RUN/anchors.parquet      one row an anchor pair and language; see ANCHOR_COLUMNS
    RUN/grown_anchors.parquet  which anchors the word list grew by; see GROWN_ANCHOR_COLUMNS
    RUN/anchor_use.parquet   how much of the mapped text each anchor carries, by method
    RUN/quality.parquet      one row a candidate pair and language: score, reasons; see QUALITY_COLUMNS
    RUN/signals.parquet      the values behind each score, a column a signal
    RUN/dropped.parquet      pairs that did not become anchors: language, reason, pairs
    RUN/examples.parquet     the test texts, or their words, with the right labels; see EXAMPLE_COLUMNS
    RUN/predictions.parquet  what each method said of them; see PREDICTION_COLUMNS
    RUN/tokens.parquet       how they were cut, and where the rows come from; see TOKEN_COLUMNS
    RUN/word_anchors.parquet the anchors nearest to each word of them; see WORD_ANCHOR_COLUMNS
    RUN/words.parquet        the words of either side whose static rows are kept; see WORD_COLUMNS
    RUN/spaces.parquet       where these rows are; see SPACE_COLUMNS
    RUN/missing.parquet      the words of texts that no pair translates; see MISSING_COLUMNS
    RUN/word_map.parquet     where words lie in the plane, before and after mapping; see WORD_MAP_COLUMNS
    RUN/points.parquet       scores of interpolated models; see POINT_COLUMNS
    RUN/point_previews.parquet  those of a triple that is not done, a rough part of them, until it is
    RUN/point_examples.parquet  the texts that they are scored on; see POINT_EXAMPLE_COLUMNS
    RUN/point_predictions.parquet  what they say of these; see POINT_PREDICTION_COLUMNS
    RUN/deltas.parquet       how far these models are from each other; see DELTA_COLUMNS
    RUN/stages.parquet       what self-training learned from, stage by stage; see STAGE_COLUMNS
    RUN/calibration.parquet  how sure its models were and how right; see CALIBRATION_COLUMNS
    RUN/models.parquet       which stitched models were saved: language, method, seed, folder
    RUN/models/NAME/         the stitched models, as Hugging Face folders
    RUN/steps/KEY.parquet    finished steps, by the hash of what they depend on
    RUN/steps/KEY.NAME.parquet  what a finished step has for a second table
    RUN/steps/KEY.safetensors  static rows of a language's words, as `mosecrot vectors convert` writes them
    RUN/steps/KEY.model/     a fine-tuned model whose steps are not all done
    RUN/steps/KEY.models/    the models of a triple and their points, or of a self-training, until it is done
    RUN/steps/KEY.work/      checkpoints of a fine-tuning that is not done
    RUN/tracking/NAME/       what TensorBoard was told of a training, where `report_to` asks for it
    RUN/.lock                locked while a process works on the run, or shared by the workers of a sweep
    RUN/sweep.json  RUN/tasks/  RUN/workers/  RUN/slurm/   of a sweep, see `task_list.py`

`store.py` reads and writes it.
"""

from mosecrot_core.anchors.signals import SIGNALS

SCHEMA = 1
SWEEP_FILE = "sweep.json"
"""Is there where a sweep makes the run."""
RESULT_COLUMNS = [
    "language", "method", "baseline_of", "metric", "seed", "value", "n", "coverage", "source_value",
]  # fmt: skip
"""`baseline_of` names the method that a null baseline stands beside, else it is empty; `seed` is -1 for a
deterministic method; `n` counts the test texts; `coverage` is the share of their tokens with a row;
`source_value` is the same fine-tuned model's score on the source language's own test texts, if it has any."""
ANCHOR_COLUMNS = ["language", "anchor", "source", "target", "token", "word", "composed", "score", "line"]
"""`anchor` counts the anchors of a language from 0; `line` is that of the word list, from 1, or 0 for a pair
that the list does not have: a reviewer added it, or it is grown; then `score` is missing."""
GROWN_ANCHOR_COLUMNS = [
    "language", "method", "anchor", "source", "target", "round", "similarity", "margin",
]  # fmt: skip
"""`method` is empty for the run's anchors, where `anchor` is theirs, else it names a method with anchors of
its own, and `anchor` counts those. `round` from 1 says when the pair came, `similarity` how near its words
then were (CSLS, or the cosine), `margin` by how much that exceeds what either word has with any other."""
ANCHOR_USE_COLUMNS = ["language", "method", "anchor", "share"]
QUALITY_COLUMNS = [
    "language", "pair", "source", "target", "token", "word", "line", "score", "quality", "reasons",
    "suggestion", "information", "anchor", "source_near", "target_near", "x", "y",
]  # fmt: skip
"""`pair` counts the candidates of a language from 0; `quality` in [0, 1] reads as the probability that the
pair is right; `reasons` names the signals against it, strongest first;
`information` tells how much a decision on it would teach the model; `anchor` says whether the run uses it;
`source_near` and `target_near` are the pairs nearest to it on either side; `x`, `y` its place on the map."""
SIGNAL_COLUMNS = ["language", "pair", *SIGNALS]
DROPPED_COLUMNS = ["language", "reason", "pairs"]
MODEL_COLUMNS = ["language", "method", "seed", "folder"]
EXAMPLE_COLUMNS = ["language", "example", "word", "text", "gold"]
"""A row a text; where words have labels, a row a word of a sentence. `example` and `word` count from 0;
`gold` is a categorical, whose categories are all labels of the task in their order; of trees such as
``3:nsubj``, where 0 is ROOT and the last number stands for any word that was cut off."""
PREDICTION_COLUMNS = ["language", "method", "seed", "example", "word", "predicted"]
"""As `gold`, but what the method says; null baselines are not among the methods. `seed` as in the results."""
TOKEN_COLUMNS = ["language", "method", "example", "word", "token", "origin", "form", "read"]
"""Tokens in order. `method` is empty for what is read through word vectors, the same for all such methods,
else it names the one that reads through its encoder's own tokenizer. `origin` is one of ORIGINS; `form` is
the vectors' word whose row the token has, where there is one; `read` is false behind what the model takes."""
ORIGINS = ("vectors", "subwords", "frequent", "unknown", "encoder")
"""Where a token's row is from: a word of the vectors, subwords of theirs, source words as frequent, none, or
the encoder's own."""
WORD_ANCHOR_COLUMNS = ["language", "method", "token", "source", "target", "weight", "cosine"]
"""The anchors of each token, the heaviest first; `weight` is missing where the method weighs no anchors: then
they are those nearest by cosine. A token's row is their sum only together with those left out here. A token
that is read through its own translation, since it has no vector, has that pair alone, which is no anchor; one
that is read as source words as frequent has these, without a `cosine`."""
WORD_COLUMNS = ["language", "word", "form", "origin", "token"]
"""All tokens of the source encoder, by id, and words of each target language: the most frequent ones, then
others of its texts and anchors. `word` is as people write it, empty for what only has a row: a piece of a
word, an anchor in another casing; `form` is what its static row is kept under; `origin` is one of ORIGINS;
`token` is the id of a source token; of a target word without a vector of its own, that of its translation in
the list, through which methods with `listed` read it; else -1."""
MISSING_COLUMNS = ["language", "word", "count", "share", "read_as"]
"""Words of a target's texts, the task's and the unlabelled ones, that no pair of its list translates, each
language's most frequent first: as the tokenizer cuts and normalises it; how often it is used; its share of
all words used, signs and numbers apart; `mapped` if it is read through its vector, `composed` if through what
the vectors compose of its subwords or characters, `spelled` if as the encoder's own pieces, `frequent` if as
source words as frequent are, where a method does not have it otherwise."""
SPACE_COLUMNS = ["language", "side", "file"]
"""The file of static rows of each language, within the run's folder. `side` is `source`, whose rows are its
encoder's own, or `target`."""
WORD_MAP_COLUMNS = ["language", "side", "method", "word", "rank", "x", "y", "near", "cosine", "other"]
"""The most frequent words of letters. Without a `method` a language by itself; with one, words of the source
and of the target `language` in the source's space. `side` is `source` or `target`; `rank` the place in the
file of vectors or among the encoder's whole words, from 1; `x` and `y` are missing where a row is zero. With
a method: `near` is the nearest word of the other side on the map, at the `cosine`, `other` the share of the
other side among the 10 words nearest."""
POINT_COLUMNS = ["language", "method", "seed", "scope", "read", "metric", "a1", "a2", "value"]
"""The score of a model between those of a triple: theta_bi + a1 delta_src + a2 delta_tgt, in thousandths.
`language` is the target; `read` the language whose texts are scored; one of the metrics is the `loss`."""
POINT_EXAMPLE_COLUMNS = ["language", "method", "example", "word", "text", "gold"]
"""As EXAMPLE_COLUMNS, for each method of interpolated models; `language` is the one that is read, the source
among them."""
POINT_PREDICTION_COLUMNS = ["language", "method", "seed", "scope", "read", "a1", "a2", "predicted"]
"""A row a model as in POINT_COLUMNS, and language read; `predicted` lists the labels of its examples in their
order, as numbers of the categories of `gold`."""
DELTA_COLUMNS = ["language", "method", "seed", "source_norm", "target_norm", "angle"]
"""||delta_src||, ||delta_tgt|| and the angle between them, in degrees."""
STAGE_COLUMNS = [
    "language", "method", "seed", "stage", "label", "threshold", "given", "accepted", "right", "changed",
]  # fmt: skip
"""A row a stage, such as ``1-soft``, and label: the least confidence asked for, how many target units the
model before gave the label, how many of these were learned from, and with how many of them it was right to;
`changed` is the share of all units that have another label since."""
CALIBRATION_COLUMNS = [
    "language", "method", "seed", "stage", "read", "low", "high", "confidence", "accuracy", "n",
]  # fmt: skip
"""A row a bin of confidence: mean confidence and accuracy of the labels that the model of a stage gave to
units of the language `read`: the target's train texts, or, of the last stage, the source's dev texts."""
TABLES = {
    "results": RESULT_COLUMNS,
    "anchors": ANCHOR_COLUMNS,
    "grown_anchors": GROWN_ANCHOR_COLUMNS,
    "anchor_use": ANCHOR_USE_COLUMNS,
    "quality": QUALITY_COLUMNS,
    "signals": SIGNAL_COLUMNS,
    "dropped": DROPPED_COLUMNS,
    "models": MODEL_COLUMNS,
    "examples": EXAMPLE_COLUMNS,
    "predictions": PREDICTION_COLUMNS,
    "tokens": TOKEN_COLUMNS,
    "word_anchors": WORD_ANCHOR_COLUMNS,
    "words": WORD_COLUMNS,
    "spaces": SPACE_COLUMNS,
    "missing": MISSING_COLUMNS,
    "word_map": WORD_MAP_COLUMNS,
    "points": POINT_COLUMNS,
    "point_previews": POINT_COLUMNS,
    "point_examples": POINT_EXAMPLE_COLUMNS,
    "point_predictions": POINT_PREDICTION_COLUMNS,
    "deltas": DELTA_COLUMNS,
    "stages": STAGE_COLUMNS,
    "calibration": CALIBRATION_COLUMNS,
}
