"""The kernel against the obvious reference: sort every cosine."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mosecrot_core.errors import MosecrotError
from mosecrot_core.words import neighbours
from mosecrot_core.words.neighbours import nearest, normalise


def reference(queries, keys, k):
    cosines = normalise(queries) @ normalise(keys).T
    indices = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return indices, np.take_along_axis(cosines, indices, axis=1)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_same_as_sorting_everything(data):
    # Small whole numbers make many exact ties, zero rows and duplicates.
    n, m, d = data.draw(st.integers(1, 7)), data.draw(st.integers(1, 60)), data.draw(st.integers(1, 4))
    k = data.draw(st.integers(1, min(m + 2, 9)) | st.just(m))
    small = st.integers(-2, 2).map(float)
    queries = data.draw(arrays(np.float32, (n, d), elements=small))
    keys = data.draw(arrays(np.float32, (m, d), elements=small))
    found = nearest(queries, keys, k)
    indices, cosines = reference(queries, keys, k)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.cosines, cosines, atol=1e-6)


def test_chunks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    queries, keys = rng.standard_normal((501, 20), dtype="f4"), rng.standard_normal((97, 20), dtype="f4")
    whole = nearest(queries, keys, 10)
    monkeypatch.setattr(neighbours, "_CHUNK_CELLS", 97 * 7)
    parts = nearest(queries, keys, 10)
    np.testing.assert_array_equal(whole.indices, parts.indices)
    np.testing.assert_allclose(whole.cosines, parts.cosines, atol=1e-6)


def test_zero_rows_are_at_right_angles_to_everything():
    found = nearest(np.zeros((1, 3), "f4"), np.eye(3, dtype="f4"), 2)
    assert found.indices.tolist() == [[0, 1]]
    assert found.cosines.tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("queries", "keys", "k"), [((2, 3), (2, 4), 1), ((2, 3), (0, 3), 1), ((2, 3), (2, 3), 0)]
)
def test_what_cannot_be_searched_is_refused(queries, keys, k):
    with pytest.raises(MosecrotError, match="nearest"):
        nearest(np.ones(queries, "f4"), np.ones(keys, "f4"), k)
