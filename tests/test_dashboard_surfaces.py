"""The Surfaces page: units, lines, planes, one model beside the bilingual one, shapes; and all its states."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from app_text import plain_words
from stores import HOSTILE, write_run
from surface_stores import TAGS, write_surfaces

from mosecrot_core.learning.interpolation_grid import lines
from mosecrot_core.runs.flips import LOST, class_changes, flips
from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.surface_report import surface_table

pytest.importorskip("streamlit")

PAGE = "app_pages/surfaces.py"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    write_surfaces(folder / "small", methods=("stitched", "mbert"), scopes=("all", "head"))
    return folder


@pytest.fixture
def open_page(open_app):
    return partial(open_app, page=PAGE)


def tables(app):
    """All tables of the page by what makes each unlike the others."""
    marks = {
        "scores": "share",
        "classes": "f1_change",
        "flips": "sign",
        "shapes": "norm_ratio",
        "means": "n_units",
    }
    return {
        name: frame.value for name, mark in marks.items() for frame in app.dataframe if mark in frame.value
    }


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def said(run, a1, a2, read="fr", method="stitched", seed=0, scope="all"):
    """What `flips` makes of the run's own tables."""
    table = run.table("point_predictions", TABLES["point_predictions"])
    table = table.query(
        "language == 'fr' and method == @method and seed == @seed and scope == @scope and read == @read"
    )
    one, zero = (
        np.array(table[(table["a1"] == x) & (table["a2"] == y)]["predicted"].item())
        for x, y in ((a1, a2), (0, 0))
    )
    examples = run.table("point_examples", TABLES["point_examples"])
    return flips(examples.query("language == @read and method == @method"), zero, one)


def test_the_source_model_is_shown_beside_the_bilingual_one(open_page, runs):
    app = open_page(runs, seed="0")
    run = Run(runs / "small")
    assert len(figures(app)) == 3
    found, known = tables(app), said(run, 1000, 0)
    points = run.table("points", TABLES["points"])
    points = points.query("language == 'fr' and method == 'stitched' and seed == 0 and scope == 'all'")
    row = found["scores"].set_index(["metric", "read"]).loc[("Accuracy", "fr")]
    for column, (a1, a2) in {"here": (1000, 0), "bilingual": (0, 0)}.items():
        place = (points["a1"] == a1) & (points["a2"] == a2) & (points["read"] == "fr")
        at = points.loc[place & (points["metric"] == "accuracy"), "value"].item()
        assert row[column] == pytest.approx(100 * at)
    assert row["change"] == pytest.approx(row["here"] - row["bilingual"])
    wanted = class_changes(known)
    np.testing.assert_allclose(found["classes"]["f1"], 100 * wanted["f1"])
    np.testing.assert_allclose(found["classes"]["recall_change"], 100 * wanted["recall_change"])
    lost = known[known["flip"] == LOST]
    assert len(lost)
    assert found["flips"]["number"].tolist() == (lost["example"] + 1).tolist()
    assert found["flips"]["bilingual"].tolist() == found["flips"]["gold"].tolist()
    assert f"{len(lost)} right to wrong" in plain_words(app)


def test_a_model_is_chosen_by_keyboard_and_by_link(open_page, runs):
    app = open_page(runs, seed="0", a1="0.5", a2="-0.5")
    known = said(Run(runs / "small"), 500, -500)
    assert (
        tables(app)["flips"]["number"].tolist() == (known.loc[known["flip"] == LOST, "example"] + 1).tolist()
    )
    assert "1 bilingual + 0.5 en only + -0.5 fr only (seed 0)" in plain_words(app)
    app.selectbox(key="a1-field").set_value("1.5").run()
    assert app.query_params["a1"] in ("1.5", ["1.5"])
    assert app.selectbox(key="a2-field").value == "-0.5"
    app.selectbox(key="a1-field").set_value("1").run()
    app.selectbox(key="a2-field").set_value("0").run()
    assert "a1" not in app.query_params, "the source model is the first choice"
    app.selectbox(key="a1-field").set_value("0").run()
    assert "This is the bilingual model itself" in plain_words(app)
    assert "No label is like that" in plain_words(app)


@pytest.mark.parametrize("value", ["", "7", "nan", "<b>", "1e9", "0.33"])
def test_a_link_to_no_point_shows_the_source_model(open_page, runs, value):
    app = open_page(runs, a1=value, a2=value)
    assert app.selectbox(key="a1-field").value == "1"


