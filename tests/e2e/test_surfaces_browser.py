"""From the scores of interpolated models to the labels that one of them flips, in a real browser."""

from pathlib import Path

import pytest
from surface_stores import write_surfaces

from mosecrot_core.learning.interpolation_grid import plane

pytest.importorskip("streamlit")
pytest.importorskip("playwright.sync_api")

PLANE = ".st-key-plane .js-plotly-plot"
PLACE = """([css, x, y, n]) => {
  const chart = document.querySelector(css), layout = chart._fullLayout, box = chart.getBoundingClientRect()
  const [across, up] = [layout['xaxis' + n], layout['yaxis' + n]]
  return [box.left + across._offset + across.d2p(x), box.top + up._offset + up.d2p(y)]
}"""
SHOWN_IN_ALL = f"""[...document.querySelectorAll('{PLANE} .hoverlayer .hovertext')]
  .filter((each) => each.textContent.includes('a1 0.5, a2 1')).length === 3"""


@pytest.fixture(scope="module")
def server(tmp_path_factory, serving):
    runs = tmp_path_factory.mktemp("runs")
    write_surfaces(runs / "between", points=plane())
    with serving(runs) as url:
        yield url


def test_a_model_of_the_plane_is_clicked_and_its_labels_are_seen(go, server, shoot):
    page = go(server, "/results", height=2200)
    page.get_by_role("link", name="Models between one and two languages").click()
    page.wait_for_selector(f"{PLANE} .point")
    page.get_by_role("combobox", name="Metric").click()
    page.get_by_role("option", name="Accuracy").click()
    page.wait_for_url("**metric=Accuracy**")
    page.get_by_text("Accuracy, percent of the bilingual").filter(visible=True).first.wait_for()
    page.get_by_text("\u03b8 = 0 bilingual + 1 en only").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.wait_for_timeout(1_000)  # the panels are tied together a moment after they are drawn
    x, y = page.evaluate(PLACE, [PLANE, 0.5, 1.0, "2"])
    page.mouse.move(x - 6, y - 6)
    page.mouse.move(x, y)
    page.wait_for_function(SHOWN_IN_ALL)
    page.mouse.click(x, y)
    page.wait_for_url("**a1=0.5**")
    page.get_by_text("\u03b8 = -0.5 bilingual + 0.5 en only + 1 fr only").wait_for()
    page.get_by_text("points above the bilingual model, at a1 0.5, a2 1").wait_for()
    page.get_by_role("heading", name="Labels that flip").wait_for()
    assert page.locator("[data-testid=stDataFrame]").count() == 5
    with page.expect_download() as download:
        page.locator(".st-key-csv-flips button").click()
    table = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "right to wrong" in table
    shoot(page, "surfaces-light-1280")
    page.reload()
    page.get_by_text("\u03b8 = -0.5 bilingual").wait_for()
    page.wait_for_selector(f"{PLANE} .point")
    with page.expect_download() as picture:
        page.locator(f"{PLANE} .modebar-btn[data-title^='Download plot']").click()
    assert picture.value.suggested_filename.endswith("-plane.svg")
    assert Path(picture.value.path()).read_text(encoding="utf-8").startswith("<svg")
