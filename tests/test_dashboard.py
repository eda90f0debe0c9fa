"""Every page with no store, an empty, a small, a running and a damaged one; nothing heavy is imported."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from app_text import words
from stores import HOSTILE, METHODS, write_run
from surface_stores import write_surfaces

from mosecrot_core.anchors.decisions import write_decisions
from mosecrot_core.anchors.review import Reviews
from mosecrot_core.anchors.signals import SIGNALS
from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.runs import serving
from mosecrot_core.runs.schema import POINT_COLUMNS
from mosecrot_core.runs.store import Run

pytest.importorskip("streamlit")

DASHBOARD = Path(__file__).parents[1] / "dashboard"
PAGES = ["app_pages/results.py", "app_pages/anchors.py", "app_pages/predictions.py"]
NEEDED = {"results.parquet": PAGES[::2], "anchors.parquet": PAGES[1:2], "anchor_use.parquet": PAGES[1:2]}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs / "demo")
    return runs


@pytest.fixture
def scored(tmp_path):
    write_run(tmp_path / "runs" / "demo", n_pairs=300)
    return tmp_path / "runs"


@pytest.fixture
def worst(scored):
    """The suspect French pairs, worst first."""
    table = Run(scored / "demo").quality()
    table = table[(table["language"] == "fr") & (table["quality"] < 0.5)]
    return table.sort_values("quality", kind="stable").reset_index(drop=True)


def click(app, key):
    """Press a button; the second run brings the whole page, of which the first draws only fragments."""
    app.button(key=key).click().run()
    assert not app.exception
    return app.run()


def queues(app):
    labels = [button.label for button in app.button if button.key and button.key.startswith("queue-")]
    return {name: int(n.strip("*").replace(",", "")) for name, n in map(str.split, labels)}


def reviews(runs, language="fr"):
    return Reviews(runs / "reviews.sqlite", ("en", language))


def said(runs):
    rows = reviews(runs).standing()[["source", "target", "verdict", "correction"]]
    return {(source, target): (verdict, right) for source, target, verdict, right in rows.to_numpy()}


def pair(table, row):
    return table["source"][row], table["target"][row]


def test_results_show_mean_sd_seeds_interval_coverage_nulls_and_gain(open_app, small):
    app = open_app(small)
    across, french = app.dataframe[0].value, app.dataframe[1].value
    assert list(across.columns) == ["fr", "fi"]
    assert "(n=3)" in across.loc["sparsemax", "fr"]
    expected = [
        "method",
        "mean",
        "sd",
        "interval",
        "n_seeds",
        "over_shuffled",
        "shuffled",
        "gaussian",
        "mean_row",
    ]
    assert list(french.columns) == [*expected, "coverage", "source_mean"]
    row = french.set_index("method").loc["softmax"]
    assert row["over_shuffled"] == pytest.approx(row["mean"] - row["shuffled"])
    assert row["n_seeds"] == 3
    assert len(app.get("plotly_chart")) == 1
    assert "640 test texts" in app.subheader[0].value.replace("\\", "")


def test_the_metric_is_chosen_and_shared_by_link(open_app, small):
    app = open_app(small, metric="Accuracy")
    assert app.selectbox(key="metric").value == "Accuracy"
    before = app.dataframe[1].value["mean"].max()
    app.selectbox(key="metric").set_value("Macro-F1").run()
    assert app.dataframe[1].value["mean"].max() != before


def test_anchors_are_sorted_by_what_they_carry(open_app, small):
    app = open_app(small, PAGES[1])
    table = app.dataframe[0].value
    columns = ["source", "target", "word", "composed", "score", "line", "share"]
    assert list(table.columns) == columns
    assert table["share"].is_monotonic_decreasing
    assert len(table) == 400
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Anchors (pairs)"] == "400"
    assert figures["Pairs in the list"] == "2,103"
    assert "source is not one token 1,203" in words(app).replace("\\", "")
    app.selectbox(key="method").set_value("sparsemax").run()
    assert app.dataframe[0].value["share"].iloc[0] > table["share"].iloc[0]


def test_grown_anchors_are_told_from_those_of_the_list(open_app, tmp_path):
    run = write_run(tmp_path / "runs" / "demo", n_anchors=100)
    grown = pd.DataFrame({
        "language": ["fr", "fr", "fr", "fi"], "method": ["", "", "few", ""], "anchor": [98, 99, 0, 1],
        "source": "s", "target": "t", "round": [1, 2, 1, 3], "similarity": 0.5, "margin": 0.1,
    })  # fmt: skip
    run.write_table("grown_anchors", grown)
    app = open_app(tmp_path / "runs", PAGES[1])
    table = app.dataframe[0].value
    assert list(table.columns) == ["source", "target", "word", "composed", "score", "line", "round", "share"]
    assert table.set_index("source")["round"].dropna().to_dict() == {"lamp98": 1, "lamp99": 2}
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Anchors (pairs)"] == "100 \u00b7 2 grown"
    assert figures["Pairs in the list"] == "1,801", "of which 98 are anchors and 1,703 left out"


@pytest.mark.parametrize(("text", "n"), [("LAMP39", 11), ("la\u0301mpara399", 1), ("  ", 400), (".*", 0)])
def test_search_looks_in_both_words_whatever_the_case(open_app, small, text, n):
    app = open_app(small, PAGES[1])
    app.text_input(key="find").set_value(text).run()
    if n:
        assert len(app.dataframe[0].value) == n
        assert f"{n} of 400 pairs" in words(app)
    else:
        assert "No anchor contains that" in words(app)


def test_hostile_text_is_text_only(open_app, small):
    app = open_app(small, PAGES[1])
    table = app.dataframe[0].value
    shown = "".join(table["source"])
    assert "<script>alert(1)</script>" in set(table["source"])
    assert not set(shown) & {"\u202e", "\x00", "\x07", "\n"}
    assert "5,000 characters" in shown
    assert not any(getattr(part.proto, "allow_html", False) for part in [*app.markdown, *app.caption])


def test_text_helpers(monkeypatch):
    monkeypatch.syspath_prepend(str(DASHBOARD))
    import components
    import data

    assert components.visible("a\x00b\u202e\u200dc") == "a\u27e8U+0000\u27e9b\u27e8U+202E\u27e9\u200dc"
    assert components.escaped("*a* [b](c) :d: $e$") == r"\*a\* \[b\]\(c\) \:d\: \$e\$"
    assert data.fold("STRASSE") == data.fold("stra\u00dfe")
    assert data.fold("e\u0301t\u00e9") == data.fold("\u00c9T\u00c9")


def test_csv_holds_no_formula_and_every_row(monkeypatch):
    monkeypatch.syspath_prepend(str(DASHBOARD))
    import components

    written = components.csv_bytes(pd.DataFrame({"word": HOSTILE, "score": [-0.5] * len(HOSTILE), "=a": 1}))
    text = written.decode("utf-8-sig")
    assert text.startswith("word,score,'=a")
    for hostile in ("=cmd", "@SUM", "-1+1"):
        assert f"\n'{hostile}" in text
    assert ",-0.5,1" in text
    assert text.count("-0.5,1") == len(HOSTILE)


def test_link_values_that_are_no_choice_are_ignored(open_app, small):
    for name in ("../../etc", "", "no such run", "<script>"):
        app = open_app(small, run=name, language="../..", metric="x")
        assert app.selectbox(key="run").value == "demo"


def test_a_run_of_interpolated_models_says_how_to_see_them(open_app, tmp_path):
    run = Run(tmp_path / "runs" / "between")
    run.write_info(state="done")
    row = ("fr", "stitched", 0, "all", "en", "macro_f1", 0, 0, 0.5)
    run.write_table("points", pd.DataFrame([row], columns=POINT_COLUMNS))
    app = open_app(tmp_path / "runs")
    assert "Interpolated models" in words(app)
    assert app.code[0].value == f"mosecrot surfaces {run.folder}"


def test_a_run_that_is_going_on_shows_what_is_there(open_app, tmp_path):
    run = Run(tmp_path / "runs" / "young")
    run.folder.mkdir(parents=True)
    run.write_info(state="running", done=3, total=60)
    app = open_app(tmp_path / "runs")
    assert "No scores yet" in words(app)
    assert "3 of 60 steps" in app.get("progress")[0].proto.text
    assert "No anchors in this run" in words(open_app(tmp_path / "runs", PAGES[1]))
    write_run(run.folder, state="running", done="?", total=None)
    app = open_app(tmp_path / "runs")
    assert "Still running" in app.info[0].value
    run.write_info(state="stopped", problem="OSError: <b>no space</b>")
    text = words(open_app(tmp_path / "runs"))
    assert "the same command goes on" in text
    assert "OSError: <b>no space</b>" in text
    assert len(app.dataframe) == 2


def test_a_run_that_is_going_on_says_when_it_moved_last(open_app, tmp_path):
    run = write_run(tmp_path / "runs" / "many", state="running")
    info = json.loads((run.folder / "run.json").read_text())
    (run.folder / "run.json").write_text(json.dumps({**info, "updated": "2026-01-01T00:00:00+00:00"}))
    assert "No step ended in the last" in words(open_app(tmp_path / "runs"))
    (run.folder / "steps").mkdir(exist_ok=True)
    assert "No step ended" not in words(open_app(tmp_path / "runs"))
    os.utime(run.folder / "steps", (0, 0))
    assert "No step ended" in words(open_app(tmp_path / "runs"))
    run.write_info(state="running")
    assert "No step ended" not in words(open_app(tmp_path / "runs")), "an old run that has just begun again"


def test_one_seed_many_languages_and_no_nulls(open_app, tmp_path):
    run = write_run(tmp_path / "runs" / "many", languages=tuple(f"l{i:02d}" for i in range(20)), seeds=1)
    app = open_app(tmp_path / "runs", language="l07")
    assert app.selectbox(key="language").value == "l07"
    assert len(app.get("plotly_chart")) == 1
    table = run.results()
    run.write_table("results", table[table["baseline_of"] == ""])
    app = open_app(tmp_path / "runs")
    assert "shuffled" not in app.dataframe[1].value
    assert set(METHODS) <= set(app.dataframe[1].value["method"])


def test_a_run_without_known_use_lists_its_anchors(open_app, tmp_path):
    run = write_run(tmp_path / "runs" / "old", hostile=False)
    (run.folder / "anchor_use.parquet").unlink()
    app = open_app(tmp_path / "runs", PAGES[1])
    assert app.dataframe[0].value["line"].is_monotonic_increasing
    assert "in the order of the list" in words(app)
    run.write_table("anchors", run.anchors().iloc[:0])
    app = open_app(tmp_path / "runs", PAGES[1])
    assert "No anchor is left" in words(app)


def test_a_rerun_shows_at_the_next_look(open_app, tmp_path):
    run = write_run(tmp_path / "runs" / "again")
    app = open_app(tmp_path / "runs")
    run.write_table("results", run.results().assign(value=0.25))
    app.run()
    assert set(app.dataframe[1].value["mean"]) == {25.0}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.json", b"{"),
        ("run.json", b"[]"),
        ("run.json", b'{"schema": 99}'),
        ("run.json", b"\xff\xfe\x00"),
        ("results.parquet", b"PAR1 this is not"),
        ("anchors.parquet", b""),
        ("anchor_use.parquet", b"\x00" * 100),
        ("predictions.parquet", b"PAR1"),
        ("examples.parquet", b""),
        ("tokens.parquet", b"x"),
        ("word_anchors.parquet", b"x"),
        ("experiment.yaml", b"source: [\xff"),
    ],
)
def test_damage_gets_a_calm_message(open_app, tmp_path, page, name, content):
    run = write_run(tmp_path / "runs" / "damaged", hostile=False)
    (run.folder / name).write_bytes(content)
    text = words(open_app(tmp_path / "runs", page))
    assert "Traceback" not in text
    concerned = name == "run.json" or page in NEEDED.get(name, PAGES[2:])
    if name != "experiment.yaml" and concerned:
        assert "This cannot be shown" in text
        assert "damaged" in text


def test_missing_columns_and_surprises_are_calm_too(open_app, tmp_path, monkeypatch, caplog):
    run = write_run(tmp_path / "runs" / "odd")
    whole = run.results()
    run.write_table("results", whole.drop(columns="coverage"))
    assert "columns are missing: coverage" in words(open_app(tmp_path / "runs"))
    run.write_table("results", whole.assign(value="x"))
    assert "numbers in column 'value' expected" in words(open_app(tmp_path / "runs"))

    def broken(run):
        raise ValueError("a surprise")

    monkeypatch.setattr(sys.modules["data"], "summary", broken)
    text = words(open_app(tmp_path / "runs"))
    assert "Something unexpected went wrong here" in text
    assert "ValueError" in text
    assert "Traceback" in caplog.text


def test_a_run_deleted_while_open_is_calm(open_app, tmp_path):
    write_run(tmp_path / "runs" / "kept")
    gone = write_run(tmp_path / "runs" / "gone")
    app = open_app(tmp_path / "runs", run="gone")
    shutil.rmtree(gone.folder)
    app.run()
    assert not app.exception
    assert app.selectbox(key="run").value == "kept"


def test_the_dashboard_process_imports_nothing_heavy(scored):
    write_surfaces(scored / "demo")
    code = f"""
        import sys
        sys.argv = ["app", {str(scored)!r}]
        from streamlit.testing.v1 import AppTest
        app = AppTest.from_file({str(DASHBOARD / "streamlit_app.py")!r}, default_timeout=60).run()
        app.switch_page("app_pages/compare.py").run()
        assert not app.exception and app.dataframe
        app.switch_page("app_pages/predictions.py").run()
        assert not app.exception and len(app.dataframe) == 4
        app.switch_page("app_pages/neighbourhoods.py").run()
        assert not app.exception
        app.switch_page("app_pages/new_run.py").run()
        assert not app.exception and app.file_uploader
        app.switch_page("app_pages/surfaces.py").run()
        assert not app.exception and len(app.get("plotly_chart")) == 3
        app.switch_page("app_pages/anchors.py").run()
        assert not app.exception and app.dataframe and app.button(key="key-accept")
        app.session_state["view"] = "Decisions"
        app.run()
        assert app.get("download_button")
        heavy = {{"torch", "transformers", "gensim", "umap", "spacy", "tokenizers", "sklearn"}}
        print(sorted(heavy & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=100, check=True
    )
    assert done.stdout.strip() == "[]"


def test_pages_never_import_each_other():
    for page in (DASHBOARD / "app_pages").glob("*.py"):
        assert "app_pages" not in page.read_text(encoding="utf-8")


def test_the_command_is_private_wherever_it_is_started(tmp_path):
    command = serving.server_command(Path("runs"), 8765)
    text = " ".join(command)
    assert "--server.address 127.0.0.1" in text
    assert "--browser.gatherUsageStats false" in text
    assert Path(command[-1]).is_absolute()
    code = (
        "import sys; from streamlit import config; config._main_script_path = sys.argv[1]; "
        "print(config.get_option('client.disableDataExport'), config.get_option('runner.magicEnabled'))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, command[4]], capture_output=True, text=True, cwd=tmp_path, timeout=60,
        check=True, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert shown.stdout.split() == ["True", "False"]


def test_what_cannot_be_served_is_one_clear_message(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(MosecrotError, match="a folder of runs expected"):
        serving.serve(file, None, open_browser=False)
    with pytest.raises(MosecrotError, match="between 1 and 65535"):
        serving.serve(tmp_path, 70000, open_browser=False)
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    with pytest.raises(MosecrotError, match=r"pip install 'mosecrot\[dashboard\]'"):
        serving.server_command(tmp_path, 8501)


def test_a_taken_port_is_passed_over(monkeypatch):
    import socket

    with socket.socket() as taken:
        taken.bind((serving.ADDRESS, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(MosecrotError, match="is taken"):
            serving._choose_port(port)
        monkeypatch.setattr(serving, "FIRST_PORT", port)
        assert serving._choose_port(None) > port


def test_triage_shows_the_worst_pair_why_and_its_neighbours(open_app, scored, worst):
    app = open_app(scored, PAGES[1])
    assert queues(app) == {"All": 300, "Suspect": len(worst), "Undecided": 300, "Accepted": 0, "Rejected": 0}
    text = words(app).replace("\\", "")
    first = worst.iloc[0]
    assert f"1 of {len(worst)}" in text
    assert f"{first['source']}\u2069 " in text
    values = Run(scored / "demo").signals().query("language == 'fr'").set_index("pair").loc[first["pair"]]
    for name in first["reasons"]:
        assert SIGNALS[name].sentence(values[name])[1:] in text
    table = Run(scored / "demo").quality().query("language == 'fr'").set_index("pair")
    for side in ("source_near", "target_near"):
        for number in first[side]:
            assert table["source"][number][:20] in text
    common = set(first["source_near"]) & set(first["target_near"])
    assert text.count("**\u2713**") == 2 * len(common)
    assert len(app.get("echarts_chart")) == 3
    listed = app.dataframe[0].value
    assert listed["quality"].is_monotonic_increasing
    assert listed["at"].tolist()[0] == "\u25b6"


def test_keys_decide_skip_and_undo_one_after_the_other(open_app, scored, worst):
    app = open_app(scored, PAGES[1])
    app.text_input(key="author").set_value("anna").run()
    click(app, "key-accept")
    click(app, "key-skip")
    click(app, "key-reject")
    click(app, "key-suggestion")
    expected = {
        pair(worst, 0): ("accept", ""),
        pair(worst, 2): ("reject", ""),
        pair(worst, 3): ("correct", worst["suggestion"][3]),
    }
    assert said(scored) == expected
    assert set(reviews(scored).standing()["author"]) == {"anna"}
    assert queues(app) == {
        "All": 300,
        "Suspect": len(worst) - 3,
        "Undecided": 297,
        "Accepted": 2,
        "Rejected": 1,
    }
    assert app.query_params["pair"] == list(pair(worst, 4))
    click(app, "key-undo")
    click(app, "key-undo")
    assert said(scored) == {pair(worst, 0): ("accept", "")}
    assert app.query_params["pair"] == list(pair(worst, 2))
    assert "rejected by anna \u00b7 undone since" in words(app).replace("\\", "")
    app.text_input(key="author").set_value("ben").run()
    click(app, "key-undo")
    assert said(scored) == {pair(worst, 0): ("accept", "")}
    assert "Nothing of yours to undo" in words(app)


def test_the_most_telling_pairs_come_first_on_request(open_app, scored):
    table = Run(scored / "demo").quality().query("language == 'fr'").sort_values("quality", kind="stable")
    expected = table.sort_values("information", ascending=False, kind="stable").reset_index(drop=True)
    app = open_app(scored, PAGES[1], queue="all", order="Most telling first")
    assert "Most telling first" in app.query_params["order"]
    assert "1 of 300 \u00b7 All, most telling first" in words(app)
    listed = app.dataframe[0].value["source"].head(20)  # odd words come further down
    assert listed.tolist() == expected["source"].head(20).tolist()
    click(app, "queue-Undecided")
    click(app, "key-reject")
    click(app, "key-skip")
    click(app, "key-accept")
    assert said(scored) == {pair(expected, 0): ("reject", ""), pair(expected, 2): ("accept", "")}
    assert app.query_params["pair"] == list(pair(expected, 3))
    app.selectbox(key="order").set_value("Worst first").run()
    assert app.dataframe[0].value["quality"].is_monotonic_increasing


def test_what_a_search_selects_is_decided_as_one_batch(open_app, scored):
    app = open_app(scored, PAGES[1], queue="all")
    assert app.button(key="all-reject").disabled, "a whole queue is not rejected by a slip"
    app.text_input(key="find").set_value("GRA").run()
    table = Run(scored / "demo").quality().query("language == 'fr'")
    found = (
        table["source"].str.contains("gra")
        | table["target"].str.contains("gra")
        | table["word"].str.contains("gra")
    )
    assert app.button(key="all-reject").label == f"Reject all {found.sum()}"
    click(app, "all-reject")
    assert set(said(scored)) == set(zip(table["source"][found], table["target"][found], strict=True))
    assert queues(app)["Rejected"] == found.sum()
    click(app, "key-undo")
    assert said(scored) == {}
    assert queues(app)["Rejected"] == 0


def test_a_link_names_queue_search_threshold_and_pair(open_app, scored, worst):
    reviews(scored).decide([pair(worst, 1)], "reject", "anna")
    app = open_app(scored, PAGES[1], queue="rejected", pair=list(pair(worst, 1)), below="0.3")
    text = words(app).replace("\\", "")
    assert "1 of 1 \u00b7 Rejected" in text
    assert "rejected by anna" in text
    assert queues(app)["Suspect"] == (worst["quality"] < 0.3).sum() - 1
    click(app, "queue-Suspect")
    assert app.query_params["queue"] == "suspect"
    for odd in (["<script>"], ["a", "b"], ["a", "b", "c"]):
        app = open_app(scored, PAGES[1], pair=odd, queue="../..", below="x")
        assert f"1 of {len(worst) - 1} \u00b7 Suspect" in words(app)


def test_what_others_decide_shows_at_the_next_interaction(open_app, scored, worst):
    app = open_app(scored, PAGES[1])
    click(app, "key-accept")
    reviews(scored).decide([pair(worst, 0), pair(worst, 5)], "reject", "anna")
    reviews(scored, "fi").decide([pair(worst, 6)], "reject", "anna")
    click(app, "key-skip")
    assert queues(app)["Rejected"] == 2
    assert queues(app)["Accepted"] == 0
    click(app, "key-undo")
    assert said(scored)[pair(worst, 0)] == ("reject", ""), (
        "undo takes back one's own, the last decision holds"
    )


def test_a_decision_that_cannot_be_written_is_told_and_keeps_its_token(open_app, scored, worst, monkeypatch):
    app = open_app(scored, PAGES[1])
    tokens, write = [], Reviews.decide

    def fail_once(self, pairs, verdict, author, correction=None, token=None):
        tokens.append(token)
        batch = write(self, pairs, verdict, author, correction, token)
        if len(tokens) == 1:
            raise InputError("<b>no room</b> is left on the disk")
        return batch

    monkeypatch.setattr(Reviews, "decide", fail_once)
    click(app, "key-accept")
    assert "Not decided: <b>no room</b> is left on the disk" in words(app).replace("\\", "")
    assert app.query_params["pair"] == list(pair(worst, 0))
    click(app, "key-accept")
    assert len(set(tokens)) == 1
    assert said(scored) == {pair(worst, 0): ("accept", "")}
    assert len(reviews(scored).history()) == 1, "the second press found the decision there"
    assert app.query_params["pair"] == list(pair(worst, 1))


def test_the_end_of_a_queue_says_what_to_do(open_app, scored):
    app = open_app(scored, PAGES[1], queue="accepted")
    assert "The queue Accepted is empty" in words(app)
    assert app.button(key="key-accept").disabled
    assert not app.button(key="key-undo").disabled
    app = open_app(scored, PAGES[1], find="no such word")
    assert "change the search" in words(app)


def test_typed_corrections_are_checked(open_app, scored, worst):
    app = open_app(scored, PAGES[1])
    typed = {"  ": "No word was typed", worst["target"][0]: "accept it"}
    for word, answer in typed.items():
        app.text_input(key="typed").set_value(word)
        next(button for button in app.button if button.label == "Correct").click().run()
        assert answer in words(app.run())
    app.text_input(key="typed").set_value("=\u05d0\u202e<b>")
    next(button for button in app.button if button.label == "Correct").click().run()
    assert said(scored) == {pair(worst, 0): ("correct", "=\u05d0\u202e<b>")}
    app = open_app(scored, PAGES[1], pair=list(pair(worst, 0)))
    assert "Corrected to **=\u05d0\u27e8U+202E\u27e9<b>**" in words(app).replace("\\", "")


def test_older_and_damaged_runs_still_show_what_they_have(open_app, scored):
    app = open_app(scored, PAGES[1], view="Table")
    assert "share" in app.dataframe[0].value
    run = Run(scored / "demo")
    (run.folder / "signals.parquet").unlink()
    assert "Why it is suspect" in words(open_app(scored, PAGES[1]))
    (run.folder / "quality.parquet").write_bytes(b"PAR1 this is not")
    assert "This cannot be shown" in words(open_app(scored, PAGES[1]))
    (run.folder / "quality.parquet").unlink()
    app = open_app(scored, PAGES[1])
    assert "there is nothing to triage" in words(app)
    assert "share" in app.dataframe[0].value


def test_files_that_are_no_decisions_are_calmly_refused(open_app, scored, worst, tmp_path):
    app = open_app(scored, PAGES[1], view="Decisions")
    wrong = {
        "text.tsv": b"<script>alert(1)</script>",
        "empty.tsv": b"",
        "odd.tsv": b"\xff\xfe\x00",
        "verdict.tsv": b"source\ttarget\tverdict\na\tb\tperhaps\n",
        "languages.tsv": b"source:en\ttarget:fi\tverdict\na\tb\taccept\n",
        "reviews.sqlite": b"SQLite format 3\0 this is not",
    }
    for name, content in wrong.items():
        app.file_uploader(key="import").set_value((name, content, "text/plain")).run()
        text = words(app)
        assert not app.exception, name
        assert "This file cannot be imported" in text, name
        assert str(tmp_path.parent) not in text
        assert "/tmp" not in text
    other = Reviews(tmp_path / "other.sqlite", ("en", "fr"))
    other.decide([pair(worst, 0), ("new", "nouveau")], "reject", "anna")
    write_decisions(other, tmp_path / "good.tsv")
    for name in ("good.tsv", "other.sqlite"):
        app.file_uploader(key="import").set_value((name, (tmp_path / name).read_bytes(), "text/plain")).run()
        assert (
            "2 decisions: 0 accept \u00b7 2 reject \u00b7 0 correct. 1 of the pairs are in this run."
            in words(app)
        )
        click(app, "do-import")
        assert said(scored) == {pair(worst, 0): ("reject", ""), ("new", "nouveau"): ("reject", "")}
    assert len(reviews(scored).history()) == 2, "the same decisions are imported once"


def test_a_lasso_selects_what_lies_inside(monkeypatch):
    monkeypatch.syspath_prepend(str(DASHBOARD))
    from pairs import EXTENT, Pairs
    from stores import scored_pairs

    pairs = Pairs(scored_pairs(("fr",), 500, hostile=True)[0])
    assert (np.diff(pairs.quality) >= 0).all()
    rng = np.random.default_rng(0)
    for _ in range(20):
        corners = rng.uniform(-500, EXTENT + 500, (int(rng.integers(3, 9)), 2))
        found = pairs.inside([{"brush_type": "polygon", "coord_range": corners.tolist()}])
        slow = [_is_inside(x, y, corners) for x, y in zip(pairs.x, pairs.y, strict=True)]
        assert found.tolist() == slow
    half = pairs.inside([{"brush_type": "rect", "coord_range": [[0, EXTENT / 2], [-1, EXTENT + 1]]}])
    assert half.tolist() == (pairs.x <= EXTENT / 2).tolist()
    for odd in ({}, {"coord_range": "x"}, {"coord_range": [[1, 2], [3]]}, {"coord_range": []}):
        assert not pairs.inside([odd]).any()


def _is_inside(x, y, corners):
    inside = False
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0):
            inside = not inside
    return inside


@pytest.mark.parametrize(
    "words", [[], [""], ["STRASSE", "Stra\u00dfe", "", "e\u0301t\u00e9", "\u0301"], ["nul\0l", "x"]]
)
def test_many_words_are_folded_as_one_is(monkeypatch, words):
    monkeypatch.syspath_prepend(DASHBOARD)
    from pairs import fold, fold_all

    assert fold_all(words) == [fold(word) for word in words]
