"""Quality: a probability, with the right reasons, that a reviewer's decisions improve."""

import json

import numpy as np
import pandas as pd
import pytest
from planted_lists import auroc, calibration_error, list_of, right_list
from scipy.special import expit, logit

from mosecrot_core.anchors import judged_pairs, quality_model
from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.anchors.candidates import Candidates
from mosecrot_core.anchors.judged_pairs import JudgedPairs
from mosecrot_core.anchors.measuring import measure
from mosecrot_core.anchors.planted_noise import plant
from mosecrot_core.anchors.quality import explain, score_pairs
from mosecrot_core.anchors.quality_model import NOT_PLANTED, QualityModel, stored_model
from mosecrot_core.anchors.signals import SIGNALS, SUSPECT
from mosecrot_core.errors import MosecrotError
from mosecrot_core.words.lexicon import Lexicon
from mosecrot_core.words.vectors import LoadReport, WordVectors

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def planted():
    """A list of 400 meanings with a fifth of its pairs spoiled, and which are."""
    candidates = right_list(300, extra=0.2, noise=0.6, languages=("en", "fr"))
    spoiled, wrong, _ = plant(candidates, "random", 0.2, 0)
    return candidates, spoiled, wrong


@pytest.fixture(scope="module")
def scored(planted):
    return score_pairs(planted[1])


@pytest.fixture(scope="module")
def learned():
    """A model that learned from noise at 10 and 40 % in another list."""
    other = right_list(300, noise=0.8, seed=11)
    parts = [plant(other, "random", rate, 1)[:2] for rate in (0.1, 0.4)]
    signals = pd.concat([measure(spoiled)[0] for spoiled, _ in parts], ignore_index=True)
    return QualityModel.learn(signals, ~np.concatenate([wrong for _, wrong in parts]))


def decisions_on(pairs, verdicts):
    table = pairs[["source", "target"]].assign(verdict=verdicts, correction="")
    return table.assign(author="a", time="2026-01-01T00:00:00Z", batch=1).reset_index(drop=True)


# What is measured and how it is said


def test_every_column_is_a_signal_and_every_sentence_can_be_said(planted, scored):
    assert list(scored.signals.columns) == list(SIGNALS)
    assert (scored.signals.dtypes == np.float32).all()
    assert set(stored_model().names) == set(SIGNALS)
    for signal in SIGNALS.values():
        for value in (0.0, 0.25, -3.0, 12.0, float("nan")):
            said = signal.sentence(value)
            assert said
            assert "{" not in said


def test_signals_do_not_come_alone_from_the_words_of_two_unknown_languages():
    """Without word lists and frequencies those signals are unknown or a place in the vocabulary, not zero."""
    signals, _, _ = measure(right_list(30))
    assert signals[["stop_word", "stop_word_mismatch", "listed_score"]].isna().all(axis=None)
    assert signals["frequency"].notna().all()


def test_signals_agree_with_the_words(planted):
    _, spoiled, _ = planted
    signals, crossing, surroundings = measure(spoiled)
    np.testing.assert_array_equal(signals["csls"], crossing.csls)
    np.testing.assert_array_equal(signals["reconstruction"], surroundings.reconstruction)
    first = (crossing.source_rank == 0) & (crossing.target_rank == 0)
    np.testing.assert_array_equal(signals["mutual"], first)
    for name in ("source", "target"):
        counts = spoiled.pairs[name].map(spoiled.pairs[name].value_counts())
        np.testing.assert_array_equal(signals[f"{name}_partners"], counts)
        known = signals[f"{name}_spread"].notna()
        np.testing.assert_array_equal(known, counts > 1)
        np.testing.assert_array_equal(signals[f"{name}_lead"].notna(), counts > 1)
        best = signals[f"{name}_lead"] > 0
        top = crossing.csls == pd.Series(crossing.csls).groupby(spoiled.pairs[name]).transform("max")
        np.testing.assert_array_equal(best[known], top[known])


# The model


