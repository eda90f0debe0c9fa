"""The spelling of words beside their vectors."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.metrics.pairwise import cosine_similarity
from small_experiment import SETTINGS, foreign, write_small_experiment

from mosecrot_core.mapping.null_baselines import shuffle_pairs
from mosecrot_core.mapping.spelling import WIDTH, Spelling
from mosecrot_core.runs import mapped_rows as module
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.mapped_rows import mapped_rows, static_rows
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.text_tables import word_anchors_table
from mosecrot_core.runs.workbench import Workbench

ANCHORS = ["homme", "femme", "maison", "chien", "chat", "marcher", "manger", "我们", "人民"]
OTHERS = ["hommes", "Femmes", "maisonnette", "xyz", "marchait", "人们"]


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return rng.standard_normal((len(ANCHORS) + len(OTHERS), 6)).astype("f4") + 2


def slow_spellings(words):
    """Cosines by every n-gram itself, none hashed."""
    counter = CountVectorizer(analyzer="char_wb", ngram_range=(1, 5)).fit([*ANCHORS, *OTHERS])
    weigh = TfidfTransformer(sublinear_tf=True).fit(counter.transform(ANCHORS))
    return cosine_similarity(
        weigh.transform(counter.transform(words)), weigh.transform(counter.transform(ANCHORS))
    )


@pytest.mark.parametrize("weight", [0.25, 0.5, 2.0])
def test_nearness_is_of_vectors_and_spelling(rows, weight):
    own, others = rows[: len(ANCHORS)], rows[len(ANCHORS) :]
    spelling = Spelling(ANCHORS, own, weight)
    extended = spelling.extend(OTHERS, others)
    assert extended.shape == (len(OTHERS), 6 + WIDTH)
    assert extended.dtype == np.float32
    found = cosine_similarity(extended, spelling.anchors)
    vectors = cosine_similarity(others - own.mean(0), own - own.mean(0))
    expected = (vectors + weight * slow_spellings(OTHERS)) / (1 + weight)
    np.testing.assert_allclose(
        found, expected, atol=0.12 * weight / (1 + weight), err_msg="n-grams are hashed"
    )
    np.testing.assert_allclose(np.linalg.norm(extended, axis=1), (1 + weight) ** 0.5, rtol=1e-5)


def test_forms_of_a_word_are_near_it_whatever_their_vectors(rows):
    spelling = Spelling(ANCHORS, rows[: len(ANCHORS)], 1.0)
    flat = np.ones((len(OTHERS), 6), "f4") + rows[: len(ANCHORS)].mean(0)
    nearest = cosine_similarity(spelling.extend(OTHERS, flat)[:, 6:], spelling.anchors[:, 6:])
    best = dict(zip(OTHERS, (ANCHORS[i] for i in nearest.argmax(1)), strict=True))
    assert best["hommes"] == "homme"
    assert best["Femmes"] == "femme", "in any casing"
    assert best["maisonnette"] == "maison"
    assert best["marchait"] == "marcher"
    assert best["人们"] in ("我们", "人民"), "one character is shared with either"
    assert nearest[OTHERS.index("xyz")].max() < 0.2


def test_the_same_words_give_the_same_rows_alone_or_among_others(rows):
    spelling = Spelling(ANCHORS, rows[: len(ANCHORS)], 0.5)
    again = Spelling(ANCHORS, rows[: len(ANCHORS)], 0.5)
    np.testing.assert_array_equal(spelling.anchors, again.anchors)
    others = rows[len(ANCHORS) :]
    alone = np.concatenate([spelling.extend([w], others[[i]]) for i, w in enumerate(OTHERS)])
    np.testing.assert_allclose(alone, spelling.extend(OTHERS, others), atol=1e-7)


METHODS = """\
methods:
  recommended: {alignment: {method: relative, k: 8}}
  unspelled: {alignment: {method: relative, k: 8}, spelling: 0}
  paper: {alignment: {method: paper, k: 8}}
  paper_spelled: {alignment: {method: paper, k: 8}, spelling: 1}
  least_squares: {alignment: {method: least_squares}, source_rows: kept, spelling: 0.5}
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    file = write_small_experiment(
        tmp_path_factory.mktemp("x"), SETTINGS[: SETTINGS.index("methods:")] + METHODS
    )
    return Workbench(load_experiment(file), file.parent)


def test_the_recommended_alignment_is_spelled_and_the_papers_is_not(bench):
    weights = {name: bench.experiment.mapped(name).spelled for name in bench.experiment.methods}
    assert weights == {
        "recommended": 0.5, "unspelled": 0, "paper": 0, "paper_spelled": 1, "least_squares": 0.5,
    }  # fmt: skip
    for name, weight in weights.items():
        words = bench.words("zu", name)
        rows = static_rows(bench, words, "zu", name, slice(0, 3))
        assert rows.shape == (3, words.rows.shape[1] + (WIDTH if weight else 0))
        assert mapped_rows(bench, words, "zu", name).shape == (len(words.rows), 32)


def test_rows_are_the_same_in_parts(bench, monkeypatch):
    words = bench.words("zu", "recommended")
    whole = mapped_rows(bench, words, "zu", "recommended")
    monkeypatch.setattr(module, "_AT_ONCE", 7)
    np.testing.assert_allclose(mapped_rows(bench, words, "zu", "recommended"), whole, atol=1e-6)
    plain = mapped_rows(bench, words, "zu", "unspelled")
    assert np.abs(plain - whole).max() > 0.01


def test_shuffled_pairs_take_their_spelling_along(bench):
    words, n = bench.words("zu", "recommended"), len(bench.anchors("zu", "recommended"))
    place = words.vocabulary.entries.index(foreign("cat"))
    pairs = bench.anchors("zu", "recommended").pairs
    own = int(np.flatnonzero(pairs["word"] == foreign("cat"))[0])
    table = bench.encoder.rows[bench.anchors("zu", "recommended").source_ids]
    right, turned = (
        mapped_rows(bench, words, "zu", "recommended", shuffled=seed)[place] for seed in (None, 0)
    )
    similar = cosine_similarity([right, turned], table)
    assert similar[0].argmax() == own
    order = shuffle_pairs(n, 0)
    assert similar[1].argmax() == int(np.flatnonzero(order == own)[0])


@pytest.mark.parametrize("name", ["recommended", "paper_spelled", "least_squares"])
def test_the_anchors_behind_a_word_are_those_of_the_spelled_mapping(bench, name):
    table = word_anchors_table(bench, "zu", name)
    own = table[table["token"] == foreign("cat")]
    assert own["target"].iloc[0] == foreign("cat")
    assert own["cosine"].iloc[0] == pytest.approx(1, abs=1e-4)


def test_spelling_is_in_the_keys_of_what_hangs_on_it(bench, tmp_path):
    file = write_small_experiment(tmp_path, SETTINGS[: SETTINGS.index("methods:")] + METHODS)

    def keys(text):
        file.write_text(text)
        plan = make_plan(load_experiment(file), tmp_path, FileHashes())
        return {(step.kind, step.method, step.seed): step.key for step in plan.steps}

    text = file.read_text()
    before = keys(text)
    after = keys(text.replace("spelling: 1}", "spelling: 0.7}"))
    changed = {key for key in before if before[key] != after[key]}
    assert {method for _, method, _ in changed} == {"paper_spelled"}
    assert {kind for kind, _, _ in changed} == {"anchor_use", "word_anchors", "word_map", "stitched"}
