"""Task fitting and self-training, run from an experiment file; target labels change no model."""

import numpy as np
import pandas as pd
import pytest
import transformers
from killed_runs import forked_processes, kill_when, run_to_the_end
from small_experiment import SETTINGS, foreign, run_file, write_bilingual_encoder, write_small_experiment
from small_token_experiment import write_small_token_experiment

from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.learning import teaching
from mosecrot_core.learning.training import train_model
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.report import print_report
from mosecrot_core.runs.stage_report import STAGE_SUMMARY_COLUMNS, stage_summary

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

METHODS = """\
training: {learning_rate: 2.0e-3, epochs: 6, batch_size: 8, max_length: 16, checkpoint: never}
methods:
  taught:
    kind: self_trained
    save: true
    alignment: {method: relative, weighting: softmax, temperature: 0.1, k: 8}
    fitting: {rows_first: 1, training: {learning_rate: 1.0e-3, epochs: 2, batch_size: 8, checkpoint: never}}
    self_training: {voters: [linear, cnn], rounds: 1}
  fitted_only:
    kind: self_trained
    alignment: {method: relative, weighting: softmax, temperature: 0.1, k: 8}
    fitting: {training: {epochs: 1, checkpoint: never}}
    self_training: {voters: [linear], rounds: 0}
  multilingual:
    kind: multilingual_self_trained
    encoder: both
    fitting: null
    self_training: {voters: [linear], rounds: 1, result: voters, acceptance: {rule: fixed, threshold: 0.4}}
"""


def write(folder, methods=METHODS):
    settings = SETTINGS[: SETTINGS.index("training:")].replace("seeds: [0, 1]", "seeds: [0]")
    made = write_small_experiment(folder, settings + methods)
    more = folder / "more.txt"
    more.write_text(
        "".join(f"{foreign('cat')} {foreign('bread')} {foreign(w)}\n" for w in ("rain", "snow", "sun"))
    )
    made.write_text(made.read_text().replace("en-zu.txt}", "en-zu.txt}\n    unlabelled: {files: [more.txt]}"))
    write_bilingual_encoder(made)
    return made


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write(tmp_path_factory.mktemp("taught"))


@pytest.fixture(scope="module")
def made(file):
    return run_file(file)


def test_every_method_is_scored_in_both_languages(made):
    scores = made.results().query("metric == 'macro_f1'")
    assert len(scores) == 3
    assert (scores["source_value"] > 0.7).all()
    assert (scores["value"] > 0.5).all(), "a third is chance"
    said = made.table("predictions", [])
    assert len(said) == 3 * 30
    assert set(said["method"]) == {"taught", "fitted_only", "multilingual"}


def test_stages_say_what_was_learned_from(made):
    stages = made.stages()
    of_method = stages.groupby("method")["stage"].unique().map(list)
    assert of_method["taught"] == ["1-soft", "1-hard", "plain"]
    assert "fitted_only" not in of_method, "no round"
    assert of_method["multilingual"] == ["1-soft", "1-hard"]
    assert set(stages["label"]) == {"animals", "food", "weather"}
    assert stages.query("method == 'taught' and stage == 'plain'")["accepted"].any()
    assert (stages.groupby(["method", "seed", "stage"])["given"].sum() == 36).all()


def test_calibration_covers_every_unit_of_both_languages(made):
    table = made.calibration()
    counts = table.groupby(["method", "seed", "stage", "read"])["n"].sum()
    assert set(counts.xs("zu", level="read")) == {36}
    assert set(counts.xs("en", level="read")) == {18}
    assert counts.xs("zu", level="read").loc["taught", 0].index.tolist() == [
        "1-hard", "1-soft", "plain", "source",
    ]  # fmt: skip
    assert counts.xs("en", level="read").loc["taught", 0].index.tolist() == ["plain"]
    assert table["accuracy"].between(0, 1).all()


def test_the_summary_says_how_right_what_was_learned_is(made):
    whole = stage_summary(made.stages(), made.calibration())
    assert list(whole.columns) == STAGE_SUMMARY_COLUMNS
    assert whole.groupby("method")["stage"].agg(list).to_dict() == {
        "taught": ["source", "1-soft", "1-hard", "plain"],
        "fitted_only": ["source"],
        "multilingual": ["source", "1-soft", "1-hard"],
    }
    summary = whole.set_index(["method", "stage"])
    assert (summary["n_seeds"] == 1).all()
    first, soft = summary.loc[("taught", "source")], summary.loc[("taught", "1-soft")]
    assert pd.isna(first["accepted"])
    assert (soft["units"], soft["accepted"]) == (36, 1)
    assert soft["right"] == pytest.approx(first["accuracy"]), "it learned what the model before said of all"
    bins = made.calibration().query("method == 'taught' and stage == 'source' and read == 'zu'")
    assert first["accuracy"] == pytest.approx((bins["accuracy"] * bins["n"]).sum() / bins["n"].sum())
    assert summary.loc[("taught", "1-hard")]["right"] > 0.5
    assert stage_summary(made.stages()[:0], made.calibration()[:0]).empty


