"""Frequent words that neither vectors nor list know: read as source words as frequent."""

from dataclasses import replace

import numpy as np
import pytest
import yaml
from small_experiment import PLAIN, SETTINGS, TOPICS, foreign, run_file, write_small_experiment

from mosecrot_core.mapping.frequent_words import as_frequent, rows_as_frequent
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.languages import VectorSettings
from mosecrot_core.runs.mapped_rows import mapped_rows
from mosecrot_core.runs.missing_words import missing_words
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.text_tables import tokens_table, word_anchors_table
from mosecrot_core.runs.unmapped_words import unmapped_words
from mosecrot_core.runs.workbench import Workbench

METHODS = {
    "recommended": {},
    "spelled": {"frequent": 1},
    "often": {"frequent": 0.02},
    "paper": {"alignment": {"method": "paper", "k": 8}},
    "paper_frequent": {"alignment": {"method": "paper", "k": 8}, "frequent": 0.001},
}
STOP_WORDS = [foreign(word) for word in PLAIN]


@pytest.fixture
def file(tmp_path):
    """Vectors and list without the words that are no topic's, as if they were stop words."""
    found = write_small_experiment(tmp_path)
    vectors = found.with_name("zu.vec")
    header, *lines = vectors.read_text().splitlines()
    kept = [line for line in lines if line.split(" ")[0] not in STOP_WORDS]
    vectors.write_text("\n".join([f"{len(kept)} {header.split()[1]}", *kept]) + "\n")
    pairs = found.with_name("en-zu.txt")
    pairs.write_text(
        "".join(f"{x}\n" for x in pairs.read_text().splitlines() if x.split()[1] not in STOP_WORDS)
    )
    found.write_text(yaml.safe_dump(yaml.safe_load(SETTINGS) | {"methods": METHODS}, sort_keys=False))
    return found


@pytest.fixture
def bench(file):
    return Workbench(load_experiment(file), file.parent)


def rows_of(bench, name):
    words = bench.words("zu", name)
    return dict(zip(words.vocabulary.entries, mapped_rows(bench, words, "zu", name), strict=True))


def test_the_row_is_the_mean_of_the_ten_nearest_in_log_frequency_at_their_length():
    rng = np.random.default_rng(0)
    shares, rows = rng.uniform(1e-5, 0.1, 30), rng.normal(size=(30, 4)).astype(np.float32)
    wanted = np.array([0.05, 0.0002])
    found = rows_as_frequent(wanted, shares, rows)
    for share, row in zip(wanted, found, strict=True):
        near = sorted(range(30), key=lambda i: abs(np.log(shares[i] / share)))[:10]
        mean = rows[near].mean(axis=0)
        length = np.mean([np.linalg.norm(rows[i]) for i in near])
        np.testing.assert_allclose(row, mean / np.linalg.norm(mean) * length, rtol=1e-5)
    few = rows_as_frequent(wanted, shares[:3], rows[:3])
    np.testing.assert_allclose(few[0], few[1], err_msg="of three words all are near")
    assert as_frequent(wanted, shares[:3]).shape == (2, 3)
    assert rows_as_frequent(np.empty(0), shares, rows).shape == (0, 4)
    assert np.isfinite(rows_as_frequent(wanted, shares, np.zeros_like(rows))).all()


def test_shares_are_those_of_the_texts(bench):
    frequent, used = bench.lacked_words("zu", "recommended"), bench.target("zu").used
    assert set(frequent) <= set(STOP_WORDS)
    assert len(frequent) > 5
    assert frequent == {word: used[word] / used.total() for word in frequent}
    ids, shares = bench.source_shares
    np.testing.assert_allclose(shares.sum(), 1)
    words = bench.encoder.tokenizer.convert_ids_to_tokens(ids.tolist())
    read = " ".join(text for text in bench.corpus.get("en", "train").texts).split()
    np.testing.assert_allclose(shares, [read.count(word) / len(read) for word in words])


def test_a_frequent_word_is_read_as_source_words_as_frequent(bench):
    spelled, rows, frequent = (
        rows_of(bench, "spelled"), rows_of(bench, "recommended"), bench.lacked_words("zu", "recommended"),
    )  # fmt: skip
    assert set(rows) - set(spelled) == set(frequent)
    ids, shares = bench.source_shares
    expected = rows_as_frequent(np.array(list(frequent.values())), shares, bench.encoder.rows[ids])
    np.testing.assert_allclose([rows[word] for word in frequent], expected, rtol=1e-5)
    for word in spelled:
        np.testing.assert_allclose(rows[word], spelled[word], rtol=1e-5, atol=1e-6)
    assert set(frequent) <= set(bench.all_words("zu", "recommended").vocabulary.entries), "a saved one, too"
    fewer = bench.lacked_words("zu", "often")
    assert fewer == {word: share for word, share in frequent.items() if share >= 0.02}
    assert 0 < len(fewer) < len(frequent)


