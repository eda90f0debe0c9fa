"""Missing words one by one, the most frequent first: what each stands in, and which source word it means."""

import components
import data
import job_list
import missing_data
import pandas as pd
import state
import streamlit as st

from mosecrot_core.display import short, visible
from mosecrot_core.errors import MosecrotError
from mosecrot_core.runs.store import Run

_SHOWN = 500
_CELL = 40


def draw(run: Run, language: str) -> None:
    """Draw the word in focus with a field for its pair, and the list."""
    if not missing_data.is_known(run):
        components.notice("Not known", "An older version made this run: run its experiment file again.")
        return
    table = missing_data.missing(run, language)
    if table.empty:
        components.notice("No word is missing", "A pair of the list translates each word of the texts.")
        return
    _key_figures(run, language, table)
    left, right = st.columns([11, 10], gap="medium")
    with left:
        _list(run, language, table)
    with right:
        _card(run, language, table)


def _key_figures(run: Run, language: str, table: pd.DataFrame) -> None:
    paired = table["pair"] != ""
    cells = st.columns(4, vertical_alignment="bottom")
    cells[0].metric(
        "Missing words", f"{len(table):,}", border=True,
        help="Different words of the texts that no pair of the word list translates",
    )  # fmt: skip
    cells[1].metric(
        "Of all words used", f"{100 * table['share'].sum():.1f} %", border=True,
        help="In the task's texts, labels apart, and the unlabelled ones; signs and numbers are none",
    )  # fmt: skip
    cells[2].metric(
        "Given a pair since", f"{paired.sum():,} \u00b7 {100 * table.loc[paired, 'share'].sum():.1f} %",
        border=True, help="They count when the experiment is run again",
    )  # fmt: skip
    with cells[3]:
        job_list.offer(run, len(data.verdicts(run, language)))


def _list(run: Run, language: str, table: pd.DataFrame) -> None:
    shown = table.head(_SHOWN)
    key, ticked = components.tickable("missing", len(shown), lambda row: _focus_on(shown["word"][row]))
    cells = components.visible_columns(shown, ["word", "pair", "read_as"])
    st.dataframe(
        cells.assign(share=100 * cells["share"]), hide_index=True, height=460, key=key, on_select=ticked,
        selection_mode="single-row", alt=f"{len(table)} missing words, the most frequent first",
        column_config=_columns(run, language),
    )  # fmt: skip
    more = f" The first {_SHOWN:,} are shown; the download has all." if len(table) > _SHOWN else ""
    st.caption(f"{len(table):,} words, the most frequent first. Tick one to bring it into focus.{more}")
    components.download("Download as CSV", lambda: table, f"{run.name}-{language}-missing.csv", "csv-missing")


def _columns(run: Run, language: str) -> dict[str, object]:
    column, source = st.column_config, data.source_language(run) or "source"
    return {
        "word": column.TextColumn(f"Word ({visible(language)})", width=140),
        "count": column.NumberColumn("Used (n)", width=65, format="%,d"),
        "share": column.NumberColumn("Share (%)", width=70, format="%.2f"),
        "read_as": column.TextColumn(
            "Read as", width=80, help="mapped: its vector; composed: what the vectors compose of its "
            "subwords or characters; spelled: the encoder's own pieces; frequent: as words as frequent",
        ),
        "pair": column.TextColumn(f"Pair ({visible(source)})", width=120),
    }  # fmt: skip


def _card(run: Run, language: str, table: pd.DataFrame) -> None:
    row = _focus(table)
    with st.container(border=True, key="missing-card"):
        if row is None:
            st.subheader("Each of them has a pair", anchor=False)
            st.text("Run again: the experiment then reads them by their translations.")
        else:
            _word(run, language, table, row)
        left, right = st.columns(2)
        left.button(
            "Skip", key="missing-skip", icon=":material/skip_next:", width="stretch", disabled=row is None,
            on_click=_skip, args=(table, row),
        )  # fmt: skip
        right.button(
            "Undo", key="missing-undo", icon=":material/undo:", width="stretch", on_click=_undo,
            args=(run, language), help="Takes back your last decision on this language",
        )  # fmt: skip
        said = st.session_state.pop("missing-message", "")
        st.caption(
            f":material/info: **{components.escaped(short(said, 400))}**" if said
            else "Enter accepts the pair and goes on. Each is written at once, beside the run, as a decision."
        )  # fmt: skip


def _word(run: Run, language: str, table: pd.DataFrame, row: int) -> None:
    word, count, share, read_as, pair = table.loc[row, ["word", "count", "share", "read_as", "pair"]]
    st.caption(
        f"{row + 1:,} of {len(table):,} \u00b7 used {count:,} times, {100 * share:.2f} % \u00b7 {read_as}"
    )
    st.markdown(f"### \u2068{components.escaped(short(word, _CELL))}\u2069")
    source = data.source_language(run) or "source"
    with st.form(f"missing-form-{row}", clear_on_submit=True, border=False):
        st.text_input(
            f"The word in the source language ({visible(source)})", key="missing-typed", max_chars=200,
            placeholder=visible(pair) or None,
        )  # fmt: skip
        st.form_submit_button(
            "Accept", icon=":material/check_circle:", on_click=_accept, args=(run, language, table, row)
        )
    found = missing_data.sentences(run, language, str(word))
    st.markdown("**In the test texts**" if found else "Not in the test texts: only in others.")
    for text in found:
        st.text(visible(short(text, 300)))


def _focus(table: pd.DataFrame) -> int | None:
    """Return the row in focus: that of the word chosen, else the first without a pair."""
    chosen = table.index[table["word"] == st.session_state.get("missing-focus")]
    rows = chosen if len(chosen) else table.index[table["pair"] == ""]
    return int(rows[0]) if len(rows) else None


def _focus_on(word: str) -> None:
    st.session_state["missing-focus"] = word


def _skip(table: pd.DataFrame, row: int) -> None:
    """Go on with the next word without a pair, from the top again after the last."""
    bare = table.index[(table["pair"] == "") & (table.index != row)]
    later = bare[bare > row] if (bare > row).any() else bare
    _focus_on(table["word"][later[0]] if len(later) else "")


def _accept(run: Run, language: str, table: pd.DataFrame, row: int) -> None:
    word, before = str(table["word"][row]), str(table["pair"][row])
    typed = str(st.session_state.get("missing-typed") or "").strip()
    if not typed:
        _tell("No word was typed.", word)
        return
    source = missing_data.accepted_word(run, typed)
    if not source:
        _tell(f"{typed!r} is not one token of the encoder: a pair with it would change nothing.", word)
        return
    try:
        missing_data.give_pair(
            run, language, word, source, "" if before == source else before, state.author()
        )
    except MosecrotError as error:
        _tell(f"Not written: {error}", word)
        return
    _skip(table, row)


def _undo(run: Run, language: str) -> None:
    try:
        undone = data.reviews(run, language).undo(state.author())
    except MosecrotError as error:
        _tell(str(error), None)
        return
    said = ", ".join(f"{row.source} \u2013 {row.target}" for row in undone.head(3).itertuples())
    known = list(undone["target"])
    _tell(f"Undone: {said}." if known else "Nothing of yours to undo.", known[0] if known else None)


def _tell(message: str, word: str | None) -> None:
    st.session_state["missing-message"] = message
    if word is not None:
        _focus_on(word)