def test_clicks_choose_scored_points_only(monkeypatch, open_page, runs):
    open_page(runs)
    import surface_state

    from mosecrot_core.learning.interpolation_grid import SOURCE, Point

    named = {}
    monkeypatch.setattr(surface_state.st, "query_params", named)
    points = {SOURCE, Point(500, -500)}
    for a1, a2 in ((0.3, 0.3), (None, 1), ("1", "0"), (float("nan"), 0), (1e300, 0), (float("inf"), 1)):
        surface_state.name_point(points, a1, a2)
        assert named == {}
    surface_state.name_point(points, 0.5, -0.5)
    assert named == {"a1": "0.5", "a2": "-0.5"}
    surface_state.name_point(points, 1.0, 0)
    assert named == {}


def test_metric_seed_weights_and_scores_are_chosen_and_kept_in_the_link(open_page, runs):
    app = open_page(runs, metric="Loss", seed="1", scope="head", values="Raw scores", method="mbert")
    assert (app.selectbox(key="method").value, app.selectbox(key="scope").value) == ("mbert", "head")
    axis = figures(app)[0]["layout"]["yaxis"]
    assert (axis["type"], axis["title"]["text"]) == ("log", "Loss, lower is better")
    assert "mbert, fr: seed 1." in plain_words(app)
    app.selectbox(key="metric").set_value("Accuracy").run()
    assert figures(app)[0]["layout"]["yaxis"]["title"]["text"] == "Accuracy, percent"
    app = open_page(runs)
    assert "percent of the bilingual" in figures(app)[0]["layout"]["yaxis"]["title"]["text"]
    assert "means over 2 seeds, thin lines: single seeds" in plain_words(app)


def test_all_units_have_bands(open_page, runs):
    app = open_page(runs, of="All units")
    names = [trace["name"] for trace in figures(app)[0]["data"]]
    assert [name for name in names if "95 %" in name] == [
        "en, 95 % interval",
        "the target language, 95 % interval",
    ]
    assert not [name for name in names if "seed" in name]
    assert "Means of 4 units" in plain_words(app)
    assert len(tables(app)["shapes"]) == 8
    means = tables(app)["means"]
    assert set(means["n_units"]) == {4}
    assert means["number"].tolist()[-2:] == ["Norm ratio", "Angle \u00b0"]
    assert means["mean"].iloc[-2:].tolist() == pytest.approx([2.5, 80.5])


def test_the_difference_is_of_languages_or_of_units(open_page, runs):
    app = open_page(runs, values="Raw scores")
    shown = [trace for trace in figures(app)[2]["data"] if trace["type"] == "contour"]
    assert [trace["name"] for trace in shown] == ["source", "target", "difference"]
    options = list(app.selectbox(key="difference").options)
    assert options[:2] == ["fr less en", "en less fr"]
    assert "fr less target language of mbert, zh" in options
    app.selectbox(key="difference").set_value("en less fr").run()
    turned = [trace for trace in figures(app)[2]["data"] if trace["type"] == "contour"]
    assert turned[2]["z"] != shown[2]["z"]


def test_surfaces_in_space_share_buttons(open_page, runs):
    app = open_page(runs, drawn="Surfaces")
    figure = figures(app)[2]
    assert [trace["type"] for trace in figure["data"]].count("surface") == 3
    assert set(figure["layout"]["updatemenus"][0]["buttons"][1]["args"][0]) == {
        f"scene{n}.camera.eye" for n in ("", 2, 3)
    }


def test_pictures_are_saved_as_asked(open_page, runs):
    for kind in ("SVG", "PNG"):
        app = open_page(runs, picture=kind)
        for chart in app.get("plotly_chart"):
            options = json.loads(chart.proto.config)["toImageButtonOptions"]
            assert options["format"] == kind.lower()
            assert options["filename"].startswith("small-stitched-fr-macro_f1-all-mean")


def test_exported_pages_need_no_network(open_page, runs):
    open_page(runs)
    import figure_export
    import plotly.graph_objects as go

    page = figure_export._page(lambda: go.Figure(go.Scatter(x=[1], y=[2]))).decode()
    assert "<script src" not in page
    assert len(page) > 1_000_000, "plotly.js is in it"


