"""One word of either language: the anchors that it is made of, and where they bring it."""

from functools import partial

import components
import data
import figure_export
import numpy as np
import pandas as pd
import space_data
import streamlit as st
from weighing_state import WEIGHTINGS

from mosecrot_core.display import short, visible
from mosecrot_core.neighbour_figures import describe_representations, representations_figure
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.weighing import Weighing
from mosecrot_core.runs.word_space import Made, WordSpace

_ROWS, _NEAR, _COLUMNS, _LIKE, _HEAVIEST = 200, 12, 14, 4, 8
_WORD = 90
_SAID = {"accept": "\u25cf accepted", "reject": "\u2716 rejected", "correct": "\u25a0 corrected"}


def draw(run: Run, language: str, space: WordSpace, side: int, word: str, by: Weighing) -> None:
    """Draw a word.

    Args:
        run: The run.
        language: Target language.
        space: Its words and anchors.
        side: 0: a word of the source; 1: of the target.
        word: One that the space knows.
        by: How it becomes a sum of anchors.
    """
    codes = (data.source_language(run) or "source", language)
    made = space.made_of(side, word, by)
    st.markdown(
        f"### {components.escaped(short(word, _WORD))} :small[:gray[{components.escaped(codes[side])}]]"
    )
    st.caption(components.escaped(_about(space, side, word)))
    file_name = figure_export.name_file(run.name, language, word)
    left, right = st.columns([12, 7], gap="medium")
    with left:
        _anchors(run, language, made, codes, by, file_name)
    near = space.near(side, made, by, _NEAR)  # a second, the first time
    with right:
        _near(near, side, codes, file_name)
    _heat(space, side, word, made, near, codes, file_name)


def _about(space: WordSpace, side: int, word: str) -> str:
    own = space.sides[side]
    facts = own.words.iloc[own.row_of[word]]
    if side == 0:
        return f"Token {visible(facts['form'])} of the encoder, with its own row."
    if facts["origin"] == "subwords":
        composed = "The vector file does not list it: its row is composed of its subwords."
        source = space.sides[0].words
        translations = source.loc[source["token"] == facts["token"], "word"]
        if translations.empty:
            return composed
        said = visible(short(translations.iloc[0], _WORD))
        return f"{composed} The word list does: methods that go by it read the word as {said}."
    if facts["form"] != word:
        return f"Goes by the vector of {visible(short(facts['form'], _WORD))}, as the file writes it."
    return "Has a vector of its own."


def _anchors(
    run: Run, language: str, made: Made, codes: tuple[str, str], by: Weighing, file_name: str
) -> None:
    n_weighed = int((made.anchors["weight"] != 0).sum())
    st.markdown(f"**Made of {n_weighed:,} of the {len(made.anchors):,} nearest anchors**")
    shown = made.anchors.head(_ROWS)
    weights = {name: 100 * space_data.weights(made, by, name)[: len(shown)] for name in WEIGHTINGS}
    facts = space_data.judged(run, language, shown)
    table = pd.DataFrame({
        "source": shown["source"], "target": shown["target"], "cosine": shown["cosine"], **weights,
        "quality": facts["quality"], "verdict": facts["verdict"].map(_SAID).fillna(""),
    })  # fmt: skip
    column = st.column_config
    numbers = {
        name: column.ProgressColumn(
            f"{name} %", format="%.1f", width=72, min_value=0, max_value=max(1e-9, float(values.max())),
            help=f"Weight by {name}" + (", chosen" if name == by.weighting else ""),
        )
        for name, values in weights.items()
    }  # fmt: skip
    st.dataframe(
        components.visible_columns(table, ["source", "target"]), hide_index=True, height=388,
        key="made-of", placeholder="\u2013",
        alt=f"The anchors nearest to the word, heaviest first: {_told(made)}",
        column_config={
            "source": column.TextColumn(f"Source ({visible(codes[0])})", width=92),
            "target": column.TextColumn(f"Target ({visible(codes[1])})", width=92),
            "cosine": column.NumberColumn("Cosine", format="%.2f", width=56),
            **numbers,
            "quality": column.NumberColumn("Quality", format="%.2f", width=56, help="How likely it is right"),
            "verdict": column.TextColumn("Verdict", width=82),
        },
    )  # fmt: skip
    st.caption(
        f"By {by.weighting} as spread out as {made.perplexity:.1f} anchors of equal weight. Of the heaviest "
        "the most doubtful one is worth a look:"
    )
    doubtful = _most_doubtful(made.anchors, facts["quality"])
    components.link_to_pair(run, language, (str(doubtful["source"]), str(doubtful["target"])))
    components.download("These anchors, as CSV", lambda: table, f"{file_name}-anchors.csv", "csv-made-of")