def test_learning_is_logistic_regression_with_a_ridge():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    signals = pd.DataFrame({
        "csls": rng.normal(3, 2, 800), "frequency": rng.gamma(2, 1, 800),
        "source_partners": rng.integers(1, 9, 800),
    })  # fmt: skip
    odds = (
        0.9 * signals["csls"] - 0.7 * signals["frequency"] + 0.4 * np.log2(1 + signals["source_partners"]) - 1
    )
    right = (rng.random(800) < expit(odds)).to_numpy()
    model = QualityModel.learn(signals, right, strength=5.0)
    values = signals.assign(source_partners=np.log2(1 + signals["source_partners"]))
    standardised = ((values - values.mean()) / values.std(ddof=0)).clip(-4, 4)
    reference = LogisticRegression(C=1 / 5.0, tol=1e-8).fit(standardised, right)
    np.testing.assert_allclose(model.weights, reference.coef_[0], atol=2e-3)
    assert model.intercept == pytest.approx(reference.intercept_[0], abs=2e-3)
    np.testing.assert_allclose(
        model.probability(signals), reference.predict_proba(standardised)[:, 1], atol=1e-3
    )
    assert model.share_right == right.mean()


def test_weights_keep_to_what_signals_can_speak_for():
    """Even where the pairs at hand say the opposite."""
    rng = np.random.default_rng(1)
    right = rng.random(500) < 0.5
    backwards = {
        name: np.where(right, -1, 1) * (1 if signal.speaks == "for" else -1) + rng.normal(0, 1, 500)
        for name, signal in SIGNALS.items()
        if name not in ("source_rank", "target_rank", "source_partners", "target_partners")
    }
    table = pd.DataFrame(backwards)
    start = QualityModel.learn(table, ~right)
    for model in (start, start.updated(table, right, strength=0.01), QualityModel.learn(table, right)):
        keeps_to_its_signs(model)
    either = [name for name in backwards if SIGNALS[name].speaks == "either"]
    free = QualityModel.learn(table, right)
    assert all(abs(free.weights[free.names.index(name)]) > 0.1 for name in either)


def keeps_to_its_signs(model):
    for name, weight in zip(model.names, model.weights, strict=True):
        speaks = SIGNALS[name].speaks
        assert speaks == "either" or (weight >= 0 if speaks == "for" else weight <= 0), name


def test_stored_and_learned_weights_keep_to_their_signs(learned):
    for model in (stored_model(), learned):
        keeps_to_its_signs(model)
        assert all(model.weights[model.names.index(name)] == 0 for name in NOT_PLANTED)
        assert 0 < model.share_right < 1
        assert (model.scale > 0).all()


def test_unknown_signals_count_as_usual_and_far_ones_only_so_far(planted):
    model = stored_model()
    blank = pd.DataFrame(np.nan, index=range(2), columns=list(SIGNALS))
    np.testing.assert_allclose(model.probability(blank), expit(model.intercept))
    far = blank.assign(csls=[1e9, -1e9])
    assert np.abs(model.standardised(far)).max() == 4
    assert (model.contributions(blank) == 0).all()
    signals = measure(planted[1])[0]
    total = model.contributions(signals).sum(axis=1) + model.intercept
    np.testing.assert_allclose(total, logit(model.probability(signals)), atol=1e-9)


def test_learning_needs_both_kinds():
    for right in (np.ones(3, bool), np.zeros(3, bool)):
        with pytest.raises(MosecrotError, match="right pairs and wrong ones"):
            QualityModel.learn(pd.DataFrame({"csls": [1.0, 2, 3]}), right)


def test_updating_minimises_what_it_says(learned, planted):
    signals, right = measure(planted[1])[0].iloc[:60], ~planted[2][:60]
    found = learned.updated(signals, right, strength=3.0)
    design = learned.standardised(signals)

    def loss(weights, intercept):
        odds = design @ weights + intercept
        surprise = -np.log(np.where(right, expit(odds), expit(-odds))).sum()
        moved = ((weights - learned.weights) ** 2).sum() + (intercept - learned.intercept) ** 2
        return surprise + 3.0 / 2 * moved

    least = loss(found.weights, found.intercept)
    assert least < loss(learned.weights, learned.intercept)
    rng = np.random.default_rng(0)
    fixed = found.weights == 0  # on a bound, or never touched
    for _ in range(300):
        step = np.where(fixed, 0, rng.normal(0, 0.03, len(found.weights)))
        assert loss(found.weights + step, found.intercept + rng.normal(0, 0.03)) > least - 1e-4
    assert learned.updated(signals.iloc[:0], right[:0]) is learned
    held = learned.updated(signals, right, strength=1e9)
    np.testing.assert_allclose(held.weights, learned.weights, atol=1e-6)


