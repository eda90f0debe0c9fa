"""Triage as a reviewer does it: keys, lasso, reload, export, import; and how fast 100,000 pairs answer."""

import re
import time

import pytest
from lasso import draw_circle, take_lasso
from stores import write_run

from mosecrot_core.anchors.review import Reviews
from mosecrot_core.runs.store import Run
from mosecrot_core.words.lexicon import LexiconSettings, read_lexicon

pytest.importorskip("streamlit")
pytest.importorskip("playwright.sync_api")

WORDS = ".st-key-card h3"
MAP = ".st-key-map [data-testid=stEChartsChart]"
LASSO_ICON = (98, 25)  # from the right, from the top of the map
VERDICTS = {"a": "accept", "x": "reject", "f": "correct"}
KEYS = "axxaxaxxfxaxxaxaxxax"


def open_triage(go, server, query="", **look):
    page = go(server, f"/anchors{query}", height=1000, **look)
    page.wait_for_selector(WORDS)
    page.wait_for_selector(f"{MAP} canvas")
    return page


def words(page):
    return page.locator(WORDS).inner_text()


def press(page, key):
    """Press a key and wait for the next pair; return the seconds until it is there."""
    before, start = words(page), time.perf_counter()
    page.keyboard.press(key)
    page.wait_for_function(
        "([css, old]) => document.querySelector(css) && document.querySelector(css).innerText !== old",
        arg=[WORDS, before],
    )
    return time.perf_counter() - start


def queue(page, name):
    """Return the number that a queue's button shows."""
    return int(
        re.search(rf"{name}\s+([\d,]+)", page.locator(f".st-key-queue-{name}").inner_text())[1].replace(
            ",", ""
        )
    )


def expect_queue(page, name, n):
    page.wait_for_function(
        "([css, text]) => document.querySelector(css).innerText.trim().endsWith(text)",
        arg=[f".st-key-queue-{name}", f"{n:,}"],
    )


def all_button(page, verdict):
    return page.get_by_role("button", name=re.compile(rf"{verdict} all")).last


def lasso(page, x, y, radius):
    """Draw round a place of the map, given in shares of its size; return pairs selected and seconds."""
    before = all_button(page, "Reject").inner_text()
    draw_circle(page, MAP, x, y, radius)
    start = time.perf_counter()
    page.mouse.up()
    page.wait_for_function(
        "([css, old]) => document.querySelector(css).innerText.trim() !== old.trim()",
        arg=[".st-key-all-reject", before],
    )
    seconds = time.perf_counter() - start
    return int(
        re.search(r"([\d,]+)\s*$", all_button(page, "Reject").inner_text())[1].replace(",", "")
    ), seconds


def verdicts(store):
    rows = Reviews(store / "reviews.sqlite", ("en", "fr")).standing()
    return {
        (s, t): (v, c)
        for s, t, v, c in rows[["source", "target", "verdict", "correction"]].itertuples(index=False)
    }


def worst_first(store, run):
    table = Run(store / run).quality()
    table = table[table["language"] == "fr"].sort_values("quality", kind="stable")
    return table[table["quality"] < 0.5].reset_index(drop=True)


def test_a_reviewer_triages_with_keys_and_lasso_and_takes_it_elsewhere(go, serving, shoot, tmp_path):
    store, other = tmp_path / "runs", tmp_path / "other"
    write_run(store / "demo", languages=("fr",), n_pairs=600)
    write_run(other / "again", languages=("fr",), n_pairs=600)
    table = worst_first(store, "demo")
    with serving(store) as server:
        page = open_triage(go, server)
        shoot(page, "triage-light-1280")
        expected = {}
        for i, key in enumerate(KEYS):
            row = table.iloc[i]
            press(page, key)
            right = row["suggestion"] if key == "f" else ""
            expected[row["source"], row["target"]] = (VERDICTS[key], right)
        expect_queue(page, "Suspect", len(table) - 20)
        assert verdicts(store) == expected
        press(page, "z")
        last = table.iloc[19]
        assert last["source"][:20] in words(page)
        del expected[last["source"], last["target"]]
        assert verdicts(store) == expected

        take_lasso(page, MAP, LASSO_ICON)
        n, _ = lasso(page, 0.5, 0.5, 110)
        assert 1 < n < len(table) - 19
        shoot(page, "triage-lasso-light-1280")
        all_button(page, "Reject").click()
        page.get_by_text(f"{n:,} pairs rejected").wait_for()
        page.get_by_role("button", name="Drop lasso").click()
        held = verdicts(store)
        assert len(held) == 19 + n
        counts = {name: queue(page, name) for name in ("Suspect", "Accepted", "Rejected")}
        n_rejected = sum(verdict == "reject" for verdict, _ in held.values())
        assert counts == {
            "Suspect": len(table) - 19 - n,
            "Accepted": 19 + n - n_rejected,
            "Rejected": n_rejected,
        }

        page.reload()
        page.wait_for_selector(WORDS)
        for name, count in counts.items():
            expect_queue(page, name, count)
        page.get_by_text("Decisions", exact=True).click()
        page.get_by_text(f"{len(held):,} decisions hold").wait_for()
        shoot(page, "decisions-light-1280")
        saved = {}
        for name in ("Decisions (TSV)", "Word list with decisions applied (MUSE)", "All scored pairs (CSV)"):
            with page.expect_download() as download:
                page.get_by_role("button", name=name).click()
            saved[name] = tmp_path / download.value.suggested_filename
            download.value.save_as(saved[name])
    decisions, muse, csv = saved.values()
    listed = read_lexicon(LexiconSettings(path=str(muse), format="muse")).pairs
    listed = set(zip(listed["source"], listed["target"], strict=True))
    for (source, target), (verdict, right) in held.items():
        assert ((source, right or target) in listed) == (verdict != "reject" and " " not in source)
    text = csv.read_text(encoding="utf-8-sig")
    assert "'=cmd" in text
    assert not re.search(r"(^|,)[=+@]", text, re.MULTILINE)

    with serving(other) as server:
        page = go(server, "/anchors?view=Decisions")
        page.get_by_text("None yet.").wait_for()
        page.locator("input[type=file]").set_input_files(decisions)
        page.get_by_role("button", name=f"Import {len(held)} decisions").click()
        page.get_by_text(f"Imported: {len(held)} pairs").wait_for()
        assert verdicts(other) == held
        page.get_by_text("Triage", exact=True).click()
        page.wait_for_selector(WORDS)
        for name, count in counts.items():
            expect_queue(page, name, count)