def test_the_papers_setting_does_it_only_if_told(bench):
    assert not bench.lacked_words("zu", "paper")
    frequent = bench.lacked_words("zu", "paper_frequent")
    ids, shares = bench.source_shares
    own = rows_as_frequent(
        np.array(list(frequent.values())), shares, bench.source_rows("zu", "paper_frequent")[ids]
    )
    rows = rows_of(bench, "paper_frequent")
    np.testing.assert_allclose([rows[word] for word in frequent], own, rtol=1e-5)


def test_a_pair_says_more(file):
    word = next(iter(Workbench(load_experiment(file), file.parent).lacked_words("zu", "recommended")))
    with file.with_name("en-zu.txt").open("a") as pairs:
        pairs.write(f"cat {word}\n")
    bench = Workbench(load_experiment(file), file.parent)
    words = bench.words("zu", "recommended")
    unmapped = unmapped_words(bench, words, "zu", "recommended")
    entries = [words.vocabulary.entries[i] for i in unmapped.frequent.index]
    assert entries
    assert word not in entries
    (cat,) = bench.encoder.anchor_ids(["cat"])
    np.testing.assert_array_equal(rows_of(bench, "recommended")[word], bench.encoder.rows[cat])


def test_few_words_are_what_the_texts_are_about(tmp_path):
    file = write_small_experiment(tmp_path)
    file.write_text(yaml.safe_dump(yaml.safe_load(SETTINGS) | {"methods": METHODS}, sort_keys=False))
    with file.with_name("zu.test.tsv").open("a") as tests:
        tests.write("food\tzembla zembla zembla\n")
    bench = Workbench(load_experiment(file), tmp_path)
    used = bench.target("zu").used
    assert used["zembla"] / used.total() > 0.001
    assert not bench.lacked_words("zu", "recommended")


def test_vectors_of_subwords_know_every_word(file, monkeypatch):
    load = VectorSettings.load
    row = np.ones(20, np.float32)
    monkeypatch.setattr(
        VectorSettings, "load", lambda settings, path: replace(load(settings, path), composer=lambda _: row)
    )
    assert not Workbench(load_experiment(file), file.parent).lacked_words("zu", "recommended")


def test_tables_say_so(bench):
    found = missing_words(bench, "zu").set_index("word")["read_as"]
    frequent = bench.lacked_words("zu", "recommended")
    assert set(found[found == "frequent"].index) == set(frequent)
    tokens = tokens_table(bench, "zu", "recommended")
    assert set(tokens.loc[tokens["origin"] == "frequent", "token"]) == set(frequent)
    assert "frequent" not in set(tokens_table(bench, "zu", "spelled")["origin"])
    table = word_anchors_table(bench, "zu", "recommended")
    part = table[table["token"].isin(list(frequent))]
    assert (part["target"] == part["token"]).all()
    assert part["cosine"].isna().all()
    np.testing.assert_allclose(part.groupby("token")["weight"].sum(), 1, rtol=1e-5)
    assert set(part["source"]) <= {*PLAIN, *(word for words in TOPICS.values() for word in words)}


def test_keys_hang_on_what_decides_it(file):
    def keys(text=None):
        if text is not None:
            file.with_name("en.train.tsv").write_text(text)
        plan = make_plan(load_experiment(file), file.parent, FileHashes())
        return {step.method: step.key for step in plan.steps if step.kind == "word_anchors"}

    before, train = keys(), file.with_name("en.train.tsv").read_text()
    assert len(set(before.values())) == len(METHODS)
    after = keys(train + "food\tthe the the\n")
    assert all(before[name] != after[name] for name in ("recommended", "often", "paper_frequent"))


@pytest.mark.slow
def test_a_run_goes_through_with_it(file):
    run = run_file(file)
    scores = run.results().query("metric == 'macro_f1' and baseline_of == ''")
    assert set(scores["method"]) == set(METHODS)
    coverage = scores.groupby("method")["coverage"].mean()
    assert coverage["recommended"] == 1 > coverage["spelled"]


def test_without_source_texts_nothing_is_known_of_its_words(bench):
    assert bench.target("zu").lacked(0.001)
    left = {key: part for key, part in bench.corpus.splits.items() if key != ("en", "train")}
    bench.corpus = replace(bench.corpus, splits=left)
    assert not bench.lacked_words("zu", "recommended")
