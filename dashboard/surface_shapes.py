"""How flat and how straight the surfaces are, in numbers: what `mosecrot surfaces` prints."""

import components
import pandas as pd
import streamlit as st
import surface_data
import surface_state
from surface_view import View

from mosecrot_core.runs.surface_report import FOOTNOTE
from mosecrot_core.runs.surface_statistics import contrast, delta_summary, shape_summary
from mosecrot_core.surface_panels import LOSS

_SCORES = ("bilingual", "source_only", "target_only")
_TITLES = {
    "rise": ("Rise", "alpha 1 less alpha 0, in shares of the bilingual score"),
    "slope": ("Slope", "Of the straight line that fits best, alpha 0 to 1"),
    "linearity": ("R\u00b2", "Of that line: 1 is straight"),
    "lowest": ("Lowest", "Least score between alpha 0 and 1, as a share of the bilingual score"),
    "area_95": ("Area \u2265 95 %", "Share of the plane with 95 % of the bilingual score or more"),
    "norm_ratio": ("Norm ratio", "Length of the source model's delta over that of the target model's"),
    "angle": ("Angle \u00b0", "Between the two deltas, in degrees"),
}


def draw(view: View) -> None:
    """Draw the numbers of each unit, and their means with intervals."""
    st.subheader("Shapes in numbers", anchor=False)
    line = surface_state.choose_line()
    table = surface_data.report(view.chosen, line)
    own, deltas = surface_data.shape_numbers(view.chosen, line), surface_data.deltas(view.chosen)
    if not view.every_unit:
        unit = view.chosen.unit
        table, own, deltas = (part[part["unit"] == unit] for part in (table, own, deltas))
        # Intervals are over what there are several of.
        own, deltas = own.assign(unit=own["seed"]), deltas.assign(unit=deltas["seed"])
    _units(view, table)
    _means(view, pd.concat([shape_summary(own), contrast(own), delta_summary(deltas)], ignore_index=True))
    note = (
        "For losses, less is better: there the area is where the loss is 95 % of the bilingual one or more. "
    )
    note = " ".join(FOOTNOTE.split()) + f" {note if view.chosen.metric == LOSS else ''}"
    st.caption(components.escaped(note.strip()))
    components.download(
        "Shapes of all units as CSV", lambda: surface_data.report(view.chosen, line),
        f"{view.file_name}-shapes-{line}-line.csv", "csv-shapes",
    )  # fmt: skip


def _units(view: View, table: pd.DataFrame) -> None:
    factor = 1 if view.chosen.metric == LOSS else 100
    shown = components.visible_columns(table, ["unit"])
    shown = shown.assign(**{name: shown[name] * factor for name in _SCORES})
    source = {"source": f"{view.names['source']} (source)"}
    shown["read"] = [source.get(read, read) for read in shown["read"]]
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    unit = "" if factor == 1 else " %"
    st.dataframe(
        shown, hide_index=True, key="shapes", placeholder="\u2013",
        alt="Scores of the three models and the shape numbers of each unit and language read",
        column_config={
            "unit": text("Unit", pinned=True, width=110), "read": text("Read", width=84),
            "bilingual": number(f"Bilingual{unit}", format="%.2f", width=80),
            "source_only": number(f"Source{unit}", format="%.2f", width=72),
            "target_only": number(f"Target{unit}", format="%.2f", width=72),
            "n_seeds": number("Seeds", format="%d", width=52),
            **{
                name: number(title, format="%.0f" if name == "angle" else "%.2f", width=72, help=words)
                for name, (title, words) in _TITLES.items()
            },
        },
    )  # fmt: skip


def _means(view: View, means: pd.DataFrame) -> None:
    over, names = ("units", {}) if view.every_unit else ("seeds", view.names)
    shown = means.assign(
        number=[_TITLES[name][0] for name in means["number"]],
        read=[names.get(str(read), str(read)) for read in means["read"]],
        interval=[
            "" if pd.isna(low) else f"{low:.3f} \u2013 {high:.3f}"
            for low, high in zip(means["low"], means["high"], strict=True)
        ],
    )[["number", "read", "mean", "interval", "n_units"]]
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    st.dataframe(
        components.visible_columns(shown, ["read"]), hide_index=True, key="shape-means", width=560,
        placeholder="\u2013", alt=f"Means of the shape numbers over {over}, with 95 % intervals",
        column_config={
            "number": text("Number", width=110), "read": text("Read", width=84),
            "mean": number("Mean", format="%.3f", width=70),
            "interval": text("95 % interval", width=130, help=f"t interval of the mean over {over}"),
            "n_units": number(f"{over.capitalize()} (n)", format="%d", width=76),
        },
    )  # fmt: skip
