"""The real server and a real browser, for all tests in this folder."""

import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
DASHBOARD = [sys.executable, "-m", "mosecrot_core", "dashboard", "--no-browser"]
SETTLED = "() => document.querySelector('[data-test-script-state=notRunning] h1') !== null"


def pytest_collection_modifyitems(items):
    missing = pytest.mark.skipif(
        not Path(CHROMIUM).exists(), reason="chromium is not installed (apt-get install chromium)"
    )
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(missing)


@contextmanager
def _serving(store, elsewhere):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*DASHBOARD, str(store), "--port", str(port)], cwd=elsewhere, stdout=subprocess.PIPE, text=True
    )
    line = process.stdout.readline()
    assert f"http://127.0.0.1:{port}" in line
    yield f"http://127.0.0.1:{port}"
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0


@pytest.fixture(scope="session")
def serving(tmp_path_factory):
    """`serving(store)` starts `serve` in another folder, and stops it as Ctrl-C does."""
    return lambda store: _serving(store, tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="module")
def server(runs, serving):
    """The address of a dashboard of a module's `runs`."""
    with serving(runs) as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def go(browser):
    """Open pages, and find in the end that nothing was asked of another machine and nothing was thrown."""
    contexts, asked, thrown, servers = [], [], [], []

    def go(server, path, theme="light", width=1280, height=900):
        servers.append(server)
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda ws: asked.append(ws.url.replace("ws://", "http://")))
        page.received = []  # how long each message from the server was
        page.on(
            "websocket", lambda ws: ws.on("framereceived", lambda frame: page.received.append(len(frame)))
        )
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.on("dialog", lambda dialog: thrown.append(f"dialog {dialog.message}") or dialog.dismiss())
        page.on("response", lambda r: thrown.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.goto(server + path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith((*servers, "data:", "blob:"))] == []
    # Streamlit looks for its own server below the page's path first, and finds it at the root.
    assert [line for line in thrown if "/_stcore/" not in line] == []


@pytest.fixture(scope="session")
def tick():
    """Tick a row of a table, counted from 0."""

    def tick(page, key, row, height=31):  # of a row and of the header, in pixels
        table = page.locator(f"[class*=st-key-{key}-] [data-testid=stDataFrame] canvas").first
        table.scroll_into_view_if_needed()
        box = table.bounding_box()
        page.mouse.click(box["x"] + 18, box["y"] + (row + 1.5) * height)

    return tick


@pytest.fixture(scope="session")
def settle():
    """Wait until a page is drawn: a click on what is being drawn anew goes astray."""
    return lambda page: page.wait_for_function(SETTLED)


@pytest.fixture
def shoot():
    def shoot(page, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(600)
        page.screenshot(path=SHOTS / f"{name}.png")

    return shoot
