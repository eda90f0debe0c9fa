"""Twenty readers at once on one server: each sees its own choices, and no decision is lost."""

import pytest
from stores import write_run

from mosecrot_core.anchors.review import Reviews

pytest.importorskip("streamlit")
pytest.importorskip("playwright.sync_api")

SESSIONS = 20


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "demo", n_pairs=200, hostile=False)
    return folder


def test_twenty_sessions_decide_at_once(go, server, runs):
    from mosecrot_core.runs.store import Run

    table = Run(runs / "demo").quality().query("language == 'fr'")
    pairs = list(zip(table["source"], table["target"], strict=True))[:SESSIONS]
    pages = [
        go(server, f"/anchors?language=fr&queue=all&pair={source}&pair={target}") for source, target in pairs
    ]
    for page, (source, target) in zip(pages, pairs, strict=True):
        heading = page.get_by_role("heading", name=target)
        heading.wait_for(timeout=90_000)
        assert source in heading.text_content(), "each has its own pair"
    for page in pages:  # none waits for the one before
        page.get_by_role("button", name="Reject Shortcut X").click(no_wait_after=True)
    for _ in range(300):
        standing = Reviews(runs / "reviews.sqlite", ("en", "fr")).standing()
        if len(standing) == SESSIONS:
            break
        pages[0].wait_for_timeout(100)
    assert set(zip(standing["source"], standing["target"], strict=True)) == set(pairs)
    assert set(standing["verdict"]) == {"reject"}
    for page, (_, target) in zip(pages, pairs, strict=True):
        page.get_by_role("heading", name=target).wait_for(state="hidden")  # the next pair is in focus
        assert page.get_by_text("went wrong").count() == 0
