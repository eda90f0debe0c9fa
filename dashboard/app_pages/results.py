"""How well each method reads each language, with intervals and what transfers nothing beside it."""

from contextlib import suppress

import components
import data
import figure_export
import pandas as pd
import state
import stored
import streamlit as st
import surface_data

from mosecrot_core.errors import InputError
from mosecrot_core.figures import NULL_MARKS, describe_scores, metric_title, scores_figure
from mosecrot_core.runs.paper_numbers import METRIC, PaperTable
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.summary import metrics_of

_MISSING = "\u2013"
_NULL_COLUMNS = {"shuffled": "Shuffled", "gaussian": "N(\u03bc, \u03a3)", "mean_row": "Mean row"}


def page(run: Run, language: str | None) -> None:
    layer, place = components.heading("Results", run, controls=[1.2, 1])
    summary = data.summary(run)
    interpolates = False
    with suppress(InputError):  # a damaged table is left to the page that needs it
        interpolates = surface_data.interpolates(run)
    if interpolates:
        components.link_to_surfaces()
        if summary.empty:
            text = "This run scores models between one and two languages. In a terminal, their shapes:"
            components.notice("Interpolated models", text, f"mosecrot surfaces {run.folder}")
            return
    models = stored.table(run, "models")
    if summary.empty or language is None:
        components.notice("No scores yet", "The first ones show here as soon as a method is evaluated.")
        _models(run, models)
        return
    with place:
        metric = state.choose_metric(metrics_of(summary))
    paper = data.paper(run)
    with layer:
        shown = paper if paper is not None and state.choose_paper() else None
    summary = summary[summary["metric"] == metric]
    source = data.source_language(run)
    if len(summary["language"].unique()) > 1:
        _across(summary, metric)
    _language(run, summary, metric, language, source, shown)
    _models(run, models[models["language"] == language])
    _footnote(run)


def _models(run: Run, models: pd.DataFrame) -> None:
    """Say where the models are that the run has kept; they are there whether they are scored or not."""
    for row in models.itertuples():
        st.caption(components.escaped(f"Model of {row.method}, {row.language}, as Transformers loads it:"))
        st.code(str(run.folder / row.folder), language=None)


def _language(
    run: Run,
    summary: pd.DataFrame,
    metric: str,
    language: str,
    source: str | None,
    paper: PaperTable | None,
) -> None:
    rows = data.score_table(run, metric, language)
    sizes = ", ".join(f"{n:,}" for n in sorted(rows["n"].unique()))
    title = f"{source} \u2192 {language}" if source else language
    st.subheader(components.escaped(f"{title} \u00b7 {sizes} test texts" if sizes else title), anchor=False)
    if rows.empty:
        components.notice("No scores yet", f"No method has a {metric_title(metric)} on this language so far.")
        return
    alt, stars = describe_scores(summary, language), ""
    if paper is not None:
        stars = _beside_the_paper(run, paper, rows, metric, language)
    numbers = None if paper is None else paper.of(language, metric)
    figure = scores_figure(summary, language, source, numbers)
    name = f"{run.name}-{language}-{metric}"
    figure_export.chart(figure, "scores", f"{alt} {stars}".rstrip(), name)
    st.caption(components.escaped(alt))
    if stars:
        st.caption(components.escaped(stars))
    components.link_to_predictions()
    nulls = [name for name in rows if name in NULL_MARKS or name in data.nulls_in(run)]
    table = _in_percent(rows, nulls)
    st.dataframe(
        table, hide_index=True, column_config=_columns(metric, nulls), key="scores-table", alt=alt,
        placeholder=_MISSING,
    )  # fmt: skip
    kept = [
        "language", "method", "metric", "mean", "sd", "n_seeds", "low", "high", "coverage", "n",
        "source_mean", *nulls,
    ]  # fmt: skip
    kept += ["over_shuffled"] if "over_shuffled" in rows else []
    components.download(
        "Download as CSV (shares from 0 to 1)", lambda: rows[kept], f"{name}.csv", "csv-scores"
    )


