"""Which pairs become anchors, and why the others do not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mosecrot_core.anchors.anchor_set import AnchorSettings, build_anchor_set
from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.words.lexicon import Lexicon
from mosecrot_core.words.vectors import WordVectors

PAIRS = [
    ("dog", "chien", 0.9), ("hound", "chien", 0.95), ("the", "le", 0.5), ("Paris", "paris", 1.0),
    ("spinal cord", "moelle", 1.0),
    ("cat", "chat", 0.8), ("zebra", "zèbre", 0.7), ("house", "maison de", 0.7),
    ("blank", "vide", 0.4), ("bird", "oiseau", 0.3),
]  # fmt: skip


class Encoder:
    """A vocabulary of six words; the row of `blank` is zero."""

    words = ("dog", "hound", "the", "Paris", "cat", "blank", "bird", "house")
    rows = np.array([[1, 0]] * 5 + [[0, 0]] + [[1, 1]] * 2, dtype="f4")

    def anchor_ids(self, words, case_variants=False):
        del case_variants
        return np.array([self.words.index(word) if word in self.words else -1 for word in words])


@pytest.fixture
def lexicon():
    table = pd.DataFrame(PAIRS, columns=["source", "target", "score"]).assign(line=range(1, len(PAIRS) + 1))
    return Lexicon(table, {"malformed line": 3}, "list.tsv")


@pytest.fixture
def vectors(tmp_path):
    path = tmp_path / "fr.vec"
    words = ["le", "Paris", "chien", "chat", "vide"]
    path.write_text("".join(f"{word} {i + 1} 1\n" for i, word in enumerate(words)), encoding="utf-8")
    return WordVectors.load(path)


def build(lexicon, vectors, **settings):
    return build_anchor_set(lexicon, Encoder(), vectors, AnchorSettings(**settings), ("en", "fr"))


def words(anchors):
    return list(zip(anchors.pairs["source"], anchors.pairs["word"], strict=True))


def test_every_dropped_pair_has_a_reason(lexicon, vectors):
    anchors = build(lexicon, vectors)
    assert words(anchors) == [("dog", "chien"), ("the", "le"), ("Paris", "Paris"), ("cat", "chat")]
    assert anchors.dropped == {
        "malformed line": 3,
        "source is several words": 1, "source is not one token": 1, "source row is zero": 1,
        "target is several words": 1, "target has no vector": 1, "target word has another translation": 1,
    }  # fmt: skip
    assert len(anchors) + sum(anchors.dropped.values()) == len(PAIRS) + 3
    np.testing.assert_array_equal(anchors.source_ids, [0, 2, 3, 4])
    np.testing.assert_array_equal(anchors.target_rows, [[3, 1], [1, 1], [2, 1], [4, 1]])


def test_which_translation_stays_is_a_setting(lexicon, vectors):
    assert ("hound", "chien") in words(build(lexicon, vectors, translation="best_score"))
    drawn = {words(build(lexicon, vectors, translation="random", seed=s))[0][0] for s in range(20)}
    assert drawn == {"dog", "hound"}


def test_case_variants_are_a_setting(lexicon, vectors):
    assert ("Paris", "Paris") not in words(build(lexicon, vectors, case_variants=False))


def test_stop_words_can_go(lexicon, vectors):
    anchors = build(lexicon, vectors, stop_words="remove")
    assert ("the", "le") not in words(anchors)
    assert anchors.dropped["stop word"] >= 1


def test_words_without_a_vector_of_their_own_go_unless_they_are_kept(lexicon, vectors):
    composing = replace(vectors, composer=lambda word: np.array([len(word), 2], dtype="f4"))
    anchors = build(lexicon, composing, composed="keep")
    assert ("bird", "oiseau") in words(anchors)
    own = build(lexicon, composing)
    assert words(own) == words(build(lexicon, vectors))
    assert own.dropped["target has no vector of its own"] == anchors.pairs["composed"].sum() == 1


def test_subsampling_is_seeded_and_keeps_the_order(lexicon, vectors):
    anchors = build(lexicon, vectors, size=2, seed=1)
    assert len(anchors) == 2
    assert anchors.dropped["not drawn"] == 2
    assert anchors.digest == build(lexicon, vectors, size=2, seed=1).digest
    assert len({build(lexicon, vectors, size=2, seed=s).digest for s in range(10)}) > 1
    assert list(anchors.pairs["line"]) == sorted(anchors.pairs["line"])


def test_no_pair_left_is_an_error_that_counts_the_reasons(lexicon, vectors):
    lexicon.pairs["source"] = "xyzzy"
    with pytest.raises(InputError, match=r"list\.tsv: no pair .*source is not one token"):
        build(lexicon, vectors)


def test_accepted_pairs_win_over_every_choice_among_translations(lexicon, vectors):
    for settings in (
        {},
        {"translation": "best_score"},
        *({"translation": "random", "seed": s} for s in range(9)),
    ):
        for chosen, other in (("dog", "hound"), ("hound", "dog")):
            accepted = lexicon.pairs["source"] == chosen
            reviewed = Lexicon(lexicon.pairs.assign(accepted=accepted), lexicon.dropped, lexicon.path)
            found = build(reviewed, vectors, **settings)
            assert (chosen, "chien") in words(found)
            assert (other, "chien") not in words(found)
            before = build(lexicon, vectors, **settings)
            rest = [pair for pair in words(before) if pair[1] != "chien"]
            assert [pair for pair in words(found) if pair[1] != "chien"] == rest
            assert found.dropped == before.dropped


def test_where_nothing_is_accepted_the_choice_is_as_before(lexicon, vectors):
    nothing = Lexicon(lexicon.pairs.assign(accepted=False), lexicon.dropped, lexicon.path)
    both = Lexicon(lexicon.pairs.assign(accepted=True), lexicon.dropped, lexicon.path)
    for settings in (
        {},
        {"translation": "best_score"},
        *({"translation": "random", "seed": s} for s in range(9)),
    ):
        expected = build(lexicon, vectors, **settings)
        for reviewed in (nothing, both):
            found = build(reviewed, vectors, **settings)
            assert words(found) == words(expected)
            assert found.digest == expected.digest


# By quality


@pytest.fixture
def quality(lexicon):
    """The scores of the known pairs; `house` has none."""
    found = {"dog": 0.3, "hound": 0.6, "the": 0.9, "Paris": 0.5, "cat": 0.1}
    table = lexicon.pairs[lexicon.pairs["source"].isin(found)]
    return table.assign(quality=[np.float32(found[source]) for source in table["source"]])


def build_by(quality, lexicon, vectors, **settings):
    return build_anchor_set(lexicon, Encoder(), vectors, AnchorSettings(**settings), ("en", "fr"), quality)


def test_pairs_below_the_threshold_go_before_translations_are_chosen(lexicon, vectors, quality):
    anchors = build_by(quality, lexicon, vectors, min_quality=0.5)
    assert words(anchors) == [("hound", "chien"), ("the", "le"), ("Paris", "Paris")]
    assert anchors.dropped["quality below threshold"] == 2
    assert "target word has another translation" not in anchors.dropped
    np.testing.assert_allclose(anchors.pairs["quality"], [0.6, 0.9, 0.5], atol=1e-6)
    assert len(anchors) + sum(anchors.dropped.values()) == len(PAIRS) + 3


def test_the_best_translation_stays(lexicon, vectors, quality):
    anchors = build_by(quality, lexicon, vectors, translation="best_quality")
    assert words(anchors) == [("hound", "chien"), ("the", "le"), ("Paris", "Paris"), ("cat", "chat")]
    turned = quality.assign(quality=1 - quality["quality"])
    assert ("dog", "chien") in words(build_by(turned, lexicon, vectors, translation="best_quality"))


def test_what_a_reviewer_accepted_is_exempt(lexicon, vectors, quality):
    chosen = lexicon.pairs["source"].isin(["dog", "cat"])
    reviewed = Lexicon(lexicon.pairs.assign(accepted=chosen), lexicon.dropped, lexicon.path)
    for settings in ({}, {"translation": "best_quality"}):
        anchors = build_by(quality, reviewed, vectors, min_quality=0.55, **settings)
        assert words(anchors) == [("dog", "chien"), ("the", "le"), ("cat", "chat")]


def test_a_pair_without_a_score_is_not_condemned(lexicon, vectors, quality):
    unscored = quality[quality["source"] != "cat"]
    for settings in ({"min_quality": 1.0}, {"translation": "best_quality", "min_quality": 1.0}):
        assert words(build_by(unscored, lexicon, vectors, **settings)) == [("cat", "chat")]


def test_twice_the_same_score_changes_nothing(lexicon, vectors, quality):
    twice = pd.concat([quality, quality.assign(quality=0.0)], ignore_index=True)
    once, both = (build_by(some, lexicon, vectors, min_quality=0.5).digest for some in (quality, twice))
    assert once == both


def test_scores_have_no_say_unless_the_settings_ask_for_them(lexicon, vectors, quality):
    assert build_by(quality, lexicon, vectors).digest == build(lexicon, vectors).digest
    for settings in ({"min_quality": 0.5}, {"translation": "best_quality"}):
        assert AnchorSettings(**settings).by_quality
        with pytest.raises(MosecrotError, match="no quality was given"):
            build(lexicon, vectors, **settings)


@pytest.mark.parametrize("settings", [{"min_quality": 0.5}, {"translation": "best_quality"}])
def test_no_pair_left_to_judge_is_the_usual_error(lexicon, vectors, quality, settings):
    lexicon.pairs["source"] = "xyzzy"
    with pytest.raises(InputError, match=r"no pair .*source is not one token"):
        build_by(quality, lexicon, vectors, **settings)
