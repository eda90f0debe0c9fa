"""Missing words as a lexicographer works on them: type, Enter, type, Enter; tick one; take one back."""

import pytest
from stores import HOSTILE, missing_words, source_words, write_run

from mosecrot_core.anchors.review import Reviews

pytest.importorskip("streamlit")
pytest.importorskip("playwright.sync_api")

WORDS = ["jatka", "peruuta", "säädä", *HOSTILE]
HEADING = ".st-key-missing-card h3"


def expect_word(page, word):
    page.wait_for_function(
        "([css, word]) =>"
        " document.querySelector(css)?.innerText.replace(/[\\u2068\\u2069]/g, '').trim() === word",
        arg=[HEADING, word],
    )


def said(store):
    rows = Reviews(store / "reviews.sqlite", ("en", "fr")).standing()
    return {(source, target): verdict for source, target, verdict in rows.iloc[:, :3].itertuples(index=False)}


def test_pairs_are_typed_without_the_mouse(go, serving, shoot, tick, tmp_path):
    store = tmp_path / "runs"
    run = write_run(store / "demo", languages=("fr",), n_pairs=60, n_words=30)
    run.write_table("missing", missing_words(WORDS))
    first, second, third = source_words(run)[:3]
    with serving(store) as server:
        page = go(server, "/anchors?view=Missing", height=1000)
        expect_word(page, "jatka")
        shoot(page, "missing-light-1280")
        page.get_by_label("The word in the source language (en)").click()
        for typed, following in ((first, "peruuta"), ("no such word", "peruuta"), (second, "säädä")):
            page.keyboard.type(typed)
            page.keyboard.press("Enter")
            if typed == "no such word":
                page.get_by_text("is not one token of the encoder").wait_for()
            expect_word(page, following)
        assert said(store) == {(first, "jatka"): "accept", (second, "peruuta"): "accept"}
        tick(page, "missing", 0)
        expect_word(page, "jatka")
        page.get_by_label("The word in the source language (en)").fill(third)
        page.keyboard.press("Enter")
        expect_word(page, "säädä")
        assert said(store)[third, "jatka"] == "accept"
        page.get_by_role("button", name="Undo").click()
        expect_word(page, "jatka")
        assert said(store) == {(first, "jatka"): "accept", (second, "peruuta"): "accept"}
        shoot(page, "missing-typed-light-1280")
