"""Scales and panels of surfaces, and what is said of them in words."""

import numpy as np
import pandas as pd
import pytest
from test_surface_statistics import falling, surface

from mosecrot_core.runs.surface_statistics import curves, difference, normalised
from mosecrot_core.surface_panels import (
    PERCENT,
    PLAIN,
    SHARES,
    Difference,
    extent,
    hover_texts,
    levels,
    log_ticks,
    measure_of,
    panels,
)
from mosecrot_core.surface_words import describe_line, describe_plane

NAMES = {"source": "en", "target": "<b>fr</b>"}


def table():
    return normalised(surface(falling, units=("fr",)))


def of_difference(data):
    source, target = (data[data["read"] == read] for read in ("source", "target"))
    return Difference(difference(target, source), "fr less en")


def test_measures_follow_the_metric():
    assert measure_of("macro_f1", normalised=False) == PERCENT
    assert measure_of("macro_f1", normalised=True) == SHARES
    loss = measure_of("loss", normalised=False)
    assert (loss.factor, loss.logarithmic, loss.write(0.25)) == (1, True, "0.250")
    assert measure_of("loss", normalised=True).write(1234.5) == "1,234.5 %"


def test_panels_hold_what_the_table_has():
    data = table()
    found = panels(data, NAMES, SHARES, of_difference(data))
    assert [panel.title for panel in found] == ["read: en", "read: &lt;b&gt;fr&lt;/b&gt;", "fr less en"]
    for panel in found[:2]:
        for row in data[data["read"] == panel.name].sample(20, random_state=0).to_dict("records"):
            if row["a1"] % 100 == row["a2"] % 100 == 0:
                x, y = list(panel.a1).index(row["a1"] / 1000), list(panel.a2).index(row["a2"] / 1000)
                assert panel.scores[y, x] == pytest.approx(100 * row["mean"])
    np.testing.assert_allclose(found[2].scores, found[1].scores - found[0].scores)
    low, high = extent(found, signed=True)
    assert low == -high
    assert high == pytest.approx(np.abs(found[2].scores).max())


def test_each_panel_tells_the_scores_of_all():
    data = table().query("not (read == 'target' and a1 == 500 and a2 == 500)")
    found = panels(data, NAMES, SHARES, None)
    texts = hover_texts(found, SHARES)
    x, y = list(found[0].a1).index(0.5), list(found[0].a2).index(0.5)
    assert texts[0][y][x] == "a1 0.5, a2 0.5<br>read: en: 100.0 %<br>read: &lt;b&gt;fr&lt;/b&gt;: not scored"
    x = list(found[0].a1).index(0.0)
    assert texts[0][y][x] == texts[1][y][x]


@pytest.mark.parametrize(
    ("low", "high", "step"), [(30, 102, 10), (98.2, 100, 0.2), (0, 3000, 500), (5, 5, 1), (-60, 60, 20)]
)
def test_contours_are_round_and_few(low, high, step):
    found = levels(low, high, logarithmic=False)
    assert found["size"] == pytest.approx(step)
    assert found["start"] <= low
    assert (found["start"] / step) % 1 == pytest.approx(0)
    assert (high - low) / step <= 10


def test_losses_are_drawn_by_their_logarithm():
    data = table().assign(mean=lambda rows: np.where(rows["a1"] == 0, -1.0, 10.0 ** (rows["a1"] / 500)))
    measure = measure_of("loss", normalised=False)
    panel = panels(data, NAMES, measure, None)[0]
    at = {a1: panel.drawn[0, i] for i, a1 in enumerate(panel.a1)}
    assert at[1.0] == pytest.approx(2)
    assert np.isnan(at[0.0]), "what is not positive has no logarithm"
    found = levels(-1, 3, logarithmic=True)
    assert found["size"] == pytest.approx(np.log10(4))
    ticks = log_ticks(-0.5, 1.1, measure)
    assert ticks["ticktext"] == ["0.5", "1", "2", "5", "10"]
    np.testing.assert_allclose(10 ** np.array(ticks["tickvals"]), [0.5, 1, 2, 5, 10])
    assert log_ticks(np.log10(3.0), np.log10(3.3), PLAIN)["ticktext"] == ["3", "3.3"]


def test_words_tell_ends_and_extremes():
    data = table()
    text = describe_line(curves(data), NAMES)
    assert text.startswith("From the model of en only to the bilingual one: en goes from 100.0 % to 100.0 %")
    ends = curves(data).query("read == 'target' and alpha == 0")["mean"].item()
    assert f"<b>fr</b> goes from {100 * ends:.1f} % to 100.0 %" in text
    text = describe_plane(panels(data, NAMES, SHARES, of_difference(data)))
    lowest = data.query("a1 % 100 == 0 and a2 % 100 == 0 and read == 'target'").sort_values("mean").iloc[0]
    assert f"from {100 * lowest['mean']:.1f} % at a1 {lowest['a1'] / 1000:g}" in text
    assert "fr less en: from -" in text
    assert describe_plane([]) == "Nothing is scored yet."
    assert "nothing is scored yet" in describe_line(curves(data).iloc[:0], NAMES)


def test_missing_scores_are_not_the_lowest():
    data = table().assign(mean=lambda rows: rows["mean"].where(rows["a1"] < 500))
    text = describe_plane(panels(pd.DataFrame(data), NAMES, SHARES, None))
    assert "nan" not in text
