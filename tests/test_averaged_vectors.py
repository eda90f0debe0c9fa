"""The logistic-regression baseline."""

import numpy as np

from mosecrot_core.learning.averaged_vectors import average_vectors, classify_averages


def test_averages_against_a_loop():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((30, 5)).astype("f4")
    texts = [rng.integers(0, 30, n).tolist() for n in (1, 2, 7, 0, 3)]
    wanted = np.zeros((5, 5))
    for i, words in enumerate(texts):
        for word in words:
            wanted[i] += rows[word] / len(words)
    found = average_vectors(rows, texts)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert found.dtype == np.float32
    assert not found[3].any(), "no known word"


def test_a_word_that_occurs_twice_counts_twice():
    rows = np.array([[0.0], [3.0]], "f4")
    assert average_vectors(rows, [[0, 1, 1]]).item() == 2


def test_no_texts():
    assert average_vectors(np.ones((3, 2), "f4"), []).shape == (0, 2)


def groups(seed, n=30, d=4):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    return (5 * np.eye(3, d)[labels] + rng.standard_normal((n, d))).astype("f4"), labels.tolist()


def test_it_learns_and_is_deterministic():
    train, labels = groups(0)
    test, gold = groups(1)
    predicted = classify_averages(train, labels, test)
    assert np.mean(predicted == gold) > 0.9
    assert predicted.dtype == np.int64
    np.testing.assert_array_equal(predicted, classify_averages(train, labels, test))


def test_the_scale_of_the_vectors_does_not_matter():
    (train, labels), (test, _) = groups(0), groups(1)
    before = classify_averages(train, labels, test)
    np.testing.assert_array_equal(classify_averages(1000 * train, labels, 1000 * test), before)


def test_labels_need_not_start_at_zero_or_be_dense():
    (train, labels), (test, _) = groups(0), groups(1)
    names = np.array([2, 7, 11])
    found = classify_averages(train, names[labels].tolist(), test)
    np.testing.assert_array_equal(found, names[classify_averages(train, labels, test)])


def test_one_label_only_is_always_answered():
    train, _ = groups(0)
    np.testing.assert_array_equal(classify_averages(train, [4] * 30, train[:3]), [4, 4, 4])


def test_texts_without_any_known_word_get_some_label(recwarn):
    train, labels = groups(0)
    empty = np.zeros_like(train)
    assert set(classify_averages(empty, labels, empty)) <= {0, 1, 2}
    assert not recwarn.list
