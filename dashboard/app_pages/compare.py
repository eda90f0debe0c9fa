"""Two methods of a run, or one run and another, side by side: scores, and texts that one gets right."""

import components
import data
import figure_export
import paired_examples
import pandas as pd
import prediction_data
import state
import streamlit as st

from mosecrot_core.comparison_figures import describe_differences, differences_figure
from mosecrot_core.figures import metric_title
from mosecrot_core.runs.comparison import EVERY, compare_methods, compare_runs
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.summary import metrics_of

_METHODS, _RUNS = "Methods of this run", "This run and another"


def page(run: Run, language: str | None) -> None:
    kind_place, other_place, metric_place = components.heading("Compare", run, controls=[1.5, 1.1, 0.9])
    summary = data.summary(run)
    if summary.empty or language is None:
        components.notice("No scores yet", "The first ones show here as soon as a method is evaluated.")
        return
    with metric_place:
        metric = state.choose_metric(metrics_of(summary))
    others = data.runs_in(state.runs_folder())
    others.pop(run.name, None)
    with kind_place:
        kind = state.one_of("Compare", "kind", [_METHODS, _RUNS] if others else [_METHODS])
    if kind == _RUNS:
        with other_place:
            other = others[state.choose_one("With", "with", list(others))]
        table = compare_runs(data.results(run), data.results(other), other.name, metric)
        against = None
    else:
        methods = list(summary.loc[summary["baseline_of"] == "", "method"].unique())
        with other_place:
            against = state.choose_one("With", "against", methods)
        other, table = run, compare_methods(data.results(run), against, metric)
    _scores(run, table, metric)
    seeds = prediction_data.predicted_by(run, language) if prediction_data.has_predictions(run) else {}
    if seeds:
        paired_examples.draw((run, other), language, against, seeds)


def _scores(run: Run, table: pd.DataFrame, metric: str) -> None:
    if table.empty:
        components.notice("Nothing to compare", "There is one method only.")
        return
    title = metric_title(metric)
    alt = describe_differences(table, title)
    name = f"{run.name}-compared-{metric}"
    figure_export.chart(differences_figure(table, title), "differences", alt, name)
    st.caption(components.escaped(alt))
    shown = components.visible_columns(table, ["language", "method"])
    shown = shown.assign(**{name: 100 * shown[name].astype(float) for name in ("difference", "low", "high")})
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    st.dataframe(
        shown[["method", "language", "difference", "low", "high", "p", "p_holm", "n_pairs"]],
        hide_index=True, key="differences-table", alt=alt, placeholder="\u2013",
        column_config={
            "method": text("Method", pinned=True),
            "language": text("Language", help=f"{EVERY}: all languages together"),
            "difference": number("Difference, points", format="%+.1f"),
            "low": number("95 % from", format="%+.1f"), "high": number("to", format="%+.1f"),
            "p": number("p", format="%.2g", help="Paired t test over languages and seeds, two-sided"),
            "p_holm": number("p (Holm)", format="%.2g", help="Corrected for the comparisons in the table"),
            "n_pairs": number("n", format="%d", help="Pairs of a language and a seed"),
        },
    )  # fmt: skip
    components.download("Download as CSV", lambda: table, f"{name}.csv", "csv-compared")


page(state.selection().run, state.selection().language)
