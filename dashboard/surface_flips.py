"""The examples that the chosen model labels otherwise than the bilingual one."""

import components
import pandas as pd
import state
import streamlit as st
import surface_state

from mosecrot_core.runs.flips import LOST, OTHER, SAME, WON
from mosecrot_core.runs.predictions import class_of

_PAGE = 100  # rows
_TEXT = ["text", "context", "gold", "bilingual", "predicted"]
_KINDS = {"Right \u2192 wrong": (LOST,), "Wrong \u2192 right": (WON,), "All changed": (LOST, WON, OTHER)}
_SIGNS = {LOST: "\u2714 \u2192 \u2716", WON: "\u2716 \u2192 \u2714", OTHER: "\u2716 \u2192 \u2716", SAME: "="}


def draw(table: pd.DataFrame, file_name: str) -> None:
    """Draw counts, filters and a page of the list.

    Args:
        table: As `surface_data.labels_at` returns it.
        file_name: Of the download, without its end.
    """
    st.subheader("Labels that flip", anchor=False)
    counts = table["flip"].value_counts()
    told = [f"{counts.get(kind, 0):,} {kind}" for kind in (LOST, WON, OTHER)]
    unit = "words" if table["word"].any() else "texts"
    seeds = table["seed"].nunique()
    st.caption(
        components.escaped(
            f"Of {len(table):,} labels of {unit}{f' (of {seeds} seeds together)' if seeds > 1 else ''}: "
            f"{', '.join(told)}, {counts.get(SAME, 0):,} the same."
        )
    )
    places = st.columns([5, 3, 2, 3], vertical_alignment="bottom")
    classes = class_of(table["gold"])
    with places[0]:
        kinds = surface_state.choose_flip(list(_KINDS))
    with places[1]:
        label = state.choose_class("Right label", "gold", [str(name) for name in classes.cat.categories])
    kept = table[table["flip"].isin(_KINDS[kinds]) & ((classes == label) | (label is None))]
    with places[2]:
        page = surface_state.choose_page(max(1, -(-len(kept) // _PAGE)))
    with places[3]:
        components.download(
            f"Download {len(kept):,} as CSV", lambda: _plain(kept), f"{file_name}-flips.csv", "csv-flips"
        )
    if kept.empty:
        components.notice("No label is like that", "Choose another direction or label, or another model.")
        return
    _list(_with_context(kept, table).iloc[(page - 1) * _PAGE : page * _PAGE])


def _with_context(kept: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Put the sentence behind a word."""
    if not table["word"].any():
        return kept
    wanted = table[(table["seed"] == table["seed"].iloc[0]) & table["example"].isin(set(kept["example"]))]
    sentences = wanted.groupby("example")["text"].agg(" ".join)
    return kept.assign(context=kept["example"].map(sentences))


def _plain(kept: pd.DataFrame) -> pd.DataFrame:
    return kept.assign(example=kept["example"] + 1, word=kept["word"] + 1)


def _list(rows: pd.DataFrame) -> None:
    shown = rows.assign(number=rows["example"] + 1, sign=rows["flip"].map(_SIGNS))
    columns = ["number", "seed", "sign", "gold", "bilingual", "predicted", "text"]
    columns += ["context"] if "context" in rows else []
    if len(rows["seed"].unique()) == 1:
        columns.remove("seed")
    column = st.column_config
    what, wide = ("Word", 130) if "context" in rows else ("Text", 600)
    st.dataframe(
        components.visible_columns(shown[columns], [name for name in _TEXT if name in columns]),
        hide_index=True, height=360, key="flips", alt="Examples, their right labels and what both models say",
        column_config={
            "number": column.NumberColumn("No.", format="%d", width=46),
            "seed": column.NumberColumn("Seed", format="%d", width=46),
            "sign": column.TextColumn("", width=62, help="\u2714 right, \u2716 wrong: bilingual, this"),
            "gold": column.TextColumn("Right label", width=130),
            "bilingual": column.TextColumn("Bilingual says", width=130),
            "predicted": column.TextColumn("This model says", width=130),
            "text": column.TextColumn(what, width=wide),
            "context": column.TextColumn("Sentence", width="large"),
        },
    )  # fmt: skip