def test_a_model_is_stored_and_read_again(tmp_path, monkeypatch, learned):
    for model in (stored_model(), learned):
        path = tmp_path / "weights.json"
        model.save(path)
        assert set(json.loads(path.read_text())["signals"]) == set(SIGNALS)
        monkeypatch.setattr(quality_model, "STORED", path)
        again = stored_model.__wrapped__()
        assert (again.names, again.intercept, again.share_right) == (
            model.names, model.intercept, model.share_right,
        )  # fmt: skip
        for name in ("weights", "centre", "scale"):
            np.testing.assert_array_equal(getattr(again, name), getattr(model, name))


def test_information_is_doubt_times_leverage(planted, learned):
    signals = measure(planted[1])[0]
    found = learned.information(signals, strength=2.0)
    design, p = learned.standardised(signals), learned.probability(signals)
    curvature = 2.0 * np.eye(design.shape[1])
    for x, chance in zip(design, p, strict=True):
        curvature += chance * (1 - chance) * np.outer(x, x)
    covariance = np.linalg.inv(curvature)
    expected = [chance * (1 - chance) * x @ covariance @ x for x, chance in zip(design, p, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    doubtful = np.abs(p - 0.5) < 0.4
    assert doubtful.any()
    assert np.median(found[doubtful]) > 5 * np.median(found[p > 0.99])


# The share of right pairs


# Scores


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3, 0.5])
def test_quality_reads_as_a_probability(learned, rate):
    """With weights learned from another list of this kind: at most 0.1 off (measured: up to 0.08 at 50 %)."""
    spoiled, wrong, _ = plant(right_list(300, noise=0.8, seed=2), "random", rate, 5)
    quality = score_pairs(spoiled, model=learned).table["quality"].to_numpy()
    assert calibration_error(quality, ~wrong) < 0.1
    assert auroc(quality, ~wrong) > 0.97


def test_stored_weights_find_the_wrong_pairs_of_a_list_they_never_saw(planted, scored):
    """They were learned from real lists: the ranking carries over, the probabilities only roughly."""
    wrong = planted[2]
    quality = scored.table["quality"].to_numpy()
    assert auroc(quality, ~wrong) > 0.98
    assert calibration_error(quality, ~wrong) < 0.2
    assert ((quality >= 0) & (quality <= 1)).all()


@pytest.mark.parametrize("kind", ["near_neighbour", "frequency_matched", "intermediate_language"])
def test_other_kinds_of_noise_are_found_too(kind):
    spoiled, wrong, _ = plant(right_list(300, extra=0.5, ambiguous=0.3, noise=0.3), kind, 0.2, 0)
    least = {"near_neighbour": 0.85, "frequency_matched": 0.97, "intermediate_language": 0.7}[kind]
    assert auroc(score_pairs(spoiled).table["quality"], ~wrong) > least


def test_the_suggestion_is_the_word_planted_over():
    candidates = right_list(400, extra=0, noise=0.4)
    spoiled, wrong, _ = plant(candidates, "random", 0.2, 0)
    table = score_pairs(spoiled).table
    told = table["suggestion"] != ""
    assert (table.loc[told, "quality"] < SUSPECT).all()
    assert (table.loc[told, "suggestion"] != table.loc[told, "word"]).all()
    assert set(table.loc[told, "suggestion"]) <= set(spoiled.target.words)
    assert told[wrong].mean() > 0.8
    same = table["suggestion"] == candidates.pairs["word"]
    assert same[wrong & told].mean() > 0.6


def test_the_table_is_the_candidates_own_in_order(planted, scored):
    spoiled = planted[1]
    pd.testing.assert_frame_equal(scored.table[list(spoiled.pairs.columns)], spoiled.pairs)
    near = scored.table["source_near"][7]
    assert len(near) == 5
    assert spoiled.pairs["source"][7] not in set(spoiled.pairs["source"][near])
    assert all(set(reasons) <= set(SIGNALS) for reasons in scored.table["reasons"])
    assert scored.table["reasons"].map(len).max() <= 6


