"""The picture of a confusion matrix: every cell's number, blanks, order, and no text as markup."""

import numpy as np
import pandas as pd
import pytest

from mosecrot_core.confusion_figures import confusion_figure, describe_confusion

COUNTS = pd.DataFrame(
    [[3, 1, 0, 0], [0, 0, 0, 0], [2, 0, 397, 1], [0, 0, 0, 0]],
    index=["a", "b", "<i>", "never"], columns=["a", "b", "<i>", "never"],
)  # fmt: skip


def test_cells_hold_counts_and_are_coloured_by_the_share_of_their_row():
    (heat,) = confusion_figure(COUNTS).data
    assert list(heat.x) == list(heat.y) == ["a", "b", "&lt;i&gt;", "never"]
    assert list(heat.text[0][:2]) == ["3", "1"]
    assert heat.text[2][2] == "397"
    assert heat.text[0][2] == heat.text[1][0] == ""
    assert heat.z[0][0] == pytest.approx(75)
    assert heat.z[2][3] == pytest.approx(0.25)
    assert np.isnan(heat.z[1]).all()


def test_shares_are_of_the_row():
    (heat,) = confusion_figure(COUNTS, shares=True).data
    assert list(heat.text[0][:2]) == ["75", "25"]
    assert (heat.text[2][0], heat.text[2][2], heat.text[2][3]) == ("<1", ">99", "<1")


def test_labels_that_do_not_occur_are_left_out():
    counts = COUNTS.assign(never=0)
    (heat,) = confusion_figure(counts).data
    assert list(heat.y) == ["a", "b", "&lt;i&gt;"]
    assert confusion_figure(counts * 0).data[0].z.size == 0


def test_right_labels_run_from_top_to_bottom_and_the_diagonal_is_framed():
    layout = confusion_figure(COUNTS).layout
    assert layout.yaxis.autorange == "reversed"
    assert [(s.x0, s.x1, s.y0, s.y1) for s in layout.shapes] == [(i - 0.5, i + 0.5) * 2 for i in range(4)]


def test_it_is_said_in_words():
    text = describe_confusion(COUNTS)
    assert text.startswith("400 of 404 right (99.0 percent)")
    assert "<i> taken for a 2 times; a taken for b once; <i> taken for never once" in text
    assert describe_confusion(COUNTS * 0) == "Nothing was predicted."
    right = pd.DataFrame([[2]], index=["a"], columns=["a"])
    assert describe_confusion(right) == "2 of 2 right (100.0 percent)."
