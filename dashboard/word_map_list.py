"""The words in the lasso as a table; without one, those of the whole map."""

import components
import numpy as np
import pandas as pd
import streamlit as st
import word_choice
from word_map_view import HEIGHT, View

_LISTED = 500


def draw(view: View) -> None:
    """List the words in the lasso; without one those of every place, the most frequent first."""
    chosen = st.session_state.get(view.key) or {}
    areas = [dict(area) for area in chosen.get("selection", {}).get("areas", [])]
    drawn = np.isin(view.map.side, view.shown)
    rows = np.flatnonzero(drawn & (view.map.inside(areas) if areas else True))
    many = f"; the first {_LISTED:,} are listed" if len(rows) > _LISTED else ""
    if areas:
        st.markdown(f"**{len(rows):,} words in the lasso**{many}")
    else:
        st.markdown(f"**{len(rows):,} words**{many}. A lasso on the map chooses some.")
    listed = rows[:_LISTED]

    def take(number: int) -> None:
        word_choice.look_up(int(view.map.side[listed[number]]), view.map.words[listed[number]])

    key, ticked = components.tickable("word-map-list", len(listed), take)
    table, column = _listed(view, listed), st.column_config
    st.dataframe(
        components.visible_columns(table, ["word", "near"] if "near" in table else ["word"]), key=key,
        hide_index=True, height=HEIGHT - 90, on_select=ticked, selection_mode="single-row",
        placeholder="\u2013", alt="Words on the map: " + ", ".join(table["word"].head(8)),
        column_config={
            "word": column.TextColumn("Word", width=92, help="Tick a row to look its word up"),
            "language": column.TextColumn("In", width=34),
            "rank": column.NumberColumn(
                "Rank", format="localized", width=52,
                help="Place in the file of vectors, most frequent first; of a source word its place among "
                "the encoder's whole words, which most encoders order by frequency",
            ),
            "near": column.TextColumn("Nearest", width=92, help="Of the other language, on the map"),
            "cosine": column.NumberColumn("Cosine", format="%.2f", width=56),
            "other": column.NumberColumn(
                "Mixed", format="percent", width=54,
                help="How many of the 10 words nearest to it, by cosine, are of the other language",
            ),
            "anchor": column.CheckboxColumn("Anchor", width=56, help="Whether it is part of an anchor pair"),
        },
    )  # fmt: skip
    components.download(
        "These words, as CSV", lambda: _listed(view, rows), f"{view.file_name}.csv", "csv-word-map"
    )


def _listed(view: View, rows: np.ndarray) -> pd.DataFrame:
    own = view.map.table.iloc[rows]
    table = own[["word", "rank", "near", "cosine", "other"]].assign(anchor=view.map.is_anchor[rows])
    table.insert(1, "language", np.array(view.codes, dtype=object)[view.map.side[rows]])
    return table if view.map.together else table.drop(columns=["near", "cosine", "other"])
