"""How fast the dashboard answers on a run that is as large as they get.

    python benchmarks/dashboard.py [--quick] [--json FILE]

The store is synthetic: 100,000 anchors and scored pairs, 50,000 words a side with rows of 300 numbers, all of
them on the map, in the first of 20 languages; and a run with planes (441 points) and lines of 20 languages,
3 seeds and 200 texts. A real server, Debian's chromium. For each page: `first_paint_s`, from the address to
the page's title and what is above it in a new browser session, when nothing that only this page reads is in
the server's caches; `drawn_s`, until all of it is drawn, charts too; `again_s`, once it is in the caches;
`interaction_s`, the median of five of what one does most on the page, from click or key to drawn answer;
`rss_mb`, the server's memory after it; `peak_mb`, the most that it has had.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
LANGUAGES = ("fr", *(f"x{i:02d}" for i in range(19)))
IDLE = "() => document.querySelector('[data-test-script-state=notRunning] h1') !== null"
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
TIMES = ("first_paint_s", "drawn_s", "again_s", "interaction_s")
ROUNDS = 5
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def main() -> None:
    """Measure every page and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small store: does everything run?")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        write_store(runs, 2_000 if options.quick else 100_000, 1_500 if options.quick else 50_000)
        rows = measure(runs)
    table = Table("page", *TIMES, "rss_mb", "peak_mb")
    for row in rows:
        table.add_row(
            row["page"],
            *(f"{row[name]:.2f}" for name in TIMES),
            f"{row['rss_mb']:,.0f}",
            f"{row['peak_mb']:,.0f}",
        )
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


def write_store(runs: Path, n_anchors: int, n_words: int) -> None:
    """Write the runs."""
    sys.path.insert(0, str(ROOT / "tests"))
    from stores import (
        anchor_use,
        anchors,
        kept_words,
        results,
        scored_pairs,
        text_tables,
        word_maps,
        write_run,
    )
    from surface_stores import write_surfaces

    from mosecrot_core.learning.interpolation_grid import all_points

    write_surfaces(runs / "between", languages=LANGUAGES, seeds=3, points=all_points(), n=200)
    run = write_run(runs / "large", languages=("fr",), n_anchors=10, hostile=False)
    run.write_table("results", results(LANGUAGES, 3))
    run.write_table("anchors", anchors(("fr",), n_anchors, False))
    run.write_table("anchor_use", anchor_use(("fr",), n_anchors))
    for name, table in text_tables(LANGUAGES, 3, False).items():
        run.write_table(name, table)
    for name, table in zip(("quality", "signals"), scored_pairs(("fr",), n_anchors, False), strict=True):
        run.write_table(name, table)
    for name, table in kept_words(run, ("fr",), n_words, width=300).items():
        run.write_table(name, table)
    run.write_table("word_map", word_maps(run, "recommended"))


def measure(runs: Path) -> list[dict[str, Any]]:
    """Visit each page with a server and a browser of their own."""
    from playwright.sync_api import sync_playwright

    rows = []
    with sync_playwright() as driver, serving(runs) as (url, process):
        chromium = shutil.which("chromium") or "/usr/bin/chromium"
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        opened(browser, f"{url}/?run=between", "Overview")[-1].close()  # the app itself is loaded once
        for name, (run, title, act) in PAGES.items():
            page_name, _, query = name.partition("?")
            link = f"{url}/{page_name}?run={run}&language=fr&{query}"
            chart = CHARTS.get(name)
            first, drawn, page = opened(browser, link, title, chart)
            page.close()
            _, again, page = opened(browser, link, title, chart)
            done = [timed(page, act, number) for number in range(ROUNDS)]
            page.close()
            rows.append({
                "page": name, "first_paint_s": first, "drawn_s": drawn, "again_s": again,
                "interaction_s": statistics.median(done), "rss_mb": memory(process, "VmRSS"),
                "peak_mb": memory(process, "VmHWM"),
            })  # fmt: skip
        browser.close()
    return rows


@contextmanager
def serving(runs: Path) -> Iterator[tuple[str, int]]:
    """Start the dashboard; yield its address and the process of the server."""
    command = [sys.executable, "-m", "mosecrot_core", "dashboard", str(runs), "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        server = next(int(n) for n in children if b"streamlit" in Path(f"/proc/{n}/cmdline").read_bytes())
        yield line.split()[1], server
    finally:
        process.terminate()
        process.wait()


def opened(browser: Any, link: str, title: str, chart: str | None = None) -> tuple[float, float, Any]:
    """Open a link in a new session; return when its title was there and all of it drawn, and the page."""
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    start = time.perf_counter()
    page.goto(link)
    page.get_by_role("heading", name=title, exact=True).wait_for()
    first = time.perf_counter() - start
    page.wait_for_function(IDLE)
    if chart is not None:
        page.wait_for_selector(chart)
        page.evaluate(DRAWN)
    return first, time.perf_counter() - start, page


def timed(page: Any, act: Callable[[Any, int], None], number: int) -> float:
    """Return how long an interaction takes until the page is drawn again."""
    start = time.perf_counter()
    act(page, number)
    page.wait_for_function(IDLE)
    return time.perf_counter() - start


def choose(label: str, *options: str) -> Callable[[Any, int], None]:
    """Return what takes the options of a selector in turns."""

    def act(page: Any, number: int) -> None:
        wanted = options[number % len(options)]
        page.get_by_role("combobox", name=label).first.click()
        page.get_by_role("option", name=wanted, exact=True).click()
        page.wait_for_timeout(30)

    return act


def type_word(page: Any, number: int) -> None:
    """Look up another word."""
    word = f"l\u00e1mpara{500 + number}"
    page.get_by_label("Word", exact=True).fill(word)
    page.get_by_role("heading", name=word).wait_for()


def mark_word(page: Any, number: int) -> None:
    """Mark another word on the map."""
    word = f"l\u00e1mpara{500 + number}"
    page.get_by_label("Word", exact=True).fill(word)
    page.get_by_text(f"Ring: {word}.").wait_for()


def reject(page: Any, number: int) -> None:
    """Reject the pair in focus."""
    page.get_by_role("button", name="Reject Shortcut X").click()
    page.get_by_text(f"Rejected {number + 1}").wait_for()


PAGES: dict[str, tuple[str, str, Callable[[Any, int], None]]] = {
    "": ("large", "Overview", choose("Language", "x01", "fr")),
    "results": ("large", "Results", choose("Metric", "Accuracy", "Macro-F1")),
    "compare": ("large", "Compare", choose("With", "softmax", "standard")),
    "predictions": ("large", "Predictions", choose("Method", "softmax", "standard")),
    "neighbourhoods": ("large", "Neighbourhoods", type_word),
    "neighbourhoods?view=Map": ("large", "Neighbourhoods", mark_word),
    "surfaces": ("between", "Surfaces", choose("Seed", "1", "mean over seeds")),
    "anchors": ("large", "Anchors", reject),
}


CHARTS = {"neighbourhoods?view=Map": ".st-key-word-map canvas"}
"""What is drawn after a page is there."""


def memory(process: int, kind: str) -> float:
    """Return the memory of a process in MB: VmRSS, what it has, or VmHWM, the most that it has had."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024


if __name__ == "__main__":
    main()
