"""What the figure of deltas draws, against the table that it is given."""

import pandas as pd

from mosecrot_core.delta_figures import deltas_figure

TABLE = pd.DataFrame(
    [("names", "names, fr", 0.9, 50.0), ("names", "names, <b>", 1.1, 60.0), ("tags", "tags, fr", 2.0, 10.0)],
    columns=["group", "name", "norm_ratio", "angle"],
)


def test_a_mark_a_triple_and_a_look_a_group():
    figure = deltas_figure(TABLE)
    assert [trace.name for trace in figure.data] == ["names", "tags"]
    assert (list(figure.data[0].x), list(figure.data[0].y)) == ([0.9, 1.1], [50.0, 60.0])
    assert figure.data[0].text == ("names, fr", "names, &lt;b&gt;")
    assert len({trace.marker.symbol for trace in figure.data}) == 2, "colour alone tells nothing apart"
    assert {(line.x0, line.y0) for line in figure.layout.shapes} == {(1, 0), (0, 55)}


def test_more_groups_than_colours():
    groups = pd.concat([TABLE.assign(group=f"group {i}") for i in range(10)])
    assert len(deltas_figure(groups).data) == 10


def test_nothing_is_drawn_of_nothing():
    assert not deltas_figure(TABLE.iloc[:0]).data
