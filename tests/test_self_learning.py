"""Growing word lists: against a dense, slow search, and on languages whose translations are known."""

import numpy as np
import pandas as pd
import pytest

from mosecrot_core.anchors.self_learning import GROWN_COLUMNS, GrowthSettings, grow_pairs, mutual_nearest
from mosecrot_core.errors import MosecrotError
from mosecrot_core.mapping.alignment import LeastSquares, PaperRepresentations, Procrustes

RNG = np.random.default_rng(0)


def slow_mutual(source, target, ranking):
    """Every score in one matrix; the pairs that are largest in their row and their column."""
    cosines = source @ target.T
    cosines /= np.linalg.norm(source, axis=1)[:, None] * np.linalg.norm(target, axis=1)
    scores = cosines
    if ranking == "csls":
        of_source = np.sort(cosines, axis=1)[:, -10:].mean(axis=1)
        of_target = np.sort(cosines, axis=0)[-10:].mean(axis=0)
        scores = 2 * cosines - of_source[:, None] - of_target
    found = []
    for i, row in enumerate(scores):
        j = int(row.argmax())
        if scores[:, j].argmax() == i:
            rivals = max(np.delete(row, j).max(), np.delete(scores[:, j], i).max())
            found.append((i, j, row[j], row[j] - rivals))
    return found


@pytest.mark.parametrize("ranking", ["csls", "cosine"])
def test_mutual_nearest_neighbours(ranking):
    source, target = RNG.standard_normal((70, 6), dtype="f4"), RNG.standard_normal((90, 6), dtype="f4")
    expected = slow_mutual(source.astype("f8"), target.astype("f8"), ranking)
    found = mutual_nearest(source, target, ranking)
    assert len(expected) > 10
    rows = found[["source_row", "target_row"]].itertuples(index=False, name=None)
    assert list(rows) == [(i, j) for i, j, *_ in expected]
    np.testing.assert_allclose(found[["score", "margin"]], [pair[2:] for pair in expected], atol=1e-5)
    assert (found["margin"] >= 0).all()


@pytest.mark.parametrize("ranking", ["csls", "cosine"])
def test_pairs_of_some_rows_have_their_rivals_among_all(ranking):
    """What is asked for changes which pairs are given, and nothing else of them."""
    source, target = RNG.standard_normal((70, 6), dtype="f4"), RNG.standard_normal((90, 6), dtype="f4")
    every = mutual_nearest(source, target, ranking)
    asked = np.arange(0, 70, 2), np.arange(0, 90, 3)
    found = mutual_nearest(source, target, ranking, asked)
    expected = every[every["source_row"].isin(asked[0]) & every["target_row"].isin(asked[1])]
    assert 0 < len(expected) < len(every)
    pd.testing.assert_frame_equal(found, expected.reset_index(drop=True))
    assert mutual_nearest(source, target, ranking, (asked[0][:0], asked[1])).empty


def test_csls_and_cosine_differ_where_there_are_hubs():
    source, target = RNG.standard_normal((200, 5), dtype="f4"), RNG.standard_normal((200, 5), dtype="f4")
    target[:4] = source.mean(axis=0) + 0.01 * target[:4]
    pairs = [
        set(map(tuple, mutual_nearest(source, target, ranking)[["source_row", "target_row"]].to_numpy()))
        for ranking in ("csls", "cosine")
    ]
    assert pairs[0] != pairs[1]


def test_one_word_and_rows_without_numbers():
    one = np.ones((1, 3), "f4")
    alone = mutual_nearest(one, one, "cosine")
    assert alone["margin"].tolist() == [2.0]
    rows = np.concatenate([np.zeros((1, 3), "f4"), np.eye(3, dtype="f4")])
    found = mutual_nearest(rows, rows[::-1].copy())
    assert found["source_row"].tolist() == [1, 2, 3]
    assert found["target_row"].tolist() == [2, 1, 0]


N = 400


@pytest.fixture(scope="module")
def languages():
    """Words, rows, and a target side that is a blurred rotation of the source side, in another order."""
    rng = np.random.default_rng(5)
    source = rng.standard_normal((N, 20)) * np.geomspace(2, 0.5, 20)
    order = rng.permutation(N)
    turn = np.linalg.qr(rng.standard_normal((20, 20)))[0][:, :16]
    target = (source @ turn + 0.35 * rng.standard_normal((N, 16)))[order]
    words = [f"s{i}" for i in range(N)], [f"t{i}" for i in order]
    place = np.argsort(order)
    return words[0], source.astype("f4"), words[1], target.astype("f4"), place


def grow(languages, n_seeds=40, aligner=None, **options):
    source_words, source, target_words, target, place = languages
    seeds = np.stack([np.arange(n_seeds), place[:n_seeds]], axis=1)
    aligner = aligner or Procrustes()
    return grow_pairs(source_words, source, target_words, target, seeds, aligner, GrowthSettings(**options))


