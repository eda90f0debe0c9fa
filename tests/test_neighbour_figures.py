"""The heat map of relative representations: what is written in it, and what is said of it."""

import numpy as np
import pytest

from mosecrot_core.neighbour_figures import describe_representations, representations_figure

WORDS = ["<b>chat</b> (fr)", "cat (en)", "rain (en)"]
ANCHORS = [("cat", "chat"), ("dog", "chien"), ("<i>", "pluie")]
COSINES = np.array([[1.0, 0.5, -0.2], [0.9, 0.6, -0.1], [0.0, 0.1, 0.95]], np.float32)


def test_rows_are_words_and_columns_anchors():
    figure = representations_figure(WORDS, ANCHORS, COSINES)
    (heat,) = figure.data
    np.testing.assert_allclose(heat.z, COSINES)
    assert (heat.zmin, heat.zmax) == (-1, 1)
    assert list(figure.layout.xaxis.ticktext) == ["cat / chat", "dog / chien", "&lt;i&gt; / pluie"]
    assert figure.layout.yaxis.ticktext[0] == "&lt;b&gt;chat&lt;/b&gt; (fr)"
    assert figure.layout.yaxis.autorange == "reversed"
    assert list(heat.text[0]) == ["1.00", ".50", "-.20"]


def test_a_word_may_occur_twice():
    figure = representations_figure(["a", "a"], [("x", "y"), ("x", "y")], COSINES[:2, :2])
    assert list(figure.data[0].y) == [0, 1]


def test_it_is_said_how_alike_the_rows_are():
    text = describe_representations(WORDS, COSINES)
    values = [float(part.rsplit(" ", 1)[1].rstrip(".")) for part in text.split(": ")[1].split(", ")]
    expected = np.corrcoef(COSINES)[0, 1:]
    assert values == pytest.approx(list(expected), abs=0.006)
    assert describe_representations(WORDS[:1], COSINES[:1]) == "Cosines of a word to its anchors."
    assert "nan" not in describe_representations(WORDS[:2], np.ones((2, 3), np.float32))
