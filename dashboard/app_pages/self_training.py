"""What self-training learned from, stage by stage, and how sure its models were beside how right."""

import components
import data
import figure_export
import pandas as pd
import state
import stored
import streamlit as st

from mosecrot_core.runs.stage_report import stage_summary
from mosecrot_core.runs.store import Run
from mosecrot_core.stage_figures import (
    describe_reliability,
    describe_stages,
    reliability_figure,
    stages_figure,
)


def page(run: Run, language: str | None) -> None:
    method_place, stage_place = components.heading("Self-training", run, controls=[1.6, 1])
    stages, bins = (_of(run, name, language) for name in ("stages", "calibration"))
    summary = stage_summary(stages, bins)
    if summary.empty:
        components.notice(
            "No self-training in this run",
            "Methods of the kind self_trained learn a language from its unlabelled text. This experiment has "
            "some:",
            "mosecrot run experiments/self_training.yaml --profile topics",
        )
        return
    source = data.source_language(run)
    way = f"{source} \u2192 {language}" if source else str(language)
    st.subheader(components.escaped(way), anchor=False)
    if summary["accuracy"].notna().any():
        alt = describe_stages(summary)
        figure_export.chart(stages_figure(summary), "stages", alt, f"{run.name}-{language}-stages")
        st.caption(components.escaped(f"{alt} Labels of the target that nothing that was trained knew."))
    else:
        text = "The run has no label of what it learned from: how right its models were cannot be told."
        components.notice("No label is known", text)
    with method_place:
        by_stages = summary["method"].value_counts(sort=False).sort_values(ascending=False, kind="stable")
        method = state.choose_method(list(by_stages.index))  # first the one of most stages
    own = summary[summary["method"] == method]
    with stage_place:
        stage = state.choose_stage(list(own["stage"]))
    name = f"{run.name}-{language}-{method}"
    _table(own, name)
    _reliability(stages, bins, (method, stage), name)


def _of(run: Run, name: str, language: str | None) -> pd.DataFrame:
    table = stored.table(run, name)
    return table[table["language"] == language]


def _table(own: pd.DataFrame, name: str) -> None:
    shares = ["accuracy", "error", "accepted", "right", "changed"]
    shown = components.visible_columns(own, ["stage", "vanished"])
    shown = shown.assign(**{share: 100 * shown[share] for share in shares})
    number = st.column_config.NumberColumn
    st.dataframe(
        shown[["stage", "units", *shares, "vanished", "n_seeds"]], hide_index=True, key="stage-table",
        alt="What each stage learned from", placeholder="\u2013",
        column_config={
            "stage": st.column_config.TextColumn("Stage", pinned=True),
            "units": number("Units", format="%,d", help="Texts or words of the target without labels"),
            "accuracy": number("Right %", format="%.1f", help="Units that the stage's model labels right"),
            "error": number("Calibration error %", format="%.1f", help="Of the stage's model on them"),
            "accepted": number("Learned from %", format="%.1f", help="Units whose label was trusted"),
            "right": number("Of these right %", format="%.1f"),
            "changed": number("Changed %", format="%.1f", help="Units that have another label since"),
            "vanished": st.column_config.TextColumn("No unit is", help="Labels that none was given"),
            "n_seeds": number("n", format="%d", help="Seeds"),
        },
    )  # fmt: skip
    components.download("Download as CSV", lambda: own, f"{name}-stages.csv", "csv-stages")


def _reliability(stages: pd.DataFrame, bins: pd.DataFrame, chosen: tuple[str, str], name: str) -> None:
    method, stage = chosen
    here = bins[(bins["method"] == method) & (bins["stage"] == stage)]
    asked = stages[(stages["method"] == method) & (stages["stage"] == stage)]["threshold"]
    if here.empty:
        return
    threshold = float(asked.median()) if stage.endswith(("hard", "plain")) and len(asked) else None
    st.subheader("How sure, and how right", anchor=False)
    alt = describe_reliability(here)
    figure = reliability_figure(here, _finite(threshold))
    figure_export.chart(figure, "reliability", alt, f"{name}-reliability")
    st.caption(components.escaped(f"After {stage}. {alt}"))
    components.download("Download as CSV", lambda: here, f"{name}-reliability.csv", "csv-reliability")


def _finite(threshold: float | None) -> float | None:
    return threshold if threshold is not None and 0 <= threshold <= 1 else None


page(state.selection().run, state.selection().language)