def test_the_report_shows_the_stages(made, capsys):
    print_report(made)
    said = capsys.readouterr().out
    assert "what self-training learned from" in said
    assert said.index("taught, zu") < said.index("1-soft") < said.index("1-hard")


def test_seeds_are_averaged_and_labels_that_vanish_are_named():
    of_seeds = [{"language": "zu", "method": "m", "seed": seed, "stage": "1-hard"} for seed in (0, 1)]
    stages = pd.DataFrame([
        {**row, "label": label, "threshold": 0.5, "given": n, "accepted": n, "right": n, "changed": 0.0}
        for row in of_seeds for label, n in (("food", 3), ("weather", row["seed"]))
    ])  # fmt: skip
    bins = pd.DataFrame([
        {**row, "read": "zu", "low": 0.5, "high": 0.6, "confidence": 0.5, "accuracy": row["seed"], "n": 3}
        for row in of_seeds
    ])  # fmt: skip
    (found,) = stage_summary(stages, bins).to_dict("records")
    assert (found["vanished"], found["n_seeds"], found["accuracy"]) == ("weather", 2, 0.5)
    (found,) = stage_summary(stages, bins[:0]).to_dict("records")
    assert (found["units"], found["n_seeds"]) == (3.5, 2)
    assert np.isnan(found["accuracy"])


def test_nothing_is_left_of_the_models(made):
    assert not list((made.folder / "steps").glob("*.models"))


def test_the_saved_model_is_an_ordinary_one_and_says_what_was_scored(made):
    (row,) = made.table("models", []).to_dict("records")
    assert (row["language"], row["method"], row["seed"]) == ("zu", "taught", 0)
    read = transformers.pipeline("text-classification", str(made.folder / row["folder"]))
    texts = made.table("examples", [])["text"].tolist()
    said = made.table("predictions", []).query("method == 'taught'").sort_values("example")
    assert [found["label"] for found in read(texts)] == said["predicted"].tolist()
    assert read.tokenizer.tokenize(foreign("honey")) == [foreign("honey")], "a word that no text has"


def write_without_labels(folder):
    """No labelled text of the target at all; what is there is running text."""
    made = write(folder)
    texts = [line.split("\t")[1] for line in made.with_name("zu.train.tsv").read_text().splitlines()[1:]]
    made.with_name("more.txt").write_text("\n".join(texts) + "\n")
    text = made.read_text().replace("    zu: {train: zu.train.tsv, test: zu.test.tsv}\n", "")
    made.write_text(text[: text.index("  fitted_only:")])
    return made


def test_without_any_label_of_the_target_there_is_a_model_too(made, tmp_path, capsys):
    run = run_file(write_without_labels(tmp_path))
    assert run.results().empty
    print_report(run)
    said = capsys.readouterr().out
    assert (
        said.index("no score yet (no target language has test texts)")
        < said.index("1-hard")
        < said.index("models/taught-zu")
    )
    assert run.table("models", [])["folder"].tolist() == ["models/taught-zu"]
    stages = run.stages()
    assert stages["right"].isna().all()
    assert (stages.groupby("stage")["given"].sum() == 36).all(), "all of the running text"
    assert set(run.calibration()["read"]) == {"en"}
    read = transformers.pipeline("text-classification", str(run.folder / "models/taught-zu"))
    gold = made.table("examples", [])
    right = [found["label"] for found in read(gold["text"].tolist())] == gold["gold"].astype(str)
    assert right.mean() > 0.5, "a third is chance"


def models(run, name):
    return any(run.glob(f"steps/*.models/{name}"))


MOMENTS = (
    lambda run: models(run, "rows.work"),
    lambda run: models(run, "rows"),
    lambda run: models(run, "all"),
    lambda run: models(run, "source"),
    lambda run: models(run, "1-hard.work"),
    lambda run: models(run, "plain.work"),
    lambda run: models(run, "plain"),
    lambda run: any(run.glob("models/.*")) or any(run.glob("models/*")),
)


