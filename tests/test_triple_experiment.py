"""Triples and the planes between them, run from an experiment file: stitched, and a multilingual encoder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from small_experiment import (
    SETTINGS,
    run_file,
    write_bilingual_encoder,
    write_small_experiment,
)
from transformers import AutoTokenizer

from mosecrot_core.errors import InputError
from mosecrot_core.learning.reader import Reader
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.report import print_report
from mosecrot_core.runs.schema import (
    DELTA_COLUMNS,
    POINT_COLUMNS,
    POINT_EXAMPLE_COLUMNS,
    POINT_PREDICTION_COLUMNS,
)
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.surface_report import print_surfaces, surface_table
from mosecrot_core.runs.surface_statistics import normalised, shapes, units
from mosecrot_core.runs.workbench import Workbench

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

METHODS = """\
training: {learning_rate: 2.0e-3, epochs: 10, batch_size: 8, max_length: 16}
methods:
  stitched:
    kind: stitched_triple
    alignment: {method: relative, weighting: softmax, temperature: 0.1, k: 8}
    points: lines
    scopes: [all, head]
    read: test
  multilingual: {kind: multilingual_triple, encoder: both, points: coarse, read: test}
  random: {kind: multilingual_triple, encoder: both, points: coarse, read: test, corners: random}
  filters:
    {kind: multilingual_triple, encoder: both, points: coarse, read: test, corners: filter_normalised}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The small experiment, with a small multilingual encoder that knows both languages' words alike."""
    folder = tmp_path_factory.mktemp("triples")
    made = write_small_experiment(folder, SETTINGS[: SETTINGS.index("training:")] + METHODS)
    write_bilingual_encoder(made)
    return made


@pytest.fixture(scope="module")
def made(file):
    return run_file(file)


@pytest.fixture(scope="module")
def points(made):
    return made.table("points", POINT_COLUMNS)


def test_every_point_of_every_plane_is_scored(points):
    counts = points.groupby(["method", "seed", "scope", "read", "metric"]).size()
    assert counts.loc["stitched"].unique().tolist() == [65]
    for name in ("multilingual", "random", "filters"):
        assert counts.loc[name].unique().tolist() == [25]
    assert set(points["read"]) == {"en", "zu"}
    assert set(points["metric"]) == {"macro_f1", "accuracy", "loss"}
    assert len(counts) == (2 * 2 + 3 * 2) * 2 * 3
    assert points["value"].notna().all()


def at(points, method, read, a1, a2):
    found = points.query("method == @method and read == @read and a1 == @a1 and a2 == @a2 and scope == 'all'")
    return found[found["metric"] == "macro_f1"]["value"].mean()


@pytest.mark.parametrize("method", ["stitched", "multilingual"])
def test_each_model_reads_what_it_learned(points, method):
    assert min(at(points, method, read, 0, 0) for read in ("en", "zu")) > 0.75
    assert at(points, method, "en", 1000, 0) > 0.75
    assert at(points, method, "zu", 0, 1000) > 0.75


def test_planes_of_other_scopes_share_the_bilingual_model_only(points):
    stitched = points.query("method == 'stitched' and metric == 'loss'").set_index(
        ["scope", "seed", "read", "a1", "a2"]
    )["value"]
    whole, head = stitched.loc["all"], stitched.loc["head"]
    centre = [key for key in whole.index if key[2:] == (0, 0)]
    assert (whole.loc[centre] == head.loc[centre]).all()
    assert (whole.drop(centre) != head.drop(centre)).mean() > 0.9


def test_what_each_point_says_is_what_it_is_scored_for(made, points):
    examples = made.table("point_examples", POINT_EXAMPLE_COLUMNS)
    assert set(examples["language"]) == {"en", "zu"}
    gold = {key: part["gold"].cat.codes.to_numpy() for key, part in examples.groupby(["method", "language"])}
    said = made.table("point_predictions", POINT_PREDICTION_COLUMNS)
    keys = [column for column in POINT_PREDICTION_COLUMNS if column != "predicted"]
    accuracy = points[points["metric"] == "accuracy"].set_index(keys)["value"]
    assert len(said) == len(accuracy)
    for *key, predicted in said[[*keys, "predicted"]].itertuples(index=False):
        right = gold[key[1], key[4]] == predicted
        assert accuracy[tuple(key)] == right.mean()


def test_random_corners_are_as_far_as_asked_and_share_the_bilingual_model(made, points):
    table = made.table("deltas", DELTA_COLUMNS).set_index(["method", "seed"]).drop(columns="language")
    lengths = ["source_norm", "target_norm"]
    far, random = (table.loc[name, lengths] for name in ("multilingual", "random"))
    assert random.to_numpy() == pytest.approx(far.to_numpy(), rel=1e-3)
    assert (table.loc["filters", lengths] > 2 * far).all(axis=None)
    assert table.loc[["random", "filters"], "angle"].between(80, 100).all()
    same = points.query("metric == 'loss' and seed == 0 and read == 'zu' and a1 == 0 and a2 == 0")
    assert len(set(same.query("method != 'stitched'")["value"])) == 1
    other = points.query("metric == 'loss' and seed == 0 and read == 'zu' and a1 == 1000 and a2 == 0")
    assert len(set(other.query("method != 'stitched'")["value"])) == 3