def _beside_the_paper(run: Run, paper: PaperTable, rows: pd.DataFrame, metric: str, language: str) -> str:
    """Say what the stars are, and what sets the run apart from the paper."""
    numbers = paper.of(language, metric)
    if numbers.empty:
        known = ", ".join(paper.languages)
        return f"No stars: {paper.title} has {metric_title(METRIC)} on {known} only."
    is_here = numbers["method"].isin(rows["method"])
    told = ", ".join(f"{row.row} {100 * row.value:.0f}" for row in numbers[is_here].itertuples())
    text = f"Stars: {paper.title}, percent: {told or 'none of these methods'}."
    encoder, task = data.setting(run, "source", "encoder"), data.setting(run, "task", "name")
    if differences := paper.differences(encoder, task):
        text += f" This run has {' and '.join(differences)}, so the two need not agree."
    others = ", ".join(f"{row.row} {100 * row.value:.0f}" for row in numbers[~is_here].itertuples())
    return text + (f" In the paper but not in this run: {others}." if others else "")


def _in_percent(rows: pd.DataFrame, nulls: list[str]) -> pd.DataFrame:
    shares = ["mean", "sd", "low", "high", "coverage", "source_mean", *nulls]
    shares += ["over_shuffled"] if "over_shuffled" in rows else []
    table = rows.assign(**{name: rows[name].astype(float) * 100 for name in shares})
    table = components.visible_columns(table, ["method"])
    table["interval"] = [
        None if pd.isna(low) else f"{low:.1f} \u2013 {high:.1f}"
        for low, high in zip(table["low"], table["high"], strict=True)
    ]
    front = ["method", "mean", "sd", "interval", "n_seeds"]
    return table[
        [*front, *(name for name in ("over_shuffled",) if name in table), *nulls, "coverage", "source_mean"]
    ]


def _columns(metric: str, nulls: list[str]) -> dict[str, object]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "method": text("Method", pinned=True, width=140),
        "mean": number(f"{metric_title(metric)} %", format="%.1f", width=84, help="Mean over seeds"),
        "sd": number(
            "\u00b1 sd", format="%.1f", width=48, help="Sample standard deviation over seeds, in points"
        ),
        "interval": text(
            "95 % interval", width=102, alignment="right", help="t interval of the mean over seeds, percent"
        ),
        "n_seeds": number("n", format="%d", width=36, help="Seeds"),
        "over_shuffled": number(
            "Gain, points",
            format="%+.1f",
            width=88,
            help="Above the same method with its anchor pairs shuffled",
        ),
        **{
            name: number(
                f"{_NULL_COLUMNS.get(name, name)} %", format="%.1f", width=80, help=f"Null baseline: {name}"
            )
            for name in nulls
        },
        "coverage": number(
            "Cover %", format="%.1f", width=68, help="Share of the texts' tokens that have a row"
        ),
        "source_mean": number(
            "Source %", format="%.1f", width=72, help="The same models on the source language's test texts"
        ),
    }


def _across(summary: pd.DataFrame, metric: str) -> None:
    methods = summary[summary["baseline_of"] == ""]
    average = methods.groupby("method")["mean"].mean()
    order = average.reindex(methods["method"].unique()).sort_values(ascending=False).index
    cells = methods.assign(cell=[_mean_sd(*row) for row in methods[["mean", "sd", "n_seeds"]].to_numpy()])
    table = cells.pivot_table(index="method", columns="language", values="cell", aggfunc="first")
    table = table.reindex(index=order, columns=methods["language"].unique()).fillna(_MISSING)
    table.index, table.columns = map(components.visible, table.index), map(components.visible, table.columns)
    st.dataframe(
        table.rename_axis("Method"), key="across", alt=f"{metric_title(metric)} by method and language",
        column_config={name: st.column_config.TextColumn(alignment="right") for name in table},
    )  # fmt: skip
    title = components.escaped(metric_title(metric))
    st.caption(
        f"{title} in percent by language: mean \u00b1 standard deviation over n seeds; best method on top."
    )


def _mean_sd(mean: float, sd: float, n_seeds: float) -> str:
    spread = "" if pd.isna(sd) else f" \u00b1 {100 * sd:.1f}"
    return f"{100 * mean:.1f}{spread} (n={n_seeds:.0f})"


def _footnote(run: Run) -> None:
    beside = "; ".join(
        NULL_MARKS[name].title.removeprefix("null: ") for name in data.nulls_in(run) if name in NULL_MARKS
    )
    text = "Intervals are 95 % t intervals of the mean over seeds; one seed has none."
    if beside:
        text += (
            f" Null baselines: {beside}. A method that does not beat shuffled pairs has transferred nothing."
        )
    st.caption(text)


page(state.selection().run, state.selection().language)
