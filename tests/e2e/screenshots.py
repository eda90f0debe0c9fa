"""Pictures of every page, light at 1280 and dark at 1920, in build/screenshots: `make screenshots`."""

import re

import pytest
from brought_files import write_inputs
from stage_stores import stage_tables
from stores import METHODS, word_maps, write_run
from surface_stores import write_surfaces

PAGES = {
    "overview": "demo", "results": "demo", "compare": "demo", "predictions": "demo", "neighbourhoods": "demo",
    "neighbourhoods?view=Map": "demo", "neighbourhoods?view=Map&space=Before": "demo",
    "surfaces": "between", "self_training": "demo", "anchors": "demo", "new": "demo",
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory, serving):
    runs = tmp_path_factory.mktemp("runs")
    write_surfaces(runs / "between")
    run = write_run(runs / "demo", n_pairs=300, n_words=500, hostile=False)
    for name, table in zip(("stages", "calibration"), stage_tables(METHODS), strict=True):
        run.write_table(name, table)
    write_inputs(runs, "faroese")
    run.write_table("word_map", word_maps(run, "recommended"))
    with serving(runs) as url:
        yield url


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1920)])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_drawn(go, server, shoot, settle, name, theme, width):
    path, _, query = name.partition("?")
    path = "" if path == "overview" else path
    page = go(server, f"/{path}?run={PAGES[name]}&{query}", theme, width, height=1100)
    settle(page)
    page.wait_for_timeout(1500)  # charts draw themselves
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.get_by_text("went wrong").count() == 0
    shoot(page, re.sub(r"\W", "-", f"{name}-{theme}"))
