"""Fine-tuning: the same seed gives the same weights, also after a kill."""

import json
import shutil

import numpy as np
import pytest
import torch
from tiny_encoders import WORDS, bert_tokenizer
from transformers import BertConfig, BertForSequenceClassification

from mosecrot_core.errors import MosecrotError
from mosecrot_core.learning import training
from mosecrot_core.learning.checkpoints import last_whole_checkpoint
from mosecrot_core.learning.dev_sets import TextDev
from mosecrot_core.learning.prediction import predict
from mosecrot_core.learning.tasks.corpus import LabelledTexts
from mosecrot_core.learning.train_config import TrainConfig
from mosecrot_core.learning.training import fine_tune

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

TOKENIZER = bert_tokenizer()
FAST = {"learning_rate": 5e-3, "epochs": 3, "batch_size": 8, "max_length": 16}


def texts(n, seed=0):
    """Sentences of very different lengths; the label says whether `cat` or `dog` occurs."""
    rng = np.random.default_rng(seed)
    labels = tuple(int(label) for label in rng.integers(0, 2, n))
    fillers = [word for word in WORDS if word not in ("cat", "dog")]
    sentences = []
    for label in labels:
        words = [("cat", "dog")[label], *rng.choice(fillers, rng.integers(0, 9))]
        sentences.append(" ".join(map(str, rng.permutation(words))))
    return LabelledTexts(tuple(sentences), labels)


TRAIN, DEV = texts(44), texts(16, seed=1)


def new_model():
    config = BertConfig(
        vocab_size=len(TOKENIZER),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=24,
        hidden_dropout_prob=0.3,  # Much, so that a resumed run with other random numbers shows.
        num_labels=2,
    )
    return BertForSequenceClassification(config)


def tune(work, seed=0, build=new_model, progress=None, train=TRAIN, dev=DEV, **settings):
    config = TrainConfig(**{**FAST, **settings})
    return fine_tune(build, TOKENIZER, train, dev, config, seed, work, progress)


def weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The weights that a training ends with which nobody kills."""
    return {
        select: weights(tune(tmp_path_factory.mktemp("undisturbed") / "w", select=select))
        for select in ("last", "best_on_dev")
    }


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


class Killed(BaseException):
    pass


def kill_at(step):
    def progress(done, _):
        if done == step:
            raise Killed

    return progress


def kept(work):
    return sorted(path.name for path in work.glob("checkpoint-*"))


def test_it_learns_and_leaves_no_work_folder(tmp_path):
    model = tune(tmp_path / "work", epochs=10, learning_rate=2e-2, checkpoint="never")
    predicted = predict(model, TOKENIZER, DEV.texts).argmax(axis=1)
    assert np.mean(predicted == DEV.labels) > 0.8
    assert not model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert list(tmp_path.iterdir()) == []


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path, undisturbed):
    torch.manual_seed(7)
    np.random.seed(7)  # noqa: NPY002 - the state that the Trainer uses
    assert_same(undisturbed["last"], weights(tune(tmp_path / "a")))
    other = weights(tune(tmp_path / "b", seed=1))
    assert not torch.equal(undisturbed["last"]["classifier.weight"], other["classifier.weight"])


@pytest.mark.parametrize(
    ("select", "step"),
    [("last", 7), ("last", 12), ("last", 18), ("best_on_dev", 8), ("best_on_dev", 15)],
)
def test_killed_and_resumed_equals_uninterrupted_bit_for_bit(tmp_path, undisturbed, select, step):
    """Six steps an epoch: killed after the first or the second epoch's checkpoint."""
    with pytest.raises(Killed):
        tune(tmp_path / "b", select=select, progress=kill_at(step))
    assert f"checkpoint-{(step - 1) // 6 * 6}" in kept(tmp_path / "b")
    steps = []
    torch.manual_seed(99)  # a new process has another random state
    resumed = tune(tmp_path / "b", select=select, progress=lambda done, _: steps.append(done))
    assert steps[0] == (step - 1) // 6 * 6 + 1, "the whole epochs are not trained again"
    assert_same(undisturbed[select], weights(resumed))
    assert not (tmp_path / "b").exists()