def test_hostile_words_are_text_on_the_card_the_map_and_in_the_link(go, serving, shoot, tmp_path):
    write_run(tmp_path / "demo", languages=("fr",), n_pairs=400)
    table = Run(tmp_path / "demo").quality().reset_index(drop=True)
    with serving(tmp_path) as server:
        page = open_triage(go, server, "?queue=all", theme="dark", width=1920)
        shoot(page, "triage-dark-1920")
        field = page.get_by_label("Search the anchors")
        for text in ("onerror", "<script>"):
            field.fill(text)
            page.wait_for_function(
                "([css, text]) => document.querySelector(css).innerText.includes(text)", arg=[WORDS, text]
            )
        box = page.locator(MAP).first.bounding_box()
        for i, text in ((0, "<script>alert(1)</script>"), (1, "onerror=")):
            x, y = (
                (table[name] - table[name].min()) / (table[name].max() - table[name].min()) for name in "xy"
            )
            across = box["x"] + (float(x[i]) * 10_000 + 400) / 10_800 * box["width"]
            down = box["y"] + 38 + (1 - (float(y[i]) * 10_000 + 400) / 10_800) * (box["height"] - 38)
            page.mouse.move(across - 30, down)
            page.mouse.move(across, down)
            seen = "text => [...document.querySelectorAll('.st-key-map div')].some(d => d.innerText.includes(text))"  # noqa: E501
            page.wait_for_function(seen, arg=text)
        shoot(page, "triage-tooltip-dark-1920")
        assert page.evaluate("document.querySelectorAll('.st-key-map :is(script, img)').length") == 0
        assert page.evaluate("typeof window.hacked") == "undefined"
        page.mouse.click(across, down)
        page.wait_for_url("**pair=%3Cimg**")
        field.fill("ax")
        page.wait_for_url("**find=ax**")
        assert queue(page, "Undecided") == 400, "typing a search decides nothing"


def test_100_000_pairs_answer_at_once(go, serving, shoot, tmp_path, capsys):
    write_run(tmp_path / "big", languages=("fr",), n_pairs=100_000)
    took = {}
    with serving(tmp_path) as server:
        start = time.perf_counter()
        page = open_triage(go, server)
        took["open"] = time.perf_counter() - start
        page.wait_for_timeout(3_000)
        whole = sum(page.received)
        page.received.clear()
        took["key press"] = max(press(page, key) for key in "axaxz")
        assert sum(page.received) < whole / 4, "the map was sent again"
        take_lasso(page, MAP, LASSO_ICON)
        lassos, keys = [], []
        for radius in (50, 110):
            n, seconds = lasso(page, 0.55, 0.5, radius)
            lassos.append(seconds)
            keys += [press(page, key) for key in "axsz"]
        took["lasso"], took["key press after a lasso"] = max(lassos), max(keys)
        shoot(page, "triage-100000-light-1280")
        start = time.perf_counter()
        all_button(page, "Reject").click()
        page.get_by_text("pairs rejected").wait_for()
        took[f"reject all {n:,}"] = time.perf_counter() - start
        took["undo it"] = press(page, "z")
        start = time.perf_counter()
        page.get_by_label("Search the anchors").press_sequentially("lento")
        page.wait_for_url("**find=lento**")
        page.wait_for_function("css => document.querySelector(css).innerText.includes('lento')", arg=WORDS)
        took["search, from the first letter"] = time.perf_counter() - start
    with capsys.disabled():
        slowest = ", ".join(f"{name} {value:.2f}" for name, value in took.items())
        print(f"\n100,000 pairs, slowest of each, seconds: {slowest}")  # noqa: T201
    assert max(took["key press"], took["lasso"], took["key press after a lasso"]) < 5