def test_the_seed_decides_everything(planted, scored):
    again = score_pairs(planted[1])
    pd.testing.assert_frame_equal(scored.table, again.table)
    pd.testing.assert_frame_equal(scored.signals, again.signals)


def test_the_order_of_the_list_hardly_matters(planted, scored):
    n = len(planted[1])
    turned = score_pairs(planted[1].subset(np.arange(n)[::-1]))
    both = np.corrcoef(turned.table["quality"][::-1], scored.table["quality"])[0, 1]
    assert both > 0.97


# Reasons


@pytest.fixture(scope="module")
def hand_made():
    """A list with a tenth spoiled; some right pairs are renamed and get a target vector turned round."""
    whole, wrong, _ = plant(right_list(300, extra=0, noise=0.4), "random", 0.1, 0)
    new_names = [
        ("she", "Sie"), ("1990", "1371"), ("the", "aeoia"), ("window", "Москва"), ("Paris", "Rom"),
    ]  # fmt: skip
    renamed = dict(zip(np.flatnonzero(~wrong)[::40], new_names, strict=False))
    pairs = list(zip(whole.pairs["source"], whole.pairs["target"], strict=True))
    sources = dict(zip(whole.source.words, whole.source.rows, strict=True))
    targets = dict(zip(whole.target.words, whole.target.rows, strict=True))
    for number, (source, target) in renamed.items():
        sources[source] = sources[pairs[number][0]]
        targets[target] = -targets[pairs[number][1]]
        pairs[number] = (source, target)
    quality = score_pairs(list_of(pairs, sources, targets, ("en", "de")))
    return quality, quality.table.set_index("source")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("she", "casing"), ("1990", "digits"), ("the", "stop_word"), ("the", "stop_word_mismatch"),
        ("window", "foreign_script"), ("Paris", "proper_name"),
    ],
)  # fmt: skip
def test_hand_made_mistakes_are_named(hand_made, source, reason):
    _, table = hand_made
    pair = table.loc[source]
    assert pair["quality"] < SUSPECT
    assert reason in pair["reasons"]
    assert "csls" in pair["reasons"]


@pytest.mark.parametrize("name", [name for name, signal in SIGNALS.items() if signal.speaks != "either"])
def test_a_suspect_pair_is_told_what_is_far_on_the_wrong_side(name):
    """Whether or not the model gives it a weight; and a pair that is not suspect only what lowered it."""
    model = stored_model()
    usual = dict(zip(model.names, model.centre, strict=True)) | dict.fromkeys(
        ("source_rank", "target_rank", "source_partners", "target_partners")
    )
    signals = pd.DataFrame([usual], dtype=float)
    place = model.names.index(name)
    against = 1 if SIGNALS[name].speaks == "against" else -1
    value = model.centre[place] + against * 3 * model.scale[place]
    value = 2**value - 1 if name.endswith("rank") else value
    flags = ("stop_word_mismatch", "casing", "digits", "foreign_script")
    signals[name] = 1.0 if name in flags else value
    assert name in explain(signals, np.array([0.1]), model)[0]
    told = explain(signals, np.array([0.9]), model)[0]
    assert told == ([name] if model.contributions(signals)[0, place] < -0.25 else [])


def test_reasons_come_strongest_first(hand_made):
    quality, _ = hand_made
    lowered = quality.model.model.contributions(quality.signals)
    assert explain(quality.signals, quality.table["quality"].to_numpy(float), quality.model.model) == list(
        quality.table["reasons"]
    )
    for reasons, line in zip(quality.table["reasons"], lowered, strict=True):
        weights = [line[quality.model.model.names.index(name)] for name in reasons]
        strong = [weight for weight in weights if weight < -0.25]
        assert strong == sorted(strong)
        assert weights[: len(strong)] == strong
        assert len(strong) == min(6, (line < -0.25).sum())
        assert len(set(reasons)) == len(reasons)


# Decisions


