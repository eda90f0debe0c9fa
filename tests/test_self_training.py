"""Self-training: unlabelled text teaches, a kill loses nothing, what is not trusted teaches nothing."""

import gc
from dataclasses import asdict

import numpy as np
import pytest
import torch
from scipy.special import softmax
from tiny_encoders import bert_tokenizer
from transformers import BertConfig, BertModel

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning import teaching
from mosecrot_core.learning.class_priors import class_shares
from mosecrot_core.learning.encoded_parts import LearnablePart
from mosecrot_core.learning.pseudo_labels import REJECTED, Acceptance
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.self_training import self_train
from mosecrot_core.learning.self_training_config import SelfTraining
from mosecrot_core.learning.tasks.corpus import LabelledTexts
from mosecrot_core.learning.tasks.token_corpus import LabelledTokens
from mosecrot_core.learning.tasks.tree_corpus import LabelledTrees
from mosecrot_core.learning.tasks.unlabelled import UnlabelledTexts, UnlabelledTokens, without_labels
from mosecrot_core.learning.teaching import STAGE_COLUMNS, PlainModel, SourceSide
from mosecrot_core.learning.text_head import TextHead
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import train_model
from mosecrot_core.learning.voting_model import new_voters
from mosecrot_core.learning.word_head import WordHead

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

TOKENIZER = bert_tokenizer()
CONFIG = TrainConfig(learning_rate=1e-2, epochs=6, batch_size=16, max_length=16, checkpoint="never")
SOURCE, TARGET = ("cat", "dog"), ("bread", "river")
"""What the label hangs on: in the source language; in the target's own words."""
FILLERS = ("the", "a", "old", "near", "under", "red")


def texts(n, seed, words=SOURCE, others=("", ""), known=1.0):
    """Sentences with a word of the label's; a share of `known` with another word of its, if there is one.

    Without others, a share of them has no word of the label's at all: nobody can be sure of these.
    """
    rng = np.random.default_rng(seed)
    labels = tuple(int(label) for label in rng.integers(0, 2, n))
    sentences = []
    for label in labels:
        own = list(rng.choice(FILLERS, rng.integers(2, 6)))
        own += [words[label]] if others[label] or rng.random() < known else []
        own += [others[label]] if others[label] and rng.random() < known else []
        sentences.append(" ".join(map(str, rng.permutation(own))))
    return LabelledTexts(tuple(sentences), labels)


TRAIN, DEV = texts(120, 0, known=0.7), texts(80, 1, known=0.7)
POOL = texts(200, 2, TARGET, others=SOURCE, known=0.8)  # some words are the same in both languages
TEST = texts(60, 3, TARGET)
HEAD, READER = TextHead(("feline", "canine")), Reader(TOKENIZER, 16)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(TOKENIZER), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=24, hidden_dropout_prob=0.3, initializer_range=0.05,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return folder


def source_side(dev=DEV):
    labels = {"dev": HEAD.encoded(READER, dev), "dev_labels": np.array(dev.labels)} if dev else {}
    return SourceSide(HEAD.encoded(READER, TRAIN), np.array(TRAIN.labels), **labels)


def pool(part=POOL):
    return HEAD.encoded(READER, without_labels(part))


def taught(encoder, folder, seed=0, dev=DEV, target=None, progress=None, plain=None, shared=None, **settings):
    sure = Acceptance(rule="target_accuracy", accuracy=0.97)
    chosen = SelfTraining(**{"voters": ("linear", "cnn"), "rounds": 2, "acceptance": sure, **settings})

    def build():
        return new_voters(encoder, HEAD.label_names, chosen.voters)

    target = pool() if target is None else target
    return self_train(
        build, TOKENIZER, source_side(dev), target, chosen, CONFIG, seed, folder, progress, plain, shared
    )


def accuracy(model, part=TEST):
    return HEAD.scores(model, READER, part)["accuracy"]


def weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_same(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def whole(encoder, tmp_path_factory):
    """A training that nobody kills, and its folder."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    return taught(encoder, folder), folder


def test_words_of_the_target_are_learned_from_texts_without_labels(encoder, whole, tmp_path):
    """Not with every seed: what the model takes a word for that it does not know is chance."""
    found = {tmp_path / str(seed): taught(encoder, tmp_path / str(seed), seed) for seed in (1, 3)}
    found[whole[1]] = whole[0]
    before = [accuracy(teaching.load_voters(folder / "source")) for folder in found]
    after = [accuracy(own.model) for own in found.values()]
    assert np.mean(before) < 0.7, "the words of the test say nothing to a model of the source alone"
    assert np.median(after) > 0.95


def test_each_stage_is_told(whole):
    found, folder = whole
    stages = found.stages
    assert list(stages.columns) == STAGE_COLUMNS
    names = list(dict.fromkeys(stages["stage"]))
    assert names == ["1-soft", "1-hard", "2-soft", "2-hard"][: len(names)]
    assert len(names) >= 2
    assert sorted(path.name for path in folder.iterdir()) == sorted(["source", *names])
    assert (stages.groupby("stage")["given"].sum() == len(POOL)).all()
    assert (stages["accepted"] <= stages["given"]).all()
    soft = stages[stages["stage"].str.endswith("soft")]
    assert (soft["accepted"] == soft["given"]).all()
    assert stages["changed"].between(0, 1).all()


def test_the_same_seed_gives_the_same_model_and_another_seed_another(encoder, whole, tmp_path):
    again = taught(encoder, tmp_path / "again")
    assert_same(weights(again.model), weights(whole[0].model))
    assert again.stages.equals(whole[0].stages)
    other = weights(taught(encoder, tmp_path / "other", seed=1).model)
    assert not torch.equal(
        other["voters.linear.out.weight"], weights(whole[0].model)["voters.linear.out.weight"]
    )


class Killed(BaseException):
    pass


@pytest.mark.parametrize("trainings", [1, 2, 3])
def test_killed_and_resumed_equals_uninterrupted_bit_for_bit(
    encoder, whole, tmp_path, monkeypatch, trainings
):
    done = []

    def dies(*args, **kwargs):
        if len(done) == trainings:
            raise Killed
        done.append(args)
        return train_model(*args, **kwargs)

    monkeypatch.setattr(teaching, "train_model", dies)
    with pytest.raises(Killed):
        taught(encoder, tmp_path / "run")
    monkeypatch.undo()
    torch.manual_seed(99)
    resumed = taught(encoder, tmp_path / "run")
    assert_same(weights(resumed.model), weights(whole[0].model))
    assert resumed.stages.equals(whole[0].stages)


def test_what_other_trainings_have_in_common_is_trained_once(encoder, whole, tmp_path, monkeypatch):
    shared = dict.fromkeys(SelfTraining().first_stages(), whole[1])
    trained = []
    train = teaching.train_model
    monkeypatch.setattr(
        teaching, "train_model", lambda *given: trained.append(given[5].stem) or train(*given)
    )
    alone = taught(encoder, tmp_path / "alone", rounds=1, hard=False)
    assert trained == ["source", "1-soft"]
    assert_same(
        weights(taught(encoder, tmp_path / "run", rounds=1, hard=False, shared=shared).model),
        weights(alone.model),
    )
    assert trained == ["source", "1-soft"], "both were there"
    taught(encoder, tmp_path / "run", rounds=1, soft=False, shared=shared)
    assert trained == ["source", "1-soft", "1-hard"]


def test_teachers_stay_as_they_are(encoder, tmp_path, monkeypatch):
    teachers = []
    said = teaching.Teaching._said

    def remembered(self, model, part, **how):
        teachers.append((model, weights(model)))
        return said(self, model, part, **how)

    monkeypatch.setattr(teaching.Teaching, "_said", remembered)
    taught(encoder, tmp_path / "run", start="last")
    assert len(teachers) >= 3
    for model, before in teachers:
        assert_same(weights(model), before)


def test_without_an_accepted_label_the_model_of_the_source_is_left(encoder, tmp_path):
    never = Acceptance(rule="fixed", threshold=1.0)
    found = taught(encoder, tmp_path / "run", soft=False, acceptance=never, dev=None)
    assert list(found.stages["stage"].unique()) == ["1-hard"]
    assert found.stages["accepted"].sum() == 0
    assert found.stages["given"].sum() == len(POOL)
    np.testing.assert_array_equal(found.answers["1-hard"], found.answers["source"])
    assert_same(weights(found.model), weights(teaching.load_voters(tmp_path / "run" / "source")))


def test_a_share_of_each_label_is_learned_without_a_dev_set(encoder, tmp_path):
    half = Acceptance(rule="share", share=0.5, agreement="none")
    found = taught(encoder, tmp_path / "run", rounds=1, soft=False, acceptance=half, dev=None)
    assert (found.stages["given"] > 1).all()
    assert found.stages["accepted"].tolist() == np.ceil(found.stages["given"] / 2).tolist()


def test_a_label_that_is_given_no_more_shows(encoder, tmp_path):
    sure = texts(40, 5)  # the words of one label only
    part = LabelledTexts(tuple(text for text in sure.texts if "cat" in text), (0,) * sure.labels.count(0))
    found = taught(encoder, tmp_path / "run", target=pool(part), soft=False, rounds=1)
    last = found.stages.set_index("label")
    assert last.loc[0, "accepted"] > 0
    assert last.loc[1, ["given", "accepted"]].tolist() == [0, 0]


def test_labels_come_as_often_as_in_the_source(encoder, whole, tmp_path):
    shares = class_shares(np.array(TRAIN.labels), 2)
    plain = PlainModel(lambda: HEAD.new_model(encoder), HEAD.load)
    voters, one = (
        taught(encoder, tmp_path / name, rounds=1, class_priors=1.0, plain=how)
        for name, how in (("voters", None), ("plain", plain))
    )
    for found in (voters, one):
        on_target = [said for stage, said in found.answers.items() if stage != "dev"]
        assert len(on_target) >= 3
        for said in on_target:
            np.testing.assert_allclose(said.mean(axis=0), shares, atol=1e-3)
        logits = pool().read(found.model, TOKENIZER)
        np.testing.assert_allclose(softmax(logits, axis=1).mean(axis=0), shares, atol=1e-3)
    half = taught(encoder, tmp_path / "half", rounds=0, class_priors=0.5).answers["source"].mean(axis=0)
    none = whole[0].answers["source"].mean(axis=0)
    assert abs(half - shares).max() < abs(none - shares).max()


def test_only_what_is_accepted_is_learned_from(encoder, tmp_path, monkeypatch):
    tasks = []

    def seen(build, tokenizer, task, *rest):
        tasks.append(task)
        return train_model(build, tokenizer, task, *rest)

    monkeypatch.setattr(teaching, "train_model", seen)
    found = taught(encoder, tmp_path / "run", soft=False, rounds=1)
    accepted = found.stages["accepted"].sum()
    assert 0 < accepted < len(POOL)
    assert [task.sizes for task in tasks] == [(len(TRAIN),), (len(TRAIN), accepted)]
    assert all(example["labels"] != REJECTED for example in tasks[1].train)


@pytest.mark.parametrize("door", ["labels", "_labels", "label_range"])
def test_texts_without_labels_have_none(door):
    for part in (
        without_labels(POOL), without_labels(LabelledTokens((("Ada", "sleeps"),), ((1, 0),))),
    ):  # fmt: skip
        assert not hasattr(part, door)


def reached(thing, found=None):
    """Every object that can be got at from one."""
    found = {} if found is None else found
    waiting = [thing]
    while waiting:
        own = waiting.pop()
        if id(own) not in found and not issubclass(type(own), type):
            found[id(own)] = own
            waiting += gc.get_referents(own)
    return found


def test_no_way_leads_from_what_is_trained_on_to_the_labels_of_the_target():
    secret = tuple(int(label) for label in np.random.default_rng(9).integers(0, 2, 41))
    part = LabelledTexts(tuple(f"bread {i}" for i in range(41)), secret)
    assert id(secret) in reached(asdict(part) | {"part": part}), "the search finds what is there"
    opened = without_labels(part)
    assert isinstance(opened, UnlabelledTexts)
    assert len(opened) == len(part)
    for held in (opened, HEAD.encoded(READER, opened)):
        there = reached({name: getattr(held, name) for name in dir(held) if not name.startswith("__")})
        assert id(secret) not in there
        assert id(part) not in there
        numbers = (
            own for own in there.values() if type(own) in (tuple, list) and set(map(type, own)) == {int}
        )
        assert tuple(secret) not in map(tuple, numbers)


def test_words_teach_too(encoder, tmp_path):
    head = WordHead(("O", "B-PER"))

    def sentences(n, seed, words):
        rng = np.random.default_rng(seed)
        rows = [rng.permutation([*rng.choice(FILLERS, 3), str(rng.choice(words))]) for _ in range(n)]
        sentences = tuple(tuple(map(str, row)) for row in rows)
        names = (*SOURCE, *TARGET)
        return LabelledTokens(sentences, tuple(tuple(int(w in names) for w in row) for row in sentences))

    train, part = sentences(60, 0, SOURCE), sentences(60, 1, TARGET)
    settings = SelfTraining(
        voters=("linear", "bilstm"), rounds=1, acceptance=Acceptance(rule="fixed", threshold=0.6)
    )
    source = SourceSide(head.encoded(READER, train), np.array(head.unit_labels(train)))
    opened = without_labels(part)
    assert isinstance(opened, UnlabelledTokens)
    target = head.encoded(READER, opened)
    assert isinstance(target, LearnablePart)
    found = self_train(
        lambda: new_voters(encoder, head.label_names, settings.voters, of_words=True),
        TOKENIZER, source, target, settings, CONFIG, 0, tmp_path / "run",
    )  # fmt: skip
    assert found.stages["given"].sum() == 2 * part.n_words
    assert head.scores(found.model, READER, train)["span_f1"] > 0.9


def test_a_rejected_word_has_no_label():
    part = LabelledTokens((("old", "cat", "singing"),), ((0, 1, 0),))
    head = WordHead(("O", "B-PER"))
    encoded = head.encoded(READER, without_labels(part))
    (example,) = encoded.examples(np.array([0, REJECTED, 1]), REJECTED)
    tokens = TOKENIZER.convert_ids_to_tokens(example["input_ids"])
    assert dict(zip(tokens, example["labels"].tolist(), strict=True)) == {
        "[CLS]": REJECTED, "old": 0, "cat": REJECTED, "s": 1, "##ing": REJECTED, "[SEP]": REJECTED,
    } | {token: REJECTED for token in tokens if token.startswith("##")}  # fmt: skip


def test_there_must_be_texts_on_both_sides(encoder, tmp_path):
    with pytest.raises(MosecrotError, match="unlabelled target texts expected"):
        taught(encoder, tmp_path / "run", target=pool(LabelledTexts((), ())))
    with pytest.raises(MosecrotError, match="dev set in the source language expected"):
        taught(encoder, tmp_path / "other", dev=None)
    with pytest.raises(TypeError, match="labelled texts or words expected"):
        without_labels(LabelledTrees((("a",),), ((0,),), ((0,),), ((True,),)))


@pytest.mark.parametrize(
    "wrong", [{"soft": False, "hard": False}, {"voters": ("cnn", "cnn")}, {"voters": ()}]
)
def test_settings_that_say_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=r"expected|differ|at least 1"):
        SelfTraining(**wrong)