def _most_doubtful(anchors: pd.DataFrame, quality: pd.Series) -> pd.Series:
    """Return the one of lowest quality among the heaviest anchors; the heaviest, if none is known."""
    heaviest = quality[anchors["weight"] != 0].head(_HEAVIEST)
    return anchors.loc[heaviest.idxmin() if heaviest.notna().any() else anchors.index[0]]


def _told(made: Made) -> str:
    heaviest = made.anchors[made.anchors["weight"] != 0].head(5)
    return "; ".join(
        f"{row.source} / {row.target} {100 * row.weight:.0f} percent" for row in heaviest.itertuples()
    )


def _near(near: pd.DataFrame, side: int, codes: tuple[str, str], file_name: str) -> None:
    there = components.escaped(codes[1 - side])
    st.markdown(f"**Comes to lie near these words ({there})**")
    column = st.column_config
    st.dataframe(
        components.visible_columns(near, ["word"]), hide_index=True, height=388, key="near",
        alt="Nearest words of the other language: " + ", ".join(near["word"].head(5)),
        column_config={
            "word": column.TextColumn("Word", width=124),
            "cosine": column.NumberColumn("Cosine", format="%.3f", width=70),
            "csls": column.NumberColumn(
                "CSLS", format="%.3f", width=70,
                help="Twice the cosine, less how near either word is to anything: hubs come later",
            ),
        },
    )  # fmt: skip
    best = near.sort_values("csls", ascending=False)["word"].iloc[0]
    text = f"Nearest by cosine first; by CSLS the nearest is {short(best, 40)}."
    if side == 0:
        text += " A source word goes the other way: to the sum of its anchors' target words."
    st.caption(components.escaped(text))
    components.download("These words, as CSV", lambda: near, f"{file_name}-near.csv", "csv-near")


def _heat(
    space: WordSpace,
    side: int,
    word: str,
    made: Made,
    near: pd.DataFrame,
    codes: tuple[str, str],
    file_name: str,
) -> None:
    chosen = made.anchors.head(_COLUMNS)
    numbers = chosen["anchor"].tolist()
    rows = [(side, word), *((1 - side, name) for name in near["word"].head(_LIKE))]
    cosines = np.stack([space.relative(own, name, numbers) for own, name in rows])
    names = [f"{name} ({codes[own]})" for own, name in rows]
    pairs = list(zip(chosen["source"], chosen["target"], strict=True))
    title, picture = st.columns([3, 1], vertical_alignment="bottom")
    title.subheader("Relative representations", anchor=False)
    with picture:
        kind = figure_export.choose_format()
    alt = describe_representations(names, cosines)
    make = partial(representations_figure, names, pairs, cosines)
    figure_export.chart(make(), "representations", alt, f"{file_name}-rows", kind)
    st.caption(
        components.escaped(
            f"Cosines of each word to the anchors, on its own side of the pairs, without spelling. {alt}"
        )
    )
    drawn = chosen[["source", "target"]].reset_index(drop=True)
    table = pd.concat([drawn, pd.DataFrame(cosines.T, columns=names)], axis=1)
    figure_export.offers({"Heat map": make}, lambda: table, f"{file_name}-rows", "rows")
