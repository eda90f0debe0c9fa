"""DataFrame -> plotly Figure: how far models of a triple are from each other (Wu et al., Figure 4)."""

from html import escape

import pandas as pd
import plotly.graph_objects as go

from mosecrot_core.figures import GRID_COLOUR, NEUTRAL_COLOUR
from mosecrot_core.series import marker_of

_PAPER_RATIO, _PAPER_ANGLE = 1, 55  # "similar norms", "around 55 degrees"


def deltas_figure(table: pd.DataFrame) -> go.Figure:
    """Draw the angle between delta_src and delta_tgt over the ratio of their lengths, a mark a triple.

    Args:
        table: `group`, which gives a mark its look; `name` of the triple; `norm_ratio`; `angle` in degrees.

    Returns:
        A scatter plot, with the paper's "similar norms" and "around 55 degrees" as dotted lines.
    """
    figure = go.Figure()
    for i, (group, part) in enumerate(table.groupby("group", sort=False)):
        figure.add_trace(
            go.Scatter(
                x=part["norm_ratio"], y=part["angle"], mode="markers", name=escape(str(group)),
                marker=marker_of(i, 9), text=[escape(str(name)) for name in part["name"]],
                hovertemplate="%{text}: ratio %{x:.2f}, %{y:.0f} degrees",
            )
        )  # fmt: skip
    figure.add_vline(_PAPER_RATIO, line={"width": 1, "dash": "dot", "color": NEUTRAL_COLOUR})
    figure.add_hline(_PAPER_ANGLE, line={"width": 1, "dash": "dot"})
    figure.update_xaxes(
        title="length of delta_src over length of delta_tgt", gridcolor=GRID_COLOUR, zeroline=False
    )
    figure.update_yaxes(title="angle, degrees", gridcolor=GRID_COLOUR, zeroline=False)
    figure.update_layout(
        height=420, margin={"l": 8, "r": 16, "t": 40, "b": 8}, showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
    )  # fmt: skip
    return figure
