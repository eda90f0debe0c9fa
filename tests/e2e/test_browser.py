"""The dashboard as a reader meets it: the real server, driven with Debian's chromium."""

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stores import write_run

pytest.importorskip("streamlit")

DASHBOARD = [sys.executable, "-m", "mosecrot_core", "dashboard", "--no-browser"]
TABLE = "[data-testid=stDataFrame] canvas"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs / "running", state="running", done=12, total=60)
    time.sleep(0.02)
    write_run(runs / "demo")
    return runs


@pytest.fixture(scope="module")
def server(store, serving):
    with serving(store) as url:
        yield url


@pytest.fixture
def visit(go, server):
    def visit(path, theme="light", width=1280):
        page = go(server, path, theme, width)
        page.wait_for_selector(TABLE)
        return page

    return visit


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1920)])
def test_the_results_are_seen(visit, shoot, theme, width):
    page = visit("/results", theme, width)
    page.wait_for_selector(".js-plotly-plot .point")
    assert page.locator("[data-testid=stDataFrame]").count() == 2
    assert page.get_by_text("Best: logistic").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shoot(page, f"results-{theme}-{width}")


def test_search_narrows_the_anchors_as_one_types(visit, shoot):
    page = visit("/anchors")
    page.get_by_text("400 of 400 pairs").wait_for()
    shoot(page, "anchors-light-1280")
    page.get_by_label("Search the anchors").press_sequentially("LAMP39", delay=30)
    page.get_by_text("11 of 400 pairs").wait_for()
    page.wait_for_url("**find=LAMP39**")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download 11 as CSV").click()
    assert Path(download.value.path()).read_text(encoding="utf-8-sig").count("\n") == 12


def test_a_link_brings_the_selection_and_pages_share_it(visit, shoot):
    page = visit("/anchors?run=demo&language=fi&method=sparsemax&find=lamp12", "dark", 1920)
    page.get_by_text("11 of 400 pairs").wait_for()
    shoot(page, "anchors-dark-1920")
    assert page.get_by_role("combobox", name="Language").input_value() == "fi"
    page.get_by_role("link", name="Results").click()
    page.wait_for_selector(".js-plotly-plot")
    assert page.get_by_role("combobox", name="Language").input_value() == "fi"
    assert "language=fi" in page.url
    page.go_back()
    page.get_by_text("of 400 pairs").wait_for()
    assert page.get_by_role("combobox", name="Language").input_value() == "fi"


def test_a_running_experiment_moves_on_by_itself(visit, shoot, store):
    from mosecrot_core.runs.store import Run

    page = visit("/results?run=running")
    page.get_by_text("12 of 60 steps").wait_for()
    shoot(page, "running-light-1280")
    Run(store / "running").write_info(done=30)
    page.get_by_text("30 of 60 steps").wait_for(timeout=15_000)
    Run(store / "running").write_info(state="done")
    page.get_by_text("running \u00b7 done").wait_for(timeout=15_000)


def test_the_server_stops_with_its_parent(store):
    """SIGTERM to `serve` leaves no server behind."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*DASHBOARD, str(store), "--port", str(port)], stdout=subprocess.PIPE, text=True
    )
    assert str(port) in process.stdout.readline()
    process.terminate()
    assert process.wait(15) == 0
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", port))


def test_a_token_is_asked_for_and_the_printed_link_has_it(go, store, tmp_path):
    process = subprocess.Popen(
        [*DASHBOARD, str(store), "--token"], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    link = re.search(r"http://\S+", process.stdout.readline())[0]
    server = link.split("/?")[0]
    go(server, "/").get_by_text("Whose is this?").wait_for()
    page = go(server, link.removeprefix(server))
    page.get_by_role("heading", name="Overview").wait_for()
    assert "access" not in page.url
    page.get_by_role("link", name="Results").click()
    page.get_by_role("heading", name="Results").wait_for()
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
