"""From the scores to one prediction and the anchors behind one word, in a real browser."""

import re

import pytest
from stores import write_run

pytest.importorskip("streamlit")
pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def server(tmp_path_factory, serving):
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs / "entities", entities=True, hostile=False)
    write_run(runs / "texts")
    with serving(runs) as url:
        yield url


@pytest.mark.parametrize(("run", "theme"), [("texts", "light"), ("entities", "dark")])
def test_a_prediction_is_followed_down_to_the_anchors_of_a_word(go, server, shoot, tick, run, theme):
    page = go(server, f"/results?run={run}", theme, height=2200)
    page.get_by_role("link", name="Which classes are confused").click()
    page.wait_for_selector(".st-key-confusion .js-plotly-plot")
    page.get_by_role("heading", name=re.compile(r"^Example \d+$")).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert f"run={run}" in page.url or run == "texts"
    tick(page, "examples", 2)
    page.wait_for_url("**example=**")
    number = page.url.split("example=")[1].split("&")[0]
    page.get_by_role("heading", name=f"Example {number}", exact=True).wait_for()
    tick(page, "tokens", 3)
    page.wait_for_url("**token=4**")
    page.get_by_text("Its row is the weighted sum").wait_for()
    page.reload()
    page.get_by_role("heading", name=f"Example {number}", exact=True).wait_for()
    page.get_by_text("Row shares, %").click()
    page.wait_for_url("**cells=**")
    assert "example=" in page.url
    shoot(page, f"predictions-{run}-{theme}-1280")