def test_shapes_are_those_that_the_command_prints(open_page, runs):
    app = open_page(runs, line="from the target model", of="All units")
    shown = tables(app)["shapes"]
    printed = surface_table(Run(runs / "small"), "macro_f1", "target")
    np.testing.assert_allclose(shown["slope"], printed["slope"])
    np.testing.assert_allclose(shown["bilingual"], 100 * printed["bilingual"])
    assert "Wu et al. 2022, appendix B" in plain_words(app)
    app = open_page(runs)
    assert len(tables(app)["shapes"]) == 2
    assert set(tables(app)["means"]["n_units"]) == {2}, "seeds of one unit"


def test_words_are_listed_with_their_sentence_and_scored_by_entity(open_page, tmp_path):
    run = write_surfaces(tmp_path / "runs" / "words", classes=TAGS, languages=("fr",), seeds=1)
    app = open_page(tmp_path / "runs")
    found, known = tables(app), said(run, 1000, 0)
    assert found["classes"]["label"].tolist() == ["PER", "LOC"]
    np.testing.assert_allclose(found["classes"]["f1"], 100 * class_changes(known)["f1"])
    row = found["flips"].iloc[0]
    assert row["text"] in row["context"]
    assert row["context"].count("text ") == 4
    app.selectbox(key="gold").set_value("LOC").run()
    lost = known[(known["flip"] == LOST) & known["gold"].isin(["B-LOC", "I-LOC"])]
    assert tables(app)["flips"]["number"].tolist() == (lost["example"] + 1).tolist()
    app.session_state["read"] = "en"
    app.run()
    assert tables(app)["flips"]["text"].str.endswith("in en").all()


def test_many_flips_come_in_pages(open_page, tmp_path):
    write_surfaces(tmp_path / "runs" / "long", languages=("fr",), n=900, seeds=1)
    app = open_page(tmp_path / "runs")
    first = tables(app)["flips"]
    assert len(first) == 100
    app.number_input(key="part").set_value(2).run()
    second = tables(app)["flips"]
    assert second["number"].min() > first["number"].max()
    app = open_page(tmp_path / "runs", part="99")
    assert tables(app)["flips"]["number"].tolist() == first["number"].tolist()


# --- states -------------------------------------------------------------------------------------------


def test_no_run_and_a_run_without_triples_say_how_to_make_one(open_page, tmp_path):
    assert open_page(tmp_path / "runs").title[0].value == "No run yet"
    write_run(tmp_path / "runs" / "demo", hostile=False)
    app = open_page(tmp_path / "runs")
    assert "No interpolated models in this run" in plain_words(app)
    assert app.code[0].value == "mosecrot run experiments/wu2022.yaml --profile here_topics"


def test_of_a_unit_that_is_not_done_the_rough_surface_is_shown(open_page, tmp_path):
    run = write_surfaces(tmp_path / "runs" / "under way", state="running", done=3, total=9)
    points = run.table("points", TABLES["points"])
    early = points.query("language == 'zh' and seed == 0")
    early = pd.concat([early, points.query("language == 'fr' and seed == 1").assign(value=0.5)])
    whole = points.query("language == 'fr' and seed == 0")
    run.write_table("points", whole)
    app = open_page(tmp_path / "runs", language="fr")
    before = figures(app)
    run.write_table("point_previews", early)
    app = open_page(tmp_path / "runs", language="fr")
    assert figures(app) == before, "a preview does not touch what is done"
    assert "Rough so far" not in plain_words(app)
    app = open_page(tmp_path / "runs", language="zh")
    assert not app.exception
    text = plain_words(app)
    assert "Rough so far" in text
    assert "25 of the models" in text
    assert "Shapes in numbers" not in text
    assert len(figures(app)) == 3
    run.write_table("point_previews", early[:0])
    assert "Rough so far" not in plain_words(open_page(tmp_path / "runs", language="zh"))


def test_a_run_that_has_just_begun_and_one_that_is_half_done(open_page, tmp_path):
    run = Run(tmp_path / "runs" / "young")
    run.write_info(state="running", done=1, total=9)
    assert "No point is scored yet" in plain_words(open_page(tmp_path / "runs"))
    run = write_surfaces(run.folder, state="running", done=3, total=9)
    points = run.table("points", TABLES["points"])
    run.write_table(
        "points", points[(points["language"] != "zh") & ~((points["seed"] == 1) & (points["a1"] > 500))]
    )
    (run.folder / "deltas.parquet").unlink()
    (run.folder / "point_predictions.parquet").unlink()
    app = open_page(tmp_path / "runs")
    text = plain_words(app)
    assert "3 of 9 steps" in app.get("progress")[0].proto.text
    assert "What this model says is not known" in text
    assert tables(app)["shapes"]["angle"].isna().all()
    assert len(figures(app)) == 3


