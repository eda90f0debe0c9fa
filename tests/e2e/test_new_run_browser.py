"""Own files become a run, in a real browser: brought, refused, mended, checked, run, opened."""

import re
import shutil

import pytest
from small_experiment import write_small_experiment

from mosecrot_core.runs.jobs import Jobs
from mosecrot_core.runs.store import Run

pytest.importorskip("streamlit")
pytest.importorskip("playwright.sync_api")

PATIENCE = 180_000


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    write_small_experiment(folder)
    shutil.copy(folder / "zu.vec", folder / "zu.vec.tsv")
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("new") / "runs"


@pytest.fixture(scope="module")
def server(runs, serving):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        with serving(runs) as url:
            yield url


def fill(page, label, value):
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Tab")


def bring(page, part, file):
    """Upload a file and wait until the server has it."""
    place = page.locator(f"[class*=st-key-own-{part}-]")
    place.locator("input[type=file]").set_input_files(file)
    place.get_by_text(file.name).wait_for()


def test_three_files_and_a_test_become_a_run(go, server, runs, inputs, shoot, settle):
    page = go(server, "/", height=1500)
    page.get_by_role("link", name="Make a run of your own").click()
    page.get_by_role("heading", name="New run").wait_for()
    settle(page)
    fill(page, "Name of the run", "brought")
    fill(page, "Target language", "zu")
    fill(page, "Encoder of the source language", str(inputs / "encoder"))
    fill(page, "Seeds", "1")
    bring(page, "vectors", inputs / "zu.vec")
    bring(page, "words", inputs / "en-zu.txt")
    bring(page, "train", inputs / "zu.vec.tsv")
    bring(page, "test", inputs / "zu.test.tsv")
    page.get_by_role("button", name="Check these files").click()
    page.get_by_text("These files cannot be used").wait_for(timeout=PATIENCE)
    page.get_by_text(re.compile("zu.vec.tsv.*there is no column 'text'")).wait_for()
    assert not (runs / "brought.inputs").exists()
    shoot(page, "new-refused-1280")
    bring(page, "train", inputs / "en.train.tsv")
    page.get_by_role("button", name="Check these files").click()
    page.get_by_role("button", name="Run it").wait_for(timeout=PATIENCE)
    page.get_by_text(re.compile("mosecrot run .*brought.inputs/experiment.yaml")).wait_for()
    settle(page)
    shoot(page, "new-checked-1280")
    page.get_by_role("button", name="Run it").click()
    page.get_by_text("Jobs", exact=True).wait_for()
    page.get_by_role("link", name="Open brought").wait_for(timeout=PATIENCE)
    page.wait_for_function("() => document.body.innerText.includes('ended: brought')", timeout=PATIENCE)
    (job,) = Jobs(runs).newest(5)
    assert (job.kind, job.state) == ("experiment", "done")
    settle(page)
    page.get_by_role("link", name="Open brought").click()
    page.get_by_text("Run brought").wait_for()
    page.get_by_role("heading", name="Overview").wait_for()
    results = Run(runs / "brought").results()
    assert set(results["language"]) == {"zu"}
    assert (runs / "brought" / "models" / "recommended-zu").is_dir()