def misleading_list(n=300):
    """A third of the pairs were never translated: the same string, with the vector of any word.

    Real lists teach that equal strings are right; here they are wrong.
    """
    whole = right_list(n, extra=0, noise=0.8, seed=4)
    rng = np.random.default_rng(4)
    wrong = rng.random(n) < 1 / 3
    pairs = [
        (source, source if copied else target)
        for source, target, copied in zip(whole.pairs["source"], whole.pairs["target"], wrong, strict=True)
    ]
    shuffled = whole.target.rows[rng.permutation(n)]
    targets = {
        target: shuffled[i] if copied else whole.target.rows[i]
        for i, ((_, target), copied) in enumerate(zip(pairs, wrong, strict=True))
    }
    return list_of(pairs, dict(zip(whole.source.words, whole.source.rows, strict=True)), targets), wrong


def test_decisions_mend_what_the_stored_weights_get_wrong():
    candidates, wrong = misleading_list()
    before = score_pairs(candidates)
    chosen = np.random.default_rng(0).permutation(len(candidates))[:60]
    verdicts = np.where(wrong[chosen], "reject", "accept")
    after = score_pairs(candidates, decisions_on(candidates.pairs.iloc[chosen], verdicts))
    unseen = np.setdiff1d(np.arange(len(candidates)), chosen)
    was, now = (auroc(some.table["quality"].to_numpy()[unseen], ~wrong[unseen]) for some in (before, after))
    assert was < 0.85
    assert now > was + 0.1
    assert now > 0.95
    keeps_to_its_signs(after.model.model)
    pd.testing.assert_frame_equal(before.signals, after.signals)  # decisions change weights, not measurements


def test_the_verdicts_mean_what_they_say(planted):
    spoiled = planted[1].subset(np.arange(80))
    pairs = spoiled.pairs.iloc[:40]
    signals = measure(spoiled)[0]
    for verdict, right in (("accept", True), ("reject", False), ("correct", False)):
        found = score_pairs(spoiled, decisions_on(pairs, [verdict] * 40)).model.model
        expected = stored_model().updated(signals.iloc[:40], np.full(40, right))
        np.testing.assert_allclose(found.weights, expected.weights)
        assert found.intercept == pytest.approx(expected.intercept)


def test_decisions_on_other_pairs_or_none_change_nothing(planted):
    spoiled = planted[1].subset(np.arange(80))
    scored = score_pairs(spoiled)
    strangers = decisions_on(pd.DataFrame({"source": ["x"], "target": ["y"]}), ["reject"])
    for decisions in (strangers, strangers.iloc[:0]):
        pd.testing.assert_frame_equal(score_pairs(spoiled, decisions).table, scored.table)


# Odd lists


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("rows", ["random", "equal", "zero"])
def test_short_lists_are_scored_without_a_warning(n, rows):
    made = {
        "random": np.random.default_rng(n).standard_normal((n, 6)),
        "equal": np.ones((n, 6)),
        "zero": np.zeros((n, 6)),
    }
    candidates = list_of([(f"s{i}", f"t{i}") for i in range(n)], made[rows], made[rows][:, :4], ("en", "fr"))
    well_defined(score_pairs(candidates))


def test_odd_lists_are_scored_without_a_warning():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((40, 6))
    rows[::5] = 0
    same = [("dog", "chien")] * 30
    well_defined(score_pairs(list_of(same, np.ones((1, 4)), np.ones((1, 4)))))
    pairs = [(f"s{i}", f"t{i}") for i in range(40)]
    well_defined(score_pairs(list_of([*pairs, *pairs], rows, rows)))
    scores = np.where(rng.random(40) < 0.5, np.nan, 1.0)
    well_defined(score_pairs(list_of(pairs, rows, rows, score=scores)))
    symbols = [(f"{i}", "—" * (i + 1)) for i in range(40)]
    well_defined(score_pairs(list_of(symbols, rows, rows)))


def test_one_word_with_a_thousand_translations_is_scored():
    rng = np.random.default_rng(0)
    pairs = [("s", f"t{i}") for i in range(1000)]
    found = score_pairs(list_of(pairs, rng.standard_normal((1, 8)), rng.standard_normal((1000, 8))))
    well_defined(found)
    assert (found.signals["source_partners"] == 1000).all()


