"""P@1, P@5 and MRR against a loop that sorts every candidate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mosecrot_core.errors import MosecrotError
from mosecrot_core.words import retrieval
from mosecrot_core.words.neighbours import normalise
from mosecrot_core.words.retrieval import retrieval_table, retrieve

pytestmark = pytest.mark.filterwarnings("error")


def reference(queries, candidates, right, ranking):
    """Rank one candidate at a time; what ties with the best right one comes before it."""
    asked = [i for i in range(len(queries)) if queries[i].any() and len(right[i])]
    unit, keys = normalise(queries[asked]).astype(float), normalise(candidates).astype(float)
    hubness = np.zeros(len(keys))
    if ranking == "csls":
        hubness = np.array([np.sort(unit @ key)[::-1][:10].mean() for key in keys])
    ranks = []
    for query, i in zip(unit, asked, strict=True):
        scores = [2 * float(query @ key) - hub for key, hub in zip(keys, hubness, strict=True)]
        best = max(scores[j] for j in right[i])
        nearer = [j for j in range(len(keys)) if j not in right[i] and scores[j] >= best - 1e-6]
        ranks.append(1 + len(nearer))
    ranks = np.array(ranks)
    return (ranks == 1).mean(), (ranks <= 5).mean(), (1 / ranks).mean(), len(asked) / len(queries)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_same_as_sorting_everything(data):
    # Small whole numbers make many ties, zero rows and duplicates.
    n, m, d = data.draw(st.integers(1, 14)), data.draw(st.integers(1, 20)), data.draw(st.integers(1, 4))
    small = st.integers(-2, 2).map(float)
    queries = data.draw(arrays(np.float32, (n, d), elements=small))
    candidates = data.draw(arrays(np.float32, (m, d), elements=small))
    answers = st.lists(st.integers(0, m - 1), max_size=3, unique=True)
    right = data.draw(st.lists(answers, min_size=n, max_size=n))
    for ranking in ("cosine", "csls"):
        if not any(queries[i].any() and right[i] for i in range(n)):
            with pytest.raises(MosecrotError, match="no query"):
                retrieve(queries, candidates, right, ranking)
            continue
        found = retrieve(queries, candidates, right, ranking)
        measured = (found.p_at_1, found.p_at_5, found.mrr, found.coverage)
        np.testing.assert_allclose(measured, reference(queries, candidates, right, ranking), atol=1e-5)
        assert (found.candidates, found.ranking) == (m, ranking)


@pytest.mark.parametrize("ranking", ["cosine", "csls"])
def test_random_rows_in_chunks(monkeypatch, ranking):
    rng = np.random.default_rng(0)
    queries, candidates = rng.standard_normal((57, 12), dtype="f4"), rng.standard_normal((83, 12), dtype="f4")
    queries += candidates[:57]
    right = [[i, 82 - i] if i % 3 else [i] for i in range(57)]
    whole = retrieve(queries, candidates, right, ranking)
    np.testing.assert_allclose(
        (whole.p_at_1, whole.p_at_5, whole.mrr, whole.coverage),
        reference(queries, candidates, right, ranking), atol=1e-6,
    )  # fmt: skip
    monkeypatch.setattr(retrieval, "_CHUNK_CELLS", 83 * 10)
    assert retrieve(queries, candidates, right, ranking) == whole


def test_csls_takes_hubs_off():
    """One candidate is near to every query; only CSLS sees past it."""
    rng = np.random.default_rng(1)
    own = rng.standard_normal((40, 20))
    hub = np.full((1, 20), 1.0)
    queries = (0.5 * own + 1.2 * hub).astype("f4")
    candidates = np.vstack([own + 0.8 * hub, hub]).astype("f4")
    right = [[i] for i in range(40)]
    assert (
        retrieve(queries, candidates, right, "csls").p_at_1
        > retrieve(queries, candidates, right).p_at_1 + 0.3
    )


@pytest.mark.parametrize("ranking", ["cosine", "csls"])
def test_equal_vectors_earn_nothing(ranking):
    """Matrix products may round equal columns differently: a tie must still be a tie."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((250, 300), dtype="f4")
    candidates = np.vstack([rows, rows, rng.standard_normal((1, 300), dtype="f4")])
    found = retrieve(rows[:9], candidates, [[i] for i in range(9)], ranking)
    assert (found.p_at_1, found.p_at_5, found.mrr) == (0, 1, 0.5)
    both = retrieve(rows[:9], candidates, [[i, i + 250] for i in range(9)], ranking)
    assert both.mrr == 1
    collapsed = retrieve(np.ones((9, 300), "f4"), np.ones((250, 300), "f4"), [[i] for i in range(9)], ranking)
    assert collapsed.mrr == pytest.approx(1 / 250)


def test_what_cannot_be_ranked_is_not_counted_but_told():
    rows = np.eye(4, dtype="f4")
    queries = np.vstack([rows[:2], np.zeros((1, 4), "f4"), rows[:1]])
    found = retrieve(queries, rows, [[0], [3], [2], []])
    assert (found.n, found.coverage, found.p_at_1) == (2, 0.5, 0.5)


@pytest.mark.parametrize(
    ("queries", "candidates", "right"), [((2, 3), (2, 4), 2), ((2, 3), (2, 3), 1), ((2,), (2, 3), 2)]
)
def test_shapes_that_do_not_fit_are_refused(queries, candidates, right):
    with pytest.raises(MosecrotError, match="retrieve"):
        retrieve(np.ones(queries, "f4"), np.ones(candidates, "f4"), [[0]] * right)


def test_nan_is_refused_instead_of_coming_first():
    rows = np.eye(3, dtype="f4")
    for queries, candidates in ((rows * np.nan, rows), (rows, rows * np.nan)):
        with pytest.raises(MosecrotError, match="finite"):
            retrieve(queries, candidates, [[0], [1], [2]])


def test_measurements_stand_side_by_side():
    rows = np.eye(3, dtype="f4")
    table = retrieval_table({
        "before": retrieve(rows, rows, [[1], [2], [0]]), "after": retrieve(rows, rows, [[0], [1], [2]])
    })  # fmt: skip
    assert list(table["name"]) == ["before", "after"]
    assert list(table["p_at_1"]) == [0, 1]
    assert list(table["n"]) == [3, 3]
