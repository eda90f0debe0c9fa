"""The test texts that one of two methods gets right and the other does not."""

import components
import pandas as pd
import prediction_data
import state
import streamlit as st
from example_table import RIGHT, WRONG

from mosecrot_core.display import short
from mosecrot_core.runs.side_by_side import Agreement, agreement, side_by_side
from mosecrot_core.runs.store import Run

_SHOWN = 500
_ONLY_ONE, _ONLY_OTHER, _NEITHER = "Only the first right", "Only the second right", "Both wrong"


def draw(runs: tuple[Run, Run], language: str, against: str | None, seeds: dict[str, list[int]]) -> None:
    """Draw who is right where.

    Args:
        runs: The run, and the one that it is compared with, maybe the same.
        language: Target language.
        against: The second method; none: the first one, of the other run.
        seeds: The seeds of each method with predictions in the first run.
    """
    run, other = runs
    st.subheader("Text by text", anchor=False)
    places = st.columns([2, 1, 3], vertical_alignment="bottom")
    with places[0]:
        method = state.choose_method([name for name in seeds if name != against] or list(seeds))
    second = against or method
    theirs = prediction_data.predicted_by(other, language).get(second, []) \
        if prediction_data.has_predictions(other) else []  # fmt: skip
    common = [seed for seed in seeds[method] if seed in theirs or -1 in (seed, *theirs)]
    if not common:
        components.notice("Nothing to lay side by side", "The second has no predictions in this language.")
        return
    with places[1]:
        seed = state.choose_seed(common)
    one = prediction_data.predictions(run, language, method, seed)
    paired = side_by_side(
        one, prediction_data.predictions(other, language, second, seed if seed in theirs else theirs[0])
    )
    names = (_name(run, method, runs), _name(other, second, runs))
    found = agreement(paired)
    st.markdown(_told(found, names))
    with places[2]:
        shown = state.one_of("Shown", "pairs", (_ONLY_ONE, _ONLY_OTHER, _NEITHER))
    _list(paired, shown, names, f"{run.name}-{language}-{method}-paired.csv")


def _name(run: Run, method: str, runs: tuple[Run, Run]) -> str:
    return method if runs[0].folder == runs[1].folder else f"{method} of {run.name}"


def _told(found: Agreement, names: tuple[str, str]) -> str:
    p = "p < 0.001" if found.p < 0.001 else f"p = {found.p:.3f}"
    first, second = (components.escaped(short(name, 60)) for name in names)
    return (
        f"Right with both {found.both:,}; only with *{first}* **{found.one:,}**; only with *{second}* "
        f"**{found.other:,}**; with neither {found.neither:,}. McNemar's exact test: {p}."
    )


def _marked(said: pd.Series, gold: pd.Series) -> pd.Series:
    return (said == gold).map({True: f"{RIGHT} ", False: f"{WRONG} "}) + said


def _list(paired: pd.DataFrame, shown: str, names: tuple[str, str], file_name: str) -> None:
    mine, theirs = (paired[side] == paired["gold"] for side in ("one", "other"))
    kept = paired[{_ONLY_ONE: mine & ~theirs, _ONLY_OTHER: ~mine & theirs, _NEITHER: ~mine & ~theirs}[shown]]
    if kept.empty:
        components.notice("None", "No text is like that.")
        return
    table = pd.DataFrame({
        "example": kept["example"] + 1, "text": kept["text"], "gold": kept["gold"],
        "one": _marked(kept["one"], kept["gold"]), "other": _marked(kept["other"], kept["gold"]),
    }).head(_SHOWN)  # fmt: skip
    text = st.column_config.TextColumn
    st.dataframe(
        components.visible_columns(table, ["text", "gold", "one", "other"]), hide_index=True, key="paired",
        alt=f"{len(kept):,} texts or words: {shown.lower()}",
        column_config={
            "example": st.column_config.NumberColumn("Example", format="%d", width=66),
            "text": text("Text", width="large"), "gold": text("Right label", width=120),
            "one": text(short(names[0], 40), width=150), "other": text(short(names[1], 40), width=150),
        },
    )  # fmt: skip
    more = f" The first {_SHOWN:,} are shown." if len(kept) > _SHOWN else ""
    st.caption(f"{len(kept):,} of {len(paired):,}.{more}")
    components.download(f"Download {len(kept):,} as CSV", lambda: kept, file_name, "csv-paired")
