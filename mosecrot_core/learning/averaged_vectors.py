"""The LR baseline: logistic regression on averaged static vectors, trained in the target language (5.2)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mosecrot_core.words.neighbours import FloatArray


def average_vectors(rows: FloatArray, texts: Sequence[Sequence[int]]) -> FloatArray:
    """Return the mean row of each text, ``[n, d]``; zero for a text without a known word.

    Args:
        rows: Static vectors, ``[V, d]``.
        texts: Row numbers of the known words of each text.

    >>> average_vectors(np.array([[2, 0], [0, 4]], dtype="f4"), [[0, 1], []]).tolist()
    [[1.0, 2.0], [0.0, 0.0]]
    """
    out = np.zeros((len(texts), rows.shape[1]), dtype=np.float32)
    for i, words in enumerate(texts):
        if len(words):
            out[i] = rows[np.asarray(words)].mean(axis=0)
    return out


def compare_averages(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return what a classifier of pairs goes by: both averages, their distance and their product ``[n, 4d]``.

    As Conneau et al. (2017, InferSent) classify pairs of sentence vectors: [u, v, |u - v|, u * v].

    Args:
        first: Averages of the first texts ``[n, d]``.
        second: Those of the second ones ``[n, d]``.

    >>> compare_averages(np.array([[2.0]]), np.array([[3.0]])).tolist()
    [[2.0, 3.0, 1.0, 6.0]]
    """
    return np.concatenate([first, second, np.abs(first - second), first * second], axis=1)


def classify_averages(train: FloatArray, labels: Sequence[int], test: FloatArray) -> NDArray[np.int64]:
    """Fit on averages ``[n, d]`` with their labels and return a label for each row of `test`.

    If all labels are the same, that one is the answer.
    """
    if len(set(labels)) == 1:
        return np.full(len(test), labels[0], dtype=np.int64)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    model.fit(train, labels)
    return np.asarray(model.predict(test), dtype=np.int64)
