"""From the worst language down to a wrong pair, and up again to a better score, in a real browser."""

import os
import re

import pytest
import yaml
from small_experiment import SETTINGS, TOPICS, write_small_experiment

from mosecrot_core.anchors.review import Reviews
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.jobs import Jobs
from mosecrot_core.runs.report import progress_bar
from mosecrot_core.runs.runner import run_experiment
from mosecrot_core.runs.store import Run

pytest.importorskip("streamlit")
pytest.importorskip("playwright.sync_api")

PATIENCE = 120_000


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One real run: `xu` is `zu` with the animals and the food of its word list exchanged."""
    folder = tmp_path_factory.mktemp("walk")
    settings = yaml.safe_load(SETTINGS) | {"name": "walk", "seeds": [0]}
    settings["targets"]["xu"] = {"vectors": {"path": "zu.vec"}, "lexicon": {"path": "en-xu.txt"}}
    settings["task"]["files"]["xu"] = settings["task"]["files"]["zu"]
    settings["methods"] = {
        "recommended": {"alignment": {"method": "relative", "k": 8}, "spelling": 0, "vocabulary": "swapped"}
    }
    settings["nulls"] = ["shuffled"]
    file = write_small_experiment(folder / "inputs", yaml.safe_dump(settings, sort_keys=False))
    wrong = dict(zip(TOPICS["animals"][:9], TOPICS["food"][:9], strict=True))
    lines = (file.parent / "en-zu.txt").read_text().split("\n")[:-1]
    pairs = dict(line.split() for line in lines)
    swapped = {word: pairs[wrong[word]] if wrong.get(word) in pairs else own for word, own in pairs.items()}
    (file.parent / "en-xu.txt").write_text("".join(f"{s} {t}\n" for s, t in swapped.items()))
    os.environ["OMP_NUM_THREADS"] = "1"
    with progress_bar(quiet=True) as bar:
        run_experiment(load_experiment(file), file.parent, folder / "runs" / "walk", bar)
    return folder / "runs"


def score(folder, language):
    results = Run(folder).results()
    mine = results[(results["language"] == language) & (results["method"] == "recommended")]
    return float(mine[mine["metric"] == "macro_f1"]["value"].mean())


def pairs(folder):
    anchors = Run(folder).anchors().query("language == 'xu'")
    return set(zip(anchors["source"], anchors["target"], strict=True))


def test_a_bad_score_is_followed_down_and_mended(go, server, runs, shoot, tick, settle):
    worst = min(("zu", "xu"), key=lambda language: score(runs / "walk", language))
    assert worst == "xu"
    page = go(server, "/", height=1400)
    page.get_by_role("heading", name="Overview").wait_for()
    page.get_by_text("Tick a language").wait_for()
    tick(page, "languages", 1)
    page.get_by_role("link", name="Errors (xu)").wait_for()
    settle(page)
    page.get_by_role("link", name="Errors (xu)").click()
    page.get_by_role("heading", name=re.compile(r"^Example \d+$")).wait_for()
    assert "language=xu" in page.url
    settle(page)
    page.get_by_role("link", name=re.compile("Look .* up among all words")).click()
    page.get_by_text("Comes to lie near these words (en)").wait_for()
    shoot(page, "walk-neighbourhoods-1280")
    settle(page)
    page.get_by_role("link", name=re.compile("^Judge ")).click()
    page.get_by_text("What if?").wait_for()
    page.get_by_text("What if?").click()
    page.get_by_text(re.compile("lean on it|changes")).filter(visible=True).first.wait_for()
    shoot(page, "walk-what-if-1280")
    page.get_by_role("button", name=re.compile("^Reject .*X$")).click()
    page.get_by_text("Rejected 1").wait_for()
    page.get_by_role("button", name="Run again").click()
    page.get_by_text("Jobs", exact=True).wait_for()
    page.get_by_role("button", name="Open walk-reviewed").wait_for(timeout=PATIENCE)
    assert [job.state for job in Jobs(runs).newest(5)] == ["done"]
    page.get_by_role("button", name="Open walk-reviewed").click()
    page.get_by_text("Run walk-reviewed").wait_for()
    page.get_by_role("link", name="Results").click()
    page.get_by_role("heading", name="Results").wait_for()
    after = score(runs / "walk-reviewed", "xu")
    page.get_by_text(f"Best: recommended, {100 * after:.1f} percent.").wait_for()
    shoot(page, "walk-results-1280")
    (decision,) = Reviews(runs / "reviews.sqlite", ("en", "xu")).standing().itertuples()
    before, now = (pairs(runs / name) for name in ("walk", "walk-reviewed"))
    assert (decision.source, decision.target) in before - now