def test_killed_twice(tmp_path, undisturbed):
    for step in (8, 14):
        with pytest.raises(Killed):
            tune(tmp_path / "b", progress=kill_at(step))
    assert_same(undisturbed["last"], weights(tune(tmp_path / "b")))


def test_the_best_checkpoint_is_found_where_the_run_was_moved_to(tmp_path, dev_scores):
    told, seen, build, progress = dev_scores
    told += [0.9, 0.4, 0.5]
    with pytest.raises(Killed):
        tune(tmp_path / "a", build=build, progress=kill_at(14), select="best_on_dev")
    (tmp_path / "a").rename(tmp_path / "b")
    model = tune(tmp_path / "b", build=build, progress=progress, select="best_on_dev")
    assert_same(weights(model), seen[0][1])


def test_killed_before_the_first_checkpoint_starts_again(tmp_path, undisturbed):
    with pytest.raises(Killed):
        tune(tmp_path / "b", progress=kill_at(3))
    assert kept(tmp_path / "b") == []
    assert_same(undisturbed["last"], weights(tune(tmp_path / "b")))


def test_killed_after_the_last_checkpoint(tmp_path, undisturbed, monkeypatch):
    """All is trained, but the model has not been handed over."""

    def killed(work):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(training, "remove_folder", killed)
        with pytest.raises(Killed):
            tune(tmp_path / "b")
    steps = []
    assert_same(
        undisturbed["last"], weights(tune(tmp_path / "b", progress=lambda done, _: steps.append(done)))
    )
    assert steps == []


def test_half_written_checkpoints_are_ignored(tmp_path, undisturbed):
    with pytest.raises(Killed):
        tune(tmp_path / "b", progress=kill_at(8))
    work = tmp_path / "b"
    state = (work / "checkpoint-6" / "trainer_state.json").read_text()
    for number, content in ((12, None), (13, state[:50]), (14, "[]"), (15, "")):
        folder = work / f"checkpoint-{number}"
        shutil.copytree(work / "checkpoint-6", folder)
        (folder / "trainer_state.json").unlink()
        if content is not None:
            (folder / "trainer_state.json").write_text(content)
    (work / "checkpoint-16").mkdir()
    (work / "checkpoint-old").mkdir()
    (work / "checkpoint-99").touch()
    steps = []
    resumed = tune(work, progress=lambda done, _: steps.append(done))
    assert steps[0] == 7
    assert_same(undisturbed["last"], weights(resumed))


def test_without_checkpoints_nothing_is_written(tmp_path, undisturbed):
    seen = []
    model = tune(tmp_path / "a", checkpoint="never", progress=lambda *_: seen.append(kept(tmp_path / "a")))
    assert seen == [[]] * 18
    assert_same(weights(model), undisturbed["last"])


@pytest.fixture
def dev_scores(monkeypatch):
    """Dev scores as told, whatever the model does; the weights are noted each time."""
    told, seen, built, steps = [], [], [], [0]

    def build():
        built.append(new_model())
        return built[-1]

    def progress(done, _):
        steps.append(done)

    def score(*_):
        seen.append((steps[-1], weights(built[-1])))
        return {"macro_f1": told[len(seen) - 1]}

    monkeypatch.setattr(TextDev, "score", score)
    return told, seen, build, progress


def test_the_best_epoch_is_kept(tmp_path, dev_scores):
    told, seen, build, progress = dev_scores
    told += [0.2, 0.9, 0.4]
    model = tune(tmp_path / "a", build=build, progress=progress, select="best_on_dev", checkpoint="never")
    assert [step for step, _ in seen] == [6, 12, 18]
    assert_same(weights(model), seen[1][1])
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_equal_epochs_is_kept(tmp_path, dev_scores):
    told, seen, build, progress = dev_scores
    told += [0.5, 0.5, 0.5]
    model = tune(tmp_path / "a", build=build, progress=progress, select="best_on_dev")
    assert_same(weights(model), seen[0][1])


def test_early_stopping_stops(tmp_path, dev_scores):
    told, seen, build, progress = dev_scores
    told += [0.2, 0.9, 0.4, 0.5, 0.6, 0.95]
    settings = {"epochs": 6, "select": "best_on_dev", "patience": 2}
    model = tune(tmp_path / "a", build=build, progress=progress, **settings)
    assert [step for step, _ in seen] == [6, 12, 18, 24], "two epochs without a better score"
    assert_same(weights(model), seen[1][1])