def test_lines_alone_have_no_plane(open_page, tmp_path):
    write_surfaces(tmp_path / "runs" / "lines", points=lines(), languages=("fr",), seeds=1)
    app = open_page(tmp_path / "runs")
    assert len(figures(app)) == 2
    assert "scores on lines only" in plain_words(app)
    app.selectbox(key="a1-field").set_value("0.025").run()
    assert app.selectbox(key="a2-field").options == ["0"]
    assert not app.exception
    assert len(tables(app)["scores"]) == 6


def test_one_seed_has_no_mean_and_no_intervals(open_page, tmp_path):
    write_surfaces(tmp_path / "runs" / "one", languages=("fr",), seeds=1)
    app = open_page(tmp_path / "runs")
    assert app.selectbox(key="seed").options == ["0"]
    assert set(tables(app)["means"]["interval"]) == {""}
    assert not [trace for trace in figures(app)[0]["data"] if "95 %" in trace["name"]]


def test_scores_that_are_missing_leave_gaps(open_page, tmp_path):
    run = write_surfaces(tmp_path / "runs" / "gaps", languages=("fr",), seeds=1)
    points = run.table("points", TABLES["points"])
    queries = ({}, {"metric": "Loss", "values": "Raw scores"}, {"drawn": "Surfaces"})
    for gone, query in zip(
        (points["a1"] == 1000, points["a1"] == 0, points["a1"] < 9999), queries, strict=True
    ):
        run.write_table("points", points.assign(value=points["value"].mask(gone)))
        app = open_page(tmp_path / "runs", **query)
        assert "unexpected" not in plain_words(app)
        assert len(figures(app)) == 3


@pytest.mark.parametrize("name", ["points", "point_predictions", "point_examples", "deltas"])
@pytest.mark.parametrize("how", ["bytes", "columns"])
def test_damage_gets_a_calm_message(open_page, tmp_path, name, how):
    run = write_surfaces(tmp_path / "runs" / "damaged", languages=("fr",), seeds=1)
    if how == "bytes":
        (run.folder / f"{name}.parquet").write_bytes(b"PAR1 this is not")
    else:
        run.write_table(name, run.table(name, TABLES[name]).iloc[:, :3])
    text = plain_words(open_page(tmp_path / "runs"))
    assert "This cannot be shown" in text
    assert f"{name}.parquet" in text


def test_labels_of_other_examples_are_named_as_such(open_page, tmp_path):
    run = write_surfaces(tmp_path / "runs" / "mixed", languages=("fr",), seeds=1)
    run.write_table("point_examples", run.table("point_examples", TABLES["point_examples"]).iloc[:50])
    text = plain_words(open_page(tmp_path / "runs"))
    assert "labels of 10 examples expected, got 40" in text
    assert "Shapes in numbers" in text, "the rest of the page is there"


def test_hostile_names_and_texts_are_text_only(open_page, tmp_path):
    method, language = "<img src=x onerror=alert(1)>", "a\u202eb" + "x" * 300
    write_surfaces(
        tmp_path / "runs" / "hostile", methods=(method,), languages=(language,), seeds=1, texts=HOSTILE
    )
    app = open_page(tmp_path / "runs", flip="All changed")
    assert not any(getattr(part.proto, "allow_html", False) for part in [*app.markdown, *app.caption])
    assert not set(plain_words(app)) & {"\u202e", "\x00", "\x07"}
    shown = json.dumps(figures(app))
    assert "\\u202e" not in shown
    assert "<img" not in shown
    assert not set("".join(tables(app)["flips"]["text"])) & {"\u202e", "\x00"}
    assert tables(app)["shapes"]["unit"].str.len().max() < 200


def test_the_results_page_links_here(open_app, runs, tmp_path):
    app = open_app(runs)
    links = [link.proto.page for link in app.get("page_link")]
    assert "surfaces" in links
    write_run(tmp_path / "runs" / "plain", hostile=False)
    assert "surfaces" not in [link.proto.page for link in open_app(tmp_path / "runs").get("page_link")]
    (tmp_path / "runs" / "plain" / "points.parquet").write_bytes(b"x")
    assert "This cannot be shown" not in plain_words(open_app(tmp_path / "runs"))
