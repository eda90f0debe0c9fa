"""The test examples with right and predicted labels: filtered, and one of them chosen."""

from functools import partial

import components
import pandas as pd
import state
import streamlit as st

from mosecrot_core.display import PAIR_MARK, short
from mosecrot_core.runs.predictions import class_of
from mosecrot_core.runs.store import Run

RIGHT, WRONG = "\u2714", "\u2716"
_SHOWN = 500  # so many rows go to the browser at once
_TOLD = 4  # so many wrong words of a sentence are told in its row


def draw(run: Run, table: pd.DataFrame, language: str) -> int | None:
    """Draw filters and the list; return the number of the example that the link names, else of the first.

    Args:
        run: The run.
        table: As `prediction_data.predictions` returns it.
        language: Target language.
    """
    st.subheader("Test examples", anchor=False)
    gold, predicted = class_of(table["gold"]), class_of(table["predicted"])
    classes = [str(name) for name in gold.cat.categories]
    places = st.columns([3, 3, 3, 4], vertical_alignment="bottom")
    with places[0]:
        shown = state.choose_shown()
    with places[1]:
        right = state.choose_class("Right label", "gold", classes)
    with places[2]:
        said = state.choose_class("Predicted label", "said", classes)
    by_word = bool(table["word"].any()) or table["example"].duplicated().any()
    kept = _units(table, gold, predicted, (right, said), shown)
    examples = _sentences(table, kept, shown) if by_word else table[kept]
    chosen = state.number("example")
    if chosen not in set(table["example"]):
        chosen = int(examples["example"].iloc[0]) if len(examples) else None
    if examples.empty:
        components.notice("No example is like that", "Choose other labels, or show all examples.")
    else:
        _list(examples, chosen, by_word=by_word)
    with places[3]:
        components.download(
            f"Download {len(examples):,} as CSV", partial(_plain, examples),
            f"{run.name}-{language}-examples.csv", "csv-examples",
        )  # fmt: skip
    return chosen


def _units(
    table: pd.DataFrame,
    gold: pd.Series,
    predicted: pd.Series,
    pair: tuple[str | None, str | None],
    shown: str,
) -> pd.Series:
    """Mark the texts, or words, that have the labels asked for; errors by their full labels."""
    wrong = table["gold"] != table["predicted"]
    kept = {"Errors": wrong, "Right": ~wrong, "All": wrong | True}[shown]
    for side, label in zip((gold, predicted), pair, strict=True):
        if label is not None:
            kept &= side == label
    return kept


def _sentences(table: pd.DataFrame, kept: pd.Series, shown: str) -> pd.DataFrame:
    """Make a row a sentence of which a word is marked; `Right` asks that all its words are right."""
    wrong = table["gold"] != table["predicted"]
    chosen = set(table.loc[kept, "example"])
    if shown == "Right":
        chosen -= set(table.loc[wrong, "example"])
    part = table[table["example"].isin(chosen)]
    labels = part["gold"].astype(str) + " \u2192 " + part["predicted"].astype(str)
    told = part["text"] + ": " + labels
    mistakes = told[wrong[part.index]].groupby(part["example"]).agg(_first).to_dict()
    rows = part.groupby("example", sort=False)["text"].agg(text=" ".join, words="size").reset_index()
    n_wrong = wrong[part.index].groupby(part["example"]).sum()
    return rows.assign(
        wrong=rows["example"].map(n_wrong), mistakes=[mistakes.get(number, "") for number in rows["example"]]
    )


def _first(told: pd.Series) -> str:
    more = len(told) - _TOLD
    return "; ".join(told.head(_TOLD)) + (f"; {more} more" if more > 0 else "")


def _list(examples: pd.DataFrame, chosen: int | None, *, by_word: bool) -> None:
    rows = examples.head(_SHOWN)

    def take(row: int) -> None:
        state.name_number("example", int(rows["example"].iloc[row]))
        st.query_params.pop("token", None)

    key, ticked = components.tickable("examples", len(rows), take)
    st.dataframe(
        _shown_rows(rows, chosen, by_word=by_word), hide_index=True, height=300, key=key, on_select=ticked,
        selection_mode="single-row", column_config=_columns(),
        alt=f"{len(examples):,} test examples with right and predicted labels",
    )  # fmt: skip
    more = f" The first {_SHOWN:,} are shown; the filters narrow them." if len(examples) > _SHOWN else ""
    st.caption(f"{len(examples):,} examples. Tick a row to see below how its words were read.{more}")


def _shown_rows(rows: pd.DataFrame, chosen: int | None, *, by_word: bool) -> pd.DataFrame:
    table = pd.DataFrame({
        "at": ["\u25b6" if number == chosen else "" for number in rows["example"]],
        "number": rows["example"] + 1,
    })  # fmt: skip
    if by_word:
        table = table.assign(
            wrong=rows["wrong"], words=rows["words"], text=rows["text"], mistakes=rows["mistakes"]
        )
        return components.visible_columns(table, ["text", "mistakes"])
    gold, said = rows["gold"].astype(str), rows["predicted"].astype(str)
    marks = [RIGHT if same else WRONG for same in gold == said]
    table = components.visible_columns(
        table.assign(mark=marks, gold=gold, predicted=said), ["gold", "predicted"]
    )
    return table.assign(text=[_both(text) for text in rows["text"]])


def _both(text: object) -> str:
    """Cut each text of a pair by itself, so that a long first one leaves room for the second."""
    return PAIR_MARK.join(short(part) for part in str(text).split(PAIR_MARK, 1))


def _plain(examples: pd.DataFrame) -> pd.DataFrame:
    return examples.drop(columns="word", errors="ignore").assign(example=examples["example"] + 1)


def _columns() -> dict[str, object]:
    column = st.column_config
    return {
        "at": column.TextColumn("", width=28),
        "number": column.NumberColumn("No.", format="%d", width=46),
        "mark": column.TextColumn("", width=28, help=f"{RIGHT} right, {WRONG} wrong"),
        "gold": column.TextColumn("Right label", width=150),
        "predicted": column.TextColumn("Predicted", width=150),
        "wrong": column.NumberColumn("Wrong words", format="%d", width=86),
        "words": column.NumberColumn("Words", format="%d", width=52),
        "text": column.TextColumn("Text", width="large"),
        "mistakes": column.TextColumn("Word: right \u2192 predicted", width="large"),
    }