def test_the_dev_set_can_be_read_more_often_than_once_an_epoch(tmp_path, dev_scores):
    told, seen, build, progress = dev_scores
    told += [0.2, 0.3, 0.9, 0.4, 0.5, 0.6]
    settings = {"select": "best_on_dev", "dev_checks": 6}
    model = tune(tmp_path / "a", build=build, progress=progress, **settings)
    assert [step for step, _ in seen] == [3, 6, 9, 12, 15, 18]
    assert_same(weights(model), seen[2][1])
    assert list(tmp_path.iterdir()) == []


def test_what_came_later_changes_no_key_unless_it_changes_the_weights():
    before = {"weight_decay", "epochs", "learning_rate", "select", "precision"}
    plain = TrainConfig().matters()
    assert before <= plain.keys()
    assert not {"adam_beta2", "dev_checks", "report_to", "checkpoint"} & plain.keys()
    assert TrainConfig.model_validate(TrainConfig().model_dump()).matters() == plain
    changed = TrainConfig(adam_beta2=0.99, dev_checks=20, select="best_on_dev").matters()
    assert (changed["adam_beta2"], changed["dev_checks"]) == (0.99, 20)


def test_patience_is_remembered_over_a_kill(tmp_path, dev_scores):
    told, seen, build, progress = dev_scores
    told += [0.9, 0.4, 0.5, 0.6, 0.6, 0.6]
    settings = {"epochs": 6, "select": "best_on_dev", "patience": 2}

    def killing(done, total):
        progress(done, total)
        if done == 14:
            raise Killed

    with pytest.raises(Killed):
        tune(tmp_path / "a", build=build, progress=killing, **settings)
    tune(tmp_path / "a", build=build, progress=progress, **settings)
    assert [step for step, _ in seen] == [6, 12, 18], "one bad epoch before the kill, one after it"


def test_frozen_embeddings_stay_and_the_rest_learns(tmp_path, undisturbed):
    torch.manual_seed(0)
    start = new_model()
    before = weights(start)
    after = weights(tune(tmp_path / "a", build=lambda: start, freeze_embeddings=True, weight_decay=0.1))
    name = "bert.embeddings.word_embeddings.weight"
    assert torch.equal(before[name], after[name])
    assert not torch.equal(before["classifier.weight"], after["classifier.weight"])
    torch.manual_seed(0)
    assert torch.equal(new_model().state_dict()[name], before[name])
    assert not torch.equal(before[name], undisturbed["last"][name]), "seed 0 too, and not frozen"


@pytest.mark.parametrize(
    "settings", [{"embedding_noise": 1.0}, {"embedding_dropout": 0.3}, {"embedding_neighbours": 0.5}]
)
def test_imprecise_rows_change_what_is_learned_also_after_a_kill(tmp_path, undisturbed, settings):
    def killing(done, total):
        if done == total // 2:
            raise Killed

    whole = weights(tune(tmp_path / "whole", **settings))
    with pytest.raises(Killed):
        tune(tmp_path / "killed", progress=killing, **settings)
    again = weights(tune(tmp_path / "killed", **settings))
    assert all(torch.equal(whole[name], again[name]) for name in whole)
    assert not torch.equal(whole["classifier.weight"], undisturbed["last"]["classifier.weight"])