def test_deltas_of_each_triple(made):
    table = made.table("deltas", DELTA_COLUMNS)
    assert len(table) == 8
    assert table["angle"].between(1, 150).all()
    assert (table[["source_norm", "target_norm"]] > 0).all(axis=None)


def test_statistics_take_a_runs_points(points):
    table = units(points)
    lines = table[table["unit"] == "stitched, zu"]
    assert len(normalised(lines)) == 65 * 2 * 3
    found = shapes(lines).query("metric == 'macro_f1'")
    assert found["rise"].notna().all()
    assert found["area_95"].isna().all(), "lines only"


def test_nothing_is_left_of_the_models_and_nothing_is_done_twice(file, made):
    steps = made.folder / "steps"
    assert not list(steps.glob("*.models"))
    before = {path.name: path.stat().st_mtime_ns for path in steps.iterdir()}
    run_file(file)
    assert {path.name: path.stat().st_mtime_ns for path in steps.iterdir()} == before


def test_a_stopped_run_goes_on_and_ends_with_the_same(file, points, monkeypatch):
    from mosecrot_core.runs import surface as module

    class StoppedError(Exception):
        pass

    scored = []

    def stopping(folder, wanted, computes, progress):
        (compute,) = computes

        def counted(point):
            if len(scored) == 30:
                raise StoppedError
            scored.append(point)
            return compute(point)

        return compute_points(folder, wanted, [counted], progress)

    compute_points = module.compute_points
    monkeypatch.setattr(module, "compute_points", stopping)
    with pytest.raises(StoppedError):
        run_file(file, "stopped")
    monkeypatch.undo()
    early = Run(file.parent / "stopped").table("point_previews", POINT_COLUMNS)
    assert early.groupby(["scope", "read", "metric"]).size().tolist() == [9] * 6, "a rough look, of one scope"
    (left,) = (file.parent / "stopped" / "steps").glob("*.models")
    trained = {path.name: path.stat().st_mtime_ns for path in left.glob("*/model.safetensors")}
    assert len(trained) == 1, "theta_0 and three models, all of one file name"
    assert len(list(left.glob("*/model.safetensors"))) == 4
    again = run_file(file, "stopped").table("points", POINT_COLUMNS)
    pd.testing.assert_frame_equal(again, points, check_exact=True)
    assert Run(file.parent / "stopped").table("point_previews", POINT_COLUMNS).empty


def test_keys_name_what_a_triple_depends_on(file):
    def keys(change):
        file.with_name("other.yaml").write_text(change(file.read_text()))
        experiment = load_experiment(file.with_name("other.yaml"))
        plan = make_plan(experiment, file.parent, FileHashes())
        return {(t.method, t.seed): (t.key, t.step.key) for t in plan.triples}

    plain = keys(lambda text: text)
    assert len(plain) == 8
    assert plain["random", 0][0] == plain["multilingual", 0][0], "the models are the same"
    assert plain["random", 0][1] != plain["multilingual", 0][1]
    scoped = keys(lambda text: text.replace("scopes: [all, head]", "scopes: [all]"))
    assert scoped["stitched", 0][0] == plain["stitched", 0][0], "the models are the same"
    assert scoped["stitched", 0][1] != plain["stitched", 0][1]
    assert scoped["multilingual", 0] == plain["multilingual", 0]
    slower = keys(lambda text: text.replace("2.0e-3", "1.0e-3"))
    assert not {key for pair in slower.values() for key in pair} & {
        k for pair in plain.values() for k in pair
    }


def test_models_that_are_there_already_are_scored_as_they_are(file, tmp_path):
    """Nothing is trained, the corners are the models' own scores, and one seed is enough."""
    bench = Workbench(load_experiment(file), file.parent)
    tokenizer = AutoTokenizer.from_pretrained(file.parent / "both")
    models = []
    for seed in range(3):
        torch.manual_seed(seed)
        models.append(bench.head.new_model(file.parent / "both"))
        models[-1].save_pretrained(tmp_path / str(seed))
        tokenizer.save_pretrained(tmp_path / str(seed))
    text = file.read_text()
    text = (
        text[: text.index("methods:")] + "methods:\n  mine: {kind: checkpoints, points: coarse, read: test, "
    )
    other = file.with_name("checkpoints.yaml")
    other.write_text(text + f"models: [{', '.join(str(tmp_path / str(seed)) for seed in range(3))}]}}\n")
    found = run_file(other, "checkpoints").table("points", POINT_COLUMNS)
    assert set(found["seed"]) == {0}
    assert len(found) == 25 * 2 * 3
    for model, place in zip(models, ((0, 0), (1000, 0), (0, 1000)), strict=True):
        for language in ("en", "zu"):
            reader, part = Reader(tokenizer, 16), bench.corpus.get(language, "test")
            wanted = bench.head.scores(model, reader, part)["macro_f1"]
            here = found[(found["a1"] == place[0]) & (found["a2"] == place[1]) & (found["read"] == language)]
            assert here.set_index("metric")["value"]["macro_f1"] == wanted
    models[1].config.id2label = dict(enumerate(["wrong", *bench.head.label_names[1:]]))
    models[1].save_pretrained(tmp_path / "1")
    with pytest.raises(InputError, match=r"labels .* were expected in this order, the model has wrong"):
        run_file(other, "wrong")


