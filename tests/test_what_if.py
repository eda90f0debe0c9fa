"""What a decision on a pair would change, against a space that is made without the pair."""

import numpy as np
import pandas as pd
import pytest

from mosecrot_core.runs.weighing import Weighing
from mosecrot_core.runs.what_if import CHANGE_COLUMNS, what_if
from mosecrot_core.runs.word_side import Side
from mosecrot_core.runs.word_space import WordSpace

N, DIM = 60, 24
BY = [Weighing(), Weighing(weighting="standard", k=6), Weighing(weighting="softmax", temperature=0.1, k=9)]


@pytest.fixture(scope="module")
def sides():
    """Words s0, s1, ... and their translations t0, t1, ..., of which the even ones are in the list."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((N, DIM))
    rows[1::2] = rows[::2] + 0.45 * rng.standard_normal((N // 2, DIM))  # each odd word is like the one before
    turn = np.linalg.qr(rng.standard_normal((DIM, DIM)))[0]

    def side(letter, rows, origin, token):
        names = [f"{letter}{i}" for i in range(N)]
        table = pd.DataFrame({"word": names, "form": names, "origin": origin, "token": token})
        return Side.of(table, rows.astype(np.float16))

    return side("s", rows, "encoder", np.arange(N)), side("t", rows @ turn, "vectors", -1)


def listed(wrong=()):
    """Pairs of the even words; those in `wrong` have the translation of another."""
    even = np.arange(0, N, 2)
    target = np.array([dict(wrong).get(i, i) for i in even])
    return pd.DataFrame({
        "source": [f"s{i}" for i in even], "target": [f"t{i}" for i in target], "token": even,
        "word": [f"t{i}" for i in target],
    })  # fmt: skip


def lies(space, word, by):
    return space.near(1, space.made_of(1, word, by), by, 1)["word"].iloc[0]


@pytest.mark.parametrize("by", BY)
def test_it_is_what_a_space_without_the_pair_gives(sides, by):
    pairs = listed({10: 41}.items())
    space, without = WordSpace(sides, pairs), WordSpace(sides, pairs[pairs["source"] != "s10"])
    found = what_if(space, ("s10", "t41"), by)
    assert list(found.words) == CHANGE_COLUMNS
    assert len(found.words) >= 2
    assert found.words["weight"].is_monotonic_decreasing
    for row in found.words.itertuples():
        made = space.made_of(1, row.word, by).anchors
        own = made[(made["source"] == "s10") & (made["target"] == "t41")]
        assert own["weight"].sum() == pytest.approx(row.weight, abs=1e-5)
        assert row.before == lies(space, row.word, by)
        assert row.after == lies(without, row.word, by)
    leaning = set(found.words["word"])
    for word in sides[1].names:  # no other word has it among its anchors
        made = space.made_of(1, word, by).anchors
        assert (word in leaning) == bool(made.loc[made["source"] == "s10", "weight"].any())


@pytest.mark.parametrize("by", BY)
def test_a_correction_is_what_a_space_with_the_other_word_gives(sides, by):
    space, mended = WordSpace(sides, listed({10: 41}.items())), WordSpace(sides, listed())
    found = what_if(space, ("s10", "t41"), by, "t10")
    assert {"t41", "t10", "t11"} <= set(found.words["word"])
    for row in found.words.itertuples():
        assert row.before == lies(space, row.word, by)
        assert row.after == lies(mended, row.word, by)


def test_removing_a_wrong_pair_brings_its_neighbours_right(sides):
    space = WordSpace(sides, listed({10: 41}.items()))
    changes = what_if(space, ("s10", "t41"), Weighing(k=5), "").words.set_index("word")
    assert changes.loc["t41", ["before", "after"]].tolist() == ["s10", "s40"]
    assert changes.loc["t40", "after"] == "s40"
    right = what_if(space, ("s10", "t41"), Weighing(k=5), "t10").words.set_index("word")
    assert right.loc["t11", "after"] == "s10"


def test_precision_holds_each_words_own_pairs_out(sides):
    space, by = WordSpace(sides, listed({10: 41}.items())), Weighing(weighting="softmax", temperature=0.1)
    found = what_if(space, ("s10", "t41"), by)
    pairs = space.pairs
    counts = {"judged": 0, "before": 0, "after": 0}
    for word in found.words["word"]:
        own = pairs[(pairs["word"] == word) & (pairs["source"] != "s10")]
        if own.empty:
            continue
        counts["judged"] += 1
        for when, rest in (("before", pairs), ("after", pairs[pairs["source"] != "s10"])):
            held_out = WordSpace(sides, rest[~rest.index.isin(own.index)])
            counts[when] += lies(held_out, word, by) in set(own["source"])
    assert counts["judged"] > 5
    assert (found.judged, *found.right) == tuple(counts.values())


def test_nothing_changes_without_an_anchor(sides):
    space = WordSpace(sides, listed())
    nothing = what_if(space, ("s1", "t1"), Weighing())
    assert (len(nothing.words), nothing.changed, nothing.judged, nothing.right) == (0, 0, 0, (0, 0))
    unknown = what_if(space, ("s10", "t10"), Weighing(), "no such word")
    pd.testing.assert_frame_equal(unknown.words, what_if(space, ("s10", "t10"), Weighing()).words)
