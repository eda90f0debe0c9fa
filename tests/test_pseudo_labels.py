"""Which of a model's own labels are trusted."""

import numpy as np
import pytest

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.pseudo_labels import (
    REJECTED,
    Acceptance,
    accepted_labels,
    calibration,
    calibration_error,
    thresholds,
    thresholds_of_share,
)


def answers(seed, n=60, n_labels=3, rounded=1):
    """Probabilities with many ties, and labels that the confident ones often have right."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(n_labels) / 2, n).round(rounded).astype("f4")
    drawn = np.array([rng.choice(n_labels, p=(row + 0.1) / (row + 0.1).sum()) for row in probabilities])
    return probabilities, drawn


def slow_threshold(confidences, correct, rule, accuracy=0.9):
    best = (-1.0, np.inf)
    for candidate in sorted(set(confidences.tolist()), reverse=True):
        above = confidences >= candidate
        share_right, recall = correct[above].mean(), correct[above].sum() / max(correct.sum(), 1)
        if rule == "harmonic_mean":
            mean = 2 * share_right * recall / (share_right + recall) if share_right + recall else -1
            if mean > best[0] + 1e-12:
                best = (mean, candidate)
        elif share_right >= accuracy:
            best = (0, candidate)  # a lower one takes more
    return best[1]


@pytest.mark.parametrize("rule", ["harmonic_mean", "target_accuracy"])
@pytest.mark.parametrize("seed", range(12))
def test_thresholds_agree_with_trying_all(seed, rule):
    probabilities, right = answers(seed)
    confidences, correct = probabilities.max(1), probabilities.argmax(1) == right
    found = thresholds(probabilities, right, Acceptance(rule=rule, accuracy=0.7))
    assert found.shape == (3,)
    np.testing.assert_allclose(found, slow_threshold(confidences, correct, rule, 0.7), rtol=1e-6)
    own = thresholds(probabilities, right, Acceptance(rule=rule, accuracy=0.7, per_class=True))
    for label in range(3):
        mine = probabilities.argmax(1) == label
        np.testing.assert_allclose(own[label], slow_threshold(confidences[mine], correct[mine], rule, 0.7))


def test_a_sure_model_is_trusted_whole_and_a_wrong_one_not_at_all():
    probabilities = np.array([[0.6, 0.4], [0.9, 0.1], [0.3, 0.7]], "f4")
    sure = thresholds(probabilities, np.array([0, 0, 1]), Acceptance())
    np.testing.assert_allclose(sure, 0.6)
    assert np.isinf(thresholds(probabilities, np.array([1, 1, 0]), Acceptance())).all()
    assert np.isinf(
        thresholds(probabilities, np.array([1, 1, 1]), Acceptance(rule="target_accuracy", accuracy=0.9))
    ).all()
    assert (accepted_labels(probabilities, np.full(2, np.inf)) == REJECTED).all()


def test_a_label_that_is_never_given_has_no_threshold():
    probabilities = np.array([[0.6, 0.4, 0.0], [0.9, 0.1, 0.0]], "f4")
    found = thresholds(probabilities, np.array([0, 0]), Acceptance(per_class=True))
    assert np.isfinite(found[0])
    assert np.isinf(found[1:]).all()


def test_a_fixed_threshold_needs_no_dev_set_and_the_others_do():
    nothing, no_labels = np.empty((0, 2), "f4"), np.empty(0, np.int64)
    assert thresholds(nothing, no_labels, Acceptance(rule="fixed", threshold=0.5)).tolist() == [0.5, 0.5]
    with pytest.raises(MosecrotError, match="dev set in the source language expected"):
        thresholds(nothing, no_labels, Acceptance())


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_of_each_label_its_own_share_is_accepted(seed, share):
    probabilities, _ = answers(seed, rounded=6)
    probabilities[:3] = np.nan
    probabilities[:, 2] = 0  # a label that is never given
    found = accepted_labels(probabilities, thresholds_of_share(probabilities, share))
    assert (found[:3] == REJECTED).all()
    labels, confidences = np.nan_to_num(probabilities).argmax(1), probabilities.max(1)
    for label in range(2):
        own = np.flatnonzero((labels == label) & np.isfinite(confidences))
        wanted = own[np.argsort(-confidences[own])[: int(np.ceil(share * len(own) - 1e-9))]]
        assert set(np.flatnonzero(found == label)) == set(wanted)
    assert np.isinf(thresholds_of_share(probabilities, share)[2])
    assert np.isinf(thresholds_of_share(np.empty((0, 2), "f4"), share)).all()


def test_a_share_is_of_the_target():
    dev, right = answers(0)
    target, _ = answers(1)
    half = Acceptance(rule="share", share=0.5)
    found = thresholds(dev, right, half, target)
    np.testing.assert_array_equal(found, thresholds_of_share(target, 0.5))
    with pytest.raises(MosecrotError, match="probabilities of the target expected for share"):
        thresholds(dev, right, half)


def test_votes_count_beside_confidence():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.5, 0.5]], "f4")
    votes = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 1], [0, 0, 0]])
    least = np.array([0.8, 0.8])
    assert accepted_labels(probabilities, least, votes).tolist() == [0, 0, REJECTED, REJECTED]
    unanimous = accepted_labels(probabilities, least, votes, "unanimity")
    assert unanimous.tolist() == [0, REJECTED, REJECTED, REJECTED]
    assert accepted_labels(probabilities, least, votes, "none").tolist() == [0, 0, 0, REJECTED]
    half = np.array([[0, 1]] * 4)
    assert (accepted_labels(probabilities, least, half) == REJECTED).all(), "half is no majority"


def test_a_unit_without_an_answer_is_rejected():
    probabilities = np.array([[np.nan, np.nan], [1, 0]], "f4")
    assert accepted_labels(probabilities, np.zeros(2)).tolist() == [REJECTED, 0]


def test_calibration_of_confidence():
    probabilities = np.array([[0.95, 0.05], [0.91, 0.09], [0.45, 0.55], [1.0, 0.0]], "f4")
    table = calibration(probabilities, np.array([0, 1, 1, 0]))
    np.testing.assert_allclose(table["low"], [0.5, 0.9])
    np.testing.assert_allclose(table["confidence"], [0.55, (0.95 + 0.91 + 1) / 3], rtol=1e-6)
    np.testing.assert_allclose(table["accuracy"], [1, 2 / 3])
    assert table["n"].tolist() == [1, 3]
    expected = (0.45 + abs(0.95 + 0.91 + 1 - 2)) / 4
    assert calibration_error(table) == pytest.approx(expected, rel=1e-6)
    assert np.isnan(calibration_error(calibration(probabilities[:0], np.empty(0, np.int64))))