def test_a_multilingual_encoder_needs_neither_vectors_nor_a_word_list(file, points):
    text = file.read_text()
    start, end = text.index("  zu:\n"), text.index("task:")
    bare = text[:start] + "  zu: {}\n" + text[end:]
    other = file.with_name("bare.yaml")
    other.write_text(bare)
    with pytest.raises(InputError, match=r"stitched reads through word vectors: set .* of zu"):
        load_experiment(other)
    a, b = bare.index("  stitched:"), bare.index("  multilingual:")
    other.write_text(bare[:a] + bare[b:])
    found = run_file(other, "bare").table("points", POINT_COLUMNS)
    wanted = points[points["method"] != "stitched"].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    other.write_text(text.replace("    lexicon: {path: en-zu.txt}\n", ""))
    with pytest.raises(InputError, match="vectors and lexicon go together"):
        load_experiment(other)


def test_what_cannot_work_is_refused_before_anything_is_trained(file):
    text = file.read_text()
    file.with_name("bad.yaml").write_text(text.replace("points: lines", "vocabulary: swapped"))
    with pytest.raises(InputError, match="set vocabulary: joint"):
        load_experiment(file.with_name("bad.yaml"))
    file.with_name("bad.yaml").write_text(text.replace("read: test", "read: dev"))
    with pytest.raises(InputError, match="dev"):
        run_file(file.with_name("bad.yaml"), "bad")
    assert not list((file.parent / "bad" / "steps").glob("*.models"))


def test_the_report_says_how_flat_and_how_straight(made, points, capsys):
    table = surface_table(made)
    methods = ("stitched", "multilingual", "random", "filters")
    assert table["unit"].tolist() == [f"{name}, zu" for name in methods for _ in "12"]
    assert table["read"].tolist() == ["source", "target"] * 4
    assert table["n_seeds"].tolist() == [2] * 8
    first = table.iloc[1]
    assert first["bilingual"] == pytest.approx(at(points, "stitched", "zu", 0, 0))
    assert first["source_only"] == pytest.approx(at(points, "stitched", "zu", 1000, 0))
    assert first["target_only"] == pytest.approx(at(points, "stitched", "zu", 0, 1000))
    deltas = made.table("deltas", DELTA_COLUMNS).query("method == 'stitched'")
    assert first["angle"] == pytest.approx(deltas["angle"].mean())
    own = shapes(units(points[points["metric"] == "macro_f1"]))
    rise = own[(own["unit"] == "stitched, zu") & (own["read"] == "target")]["rise"].mean()
    assert first["rise"] == pytest.approx(rise)
    print_report(made)
    said = capsys.readouterr().out
    assert "macro_f1, from the source model to the bilingual one" in said
    assert f"{100 * first['bilingual']:.1f}" in said
    assert "95 %" in said, "several units have an interval"


def test_means_over_units_are_of_the_scope_that_is_asked_for(tmp_path, capsys):
    at_source = {"all": 1.0, "head": 0.5}
    rows = [
        ("zu", method, 0, scope, read, "f1", a1, 0, 1.0 if a1 == 0 else at_source[scope])
        for method in "ab" for scope in at_source for read in ("en", "zu") for a1 in (0, 1000)
    ]  # fmt: skip
    run = Run(tmp_path / "run")
    run.write_info(state="done")
    run.write_table("points", pd.DataFrame(rows, columns=POINT_COLUMNS))
    for scope, rise in (("all", "0.00"), ("head", "0.50")):
        print_surfaces(run, scope=scope)
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        (means,) = (words[2:] for words in lines if words[:2] == ["rise", "target"])
        assert means[0] == rise


def test_the_command_prints_the_same_for_programs(file, made):
    command = [Path(sys.executable).with_name("mosecrot"), "surfaces", made.folder]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def call(*more):
        return subprocess.run([*command, *more], env=environment, capture_output=True, text=True, check=False)

    rows = json.loads(call("--line", "target", "--metric", "loss", "--format", "json").stdout)
    assert [row["unit"] for row in rows] == surface_table(made)["unit"].tolist()
    assert rows[0]["rise"] == pytest.approx(surface_table(made, "loss", "target")["rise"][0])
    for wrong, said in (
        ("--scope=layer 9", "the run has all, head"),
        ("--metric=las", "the run has macro_f1"),
    ):
        done = call(wrong)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
