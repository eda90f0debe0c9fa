"""The kernel against the obvious reference: sort every cosine."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mosecrot_core.errors import MosecrotError
from mosecrot_core.words import device_search, neighbours
from mosecrot_core.words.device_search import search_on_device
from mosecrot_core.words.neighbours import nearest, normalise
from mosecrot_core.words.rough_cosines import Bfloat16Cosines, Float32Cosines


def reference(queries, keys, k, penalties=0):
    queries, keys = queries.astype("f8"), keys.astype("f8")
    lengths = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(keys, axis=1)
    cosines = (queries @ keys.T / np.where(lengths > 0, lengths, 1)).astype("f4")
    indices = np.argsort(-(cosines - penalties), axis=1, kind="stable")[:, :k]
    return indices, np.take_along_axis(cosines, indices, axis=1)


SMALL = st.integers(-2, 2).map(float)
"""Small whole numbers make many exact ties, zero rows and duplicates."""
HALF = st.floats(-1, 1, width=16)
"""Of a few of these, float64 has the sum of products exactly, in any order: the reference is the truth."""


@st.composite
def problems(draw):
    n, m, d = draw(st.integers(1, 7)), draw(st.integers(1, 60)), draw(st.integers(1, 4))
    elements = draw(st.sampled_from([SMALL, HALF]))
    queries = draw(arrays(draw(st.sampled_from(["f2", "f4"])), (n, d), elements=elements))
    scales = draw(arrays("f4", (m, 1), elements=st.sampled_from([2.0**-99, 1.0, 2.0**99])))
    keys = draw(arrays("f4", (m, d), elements=elements)) * scales
    k = draw(st.integers(1, min(m + 2, 9)) | st.just(m))
    penalties = draw(st.none() | arrays("f4", m, elements=st.sampled_from([0.0, 0.25, 0.5])))
    return queries, keys, k, penalties


@given(problems())
@settings(max_examples=2000, deadline=None)
def test_same_as_sorting_everything(problem):
    queries, keys, k, penalties = problem
    found = nearest(queries, keys, k, penalties=penalties)
    indices, cosines = reference(queries, keys, k, 0 if penalties is None else penalties)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_array_equal(found.cosines, cosines)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_bfloat16_is_only_a_shortlist(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 9999)))
    n, m, d = (data.draw(st.integers(1, most)) for most in (9, 1500, 40))
    k = data.draw(st.integers(1, m))
    rows = np.round(64 * rng.standard_normal((m + n, d), dtype="f4"))  # so that float64 sums exactly
    keys = rows[:m] * rng.choice([2.0**-99, 1, 2.0**99], (m, 1)).astype("f4")
    keys[rng.random(m) < 0.3] = keys[0]
    queries = np.concatenate([rows[m:], keys[:3], -keys[:3]])
    penalties = data.draw(st.none() | st.just(rng.random(m, dtype="f4")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "rough_cosines", lambda units, n: Bfloat16Cosines(units))
        found = nearest(queries, keys, k, penalties=penalties)
    indices, cosines = reference(queries, keys, k, 0 if penalties is None else penalties)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_array_equal(found.cosines, cosines)


@pytest.mark.parametrize("kind", [Float32Cosines, Bfloat16Cosines])
@pytest.mark.parametrize("dim", [1, 7, 300])
def test_rough_cosines_keep_their_promise(kind, dim):
    rng = np.random.default_rng(dim)
    units = normalise(rng.standard_normal((700, dim)) ** 3)
    made_ready = kind(units)
    rough = made_ready.of(units[:50], made_ready.room(60))
    values = rough.values[:, :700]
    if values.dtype == np.int16:
        values = (values.astype(np.int32) << 16).view(np.float32)
    exact = units[:50].astype("f8") @ units.T.astype("f8")
    off = np.abs(values - exact)
    assert (off <= rough.absolute[:, None] + rough.relative * np.abs(values)).all()
    if dim > 1:
        assert off.max() * 40 > rough.absolute.max()  # and it is no empty promise


def test_chunks_threads_and_the_kind_of_file_change_nothing(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    queries, keys = rng.standard_normal((501, 20), dtype="f4"), rng.standard_normal((97, 20), dtype="f4")
    whole = nearest(queries, keys, 10)
    np.save(tmp_path / "queries.npy", queries.astype("f2"))
    monkeypatch.setattr(neighbours, "_MOST_ROWS", 7)
    parts = nearest(queries, keys, 10)
    np.testing.assert_array_equal(whole.indices, parts.indices)
    np.testing.assert_array_equal(whole.cosines, parts.cosines)
    mapped = nearest(np.load(tmp_path / "queries.npy", mmap_mode="r"), keys, 10)
    np.testing.assert_array_equal(
        mapped.indices, nearest(queries.astype("f2").astype("f4"), keys, 10).indices
    )


@given(problems(), st.sampled_from([4096, 1 << 20]))
@settings(max_examples=300, deadline=None)
def test_the_code_for_a_gpu_finds_the_same(problem, memory):
    """On the CPU, which PyTorch treats as a device like others."""
    queries, keys, k, penalties = problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(device_search, "_SPARE", 3)
        shape = len(queries), min(k, len(keys))
        found = np.empty(shape, "i4"), np.empty(shape, "f4")
        left = search_on_device(queries, keys, min(k, len(keys)), penalties, memory, "cpu", *found)
    done = np.setdiff1d(np.arange(len(queries)), left)
    expected = reference(queries, keys, k, 0 if penalties is None else penalties)
    for part, whole in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part[done], whole[done])


def test_on_rows_like_words_a_gpu_leaves_nothing_open():
    rng = np.random.default_rng(0)
    queries, keys = rng.standard_normal((300, 100), dtype="f4"), rng.standard_normal((4000, 100), dtype="f4")
    queries[7] = 0
    found = np.empty((300, 50), "i4"), np.empty((300, 50), "f4")
    assert search_on_device(queries, keys, 50, None, 1 << 30, "cpu", *found).tolist() == [7]
    expected = nearest(queries, keys, 50)
    np.testing.assert_array_equal(np.delete(found[0], 7, 0), np.delete(expected.indices, 7, 0))


def test_what_a_gpu_leaves_open_is_done_here(monkeypatch):
    def half(queries, keys, k, penalties, memory, device, indices, cosines):
        assert device == "cuda"
        indices[:], cosines[:] = 0, 0
        return np.array([1, 2])

    monkeypatch.setattr(device_search, "search_on_device", half)
    rows = np.eye(4, dtype="f4")
    assert nearest(rows, rows, 1, device="cuda").indices[:, 0].tolist() == [0, 1, 2, 0]


def test_a_device_that_is_not_there():
    rows = np.eye(2, dtype="f4")
    with pytest.raises(MosecrotError, match="'cuda:77' cannot be used"):
        nearest(rows, rows, 1, device="cuda:77")


def test_fewer_neighbours_are_the_first_of_more():
    rng = np.random.default_rng(0)
    queries, keys = rng.standard_normal((20, 8), dtype="f4"), rng.standard_normal((90, 8), dtype="f4")
    assert (nearest(queries, keys, 50).first(7).indices == nearest(queries, keys, 7).indices).all()
    assert nearest(queries, keys, 7).first(99).k == 7


def test_memory_is_kept_to():
    keys = np.random.default_rng(0).standard_normal((5000, 100), dtype="f4")
    queries = np.random.default_rng(1).standard_normal((20_000, 100), dtype="f4")
    nearest(queries[:10], keys, 5)  # compiled
    tracemalloc.start()
    try:
        nearest(queries, keys, 5, memory=10 << 20)
        used = tracemalloc.get_traced_memory()[1] - 20_000 * 5 * 8
    finally:
        tracemalloc.stop()
    assert used < 10 << 20
    with pytest.raises(MosecrotError, match=r"bytes of memory, got 1000: allow more"):
        nearest(queries, keys, 5, memory=1000)


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


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_refused(bad):
    rows = np.ones((3, 2), "f4")
    spoiled = rows.copy()
    spoiled[1, 0] = bad
    with pytest.raises(MosecrotError, match="query 1 holds NaN or infinity"):
        nearest(spoiled, rows, 1)
    with pytest.raises(MosecrotError, match="key 1 holds NaN or infinity"):
        nearest(rows, spoiled, 1)


def test_one_penalty_a_key():
    with pytest.raises(MosecrotError, match=r"3 penalties expected, got \(2,\)"):
        nearest(np.ones((1, 2), "f4"), np.ones((3, 2), "f4"), 1, penalties=np.ones(2, "f4"))
