"""The experiment files of the paper's tables hold its settings (Ye et al. 2024, section 5, appendices)."""

from pathlib import Path

import pytest

from mosecrot_core.mapping.alignment import LeastSquares, PaperRepresentations
from mosecrot_core.runs.experiment import Experiment, load_experiment
from mosecrot_core.runs.methods import LogisticRegressionBaseline, Stitched, ZeroShot

FOLDER = Path(__file__).parents[1] / "experiments"
SHARED = Path(__file__).parents[2] / "shared/data"
ANCHORS = {"de": 11836, "es": 11395, "zh": 7662, "fo": 1577, "mt": 2600, "nds": 1309, "sah": 3242, "tt": 9275}
TABLES = ("table1", "table2", "table3", "table4")


def relative(experiment: Experiment) -> dict[str, tuple[str, int | str, float]]:
    """Weighting, k and temperature of the relative methods, all of which re-initialise the English rows."""
    found = {}
    for name, method in experiment.methods.items():
        if isinstance(method, Stitched) and isinstance(method.alignment, PaperRepresentations):
            own = method.alignment
            assert own == PaperRepresentations(weighting=own.weighting, k=own.k), "nothing else is changed"
            assert not method.keeps_source
            found[name] = (own.weighting, own.k, own.temperature)
    return found


@pytest.mark.parametrize("name", TABLES)
def test_every_table_starts_from_english_bert(name):
    experiment = load_experiment(FOLDER / f"{name}.yaml")
    assert (experiment.source.language, experiment.source.encoder) == ("en", "google-bert/bert-base-cased")
    assert experiment.anchors.translation == "first", "one translation a target word (section 6)"
    assert experiment.anchors.min_quality is None
    vectors = {language: target.vectors.path for language, target in experiment.targets.items()}
    assert all(
        path == f"fasttext/cc.{language}.300.vec.gz"
        for language, path in vectors.items()
        if language != "nds"
    )


@pytest.mark.parametrize(
    ("name", "task", "languages"),
    [("table1", "amazon_reviews", ["de", "es", "zh"]), ("table2", "taxi1500", [*ANCHORS])],
)
def test_tables_1_and_2(name, task, languages):
    experiment = load_experiment(FOLDER / f"{name}.yaml")
    assert experiment.task.name == task
    assert set(experiment.targets) == set(languages)
    sizes = {language: experiment.anchor_settings(language).size for language in experiment.targets}
    assert sizes == {language: ANCHORS[language] for language in languages}
    assert relative(experiment) == {w: (w, 50, 1.0) for w in ("standard", "softmax", "sparsemax")}
    others = {n: m for n, m in experiment.methods.items() if n not in relative(experiment)}
    lr, mbert, ls = others["logistic_regression"], others["mbert"], others["least_squares"]
    assert len(others) == 3
    assert isinstance(lr, LogisticRegressionBaseline)
    assert isinstance(mbert, ZeroShot)
    assert mbert.encoder == "google-bert/bert-base-multilingual-cased"
    assert isinstance(ls, Stitched)
    assert ls.alignment == LeastSquares()


def test_amazon_reviews_have_three_classes_and_taxi1500_six():
    from mosecrot_core.learning.tasks.taxi1500 import TOPICS

    assert load_experiment(FOLDER / "table1.yaml").task.label_names == ("negative", "neutral", "positive")
    assert len(TOPICS) == 6


def test_table_2_has_five_seeds_and_its_learning_rate():
    experiment = load_experiment(FOLDER / "table2.yaml")
    assert len(experiment.seeds) == 5
    assert experiment.training.learning_rate == 1e-5


@pytest.mark.parametrize("name", ["table3", "table4"])
def test_tables_3_and_4_are_of_amazon_reviews_in_two_languages(name):
    experiment = load_experiment(FOLDER / f"{name}.yaml")
    assert experiment.task.name == "amazon_reviews"
    assert set(experiment.targets) == {"de", "zh"}
    assert {experiment.anchor_settings(language).size for language in ("de", "zh")} == {6731}


def test_table_3_is_about_k():
    found = relative(load_experiment(FOLDER / "table3.yaml"))
    assert [k for _, k, _ in found.values()] == [1, 10, 50, 100, "all"]


def test_table_4_is_about_the_number_of_anchors():
    experiment = load_experiment(FOLDER / "table4.yaml")
    assert {k for _, k, _ in relative(experiment).values()} == {"all"}
    chosen = [experiment.anchor_settings("de", name) for name in experiment.methods]
    assert [(own.size, own.stop_words) for own in chosen] == [
        (500, "remove"), (3000, "remove"), (6731, "keep"),
    ]  # fmt: skip


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize("name", TABLES)
def test_what_is_here_can_be_planned(name):
    from mosecrot_core.runs.keys import FileHashes
    from mosecrot_core.runs.plan import make_plan

    experiment = load_experiment(FOLDER / f"{name}.yaml", "here")
    assert len(experiment.seeds) >= 3
    paper = load_experiment(FOLDER / f"{name}.yaml")
    assert relative(experiment) == relative(paper), "the same question"
    plan = make_plan(experiment, FOLDER, FileHashes())
    assert {step.language for step in plan.steps} == set(experiment.targets)
