"""Surfaces of small models: corners are the models' own scores, a kill changes nothing."""

import time

import pandas as pd
import pytest
import torch
from test_evaluation_set import CLASSES, texts
from tiny_encoders import tiny_encoder
from transformers import AutoModelForSequenceClassification

from mosecrot_core.learning.evaluation_set import EvaluationSet
from mosecrot_core.learning.interpolation import Interpolation
from mosecrot_core.learning.interpolation_grid import BILINGUAL, SOURCE, TARGET, Point, all_points, lines
from mosecrot_core.learning.reader import Reader
from mosecrot_core.learning.text_head import TextHead
from mosecrot_core.runs import surface as module
from mosecrot_core.runs.surface import PREDICTED_COLUMNS, SURFACE_COLUMNS, surface, surface_key
from mosecrot_core.runs.surface_statistics import normalised, shapes

HEAD = TextHead(CLASSES)
TINY = tiny_encoder("bert")
POINTS = all_points()[:40]


def models():
    return [TINY.model(AutoModelForSequenceClassification, seed) for seed in range(3)]


def parts(seed=0):
    return {
        "source": (Reader(TINY.tokenizer), texts(seed)),
        "target": (Reader(TINY.tokenizer), texts(seed + 1)),
    }


def at(table, point, read, metric):
    here = (table["a1"] == point.source) & (table["a2"] == point.target)
    return table[here & (table["read"] == read) & (table["metric"] == metric)]["value"].item()


def test_corners_are_the_models_own_scores(tmp_path):
    found, predictions = surface(models(), EvaluationSet(HEAD, parts()), tmp_path, points=POINTS)
    assert found.columns.tolist() == SURFACE_COLUMNS
    assert predictions.columns.tolist() == PREDICTED_COLUMNS
    assert len(predictions) == len(POINTS) * 2
    assert len(found) == len(POINTS) * 2 * 3
    for model, point in zip(models(), (BILINGUAL, SOURCE, TARGET), strict=True):
        for read, (reader, part) in parts().items():
            for metric, value in HEAD.scores(model, reader, part).items():
                assert at(found, point, read, metric) == value
            said = predictions.query("a1 == @point.source and a2 == @point.target and read == @read")
            assert said["predicted"].item().tolist() == HEAD.predict(model, reader, part).tolist()


def test_the_axes_are_not_swapped(tmp_path):
    """Only the source model has a head that always says the first class."""
    bilingual, source, target = models()
    with torch.no_grad():
        source.classifier.bias[0] += 1e4
    found, _ = surface([bilingual, source, target], EvaluationSet(HEAD, parts()), tmp_path, points=POINTS)
    _, part = parts()["source"]
    share = sum(label == 0 for label in part.labels) / len(part)
    assert at(found, Point(1000, 0), "source", "accuracy") == share
    assert at(found, Point(500, 0), "source", "accuracy") == share
    assert at(found, Point(500, 1500), "source", "accuracy") == share
    moved = [point for point in POINTS if point.source <= 0]
    before, _ = surface(models(), EvaluationSet(HEAD, parts()), tmp_path / "before", points=POINTS)
    zero = [point for point in moved if point.source == 0]
    assert zero
    assert all(at(found, p, "target", "loss") == at(before, p, "target", "loss") for p in zero)


