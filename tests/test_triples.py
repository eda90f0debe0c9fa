"""Three models from one initialisation: really the same, resumable, refused where they do not fit."""

import json
import shutil

import numpy as np
import pytest
import torch
from test_training import FAST, TOKENIZER, Killed, new_model
from tiny_encoders import WORDS

from mosecrot_core.errors import InputError
from mosecrot_core.learning import triples
from mosecrot_core.learning.deltas import deltas
from mosecrot_core.learning.evaluation_set import EvaluationSet
from mosecrot_core.learning.interpolation import Interpolation
from mosecrot_core.learning.interpolation_grid import BILINGUAL, SOURCE, TARGET
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.tasks.corpus import LabelledTexts
from mosecrot_core.learning.text_head import TextHead
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.triples import MEMBERS, Side, load_triple, train_triple

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

HEAD = TextHead(["cat", "dog"])
CONFIG = TrainConfig(**FAST)
FILLERS = [word for word in WORDS if word not in ("cat", "dog", "river", "bread")]


def texts(n, seed, cues=("cat", "dog")):
    """Sentences of fillers with one of two words, which the label is."""
    rng = np.random.default_rng(seed)
    labels = tuple(rng.integers(0, 2, n).tolist())
    sentences = ([cues[label], *rng.choice(FILLERS, rng.integers(0, 7))] for label in labels)
    return LabelledTexts(tuple(" ".join(map(str, rng.permutation(words))) for words in sentences), labels)


def target_texts(n, seed):
    return texts(n, seed, cues=("river", "bread"))


def sides():
    reader = Reader(TOKENIZER, max_length=16)
    return Side(reader, texts(44, 0), texts(16, 1)), Side(reader, target_texts(30, 2), target_texts(16, 3))


@pytest.fixture
def initial(tmp_path):
    torch.manual_seed(0)
    new_model().save_pretrained(tmp_path / "initial")
    return tmp_path / "initial"


def train(initial, folder, config=CONFIG, seed=0, progress=None):
    train_triple(HEAD, initial, *sides(), config, seed, folder, progress)


def test_all_three_start_from_the_saved_weights_head_included(tmp_path, initial, monkeypatch):
    started = []

    def note(build, tokenizer, task, config, seed, work, progress):
        torch.manual_seed(len(started))  # another one each time: it must not matter
        started.append((build().state_dict(), len(task.train), task.sizes))
        return build()

    monkeypatch.setattr(triples, "train_model", note)
    train(initial, tmp_path / "triple")
    saved = HEAD.load(initial).state_dict()
    assert [(n, sizes) for _, n, sizes in started] == [(74, (44, 30)), (44, (44,)), (30, (30,))]
    for state, _, _ in started:
        assert all(torch.equal(tensor, state[name]) for name, tensor in saved.items())


def test_models_learn_their_languages_and_corners_are_them(tmp_path, initial):
    train(initial, tmp_path / "triple", TrainConfig(**{**FAST, "epochs": 20}))
    models = load_triple(HEAD, tmp_path / "triple")
    assert list(models) == list(MEMBERS)
    reader = Reader(TOKENIZER, max_length=16)
    test = texts(60, seed=9)
    parts = {"source": (reader, test), "target": (reader, target_texts(60, seed=8))}
    evaluation = EvaluationSet(HEAD, parts)
    interpolation = Interpolation(list(models.values()), rows=evaluation.rows)
    scores = {}
    for name, point in zip(MEMBERS, (BILINGUAL, SOURCE, TARGET), strict=True):
        found = evaluation.scores(evaluation.answers(interpolation.at(point.weights)))
        scores[name] = {language: own["accuracy"] for language, own in found.items()}
    for name, model in models.items():
        own = HEAD.scores(model, reader, test)["accuracy"]
        assert scores[name]["source"] == own
    assert min(scores["bilingual"].values()) > 0.9
    for name, other in (("source", "target"), ("target", "source")):
        assert scores[name][name] > 0.85
        assert scores[name][other] < 0.75, "nothing was said of these words"
    assert 0 < deltas(*models.values()).angle < 120


def test_a_killed_training_goes_on_with_the_next_model(tmp_path, initial):
    whole = tmp_path / "whole"
    train(initial, whole)
    steps = []

    def killing(done, total):
        steps.append((done, total))
        if len(steps) > 40:  # the bilingual one has 30, the source one 18
            raise Killed

    with pytest.raises(Killed):
        train(initial, tmp_path / "killed", progress=killing)
    assert (tmp_path / "killed" / "bilingual").exists()
    assert not (tmp_path / "killed" / "source").exists()
    counted = []
    train(initial, tmp_path / "killed", progress=lambda done, total: counted.append(total))
    assert 30 not in counted, "the bilingual model is not trained again"
    for member in MEMBERS:
        one, other = (HEAD.load(folder / member).state_dict() for folder in (whole, tmp_path / "killed"))
        assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("select", ["last", "best_on_dev"])
def test_the_same_seed_gives_the_same_models_and_another_does_not(tmp_path, initial, select):
    config = TrainConfig(**FAST, select=select)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(initial, tmp_path / name, config, seed)
    states = [HEAD.load(tmp_path / name / "bilingual").state_dict() for name in "abc"]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not torch.equal(states[0]["classifier.weight"], states[2]["classifier.weight"])


def test_models_that_do_not_belong_together_are_refused(tmp_path, initial, monkeypatch):
    monkeypatch.setattr(triples, "train_model", lambda build, *_: build())
    train(initial, tmp_path / "one")
    torch.manual_seed(1)
    new_model().save_pretrained(tmp_path / "other_initial")
    with pytest.raises(InputError, match="another initialisation"):
        train(tmp_path / "other_initial", tmp_path / "one")
    train(tmp_path / "other_initial", tmp_path / "two", seed=7)
    shutil.rmtree(tmp_path / "one" / "target")
    shutil.copytree(tmp_path / "two" / "target", tmp_path / "one" / "target")
    with pytest.raises(InputError, match="another initialisation and another seed") as refused:
        load_triple(HEAD, tmp_path / "one")
    assert "target" in str(refused.value)


def test_what_is_missing_or_damaged_is_named(tmp_path, initial, monkeypatch):
    monkeypatch.setattr(triples, "train_model", lambda build, *_: build())
    train(initial, tmp_path / "one")
    record = tmp_path / "one" / "source" / "triple.json"
    for content, said in (("{", "cannot be read"), ("[]", "a JSON object expected")):
        record.write_text(content)
        with pytest.raises(InputError, match=said):
            load_triple(HEAD, tmp_path / "one")
    record.unlink()
    with pytest.raises(InputError, match="no model of a triple here"):
        load_triple(HEAD, tmp_path / "one")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"\*\.safetensors expected"):
        train(tmp_path / "empty", tmp_path / "new")


def test_the_record_says_what_they_were_made_from(tmp_path, initial, monkeypatch):
    monkeypatch.setattr(triples, "train_model", lambda build, *_: build())
    train(initial, tmp_path / "one", seed=4)
    record = json.loads((tmp_path / "one" / "target" / "triple.json").read_text())
    assert record["seed"] == 4
    assert record["training"]["learning_rate"] == FAST["learning_rate"]
    assert len(record["initial"]) == len(record["vocabulary"]) == 64
