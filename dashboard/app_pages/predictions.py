"""Which classes a method confuses, and single predictions with the anchors behind each word."""

import components
import data
import example_card
import example_table
import figure_export
import pandas as pd
import prediction_data
import state
import streamlit as st

from mosecrot_core.confusion_figures import confusion_figure, describe_confusion
from mosecrot_core.figures import metric_title
from mosecrot_core.runs.predictions import Kind, class_of, confusion, kind_of, scores_by_class
from mosecrot_core.runs.store import Run

_COUNTED: dict[Kind, str] = {
    "entities": "Words by class of entity",
    "relations": "Words by relation, whatever their heads",
    "labels": "Rows are right labels, columns predicted ones",
}
_HITS: dict[Kind, str] = {
    "entities": "Entities: a hit has the same first and last word and the same type, after BIO repair.",
    "relations": "Relations: a hit has the right head, too; recall is a relation's LAS, all words counted.",
}
_BESIDE = 8  # so many classes leave room for their scores beside the matrix


def page(run: Run, language: str | None) -> None:
    method_place, seed_place = components.heading("Predictions", run, controls=[1.6, 0.8])
    if language is None or not prediction_data.has_predictions(run):
        components.notice(
            "No predictions in this run",
            "Nothing is evaluated yet, or an older version made the run: it kept scores, not predictions. "
            "Run the experiment again, and they are added; its models are then fine-tuned again.",
            "mosecrot run EXPERIMENT.yaml",
        )
        return
    seeds = prediction_data.predicted_by(run, language)
    if not seeds:
        components.notice("No predictions yet", "The first ones show here as soon as a method is evaluated.")
        return
    with method_place:
        method = state.choose_method(list(seeds))
    with seed_place:
        seed = state.choose_seed(seeds[method])
    table = prediction_data.predictions(run, language, method, seed)
    _scores(run, language, method, seed)
    _classes(table, f"{run.name}-{language}-{method}-{seed}")
    example = example_table.draw(run, table, language)
    if example is not None:
        example_card.draw(run, table, language, method, example)


def _scores(run: Run, language: str, method: str, seed: int) -> None:
    scores = prediction_data.seed_scores(run, language, method, seed)
    told = [f"{metric_title(name)} {100 * value:.1f} %" for name, value in scores.items()]
    source = data.source_language(run)
    way = f"{source} \u2192 {language}" if source else language
    st.subheader(components.escaped(" \u00b7 ".join([way, method, *told])), anchor=False)


def _classes(table: pd.DataFrame, name: str) -> None:
    counts = confusion(class_of(table["gold"]), class_of(table["predicted"]))
    kind, scores = kind_of(table["gold"]), scores_by_class(table)
    shares = state.choose_cells()
    few = len(scores) <= _BESIDE
    left, right = st.columns([7, 6], gap="medium") if few else (st.container(), st.container())
    with left:
        alt = describe_confusion(counts)
        figure_export.chart(confusion_figure(counts, shares=shares), "confusion", alt, f"{name}-confusion")
        st.caption(components.escaped(f"{_COUNTED[kind]}. {alt}"))
        components.download(
            "Download the matrix as CSV",
            lambda: counts.rename_axis("right").reset_index(), f"{name}-confusion.csv", "csv-confusion",
        )  # fmt: skip
    with right:
        _class_table(scores, kind, name)


def _class_table(scores: pd.DataFrame, kind: Kind, name: str) -> None:
    shown = components.visible_columns(scores, ["label"])
    for column in ("precision", "recall", "f1"):
        shown[column] *= 100
    number = st.column_config.NumberColumn
    st.dataframe(
        shown[["label", "f1", "precision", "recall", "support", "predicted"]], hide_index=True, key="classes",
        alt="F1, precision, recall and support of each class",
        column_config={
            "label": st.column_config.TextColumn("Class", pinned=True),
            "f1": number("F1 %", format="%.1f", width=60),
            "precision": number("Precision %", format="%.1f", width=80),
            "recall": number("Recall %", format="%.1f", width=70),
            "support": number("Support", format="%,d", width=66, help="How often it is right"),
            "predicted": number("Predicted", format="%,d", width=70, help="How often it was predicted"),
        },
    )  # fmt: skip
    if kind in _HITS:
        st.caption(_HITS[kind])
    components.download("Download the classes as CSV", lambda: scores, f"{name}-classes.csv", "csv-classes")


page(state.selection().run, state.selection().language)
