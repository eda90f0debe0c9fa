"""Pairs that both vocabularies know, and what is kept of their words."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from planted_lists import list_of, right_list

from mosecrot_core.anchors.candidates import Candidates, Side, accepted, drop, known_pairs, listed_pairs
from mosecrot_core.errors import MosecrotError
from mosecrot_core.words.vectors import LoadReport, WordVectors

pytestmark = pytest.mark.filterwarnings("error")


class Encoder:
    words = ("the", "dog", "blank", "cat")
    rows = np.array([[1, 0], [0, 2], [0, 0], [1, 1]], dtype="f4")

    def anchor_ids(self, words, case_variants=False):
        spelled = [word.lower() if case_variants else word for word in words]
        return np.array([self.words.index(word) if word in self.words else -1 for word in spelled], np.int64)


def vectors(composer=None):
    words = ["le", "chien", "Chat"]
    rows = np.array([[1, 0, 0], [0, 3, 0], [0, 1, 1]], dtype="f4")
    return WordVectors(words, rows, LoadReport(read=3, kept=3), composer)


def pairs_of(*pairs):
    return pd.DataFrame(pairs, columns=["source", "target"]).assign(score=np.nan)


def test_pairs_that_share_a_word_share_its_row():
    rows = np.array([[1, 1], [3, 1], [1, 1], [8, 8]], dtype="f4")
    side = Side.of(["b", "c", "b", "a"], np.array([5, 9, 5, 2]), rows)
    assert side.words == ["a", "b", "c"]  # most frequent first
    assert side.of_pair.tolist() == [1, 2, 1, 0]
    assert side.rank.tolist() == [2, 5, 9]
    assert side.partners.tolist() == [2, 1, 2, 1]
    centred = rows[[3, 0, 1]] - rows[[3, 0, 1]].mean(axis=0)  # every word counts once
    lengths = np.linalg.norm(centred, axis=1)
    np.testing.assert_allclose(side.rows, centred / lengths[:, None], atol=1e-6)
    np.testing.assert_allclose(side.lengths, lengths / np.median(lengths), atol=1e-6)


def test_words_without_direction_are_zero_rows():
    one = Side.of(["a"], np.array([0]), np.ones((1, 3), "f4"))
    assert one.rows.tolist() == [[0, 0, 0]]
    assert one.lengths.tolist() == [0]


def test_a_subset_keeps_words_ranks_and_lengths():
    whole = right_list(40, seed=3)
    chosen = np.array([30, 3, 4, 11, 3])
    part = whole.subset(chosen)
    assert len(part) == 5
    pd.testing.assert_frame_equal(part.pairs, whole.pairs.iloc[chosen].reset_index(drop=True))
    for side, before in ((part.source, whole.source), (part.target, whole.target)):
        words = [before.words[i] for i in before.of_pair[chosen]]
        assert [side.words[i] for i in side.of_pair] == words
        assert (np.diff(side.rank) > 0).all()
        np.testing.assert_array_equal(side.rank[side.of_pair], before.rank[before.of_pair[chosen]])
        np.testing.assert_array_equal(side.lengths[side.of_pair], before.lengths[before.of_pair[chosen]])
        np.testing.assert_allclose(np.linalg.norm(side.rows, axis=1), 1, atol=1e-5)


def test_known_pairs_count_what_they_leave_out():
    pairs = pairs_of(
        ("dog", "chien"), ("guide dog", "chien"), ("dogs", "chien"), ("blank", "chien"), ("dog", "le chien"),
        ("dog", "loup"), ("Dog", "Chien"), ("cat", "chat"),
    )  # fmt: skip
    dropped = Counter()
    found = known_pairs(pairs, Encoder(), vectors(), dropped)
    assert list(zip(found["token"], found["word"], strict=True)) == [(1, "chien"), (1, "chien"), (3, "Chat")]
    assert not found["composed"].any()
    assert dropped == {
        "source is several words": 1, "source is not one token": 1, "source row is zero": 1,
        "target is several words": 1, "target has no vector": 1,
    }  # fmt: skip
    as_written = known_pairs(pairs, Encoder(), vectors(), Counter(), case_variants=False)
    assert list(as_written["word"]) == ["chien"]


def test_words_made_of_subwords_are_candidates_after_the_stored_ones():
    def composer(word):
        return np.array([0, 0, len(word)], "f4") if word.startswith("ch") else None

    pairs = pairs_of(
        ("cat", "chatte"), ("dog", "chien"), ("the", "la"), ("dog", "chienne"), ("cat", "chienne")
    )
    dropped = Counter()
    found = known_pairs(pairs, Encoder(), vectors(composer), dropped)
    assert list(found["composed"]) == [True, False, True, True]
    assert dropped["target has no vector"] == 1
    candidates = Candidates.of(found, Encoder(), vectors(composer), ("en", "fr"))
    assert candidates.target.words == ["chien", "chatte", "chienne"]
    assert candidates.target.of_pair.tolist() == [1, 0, 2, 2]
    assert candidates.source.words == ["dog", "cat"]
    assert candidates.source.rank.tolist() == [1, 3]


def test_pairs_are_listed_whose_word_the_vectors_do_not_list():
    def composer(word):
        return np.array([0, 0, len(word)], "f4") if word.startswith("ch") else None

    pairs = pairs_of(
        ("cat", "chatte"), ("dog", "chien"), ("dog", "Chien"), ("wolf", "loup"), ("dog", "gros chien"),
        ("cat", "minou"),
    )  # fmt: skip
    found = listed_pairs(pairs, Encoder(), vectors(composer))
    assert found[["source", "word"]].to_numpy().tolist() == [["cat", "chatte"], ["cat", "minou"]]
    as_written = listed_pairs(pairs, Encoder(), vectors(composer), case_variants=False)
    assert "Chien" in set(as_written["word"])
    assert listed_pairs(pairs_of(), Encoder(), vectors()).empty


def test_no_known_pair_is_an_error():
    none = known_pairs(pairs_of(("wolf", "loup")), Encoder(), vectors(), Counter())
    with pytest.raises(MosecrotError, match="at least one pair"):
        Candidates.of(none, Encoder(), vectors(), ("en", "fr"))
    still_none = known_pairs(pairs_of(), Encoder(), vectors(), Counter())
    assert still_none.empty


def test_sides_of_another_length_are_refused():
    whole = right_list(10)
    with pytest.raises(MosecrotError, match="as many pairs"):
        Candidates(whole.pairs.iloc[1:], whole.source, whole.target, whole.languages)


def test_accepted_is_false_without_a_reviewer_and_drop_counts():
    pairs = list_of([("a", "x"), ("b", "y")], np.eye(2), np.eye(2)).pairs
    assert accepted(pairs).tolist() == [False, False]
    assert accepted(pairs.assign(accepted=[True, False])).tolist() == [True, False]
    dropped = Counter({"why": 2})
    assert list(drop(pairs, np.array([True, False]), "why", dropped)["source"]) == ["b"]
    assert dropped == {"why": 3}