def test_a_stopped_walk_goes_on_and_ends_with_the_same(tmp_path):
    class StoppedError(Exception):
        pass

    def stopping(done, _):
        if done == 7:
            raise StoppedError

    evaluation = EvaluationSet(HEAD, parts())
    whole = surface(models(), evaluation, tmp_path / "whole", points=POINTS)
    with pytest.raises(StoppedError):
        surface(models(), evaluation, tmp_path / "stopped", points=POINTS, progress=stopping)
    told = []
    again = surface(
        models(), EvaluationSet(HEAD, parts()), tmp_path / "stopped", points=POINTS,
        progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    assert told[0] == (8, len(POINTS))
    for table, other in zip(whole, again, strict=True):
        pd.testing.assert_frame_equal(table, other, check_exact=True)


def test_several_devices_share_a_walk_and_end_with_the_same(tmp_path, monkeypatch):
    evaluation, worked = EvaluationSet(HEAD, parts()), []

    class Noted(Interpolation):
        def at(self, weights):
            worked.append((id(self), weights))
            time.sleep(0.005)  # the other comes to work, too
            return super().at(weights)

    monkeypatch.setattr(module, "Interpolation", Noted)
    alone = surface(models(), evaluation, tmp_path / "alone", points=POINTS)
    assert len({which for which, _ in worked}) == 1
    worked.clear()
    shared = surface(models(), evaluation, tmp_path / "shared", points=POINTS, devices=["cpu", "cpu"])
    assert len({which for which, _ in worked}) == 2
    assert sorted(weights for _, weights in worked) == sorted(point.weights for point in POINTS), "once each"
    for table, other in zip(alone, shared, strict=True):
        pd.testing.assert_frame_equal(table, other, check_exact=True)


def test_an_error_on_one_device_ends_the_walk_of_all(tmp_path, monkeypatch):
    evaluation, worked = EvaluationSet(HEAD, parts()), []

    class Failing(Interpolation):
        def at(self, weights):
            worked.append(weights)
            if len(worked) == 6:
                raise RuntimeError("out of memory")
            time.sleep(0.005)
            return super().at(weights)

    monkeypatch.setattr(module, "Interpolation", Failing)
    with pytest.raises(RuntimeError, match="out of memory"):
        surface(models(), evaluation, tmp_path, points=POINTS, devices=["cpu", "cpu"])
    assert len(worked) < 10


def test_a_rough_surface_can_be_looked_at_before_the_whole_one(tmp_path):
    evaluation, looks = EvaluationSet(HEAD, parts()), []
    points = all_points()[:150]

    def stopping(done, _):
        if done == 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        surface(models(), evaluation, tmp_path, points=points, progress=stopping, preview=looks.append)
    assert [len(look) for look in looks] == [25 * 2 * 3]
    assert set(looks[0]["a1"]) == set(looks[0]["a2"]) == set(range(-500, 1501, 500))
    whole, _ = surface(models(), evaluation, tmp_path, points=points, preview=looks.append)
    assert [len(look) // 6 for look in looks] == [25, 61, 137], "a walk that goes on is looked at at once"
    for look in looks:
        assert look.columns.tolist() == SURFACE_COLUMNS
        both = look.merge(whole)
        assert len(both) == len(look)


def test_another_question_has_another_folder(tmp_path):
    evaluation = EvaluationSet(HEAD, parts())
    plain = surface_key(models(), evaluation, "all", torch.float32)
    changed = models()
    with torch.no_grad():
        changed[2].classifier.bias[0] += 1e-6
    relabelled = parts()
    reader, part = relabelled["target"]
    relabelled["target"] = (reader, type(part)(part.texts, (1 - part.labels[0] % 2, *part.labels[1:])))
    keys = {
        plain,
        surface_key(changed, evaluation, "all", torch.float32),
        surface_key(models()[::-1], evaluation, "all", torch.float32),
        surface_key(models(), evaluation, "head", torch.float32),
        surface_key(models(), evaluation, "all", torch.bfloat16),
        surface_key(models(), EvaluationSet(HEAD, parts(5)), "all", torch.float32),
        surface_key(models(), EvaluationSet(HEAD, relabelled), "all", torch.float32),
    }
    assert len(keys) == 7
    assert surface_key(models(), EvaluationSet(HEAD, parts()), "all", torch.float32) == plain
    for scope in ("all", "head"):
        surface(models(), evaluation, tmp_path, points=POINTS[:3], scope=scope)
    assert len(list(tmp_path.iterdir())) == 2


def test_its_numbers_can_be_normalised(tmp_path):
    found, _ = surface(models(), EvaluationSet(HEAD, parts()), tmp_path, points=lines())
    points = found.assign(unit="fr", seed=0)
    table = normalised(points)
    assert len(table) == 65 * 2 * 3
    corner = table[(table["a1"] == 0) & (table["a2"] == 0)]
    assert corner["mean"].tolist() == [1.0] * 6
    assert len(shapes(points)) == 6
