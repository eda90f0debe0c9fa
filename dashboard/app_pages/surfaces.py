"""How models between one and two languages score: on lines, on the plane, and what each of them says."""

import components
import data
import figure_export
import state
import streamlit as st
import surface_data
import surface_lines
import surface_plane
import surface_shapes
import surface_state
from surface_view import View

from mosecrot_core.runs.store import Run


def page(run: Run, language: str | None) -> None:
    places = components.heading("Surfaces", run, controls=[1, 0.8, 0.7, 1])
    if not surface_data.interpolates(run):
        _none_yet(run)
        return
    methods = surface_data.methods(run, language or "")
    if not methods:
        components.notice("Nothing in this language yet", "Choose another one, or wait for the first point.")
        return
    with places[0]:
        method = state.choose_method(methods)
    known = surface_data.known(run, method, str(language))
    with places[1]:
        metric = state.choose_metric(known.metrics)
    with places[2]:
        scope = surface_state.choose_scope(known.scopes)
    with places[3]:
        seed = surface_state.choose_seed(known.seeds)
    chosen = surface_data.Chosen(run, method, str(language), metric, scope, seed)
    source = known.source or data.source_language(run) or "source"
    view = View(chosen, source, *_shared_choices(chosen))
    if view.n_points == 0:
        components.notice("Nothing of this choice yet", "Choose another seed, metric or part of the weights.")
        return
    if known.rough:
        components.notice(
            "Rough so far",
            f"{view.n_points:,} of the models between the first three, of one seed. It refines while the run "
            "goes on; what the models say and the shapes in numbers come with the last one.",
        )
    surface_lines.draw(view)
    surface_plane.draw(view)
    if not known.rough:
        surface_shapes.draw(view)


def _shared_choices(chosen: surface_data.Chosen) -> tuple[bool, bool, str]:
    with st.container(horizontal=True, gap="large"):
        share = surface_state.choose_share()
        every_unit = surface_state.choose_every_unit(len(surface_data.unit_names(chosen)))
        kind = figure_export.choose_format()
    return share, every_unit, kind


def _none_yet(run: Run) -> None:
    if data.info(run).get("state") == "running":
        components.notice("No point is scored yet", "If this run has triples, they show here model by model.")
        return
    components.notice(
        "No interpolated models in this run",
        "A method of the kind stitched_triple or multilingual_triple trains a source, a target and a "
        "bilingual model from one initialisation and scores what lies between them. "
        "Add one to the experiment file:\n"
        "methods:\n"
        "  between: {kind: stitched_triple}\n"
        "Or take an experiment that has some (from the project's folder, with its data beside it):",
        "mosecrot run experiments/wu2022.yaml --profile here_topics",
    )


page(state.selection().run, state.selection().language)
