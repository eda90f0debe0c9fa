"""The form that takes a user's own files: uploads, or paths where only this machine reaches the dashboard."""

import time
from collections.abc import Callable
from pathlib import Path

import access
import components
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mosecrot_core.errors import MosecrotError
from mosecrot_core.runs.own_experiment import METHODS, NEEDED, OwnExperiment
from mosecrot_core.runs.own_inputs import Upload, prepare
from mosecrot_core.runs.uploads import LARGEST_MEGABYTES, SUFFIXES, Part

_LONGEST_NAME, _LONGEST_PATH = 64, 4_000
_MOST_SEEDS = 10
_PARTS: dict[Part, tuple[str, str]] = {
    "vectors": ("Word vectors", "Of the target language, most frequent words first; the first 200,000 count"),
    "words": ("Word list", "A pair of words a line: MUSE, tab-separated, FreeDict, Apertium, PanLex ..."),
    "train": ("Source training texts", "Labelled; a header line names the columns"),
    "source_test": ("Source test", "Labelled texts of the source language to score on, beside the target's"),
    "test": ("Target test", "Labelled texts of the target language; without them the model is kept unscored"),
}
_METHODS = {
    "recommended": "Recommended; its model is kept",
    "paper": "The paper's, standard weights",
    "word_pieces": "No stitching: its own word pieces",
}
_GENERATION = "own-generation"


def draw(runs: Path) -> str | None:
    """Draw the form; when it is sent, bring and check the files.

    Returns:
        The name of the experiment that came of it, once.
    """
    with st.form("own", enter_to_submit=False, border=False):
        own = _settings()
        uploads, given = _files()
        sent = st.form_submit_button(
            "Check these files", key="check-own", type="primary", icon=":material/fact_check:"
        )
    st.caption(
        "Each file is read as a run would read it, and none is kept if one cannot be used. What passes is "
        f"kept beside the runs, under names of our own: {runs.absolute()}"
    )
    if not sent or not _is_prepared(runs, own, given):
        return None
    _forget(uploads)
    return own.name


def _settings() -> OwnExperiment:
    name, source, target, seeds = st.columns([3, 1.2, 1.2, 1.2])
    encoder, methods = st.columns(2)
    text, label, reverse = st.columns([1, 1, 2], vertical_alignment="bottom")
    kinds = "A hub id, package:NAME/FOLDER" + (" or a folder" if access.is_private() else "")
    return OwnExperiment(
        name=_text(name, "Name of the run", "name", placeholder="A-Z, a-z, 0-9, - and _"),
        languages=(
            _text(source, "Source language", "source", value="en"),
            _text(target, "Target language", "target", placeholder="Such as fo"),
        ),
        seeds=int(
            seeds.number_input(
                "Seeds", 1, _MOST_SEEDS, 3, key="own-seeds", help="Fine-tunings: more tell how scores vary"
            )
        ),
        encoder=_text(
            encoder, "Encoder of the source language", "encoder", longest=_LONGEST_PATH, placeholder=kinds
        ),
        methods=tuple(
            methods.multiselect(
                "Methods", list(METHODS), default=list(METHODS)[:1], key="own-methods",
                format_func=lambda name: _METHODS[name],
            )
        ),
        text_column=_text(text, "Column of texts", "text", value="text"),
        label_column=_text(label, "Column of labels", "label", value="label"),
        reversed_list=reverse.checkbox(
            "The word list runs from target to source", key="own-reversed"
        ),
    )  # fmt: skip


def _text(
    place: DeltaGenerator, label: str, key: str, *, value: str = "", placeholder: str = "",
    longest: int = _LONGEST_NAME, labelled: bool = True,
) -> str:  # fmt: skip
    typed = place.text_input(
        label, value, key=f"own-{key}", placeholder=placeholder, max_chars=longest, persist_state="session",
        label_visibility="visible" if labelled else "collapsed",
    )  # fmt: skip
    return str(typed or "").strip()


def _files() -> tuple[list[UploadedFile], dict[Part, Upload | str]]:
    """Take a file for each part: an upload, else a path."""
    most, others = LARGEST_MEGABYTES["vectors"], LARGEST_MEGABYTES["words"]
    st.caption(
        f"At most {most} MB of vectors and {others} MB of any other file, plain or .gz: uploads are held "
        "in memory until checked."
        + (" Name larger ones by their path on this machine, or package:NAME." if access.is_private() else "")
    )
    generation = st.session_state.setdefault(_GENERATION, 0)
    uploads, given = [], dict[Part, Upload | str]()
    for (part, (label, help_text)), place in zip(
        _PARTS.items(), [*st.columns(2), *st.columns(3)], strict=True
    ):
        needed, key = "" if part in NEEDED else " (optional)", f"own-{part}-{generation}"
        place.file_uploader(
            label + needed, [ending.removeprefix(".") for ending in (*SUFFIXES[part], ".gz")], key=key,
            help=help_text, max_upload_size=LARGEST_MEGABYTES[part],
        )  # fmt: skip
        if access.is_private():
            given[part] = _text(
                place, f"{label}: path on this machine", f"path-{part}", placeholder="Or /path/to/it",
                longest=_LONGEST_PATH, labelled=False,
            )  # fmt: skip
        file = st.session_state[key]  # what the widget returns is a copy of all of it
        if isinstance(file, UploadedFile):
            file.seek(0)
            uploads.append(file)
            given[part] = Upload(file.name, file)
    return uploads, {part: file for part, file in given.items() if file}


def _is_prepared(runs: Path, own: OwnExperiment, given: dict[Part, Upload | str]) -> bool:
    place = st.empty()
    try:
        prepare(runs, own, given, _clock(place), paths=access.is_private())
    except MosecrotError as error:
        components.notice("These files cannot be used", str(error))
    except OSError as error:
        components.notice("The files could not be kept", f"{error.strerror}: {runs.absolute()}")
    else:
        return True
    finally:
        place.empty()
    return False


def _clock(place: DeltaGenerator) -> Callable[[], None]:
    """Return what says how long the check has gone on; a click elsewhere ends it there."""
    start = time.monotonic()

    def tell() -> None:
        place.info(f"Checking, {time.monotonic() - start:.0f} s.", icon=":material/hourglass_empty:")

    return tell


def _forget(uploads: list[UploadedFile]) -> None:
    """Let go of what is on the disk now: the server holds uploads until the session ends."""
    st.session_state[_GENERATION] += 1
    context = get_script_run_ctx()
    for file in uploads:
        if context is not None:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
