"""Decisions leave and enter: as a table of decisions, as a word list with them applied, as CSV."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import components
import data
import pandas as pd
import state
import streamlit as st
from ledger import CODES
from triage import Desk

from mosecrot_core.anchors.decisions import (
    apply_decisions,
    import_decisions,
    read_decisions,
    write_decisions,
    write_word_list,
)
from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.words.lexicon import Lexicon

_MOST_MEGABYTES = 20
_SHOWN = 2_000
_TEXT = ["source", "target", "correction", "author"]


def draw(desk: Desk) -> None:
    """Offer downloads and the upload, and show what holds."""
    reviews = data.reviews(desk.run, desk.language)
    standing = reviews.standing()
    left, right = st.columns(2, gap="large")
    with left:
        _out(desk, standing)
    with right:
        _in(desk)
    st.subheader(f"{len(standing):,} decisions hold", anchor=False)
    if standing.empty:
        st.caption("None yet. Accept (A) or reject (X) a pair in Triage, or import decisions.")
        return
    newest = standing.iloc[::-1].head(_SHOWN)
    st.dataframe(
        components.visible_columns(newest, _TEXT), hide_index=True, height=380, key="standing",
        alt="Decisions that hold, newest first",
        column_config={name: name.capitalize() for name in newest}
        | {"batch": st.column_config.NumberColumn("Batch", format="%d")},
    )  # fmt: skip
    elsewhere = len(standing) - _in_this_run(desk, standing)
    also = f" {elsewhere:,} of them are on pairs that this run does not have." if elsewhere else ""
    shown = f" The newest {_SHOWN:,} are shown." if len(standing) > _SHOWN else ""
    st.caption(f"Newest first, of all runs in this folder in these languages.{also}{shown}")


def _out(desk: Desk, standing: pd.DataFrame) -> None:
    st.subheader("Export", anchor=False)
    name = f"{desk.run.name}-{desk.language}"
    tsv, muse, table = partial(_tsv, desk, standing), partial(_muse, desk, standing), partial(_csv, desk)
    offers: tuple[tuple[str, str, str, Callable[[], bytes]], ...] = (
        ("Decisions (TSV)", f"{name}-decisions.tsv", "text/tab-separated-values", tsv),
        ("Word list with decisions applied (MUSE)", f"{name}-words.txt", "text/plain", muse),
        ("All scored pairs (CSV)", f"{name}-pairs.csv", "text/csv", table),
    )
    for label, file_name, kind, make in offers:
        st.download_button(
            label, make, file_name, kind, key=f"export-{file_name}", on_click="ignore",
            icon=":material/download:", width="stretch",
        )  # fmt: skip
    st.caption(
        "The word list has one pair a line, without what was rejected and with corrections; it holds the "
        "pairs that both vocabularies know, and no words with white space, which the format cannot express."
    )


def _in(desk: Desk) -> None:
    st.subheader("Import", anchor=False)
    file = st.file_uploader(
        "Decisions: an exported TSV, or a reviews.sqlite", type=["tsv", "txt", "sqlite"], key="import",
        max_upload_size=_MOST_MEGABYTES,
    )  # fmt: skip
    if message := st.session_state.pop("imported", None):
        st.success(message, icon=":material/check:")
    if file is None:
        return
    try:
        decisions = _read(file.getvalue(), desk.languages)
    except (MosecrotError, OSError, ValueError) as error:
        components.notice("This file cannot be imported", f"{file.name}: {_without_path(error)}")
        return
    counts = decisions["verdict"].value_counts()
    said = " \u00b7 ".join(f"{counts.get(verdict, 0):,} {verdict}" for verdict in CODES if verdict)
    here = _in_this_run(desk, decisions)
    st.text(f"{len(decisions):,} decisions: {said}. {here:,} of the pairs are in this run.")
    st.button(
        f"Import {len(decisions):,} decisions", key="do-import", type="primary", icon=":material/upload:",
        on_click=_import, args=(desk, decisions), disabled=decisions.empty,
        help="They come after what was decided before. Undo (Z) takes the import back",
    )  # fmt: skip


def _in_this_run(desk: Desk, decisions: pd.DataFrame) -> int:
    pairs = zip(decisions["source"], decisions["target"], strict=True)
    return sum(desk.pairs.row_of(pair) is not None for pair in pairs)


def _import(desk: Desk, decisions: pd.DataFrame) -> None:
    try:
        done = import_decisions(data.reviews(desk.run, desk.language), decisions, state.author())
    except MosecrotError as error:
        st.session_state["imported"] = f"Not imported: {error}"
        return
    new = f"Imported: {done.changed:,} pairs have another verdict than before."
    st.session_state["imported"] = new if done.new else "These very decisions are there already."


def _read(content: bytes, languages: tuple[str, str]) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uploaded"
        path.write_bytes(content)
        return read_decisions(path, languages)


def _without_path(error: Exception) -> str:
    """Tell an error about the uploaded file without the name of the temporary one."""
    if isinstance(error, InputError):
        line = f"line {error.line}: " if error.line is not None else ""
        return f"{line}{error.problem}. {error.remedy}".strip()
    return str(error)


def _written(write: Callable[[Path], object]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "written"
        write(path)
        return path.read_bytes()


def _tsv(desk: Desk, standing: pd.DataFrame) -> bytes:
    return _written(lambda path: write_decisions(standing, path, desk.languages))


def _muse(desk: Desk, standing: pd.DataFrame) -> bytes:
    table = desk.pairs.table.sort_values("line", kind="stable")
    lexicon = Lexicon(table[["source", "target", "score", "line"]].reset_index(drop=True), {}, desk.run.name)
    return _written(lambda path: write_word_list(apply_decisions(lexicon, standing), path))


def _csv(desk: Desk) -> bytes:
    """Write the pairs with their verdicts, worst first."""
    names = {code: verdict for verdict, code in CODES.items()}
    rows = desk.pairs.table.assign(
        reasons=[", ".join(names) for names in desk.pairs.table["reasons"]],
        verdict=[names[int(code)] for code in desk.ledger.codes],
        correction=[desk.ledger.corrections.get(row, "") for row in range(len(desk.pairs))],
    )
    return components.csv_bytes(rows.drop(columns=["source_near", "target_near"]))