def test_settings_reach_the_trainer(tmp_path, monkeypatch):
    config = TrainConfig(
        learning_rate=1e-3, epochs=2, batch_size=5, warmup=0.2, weight_decay=0.3, adam_beta2=0.99
    )
    arguments = training._arguments(config, 7, tmp_path)
    assert (arguments.learning_rate, arguments.num_train_epochs, arguments.weight_decay) == (1e-3, 2, 0.3)
    assert (arguments.per_device_train_batch_size, arguments.seed, arguments.data_seed) == (5, 7, 7)
    assert arguments.get_warmup_steps(100) == 20
    assert (arguments.adam_beta1, arguments.adam_beta2, arguments.adam_epsilon) == (0.9, 0.99, 1e-8)
    assert arguments.report_to == []
    monkeypatch.setattr("transformers.integrations.get_reporting_integration_callbacks", lambda _: [])
    monkeypatch.setattr("mosecrot_core.learning.tracking.find_spec", lambda _: True)
    named = TrainConfig(report_to=("tensorboard", "wandb"))
    assert training._arguments(named, 7, tmp_path).report_to == ["tensorboard", "wandb"]


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("cuda", [False, True])
@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
def test_bfloat16_is_asked_for_only_where_the_device_has_it(tmp_path, monkeypatch, native, cuda, precision):
    asked = {}
    monkeypatch.setattr(training, "TrainingArguments", lambda **arguments: asked.update(arguments))
    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda: native and cuda)
    monkeypatch.setattr(training, "has_bfloat16", lambda: native and not cuda)
    training._arguments(TrainConfig(precision=precision), 0, tmp_path)
    assert asked["bf16"] == (native and precision != "float32" and (cuda or precision == "bfloat16"))


@pytest.mark.skipif(not training.has_bfloat16(), reason="this processor does not compute in bfloat16")
def test_bfloat16_learns_nearly_the_same_weights_and_keeps_them_in_float32(tmp_path, undisturbed):
    coarse = weights(tune(tmp_path / "a", precision="bfloat16"))
    fine = undisturbed["last"]
    training.set_seed(0)
    start = weights(new_model())
    assert {tensor.dtype for tensor in coarse.values()} == {torch.float32}
    name = "classifier.weight"
    off, way = (coarse[name] - fine[name]).norm(), (fine[name] - start[name]).norm()
    assert 0 < off < 0.1 * way


def test_warm_up_then_linear_to_zero(tmp_path, monkeypatch):
    rates = []

    class Noting(training._Report):
        def on_step_end(self, args, state, control, **rest):
            rates.append(rest["lr_scheduler"].get_last_lr()[0])

    monkeypatch.setattr(training, "_Report", Noting)
    tune(tmp_path / "a", epochs=5, warmup=0.2, progress=lambda *_: None)
    steps = np.arange(1, 31)
    wanted = 5e-3 * np.where(steps < 6, steps / 6, (30 - steps) / 24)
    np.testing.assert_allclose(rates, wanted, atol=1e-9)


def test_what_cannot_be_trained_is_refused(tmp_path):
    with pytest.raises(MosecrotError, match="at least one training text"):
        tune(tmp_path / "a", train=LabelledTexts((), ()))
    for dev in (None, LabelledTexts((), ())):
        with pytest.raises(MosecrotError, match="needs a dev set"):
            tune(tmp_path / "a", dev=dev, select="best_on_dev")
    with pytest.raises(ValueError, match="best_on_dev"):
        TrainConfig(patience=2)
    assert list(tmp_path.iterdir()) == []


def test_one_text_and_long_texts_train(tmp_path):
    tune(tmp_path / "a", train=LabelledTexts(("cat",), (0,)), epochs=1)
    long = LabelledTexts(("dog " * 500, "cat"), (1, 0))
    tune(tmp_path / "b", train=long, epochs=1, max_length=16)


def test_nothing_is_printed_among_results(tmp_path, capfd):
    tune(tmp_path / "a", select="best_on_dev")
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    "state", ['{"best_model_checkpoint": {"a": 1}}', "[" * 20_000, "[]", '{"global_step": "x"}']
)
def test_a_damaged_state_of_a_checkpoint_costs_it_alone(tmp_path, state):
    folder = tmp_path / "checkpoint-1"
    folder.mkdir()
    (folder / "trainer_state.json").write_text(state)
    whole = state.startswith("{")
    assert last_whole_checkpoint(tmp_path) == (str(folder) if whole else None)
    assert folder.exists() == whole


def test_checkpoints_hold_the_state_that_is_looked_for(tmp_path):
    """What `_last_whole_checkpoint` relies on: the Trainer writes its state, and writes it last."""
    with pytest.raises(Killed):
        tune(tmp_path / "a", progress=kill_at(8))
    (folder,) = (tmp_path / "a").glob("checkpoint-*")
    times = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert max(times, key=times.get) == "trainer_state.json"
    assert {"model.safetensors", "optimizer.pt", "rng_state.pth"} <= times.keys()
    assert json.loads((folder / "trainer_state.json").read_text())["global_step"] == 6
