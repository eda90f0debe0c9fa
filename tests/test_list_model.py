"""The model fitted to the list at hand: how many are wrong, and what that makes of each pair."""

import numpy as np
import pandas as pd
import pytest
from planted_lists import auroc, calibration_error, list_of, right_list
from scipy.special import expit

from mosecrot_core.anchors import list_model
from mosecrot_core.anchors.list_model import FEW, ListModel, fit_to_list
from mosecrot_core.anchors.measuring import measure
from mosecrot_core.anchors.planted_noise import plant
from mosecrot_core.anchors.quality_model import QualityModel, stored_model


@pytest.mark.parametrize("share_wrong", [0.02, 0.1, 0.4])
def test_quality_is_the_probability_of_two_known_bells(share_wrong):
    """One signal, N(3, 1) for right pairs and N(0, 1) for wrong ones: Bayes' rule, written out."""
    rng = np.random.default_rng(0)
    right = rng.random(20_000) > share_wrong
    x = rng.normal(np.where(right, 3.0, 0.0))
    density = {True: np.exp(-0.5 * (x - 3) ** 2), False: np.exp(-0.5 * x**2)}
    listed = (1 - share_wrong) * density[True] + share_wrong * density[False]
    model = KnownOdds(np.log(listed / density[False]))
    quality = ListModel(model, share_wrong).quality(pd.DataFrame(index=range(len(x))))
    expected = (1 - share_wrong) * density[True] / listed
    above = expected > 0.03  # below, order is kept and no more
    np.testing.assert_allclose(quality[above], expected[above], atol=0.02)
    assert calibration_error(quality, right) < 0.02
    assert ((quality >= 0) & (quality <= 1)).all()
    assert (np.diff(quality[np.argsort(x)]) >= 0).all()


class KnownOdds(QualityModel):
    """A model that is told its log odds."""

    def __init__(self, log_odds):
        object.__setattr__(self, "known", log_odds)

    def log_odds(self, signals):
        return self.known


def test_order_is_kept_where_nothing_seems_right():
    quality = ListModel(KnownOdds(np.linspace(-9, 9, 500)), 0.9).quality(pd.DataFrame())
    assert (np.diff(quality) > 0).all()


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.4])
@pytest.mark.parametrize(("noise", "least", "most"), [(0.4, 0.6, 1.2), (0.7, 0.6, 1.4), (1.0, 1.0, 2.3)])
def test_the_share_of_wrong_pairs_is_found(noise, least, most, rate):
    """Measured, times the true share, on four lists: 0.67-1.11, 0.72-1.27, 1.11-2.08."""
    for seed in range(2):
        spoiled, wrong, _ = plant(right_list(600, noise=noise, seed=seed), "random", rate, seed)
        fitted = fit_to_list(spoiled, stored_model(), seed=0)
        assert least < fitted.share_wrong / wrong.mean() < most


def test_a_list_that_was_spoiled_with_the_same_seed_is_no_exception():
    """Planting into the very pairs that are wrong would leave none: 0.001 instead of 0.2."""
    spoiled, wrong, _ = plant(right_list(600, noise=0.4, seed=3), "random", list_model.RATE, 0)
    assert fit_to_list(spoiled, stored_model(), seed=0).share_wrong == pytest.approx(wrong.mean(), abs=0.04)


@pytest.mark.parametrize("noise", [0.4, 0.7])
def test_most_of_a_few_wrong_pairs_are_found(noise):
    """Of four lists together, measured: 0.7; and no right pair is suspected."""
    found, condemned = [], []
    for seed in range(4):
        spoiled, wrong, _ = plant(right_list(600, noise=noise, seed=seed), "random", 0.02, seed)
        quality = fit_to_list(spoiled, stored_model(), seed=0).quality(measure(spoiled)[0])
        found.append(quality[wrong] < 0.5)
        condemned.append(quality[~wrong] < 0.5)
    assert np.concatenate(found).mean() > 0.6
    assert np.concatenate(condemned).mean() < 0.005


@pytest.mark.parametrize(("noise", "rate"), [(0.7, 0.1), (0.7, 0.4), (1.0, 0.4), (1.5, 0.4)])
def test_decisions_leave_the_other_pairs_calibrated(noise, rate):
    """Learned as if the model told right from wrong, not the list from planted pairs: 0.34 at the last."""
    spoiled, wrong, _ = plant(right_list(600, noise=noise, seed=3), "random", rate, 9)
    signals, fitted = measure(spoiled)[0], fit_to_list(spoiled, stored_model(), seed=0)
    decided, others = np.split(np.random.default_rng(0).permutation(len(spoiled)), [200])
    after = fitted.updated(signals.iloc[decided], ~wrong[decided])
    errors = [calibration_error(some.quality(signals)[others], ~wrong[others]) for some in (fitted, after)]
    assert errors[1] < errors[0] + 0.02


def test_nothing_is_fitted_where_hardly_a_pair_can_be_planted():
    """One word has all the translations: what another line says is no mistake."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((1, 8)), rng.standard_normal((200, 8))
    candidates = list_of([("s", f"t{i}") for i in range(200)], *rows)
    assert fit_to_list(candidates, stored_model(), seed=0).share_wrong is None


def test_another_kind_of_noise_teaches_another_model():
    spoiled, wrong, _ = plant(right_list(500, noise=0.4, seed=2), "near_neighbour", 0.1, 1)
    signals = measure(spoiled)[0]
    near, random = (fit_to_list(spoiled, stored_model(), 0, kind) for kind in ("near_neighbour", "random"))
    assert (near.model.weights != random.model.weights).any()
    assert near.share_wrong == pytest.approx(wrong.mean(), abs=0.04)  # random noise sees 0.003
    assert auroc(near.quality(signals), ~wrong) > 0.98


def test_a_poor_space_with_few_wrong_pairs_does_not_condemn_the_right_ones():
    spoiled, wrong, _ = plant(right_list(500, noise=1.5, seed=2), "random", 0.02, 1)
    signals = measure(spoiled)[0]
    quality = fit_to_list(spoiled, stored_model(), seed=0).quality(signals)
    assert (quality[~wrong] < 0.5).mean() < 0.15
    assert auroc(quality, ~wrong) > 0.85


def test_short_lists_use_the_stored_model():
    few = right_list(200, noise=0.5, seed=1).subset(np.arange(FEW - 1))
    fitted = fit_to_list(few, stored_model(), seed=0)
    signals = measure(few)[0]
    assert fitted.share_wrong is None
    odds = stored_model().log_odds(signals)
    np.testing.assert_allclose(fitted.quality(signals), expit(odds))


def test_long_lists_are_fitted_on_some_pairs_the_same_for_a_seed(monkeypatch):
    monkeypatch.setattr(list_model, "MANY", 300)
    seen = []
    monkeypatch.setattr(
        list_model, "measure", lambda pairs, seed: seen.append(len(pairs)) or measure(pairs, seed)
    )
    spoiled = plant(right_list(400, noise=0.5, seed=1), "random", 0.2, 1)[0]
    first, again, other = (fit_to_list(spoiled, stored_model(), seed) for seed in (0, 0, 1))
    assert seen == [300] * 3
    np.testing.assert_array_equal(first.model.weights, again.model.weights)
    assert first.share_wrong == again.share_wrong
    assert (first.model.weights != other.model.weights).any()
