"""What the figure of differences draws, against the table that it is given."""

import numpy as np
import pandas as pd

from mosecrot_core.comparison_figures import differences_figure


def comparison(languages):
    rows = [
        {"language": language, "method": method, "difference": 0.01 * (place + 1) * (-1) ** n,
         "low": 0.01 * place - 0.02, "high": 0.01 * place + 0.04}
        for n, language in enumerate(languages)
        for place, method in enumerate(("noise", "<b>ls</b>"))
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(against="recommended", metric="macro_f1")


def test_the_disc_is_the_mean_over_all_languages_and_each_has_a_mark():
    table = comparison(["fr", "zh", "all"])
    figure = differences_figure(table, "macro-F1")
    assert [trace.name for trace in figure.data] == ["fr", "zh", "all, 95 % interval"]
    assert len({trace.marker.symbol for trace in figure.data}) == 3, "colour alone tells nothing apart"
    for trace, language in zip(figure.data, ("fr", "zh", "all"), strict=True):
        np.testing.assert_allclose(trace.x, 100 * table.loc[table["language"] == language, "difference"])
        assert list(trace.y) == ["noise", "&lt;b&gt;ls&lt;/b&gt;"]
    disc, rows = figure.data[-1], table[table["language"] == "all"]
    np.testing.assert_allclose(disc.x + np.array(disc.error_x.array), 100 * rows["high"])
    np.testing.assert_allclose(disc.x - np.array(disc.error_x.arrayminus), 100 * rows["low"])
    assert figure.layout.xaxis.title.text == "macro-F1, points above recommended"


def test_one_language_is_the_disc_and_a_missing_interval_has_no_length():
    table = comparison(["fr"]).assign(low=np.nan, high=np.nan)
    (disc,) = differences_figure(table, "span F1").data
    assert disc.name == "fr, 95 % interval"
    assert list(disc.error_x.array) == [0, 0]


def test_many_languages_share_symbols_but_not_with_the_disc():
    figure = differences_figure(comparison([*"abcdefgh", "all"]), "macro-F1")
    assert len(figure.data) == 9
    assert [trace.marker.symbol for trace in figure.data].count("circle") == 1
