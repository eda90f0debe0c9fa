"""What would change if the pair in focus went, or became what is suggested: shown at once, from rows kept."""

import components
import pandas as pd
import space_data
import streamlit as st

from mosecrot_core.display import short
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.what_if import WhatIf, what_if

_CELL, _SHOWN = 22, 50
_GOES = "it goes"


def draw(run: Run, language: str, pair: tuple[str, str], suggestion: str) -> None:
    """Offer to look, and draw what changes.

    Args:
        run: The run.
        language: Target language.
        pair: Source and target word.
        suggestion: A target word that may be the right one; empty: none.
    """
    looked = st.toggle(
        "What if?", key="what-if", bind="query-params",
        help="Which words would come to lie elsewhere without this pair, before anything is run again",
    )  # fmt: skip
    space = space_data.space(run, language) if looked else None
    if space is None:
        if looked:
            st.caption("The run has kept no rows of its words: run the experiment again, and they are added.")
        return
    method, by = space_data.usual(run)
    known = suggestion if suggestion in space.sides[1].row_of else ""
    correction = ""
    if known:
        becomes = f"it becomes {short(known, _CELL)}"
        said = st.segmented_control(
            "If", [_GOES, becomes], default=_GOES, key="if", required=True, label_visibility="collapsed"
        )
        correction = known if said == becomes else ""
    found = what_if(space, pair, by, correction)
    if found.words.empty:
        st.caption("No word leans on it: nothing changes.")
        return
    st.markdown(_told(found, method))
    _table(found.words)
    components.download(
        "Download as CSV", lambda: found.words, f"{run.name}-{language}-what-if.csv", "csv-what-if"
    )


def _told(found: WhatIf, method: str) -> str:
    n, judged = len(found.words), found.judged
    text = f"**{found.changed:,} of {n:,}** words that lean on it come to lie nearest to another word"
    text += f" (weights of *{components.escaped(method)}*)."
    if judged:
        before, after = (f"{100 * hits / judged:.0f} %" for hits in found.right)
        text += f" P@1 on the {judged:,} of them with other translations: {before} before, {after} after."
    return text


def _table(words: pd.DataFrame) -> None:
    changed = words["before"] != words["after"]
    shown = words.assign(weight=100 * words["weight"], mark=changed.map({True: "\u2192", False: "="}))
    shown = pd.concat([shown[changed], shown[~changed]]).head(_SHOWN)
    column = st.column_config
    st.dataframe(
        components.visible_columns(shown, ["word", "before", "after"])[
            ["word", "weight", "before", "mark", "after"]
        ],
        hide_index=True, height=213, key="what-if-words",
        alt="Words that lean on the pair, and the source words they lie nearest to, before and after",
        column_config={
            "word": column.TextColumn("Word", width=120),
            "weight": column.NumberColumn("Leans, %", format="%.0f", width=66, help="The weight of the pair"),
            "before": column.TextColumn("Now near", width=100),
            "mark": column.TextColumn("", width=28, help="\u2192 changes, = stays"),
            "after": column.TextColumn("Then near", width=100),
        },
    )  # fmt: skip