def test_a_killed_command_goes_on_to_the_same_model(tmp_path):
    """From raw text and a word list to the model's folder, killed at each step."""
    processes, weights = forked_processes(), []
    for name, moments in (("whole", ()), ("killed", MOMENTS)):
        folder = write_without_labels(tmp_path / name).parent
        for moment in moments:
            kill_when(processes, folder, moment)
        run_to_the_end(processes, folder)
        weights.append((folder / "runs/small/models/taught-zu/model.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_labels_of_the_target_change_nothing_but_what_is_measured_in_the_end(file, made, tmp_path):
    """The whole pipeline again, the target's train labels all turned round."""
    other = write(tmp_path / "turned")
    path = other.with_name("zu.train.tsv")
    turned = {"animals": "food", "food": "weather", "weather": "animals"}
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    path.write_text("".join(f"{turned.get(label, label)}\t{text}\n" for label, text in rows))
    again = run_file(other)
    for name in ("results", "predictions"):
        pd.testing.assert_frame_equal(again.table(name, []), made.table(name, []))
    measured = [(run.stages().pop("right"), run.calibration()) for run in (again, made)]
    pd.testing.assert_frame_equal(*(run.stages().drop(columns="right") for run in (again, made)))
    assert not any(one.equals(other) for one, other in zip(*measured, strict=True)), "measured with them"


def test_a_stopped_run_goes_on_where_it_was(file, made, tmp_path, monkeypatch):
    class Stopped(BaseException):
        pass

    other, trained = write(tmp_path / "stopped"), []

    def stops(*args, **kwargs):
        trained.append(args)
        if len(trained) == 3:
            raise Stopped
        return train_model(*args, **kwargs)

    monkeypatch.setattr(teaching, "train_model", stops)
    with pytest.raises(Stopped):
        run_file(other)
    monkeypatch.undo()
    left = [
        sorted(path.name for path in own.iterdir())
        for own in (other.with_name("run") / "steps").glob("*.models")
    ]
    assert sorted(left) == [["1-soft"], ["all", "rows"], ["source"]]
    again = run_file(other)
    pd.testing.assert_frame_equal(again.results(), made.results())
    pd.testing.assert_frame_equal(again.stages(), made.stages())


def test_what_was_taught_is_laid_between_its_sides(tmp_path):
    """As in combined.yaml: the corners are the models that were kept, and score what the run says of them."""
    common = "kind: self_trained, save: true, fitting: null, alignment: {method: relative, k: 8}"
    methods = f"""
training: {{learning_rate: 2.0e-3, epochs: 3, batch_size: 8, max_length: 16, checkpoint: never}}
methods:
  taught: {{{common}, self_training: {{voters: [linear], rounds: 1}}}}
  source_only: {{{common}, self_training: {{rounds: 0}}}}
  target_only: {{{common}, self_training: {{voters: [linear], rounds: 1, with_source: false}}}}
"""
    made = write(tmp_path, methods)
    results = run_file(made).results().query("metric == 'macro_f1'").set_index("method")
    text = made.read_text()
    models = ", ".join(f"run/models/{name}-zu" for name in ("taught", "source_only", "target_only"))
    made.write_text(
        text[: text.index("methods:")]
        + f"methods: {{between: {{kind: checkpoints, points: coarse, read: test, models: [{models}], "
        + "source_tokenizer: encoder}}\n"
    )
    points = run_file(made, "between").table("points", []).query("metric == 'macro_f1'")
    corners = points.set_index(["a1", "a2", "read"])["value"]
    for name, place in (("taught", (0, 0)), ("source_only", (1000, 0)), ("target_only", (0, 1000))):
        assert corners[(*place, "zu")] == pytest.approx(results.loc[name, "value"]), name
        assert corners[(*place, "en")] == pytest.approx(results.loc[name, "source_value"]), name


def keys(file, which="key", **changed):
    text = file.read_text()
    for old, new in changed.items():
        assert old.replace("_", " ") in text or old in text
        text = text.replace(old, new)
    copy = file.with_name("copy.yaml")
    copy.write_text(text)
    plan = make_plan(load_experiment(copy), copy.parent, FileHashes())
    return {(teaching.method, teaching.seed): getattr(teaching, which) for teaching in plan.teachings}


def test_keys_hang_on_what_is_learned_from(file):
    before = keys(file)
    assert len(set(before.values())) == 3
    rounds = keys(file, **{"[linear, cnn], rounds: 1": "[linear, cnn], rounds: 2"})
    assert {key for key in before if before[key] != rounds[key]} == {("taught", 0)}
    for share, changes in ((0, set()), (1, {("taught", 0)})):
        shared = keys(
            file, **{"[linear, cnn], rounds: 1": f"[linear, cnn], rounds: 1, class_priors: {share}"}
        )
        assert {key for key in before if before[key] != shared[key]} == changes
    fewer = keys(file, **{"[more.txt]": "[more.txt], limit: 2"})
    assert all(before[key] != fewer[key] for key in before if key[0] != "multilingual")


def test_what_begins_alike_is_trained_once(file):
    voters = {"[linear, cnn], rounds: 1": "[linear], rounds: 1"}
    rounds = {"[linear, cnn], rounds: 1": "[linear, cnn], rounds: 2"}
    priors = {"[linear, cnn], rounds: 1": "[linear, cnn], rounds: 1, class_priors: 1"}
    only_hard = {"[linear, cnn], rounds: 1": "[linear, cnn], rounds: 1, soft: false"}
    assert keys(file, "first") == keys(file, "first", **rounds) != keys(file, "first", **voters)
    assert {key: list(of_stages) for key, of_stages in keys(file, "first").items()} == {
        ("taught", 0): ["source", "1-soft"],
        ("fitted_only", 0): [],
        ("multilingual", 0): ["source", "1-soft"],
    }
    before, own = (keys(file, "first", **how)["taught", 0] for how in ({}, priors))
    assert before["source"] == own["source"]
    assert before["1-soft"] != own["1-soft"], "what the voters say is another thing"
    assert keys(file, "first", **only_hard)["taught", 0] == {"source": before["source"]}
    assert keys(file, "fitting") == keys(file, "fitting", **voters)
    epochs = {"learning_rate: 1.0e-3, epochs: 2": "learning_rate: 1.0e-3, epochs: 3"}
    for which in ("first", "fitting"):
        before, after = keys(file, which), keys(file, which, **epochs)
        assert {key for key in before if before[key] != after[key]} == {("taught", 0)}


def test_words_of_sentences_are_taught_too(tmp_path):
    made = write_small_token_experiment(tmp_path)
    text = made.read_text()
    methods = (
        "methods:\n  taught: {kind: self_trained, fitting: null, alignment: {method: relative, k: 8}, "
        "self_training: {voters: [linear, bilstm], rounds: 1, acceptance: {rule: fixed, threshold: 0.4}}}\n"
    )
    made.write_text(text[: text.index("methods:")] + methods)
    run = run_file(made)
    assert run.results()["value"].between(0, 1).all()
    assert run.stages()["accepted"].sum() > 0


def test_a_share_needs_no_dev_set(tmp_path):
    trusted = "[linear, cnn], rounds: 1, acceptance: {rule: share, agreement: none}"
    made = write(tmp_path, METHODS.replace("[linear, cnn], rounds: 1", trusted))
    text = made.read_text().replace("dev: en.dev.tsv, ", "")
    made.write_text(text[: text.index("  fitted_only:")])
    stages = run_file(made).stages().query("stage == '1-hard'")
    assert stages["given"].sum() > 30
    assert stages["accepted"].tolist() == np.ceil(stages["given"] / 2).tolist()


def test_what_cannot_be_is_refused(tmp_path):
    swapped = METHODS.replace("kind: self_trained\n", "kind: self_trained\n    vocabulary: swapped\n", 1)
    with pytest.raises(InputError, match="set vocabulary: joint"):
        load_experiment(write(tmp_path / "a", swapped))
    nothing = write(tmp_path / "b")
    without = nothing.read_text().replace("train: zu.train.tsv, ", "")
    nothing.write_text(without.replace("    unlabelled: {files: [more.txt]}\n", ""))
    with pytest.raises(InputError, match="no 'train' texts in language 'zu'"):
        run_file(nothing)
    voters = METHODS.replace("[linear, cnn], rounds: 1", "[linear, cnn], rounds: 1, result: voters")
    with pytest.raises(InputError, match="only a plain model can be saved"):
        load_experiment(write(tmp_path / "d", voters))
    no_pool = write(tmp_path / "e", METHODS.replace("rounds: 1}", "rounds: 1, pool: unlabelled}"))
    no_pool.write_text(no_pool.read_text().replace("    unlabelled: {files: [more.txt]}\n", ""))
    with pytest.raises(InputError, match=r"Name files under targets\.zu\.unlabelled"):
        run_file(no_pool)
    no_dev = write(tmp_path / "c")
    no_dev.write_text(no_dev.read_text().replace("dev: en.dev.tsv, ", ""))
    with pytest.raises((InputError, MosecrotError), match="no 'dev' texts in language 'en'"):
        run_file(no_dev)
