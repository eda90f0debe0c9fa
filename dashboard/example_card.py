"""One test example: its labels, how each of its words was read, and the anchors behind a word."""

import components
import pandas as pd
import prediction_data
import state
import streamlit as st
from example_table import RIGHT, WRONG

from mosecrot_core.display import PAIR_MARK, short, visible
from mosecrot_core.runs.store import Run

_TOLD = 3  # so many anchors are told in a word's row


def draw(run: Run, table: pd.DataFrame, language: str, method: str, example: int) -> None:
    """Draw an example.

    Args:
        run: The run.
        table: As `prediction_data.predictions` returns it.
        language: Target language.
        method: Whose reading it is.
        example: Its number.
    """
    units = table[table["example"] == example]
    st.subheader(f"Example {example + 1:,}", anchor=False)
    by_word = len(units) > 1 or bool(table["word"].any())
    with st.container(border=True, key="example"):
        whole = " ".join(units["text"])
        for text in [whole] if by_word else whole.split(PAIR_MARK, 1):  # of a pair, each on its own line
            st.text(visible(text))
        _labels(units, by_word=by_word)
    tokens = prediction_data.tokens(run, language, method, example)
    if tokens.empty:
        components.notice("How its words were read is not known", "The run has not kept it.")
        return
    known = tokens.loc[tokens["origin"].isin(["vectors", "subwords", "frequent"]), "token"]
    anchors = prediction_data.word_anchors(run, language, method, list(dict.fromkeys(known)))
    if anchors.empty:
        st.caption(_without_anchors(run, language, method))
        _words(tokens, anchors, None, by_word=by_word)
        return
    chosen = state.number("token")
    if chosen not in tokens.index:
        chosen = int(tokens.index[tokens["token"].isin(anchors["token"])][0])
    left, right = st.columns([11, 8], gap="medium")
    with left:
        _words(tokens, anchors, chosen, by_word=by_word)
    with right:
        _behind(tokens.loc[chosen], anchors)
        components.link_to_word(run, language, str(tokens.loc[chosen, "token"]))


def _labels(units: pd.DataFrame, *, by_word: bool) -> None:
    gold, said = units["gold"].astype(str), units["predicted"].astype(str)
    if not by_word:
        mark = RIGHT if gold.iloc[0] == said.iloc[0] else WRONG
        st.text(visible(f"{mark} right label {gold.iloc[0]} \u00b7 predicted {said.iloc[0]}"))
        return
    marks = [RIGHT if same else WRONG for same in gold == said]
    table = pd.DataFrame({"word": units["text"], "mark": marks, "gold": gold, "predicted": said})
    column = st.column_config.TextColumn
    st.dataframe(
        components.visible_columns(table, ["word", "gold", "predicted"]), hide_index=True, key="labels",
        alt="The words of the sentence with right and predicted labels",
        column_config={
            "word": column("Word"), "mark": column("", width=28, help=f"{RIGHT} right, {WRONG} wrong"),
            "gold": column("Right label"), "predicted": column("Predicted"),
        },
    )  # fmt: skip


def _without_anchors(run: Run, language: str, method: str) -> str:
    if prediction_data.reads_as_it_is(run, language, method):
        return (
            "This method reads the text as word pieces of its encoder's own tokenizer, each with the "
            "encoder's own row: no anchors are behind them."
        )
    return "No anchors are behind these words: the method goes by the words' own vectors, or none has one."


def _words(tokens: pd.DataFrame, anchors: pd.DataFrame, chosen: int | None, *, by_word: bool) -> None:
    told = {} if anchors.empty else {token: _heaviest(part) for token, part in anchors.groupby("token")}
    table = pd.DataFrame({
        "at": ["\u25b6" if place == chosen else "" for place in tokens.index],
        "of": tokens["word"] + 1,
        "token": tokens["token"],
        "row": [_origin(token, weighed=bool(told)) for token in tokens.to_dict("records")],
        "anchors": [told.get(token, "") for token in tokens["token"]],
    })  # fmt: skip
    if not told:
        table = table.drop(columns=["at", "anchors"])
    if not by_word:
        table = table.drop(columns="of")
    key, ticked = components.tickable(
        "tokens", len(tokens), lambda row: state.name_number("token", int(tokens.index[row]))
    )
    column = st.column_config
    st.dataframe(
        components.visible_columns(table, [name for name in ("token", "row", "anchors") if name in table]),
        hide_index=True, key=key, alt="The words of the example, and where their rows are from",
        on_select=ticked if told else "ignore", selection_mode="single-row",
        column_config={
            "at": column.TextColumn("", width=28),
            "of": column.NumberColumn("Word", format="%d", width=46, help="Which word of the sentence"),
            "token": column.TextColumn("Read as", width=110),
            "row": column.TextColumn("Its row is from", width=150),
            "anchors": column.TextColumn("Anchors, heaviest first", width="medium"),
        },
    )  # fmt: skip
    if told:
        st.caption("Tick a word to see its anchors with weights and cosines.")


def _origin(token: dict[str, object], *, weighed: bool) -> str:
    if weighed and not token["read"]:
        return "not read: behind the longest text"
    if token["origin"] == "vectors":
        return "its vector" if token["form"] == token["token"] else f"the vector of {token['form']}"
    return {
        "subwords": "not in the vectors: composed of subwords",
        "frequent": "not in the vectors: words as frequent",
        "unknown": "nothing: it is unknown",
        "encoder": "the encoder",
    }.get(str(token["origin"]), str(token["origin"]))


def _heaviest(anchors: pd.DataFrame) -> str:
    rows = anchors.head(_TOLD)
    return " \u00b7 ".join(f"{row.source} ({row.target})" for row in rows.itertuples())


def _behind(token: pd.Series, anchors: pd.DataFrame) -> None:
    rows = anchors[anchors["token"] == token["token"]]
    word = components.escaped(short(token["token"], 40))
    if rows.empty:
        why = "it is read as unknown" if token["origin"] == "unknown" else "it has the encoder's own row"
        st.caption(f"No anchors are behind **{word}**: {why}.")
        return
    weighed = rows["weight"].notna().all()
    shown = components.visible_columns(rows, ["source", "target"])
    shown["weight"] *= 100
    near = rows["cosine"].notna().any()
    columns = ["source", "target", *(["weight"] if weighed else []), *(["cosine"] if near else [])]
    column, most = st.column_config, max(1.0, float(shown["weight"].max())) if weighed else 1.0
    st.dataframe(
        shown[columns], hide_index=True, key="behind", alt=f"The anchors behind {short(token['token'], 40)}",
        column_config={
            "source": column.TextColumn("Source word", width=110),
            "target": column.TextColumn("Target word", width=110),
            "weight": column.ProgressColumn(
                "Weight %", format="%.1f", min_value=0, max_value=most, width=96
            ),
            "cosine": column.NumberColumn("Cosine", format="%.3f", width=66),
        },
    )  # fmt: skip
    if not near:
        st.caption(f"**{word}** has neither a vector nor a pair. It is read as source words as frequent are.")
    elif weighed:
        share = 100 * rows["weight"].sum()
        rest = "all" if share > 99.95 else f"{share:.1f} %"
        st.caption(
            f"The heaviest anchors of **{word}** carry {rest} of its weight. Its row is the weighted sum of "
            "its anchors' source rows."
        )
    else:
        st.caption(
            f"The anchors nearest to **{word}**. Only relative representations weigh each anchor by itself."
        )