def share_right(grown):
    return (grown["source"].str[1:] == grown["target"].str[1:]).mean()


SOFT = PaperRepresentations(weighting="softmax", temperature=0.1)


@pytest.mark.parametrize(
    ("aligner", "right"), [(Procrustes(), 0.8), (LeastSquares(ridge=0.1), 0.8), (SOFT, 0.5)]
)
def test_a_list_grows_by_pairs_that_are_right(languages, aligner, right):
    grown = grow(languages, aligner=aligner)
    assert list(grown) == list(GROWN_COLUMNS)
    assert len(grown) > 60
    assert share_right(grown) > right
    assert grown["source"].is_unique
    assert grown["target"].is_unique
    assert (grown["source_row"] >= 40).all(), "seeds are not found again"
    assert not grown["target_row"].isin(languages[4][:40]).any()
    assert grown["source"].tolist() == [f"s{row}" for row in grown["source_row"]]
    assert grown["target"].tolist() == [languages[2][row] for row in grown["target_row"]]
    assert grown["round"].is_monotonic_increasing
    for _, part in grown.groupby("round"):
        assert part["score"].is_monotonic_decreasing


def test_later_rounds_align_with_what_earlier_ones_added(languages):
    """The second round is the first of a list that has the first round's pairs already."""
    both, first = grow(languages, rounds=2, most=50), grow(languages, rounds=1, most=50)
    pd.testing.assert_frame_equal(both[both["round"] == 1], first)
    source_words, source, target_words, target, place = languages
    seeds = np.concatenate(
        [np.stack([np.arange(40), place[:40]], axis=1), first[["source_row", "target_row"]].to_numpy()]
    )
    again = grow_pairs(
        source_words, source, target_words, target, seeds, Procrustes(), GrowthSettings(rounds=1, most=50)
    )
    second = both[both["round"] == 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(second.drop(columns="round"), again.drop(columns="round"))
    assert len(both) == 100


def test_more_rounds_find_more(languages):
    once, often = grow(languages, n_seeds=20, rounds=1), grow(languages, n_seeds=20, rounds=8, most=None)
    assert len(often) > len(once)
    assert share_right(often) > share_right(once)


def test_the_most_and_the_least(languages):
    every = grow(languages, rounds=1)
    few = grow(languages, rounds=1, most=10)
    pd.testing.assert_frame_equal(few, every.head(10))
    margin = float(every["margin"].median())
    sure = grow(languages, rounds=1, least_margin=margin)
    pd.testing.assert_frame_equal(sure, every[every["margin"] >= margin].reset_index(drop=True))
    assert 0 < len(sure) < len(every)
    assert share_right(sure) > share_right(every)


def test_barred_pairs_never_come(languages):
    source_words, source, target_words, target, place = languages
    seeds = np.stack([np.arange(40), place[:40]], axis=1)
    arguments = source_words, source, target_words, target, seeds, Procrustes()
    free = grow_pairs(*arguments, GrowthSettings(rounds=1, most=None))
    barred = free[["source_row", "target_row"]].to_numpy(np.int64)[::2]
    found = grow_pairs(*arguments, GrowthSettings(rounds=1, most=None), barred)
    pd.testing.assert_frame_equal(found, free[1::2].reset_index(drop=True))
    later = grow_pairs(*arguments, GrowthSettings(rounds=4, most=None), barred)
    assert not set(map(tuple, barred)) & set(zip(later["source_row"], later["target_row"], strict=True))


def test_a_list_that_cannot_grow_is_empty_and_still_a_table(languages):
    grown = grow(languages, least_margin=9)
    assert list(grown) == list(GROWN_COLUMNS)
    assert grown.empty
    whole = grow(languages, n_seeds=N)
    assert whole.empty


def test_the_same_input_gives_the_same_table(languages):
    pd.testing.assert_frame_equal(grow(languages), grow(languages))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": np.empty((0, 2), np.int64)}, "at least one"),
        ({"seeds": np.array([0, 1])}, "pairs"),
        ({"seeds": np.array([[0, 400]])}, "below 400"),
        ({"seeds": np.array([[-1, 0]])}, "-1 to"),
        ({"source_words": ["a"]}, "a row for each word"),
        ({"target_rows": np.ones((3, 16), "f4")}, "a row for each word"),
    ],
)
def test_what_is_refused(languages, change, message):
    names = "source_words", "source_rows", "target_words", "target_rows"
    arguments = {**dict(zip(names, languages, strict=False)), "seeds": np.array([[0, 0]]), **change}
    with pytest.raises(MosecrotError, match=message):
        grow_pairs(**arguments, aligner=Procrustes())
