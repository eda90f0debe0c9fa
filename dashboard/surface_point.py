"""One interpolated model: its scores in both languages and of each class, beside the bilingual model's."""

import components
import pandas as pd
import streamlit as st
import surface_data
import surface_flips
import surface_state
from surface_view import View

from mosecrot_core.display import short
from mosecrot_core.figures import metric_title
from mosecrot_core.learning.interpolation_grid import BILINGUAL, Point
from mosecrot_core.runs.flips import class_changes
from mosecrot_core.runs.predictions import Kind, kind_of
from mosecrot_core.surface_panels import LOSS

_TITLES = {"f1": "F1", "precision": "Prec.", "recall": "Recall"}
_SCORES = tuple(_TITLES)
_COUNTED: dict[Kind, str] = {
    "entities": "Entities, after BIO repair",
    "relations": "Relations with the right head",
    "labels": "Classes",
}


def choose(view: View) -> Point:
    """Offer the models that were scored, for the keyboard."""
    st.subheader("One model beside the bilingual one", anchor=False)
    left, right = st.columns([2, 5], vertical_alignment="bottom")
    with left:
        point = surface_state.choose_point(view.points)
    with right:
        st.caption(components.escaped(_mixed_of(view, point)))
    return point


def draw(view: View, point: Point) -> None:
    """Draw the scores of a model, of its classes, and the labels that flip."""
    left, right = st.columns([5, 7], gap="medium")
    with left:
        _scores(view, point)
        languages = {view.chosen.language: "target", view.source: "source"}
        read = surface_state.choose_read(list(languages))
    table = surface_data.labels_at(view.chosen, point, read)
    if table is None:
        components.notice(
            "What this model says is not known",
            "The run has kept scores only: an older version made it, or it is not done. Run the experiment "
            "again, and the labels are kept; its models are then fine-tuned again.",
            "mosecrot run EXPERIMENT.yaml",
        )
        return
    with right:
        _classes(table, view, point)
    surface_flips.draw(table, f"{view.file_name}-{read}-{point.source}-{point.target}")


def _mixed_of(view: View, point: Point) -> str:
    if point == BILINGUAL:
        return "This is the bilingual model itself: nothing changes, nothing flips. Click another one."
    bilingual, source, target = point.weights
    return (
        f"\u03b8 = {bilingual:g} bilingual + {source:g} {view.names['source']} only + {target:g} "
        f"{view.names['target']} only ({view.over_seeds})."
    )


def _scores(view: View, point: Point) -> None:
    rows = surface_data.scores_at(view.chosen, point)
    names = {"source": view.names["source"], "target": view.names["target"]}
    shown = []
    for row in rows.to_dict("records"):
        factor = 1 if row["metric"] == LOSS else 100
        here, before = factor * row["here"], factor * row["bilingual"]
        share = 100 * row["here"] / row["bilingual"] if row["bilingual"] else float("nan")
        shown.append((metric_title(row["metric"]), names[row["read"]], before, here, here - before, share))
    columns = ["metric", "read", "bilingual", "here", "change", "share"]
    number = st.column_config.NumberColumn
    st.dataframe(
        components.visible_columns(pd.DataFrame(shown, columns=columns), ["metric", "read"]),
        hide_index=True, key="point-scores", placeholder="\u2013",
        alt="Scores of this model and of the bilingual one, in each language",
        column_config={
            "metric": st.column_config.TextColumn("Score", width=78),
            "read": st.column_config.TextColumn("Read", width=56),
            "bilingual": number("Bilingual", format="%.2f", width=66, help="Percent; losses as they are"),
            "here": number("Here", format="%.2f", width=56),
            "change": number("Change", format="%+.2f", width=60, help="Here less bilingual"),
            "share": number("Share %", format="%.1f", width=60, help="Here, in percent of bilingual"),
        },
    )  # fmt: skip


def _classes(table: pd.DataFrame, view: View, point: Point) -> None:
    seeds = [class_changes(part) for _, part in table.groupby("seed")]
    scores = pd.concat(seeds).groupby("label", sort=False).mean().reset_index()
    changes = [f"{name}_change" for name in _SCORES]
    scores[[*_SCORES, *changes]] *= 100
    shown = [name for pair in zip(_SCORES, changes, strict=True) for name in pair]
    number = st.column_config.NumberColumn
    config: dict[str, object] = {"label": st.column_config.TextColumn("Class", pinned=True)}
    for name, change in zip(_SCORES, changes, strict=True):
        config[name] = number(f"{_TITLES[name]} %", format="%.1f", width=66)
        config[change] = number("\u0394", format="%+.1f", width=50, help="Points above the bilingual model")
    config["support"] = number("Support", format="%d", width=60, help="How often it is right")
    st.dataframe(
        components.visible_columns(scores, ["label"])[["label", *shown, "support"]], hide_index=True,
        key="point-classes", column_config=config,
        alt="F1, precision and recall of each class, with changes against the bilingual model",
    )  # fmt: skip
    what = _COUNTED[kind_of(table["gold"])]
    a1, a2 = map(surface_state.written, (point.source, point.target))
    text = f"{what}, {view.over_seeds}; \u0394: points above the bilingual model, at a1 {a1}, a2 {a2}."
    st.caption(components.escaped(short(text, 300)))