def well_defined(found):
    table = found.table
    assert table["quality"].between(0, 1).all()
    assert np.isfinite(table["information"]).all()
    assert (table["information"] >= 0).all()
    assert not np.isinf(found.signals.to_numpy()).any()
    for name in ("source_near", "target_near"):
        assert all(0 <= pair < len(table) for near in table[name] for pair in near)


def test_a_list_of_a_few_right_pairs_is_not_condemned_for_being_short():
    """What cannot be measured in so few pairs leaves them near the usual share, not near 0."""
    rng = np.random.default_rng(0)
    for n in (1, 2, 5):
        rows = rng.standard_normal((n, 6))
        candidates = list_of([(f"s{i}", f"t{i}") for i in range(n)], rows, rows)
        assert (score_pairs(candidates).table["quality"] > 0.05).all()


# From a word list to anchors


class Encoder:
    def __init__(self, words, rows):
        self.words, self.rows = list(words), np.asarray(rows, np.float32)

    def anchor_ids(self, words, case_variants=False):
        return np.array([self.words.index(word) if word in self.words else -1 for word in words], np.int64)


@pytest.fixture(scope="module")
def in_files(planted):
    """The planted list as a lexicon, an encoder and vectors."""
    spoiled = planted[1]
    lexicon = Lexicon(spoiled.pairs[["source", "target", "score", "line"]], {}, "list.tsv")
    target = WordVectors(spoiled.target.words, spoiled.target.rows, LoadReport())
    return lexicon, Encoder(spoiled.source.words, spoiled.source.rows), target


def judged(in_files, decisions=None, **settings):
    return JudgedPairs(*in_files, AnchorSettings(**settings), ("en", "fr"), decisions)


def test_pairs_are_not_scored_unless_the_settings_ask_for_it(in_files, monkeypatch):
    def refuse(*_):
        raise AssertionError("scored")

    monkeypatch.setattr(judged_pairs, "score_pairs", refuse)
    assert len(judged(in_files).anchors()) > 0
    for settings in ({"min_quality": 0.5}, {"translation": "best_quality"}):
        with pytest.raises(AssertionError, match="scored"):
            judged(in_files, **settings).anchors()


def test_a_threshold_leaves_the_wrong_pairs_out(in_files, planted):
    wrong = set(planted[1].pairs["line"][planted[2]])
    everything, cleaned = judged(in_files).anchors(), judged(in_files, min_quality=0.5).anchors()

    def share(anchors):
        return anchors.pairs["line"].isin(wrong).mean()

    assert share(everything) > 0.15
    assert share(cleaned) < 0.05
    assert cleaned.dropped["quality below threshold"] > 50
    assert (cleaned.pairs["quality"] >= 0.5).all()


def test_decisions_teach_the_scores_and_choose_the_anchors(in_files):
    plain = judged(in_files, min_quality=0.5)
    table = plain.quality.table
    worst = table.sort_values("quality").iloc[:3]
    best = table[~table["word"].isin(worst["word"])].drop_duplicates("word").iloc[:3]
    decisions = pd.concat([decisions_on(worst, "accept"), decisions_on(best, "reject")], ignore_index=True)
    reviewed = judged(in_files, decisions, min_quality=0.5)
    pairs = reviewed.anchors().pairs
    assert set(worst["line"]) <= set(pairs["line"])
    assert not set(best["line"]) & set(pairs["line"])
    assert len(reviewed.quality.table) == len(table)  # what was rejected is scored all the same
    assert reviewed.quality.model.model.intercept != plain.quality.model.model.intercept


def test_no_known_pair_is_an_error(in_files):
    lexicon, encoder, target = in_files
    strange = Lexicon(lexicon.pairs.assign(source="xyzzy"), {}, "list.tsv")
    for settings in ({}, {"min_quality": 0.5}, {"translation": "best_quality"}):
        with pytest.raises(MosecrotError, match=r"no pair|at least one pair"):
            JudgedPairs(strange, encoder, target, AnchorSettings(**settings), ("en", "fr")).anchors()


def test_candidates_are_those_of_the_list(in_files, planted):
    found = judged(in_files).candidates
    assert isinstance(found, Candidates)
    assert found.source.words == planted[1].source.words
    np.testing.assert_array_equal(found.target.of_pair, planted[1].target.of_pair)
