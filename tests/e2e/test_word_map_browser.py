"""The map of both languages' words as one uses it: from a lasso to a word, and with 100,000 points."""

import re
import time

import pytest
import yaml
from lasso import draw_circle, take_lasso
from stores import kept_words, word_maps, write_run

pytest.importorskip("streamlit")
pytest.importorskip("playwright.sync_api")

MAP = ".st-key-word-map [data-testid=stEChartsChart]"
LASSO_ICON = (131, 25)  # from the right, from the top of the map
METHODS = {"standard": {"kind": "stitched", "alignment": {"method": "paper", "k": 20}}}
LASSOED = re.compile(r"([\d,]+) words in the lasso")


def write_mapped(folder, n_words):
    run = write_run(folder, languages=("fr",), n_anchors=60)
    for name, table in kept_words(run, ("fr",), n_words).items():
        run.write_table(name, table)
    run.write_table("word_map", word_maps(run))
    run.write_text("experiment.yaml", yaml.safe_dump({"source": {"language": "en"}, "methods": METHODS}))
    return run


def open_map(go, server, query="", **look):
    page = go(server, f"/neighbourhoods?view=Map{query}", height=1000, **look)
    page.wait_for_selector(f"{MAP} canvas")
    page.get_by_text(re.compile("^Ring: ")).wait_for()
    return page


def lasso(page, x, y, radius):
    """Draw round a place of the map, given in shares of its size; return how many words it holds, seconds."""
    said = page.get_by_text(LASSOED)
    before = said.inner_text() if said.count() else ""
    draw_circle(page, MAP, x, y, radius)
    start = time.perf_counter()
    page.mouse.up()
    page.wait_for_function(
        "old => { const found = document.body.innerText.match(/[\\d,]+ words in the lasso[^.]*/);"
        " return found && !old.startsWith(found[0].trim()); }",
        arg=before,
    )
    return int(LASSOED.search(said.inner_text())[1].replace(",", "")), time.perf_counter() - start


def mark(page, word):
    """Look for a word; return the seconds until it is marked."""
    start = time.perf_counter()
    page.get_by_label("Word", exact=True).fill(word)
    page.get_by_text(f"Ring: {word}.").wait_for()
    return time.perf_counter() - start


def test_a_lasso_lists_its_words_and_a_row_opens_one(go, serving, shoot, settle, tick, tmp_path):
    write_mapped(tmp_path / "mapped", 600)
    with serving(tmp_path) as server:
        page = open_map(go, server)
        page.get_by_text("1,194 words; the first 500 are listed").wait_for()
        take_lasso(page, MAP, LASSO_ICON)
        n, _ = lasso(page, 0.5, 0.5, 110)
        assert 1 < n < 1_194
        shoot(page, "word-map-lasso-light-1280")
        with page.expect_download() as download:
            page.get_by_role("button", name="These words, as CSV").click()
        saved = tmp_path / "words.csv"
        download.value.save_as(saved)
        lines = saved.read_text(encoding="utf-8-sig").splitlines()
        assert lines[0] == "word,language,rank,near,cosine,other,anchor"
        assert len(lines) == n + 1
        settle(page)
        tick(page, "word-map-list", 0)
        page.get_by_text("Made of").wait_for()
        first = lines[1].split(",")[0].removeprefix("'")
        assert page.get_by_label("Word", exact=True).input_value() == first
        settle(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Heat map as HTML").click()
        assert download.value.suggested_filename.endswith("-heat-map.html")
        page.get_by_text("Map", exact=True).click()
        page.get_by_text("1,194 words; the first 500").wait_for()
        settle(page)
        page.get_by_text("Before", exact=True).click()
        page.get_by_text("Each language by itself, side by side").wait_for()
        shoot(page, "word-map-before-light-1280")
        page = open_map(go, server, "&space=Before&word=fr17", theme="dark", width=1920)
        shoot(page, "word-map-before-dark-1920")


def test_a_click_marks_a_word_and_hostile_words_are_text(go, serving, settle, tmp_path):
    run = write_mapped(tmp_path / "mapped", 120)
    table = run.table("word_map", [])
    table = table[table["method"] == "standard"].reset_index(drop=True)
    row = table[(table["side"] == "target") & table["word"].str.contains("onerror", regex=False)].iloc[0]
    with serving(tmp_path) as server:
        page = open_map(go, server, "&words-of=fr+%28target%29&word=fr50")
        settle(page)
        box = page.locator(MAP).first.bounding_box()
        x, y = ((row[n] - table[n].min()) / (table[n].max() - table[n].min()) for n in "xy")
        across = box["x"] + (float(x) * 10_000 + 400) / 10_800 * box["width"]
        down = box["y"] + 38 + (1 - (float(y) * 10_000 + 400) / 10_800) * (box["height"] - 38)
        page.mouse.move(across - 30, down)
        page.mouse.move(across, down)
        page.mouse.click(across, down)
        page.get_by_text("Ring: <img").wait_for()
        assert page.evaluate("document.querySelectorAll('.st-key-word-map :is(script, img)').length") == 0
        assert page.evaluate("typeof window.hacked") == "undefined"


def test_100_000_words_answer(go, serving, shoot, tmp_path, capsys):
    write_mapped(tmp_path / "big", 50_000)
    took = {}
    with serving(tmp_path) as server:
        start = time.perf_counter()
        page = open_map(go, server)
        took["open"] = time.perf_counter() - start
        page.wait_for_timeout(3_000)
        whole = sum(page.received)
        page.received.clear()
        took["word"] = max(mark(page, f"fr{i}") for i in range(100, 103))
        assert sum(page.received) < whole / 4, "the map was sent again"
        take_lasso(page, MAP, LASSO_ICON)
        n, took["lasso"] = lasso(page, 0.5, 0.5, 60)
        assert n > 1_000
        shoot(page, "word-map-100000-light-1280")
    with capsys.disabled():
        slowest = ", ".join(f"{name} {value:.2f}" for name, value in took.items())
        print(f"\n100,000 words, slowest of each, seconds: {slowest}")  # noqa: T201
    assert max(took["word"], took["lasso"]) < 5
