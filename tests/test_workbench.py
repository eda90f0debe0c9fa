"""The inputs of an experiment, loaded from real files."""

import numpy as np
import pytest
import torch
from small_experiment import SETTINGS, WORDS, foreign, write_small_experiment
from transformers import set_seed

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning.prediction import encode, predict
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.workbench import Workbench
from mosecrot_core.words.conversion import convert_vectors


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    settings = SETTINGS.replace(", max_length: 16", "")
    file = write_small_experiment(tmp_path_factory.mktemp("small"), settings)
    return Workbench(load_experiment(file), file.parent)


def test_texts_are_cut_to_what_the_encoder_takes(bench):
    """The tokenizer's file says 1000, the encoder has 24 positions, the settings ask for 128."""
    texts = ["cat " * 60]
    assert (
        len(encode(bench.source_tokenizer, texts, bench.experiment.training.max_length)[0]["input_ids"]) == 24
    )
    assert predict(bench.new_classifier(None), bench.source_tokenizer, texts).shape == (1, 3)


def test_a_classifier_takes_new_rows_but_keeps_the_special_ones(bench):
    rows = np.full_like(bench.encoder.rows, 7)
    set_seed(3)
    model = bench.new_classifier(rows)
    found = model.get_input_embeddings().weight.detach().numpy()
    special = list(bench.encoder.special_ids)
    np.testing.assert_array_equal(found[special], bench.encoder.rows[special])
    assert (np.delete(found, special, axis=0) == 7).all()
    assert (rows == 7).all(), "the caller's rows stay"
    assert model.config.id2label == {0: "animals", 1: "food", 2: "weather"}
    set_seed(3)
    assert torch.equal(model.classifier.weight, bench.new_classifier(None).classifier.weight)


def test_a_target_knows_all_words_and_those_that_its_texts_use(bench):
    target = bench.target("zu")
    assert set(target.all_words.vocabulary.entries) == {foreign(word) for word in WORDS if word != "very"}
    texts = [
        text for (language, _), part in bench.corpus.splits.items() if language == "zu" for text in part.texts
    ]
    used = {word for text in texts for word in text.split()} - {foreign("very")}
    assert set(target.words.vocabulary.entries) == used
    assert len(target.anchors) == len(WORDS) - 4, "three not in the list, one without a vector"
    assert bench.target("zu") is target, "loaded once"


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_vectors_may_stay_on_the_disk(bench, tmp_path, precision):
    settings = SETTINGS.replace("{path: zu.vec}", "{path: zu.safetensors, memory_mapped: true}")
    file = write_small_experiment(tmp_path, settings)
    convert_vectors(tmp_path / "zu.vec", tmp_path / "zu.safetensors", precision=precision)
    mapped, loaded = Workbench(load_experiment(file), tmp_path).target("zu"), bench.target("zu")
    assert mapped.all_words.vocabulary.entries == loaded.all_words.vocabulary.entries
    assert mapped.all_words.rows.dtype == mapped.anchors.target_rows.dtype == np.float32
    as_kept = loaded.all_words.rows.astype(precision)
    np.testing.assert_array_equal(mapped.all_words.rows, as_kept)
    np.testing.assert_array_equal(mapped.anchors.target_rows, loaded.anchors.target_rows.astype(precision))


