"""What a model card says of scores: the model's own, all methods' over seeds, and what they do not say."""

from typing import Any

import pandas as pd

from mosecrot_core.anchors.signals import SUSPECT
from mosecrot_core.mapping.alignment import PaperRepresentations
from mosecrot_core.runs.mapped_method import MappedMethod
from mosecrot_core.runs.markdown import code, table
from mosecrot_core.runs.methods import Stitched
from mosecrot_core.runs.saved_models import SavedModel
from mosecrot_core.runs.summary import beside_nulls, metrics_of, summarise
from mosecrot_core.runs.terminal import percent

_HEAD = (
    "method", "mean ± sd", "95 %", "seeds", "covered", "shuffled pairs", "random rows", "mean row", "source",
)  # fmt: skip
_NULLS = ("shuffled", "gaussian", "mean_row")


def own_scores(model: SavedModel) -> dict[str, float]:
    """Return the scores of the very model, by metric; empty where there was nothing to score it on."""
    results = model.results
    own = results[(results["method"] == model.method) & (results["seed"] == model.seed)]
    return {str(row["metric"]): float(row["value"]) for row in own.to_dict(orient="records")}


def scores(model: SavedModel) -> str:
    """Lay the scores of its method beside those of all others in the language."""
    own = own_scores(model)
    if not own:
        return f"None: there were no labelled texts in {code(model.language)}."
    metric = metrics_of(model.results)[0]
    rows = beside_nulls(summarise(model.results, metric))
    n = int(rows["n"].iloc[0])
    told = ", ".join(f"{code(name)} {percent(value)}" for name, value in own.items())
    return "\n\n".join(
        [
            f"This very model (seed {model.seed}): {told}, in percent, on {n:,} test texts in "
            f"{code(model.language)}.",
            f"{code(metric)} in percent, of each method of the run, over seeds:",
            table(_HEAD, [_row(row, model) for row in rows.to_dict(orient="records")]),
            _FOOTNOTE,
            _paper(model),
        ]
    )


def limits(model: SavedModel) -> str:
    """Say what a reader should not conclude."""
    found = [_transfer(model), *_of_scores(model), *_of_anchors(model)]
    method = model.experiment.methods[model.method]
    if isinstance(method, MappedMethod) and not method.joins_source:
        found.append(f"It no longer reads {code(model.experiment.source.language)}: its words were swapped.")
    return "\n".join(f"- {line}" for line in (*found, *_ALWAYS))


def _row(row: dict[Any, Any], model: SavedModel) -> list[str]:
    name = code(row["method"])
    several = pd.notna(row["sd"])
    return [
        f"**{name}**" if row["method"] == model.method else name,
        percent(row["mean"]) + (f" ± {percent(row['sd'])}" if several else ""),
        f"{percent(row['low'])} to {percent(row['high'])}" if several else "",
        str(row["n_seeds"]),
        percent(row["coverage"]),
        *(percent(row.get(null)) for null in _NULLS),
        percent(row["source_mean"]),
    ]


def _paper(model: SavedModel) -> str:
    published = [name for name in model.experiment.methods if _is_published(model, name)]
    if model.method in published:
        return f"{code(model.method)} is a setting that the paper published."
    others = ", ".join(map(code, published))
    beside = f"in the table these are: {others}" if published else "the run has none beside it"
    return f"{code(model.method)} is not the setting that the paper published; {beside}."


def _is_published(model: SavedModel, name: str) -> bool:
    method = model.experiment.methods[name]
    return (
        isinstance(method, Stitched)
        and isinstance(method.alignment, PaperRepresentations)
        and method.learns_on == "reinitialised"
        and not (method.joins_source or method.spelled)
    )


def _transfer(model: SavedModel) -> str:
    results = model.results
    if results.empty:
        return "Nobody has measured whether it can do its task in this language at all."
    rows = beside_nulls(summarise(results, metrics_of(results)[0])).set_index("method")
    shuffled = rows["shuffled"].get(model.method) if "shuffled" in rows else None
    if shuffled is None or pd.isna(shuffled):
        return "No null baseline was measured: how much of its score is transfer is not known."
    mean = rows["mean"][model.method]
    if mean <= shuffled:
        return (
            f"It has transferred nothing: with shuffled word pairs its method scores {percent(shuffled)}, "
            f"with the right ones {percent(mean)}."
        )
    return (
        f"With shuffled word pairs its method scores {percent(shuffled)}, with the right ones "
        f"{percent(mean)}: only what lies between is transfer."
    )


def _of_scores(model: SavedModel) -> list[str]:
    results = model.results[model.results["method"] == model.method]
    if results.empty:
        return []
    seeds = results["seed"].nunique()
    spread = (
        "One seed: how far its training moves the score is not known."
        if seeds == 1
        else f"{seeds} seeds: the spread is that of training, not of other texts."
    )
    covered = float(results["coverage"].iloc[0])
    found = [
        spread,
        "One test set of one kind: it says nothing of other topics, times, dialects or ways of writing.",
    ]
    if covered < 1:
        found.append(f"{percent(covered)} % of the test's tokens have a row; of the others it knows nothing.")
    return found


def _of_anchors(model: SavedModel) -> list[str]:
    pairs = model.run.quality()
    pairs = pairs[(pairs["language"] == model.language) & pairs["anchor"].astype(bool)]
    method = model.experiment.methods[model.method]
    if pairs.empty or not isinstance(method, MappedMethod) or method.anchors is not None:
        return []
    doubtful = int((pairs["quality"] < SUSPECT).sum())
    return [
        f"It rests on {len(pairs):,} word pairs, of which {doubtful:,} look wrong (quality under "
        f"{SUSPECT:g}): a word near such a pair may be read as something else."
    ]


_FOOTNOTE = """\
sd: sample standard deviation over seeds; 95 %: t interval of the mean; covered: test tokens that have a row.
Null baselines of each stitched method: the same with its word pairs shuffled, with random rows of the same
mean and covariance, with the mean row for every word. source: the same models on the source language's own
test texts."""
_ALWAYS = (
    "It knows its labels alone and gives one of them to any text, also where none fits or the text is in "
    "another language; how sure it says it is was not calibrated.",
    "Word vectors and encoder carry the prejudices of the texts that they learned from; none was looked for.",
    "Nobody who speaks the language has judged what it says, unless the makers say so here.",
)