def test_wechsel_goes_through_the_sources_static_vectors(tmp_path):
    """Statics in which `cat` and `dog` have changed places, as their encoder rows have not."""
    settings = SETTINGS.replace("encoder: encoder}", "encoder: encoder, vectors: {path: en.vec}}")
    settings += "  wechsel: {alignment: {method: wechsel, k: 1}, source_rows: kept}\n"
    file = write_small_experiment(tmp_path, settings)
    lines = (tmp_path / "zu.vec").read_text().splitlines()[1:]
    swapped = {"cat": "dog", "dog": "cat", "cow": "COW"}
    table = {line.split(" ", 1)[0][-2::-1]: line.split(" ", 1)[1] for line in lines}
    names = [swapped.get(word, word) for word in table if word != "horse"]
    rows = [row for word, row in table.items() if word != "horse"]
    en = [f"{name} {row}\n" for name, row in zip(names, rows, strict=True)]
    (tmp_path / "en.vec").write_text("".join([f"{len(en)} 20\n", *en]))
    bench = Workbench(load_experiment(file), tmp_path)
    target, alignment = bench.target("zu"), bench.experiment.methods["wechsel"].alignment
    mapped = dict(
        zip(
            target.all_words.vocabulary.entries,
            bench.mapping("zu", "wechsel").map_target(target.all_words.rows), strict=True,
        )
    )  # fmt: skip
    row_of = dict(
        zip(WORDS, bench.encoder.rows[bench.source_tokenizer.convert_tokens_to_ids(WORDS)], strict=True)
    )
    for word in ("bird", "soup", "cow"):
        np.testing.assert_allclose(mapped[foreign(word)], row_of[word], rtol=1e-5)
    np.testing.assert_allclose(mapped[foreign("cat")], row_of["dog"], rtol=1e-5)
    assert np.abs(mapped[foreign("horse")] - row_of["horse"]).max() > 0.1, "it has no static vector"
    with pytest.raises(MosecrotError, match="static vectors"):
        alignment.fit(bench.encoder.rows[:3], target.anchors.target_rows[:3])


def test_reordering_pairs_changes_the_mapping_and_the_identity_does_not(bench):
    rows, n = bench.target("zu").words.rows, len(bench.target("zu").anchors)
    plain = bench.mapping("zu", "softmax").map_target(rows)
    np.testing.assert_array_equal(bench.mapping("zu", "softmax", np.arange(n)).map_target(rows), plain)
    assert not np.allclose(bench.mapping("zu", "softmax", np.roll(np.arange(n), 1)).map_target(rows), plain)


def test_mapped_words_land_near_their_translations(bench):
    """What makes the small experiment learnable."""
    target = bench.target("zu")
    mapped = bench.mapping("zu", "least_squares").map_target(target.words.rows)
    ids = bench.source_tokenizer.convert_tokens_to_ids(WORDS)
    rows = bench.encoder.rows[ids]
    cosines = mapped @ rows.T / np.linalg.norm(mapped, axis=1)[:, None] / np.linalg.norm(rows, axis=1)
    nearest = [WORDS[i] for i in cosines.argmax(axis=1)]
    hits = [
        foreign(found) == entry for found, entry in zip(nearest, target.words.vocabulary.entries, strict=True)
    ]
    assert np.mean(hits) > 0.5


def test_vectors_are_trained_once_and_kept(tmp_path):
    training = "training: {dim: 8, epochs: 2, min_count: 1, buckets: 1000}"
    given = f"vectors: {{train_on: [raw.tsv], column: 2, {training}}}"
    file = write_small_experiment(tmp_path, SETTINGS.replace("vectors: {path: zu.vec}", given))
    rng, words = np.random.default_rng(0), [foreign(word) for word in WORDS]
    words += [f"{first}{second}" for first in words[:12] for second in words[:12]]
    lines = [" ".join(rng.choice(words, 8)) for _ in range(300)]
    (tmp_path / "raw.tsv").write_text("".join(f"{n}\t{line}\n" for n, line in enumerate(lines)))
    rows = Workbench(load_experiment(file), tmp_path, tmp_path / "kept").target("zu").words.rows
    (kept,) = (tmp_path / "kept").iterdir()
    written = kept.stat().st_mtime_ns
    again = Workbench(load_experiment(file), tmp_path, tmp_path / "kept").target("zu").words.rows
    np.testing.assert_array_equal(rows, again)
    assert rows.shape[1] == 8
    assert kept.stat().st_mtime_ns == written
