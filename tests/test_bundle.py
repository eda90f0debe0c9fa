"""A saved model leaves as a bundle: whole, with a true card, nothing of the machine, loading by itself."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from huggingface_hub import ModelCard
from small_experiment import SETTINGS, run_file, write_small_experiment
from stores import write_run
from typer.testing import CliRunner

from mosecrot_core.cli import app
from mosecrot_core.errors import InputError
from mosecrot_core.files import file_hash
from mosecrot_core.runs.bundle import export_bundles
from mosecrot_core.runs.bundle_check import SUMS, check_bundle
from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.keys import FileHashes
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.summary import summarise

HOSTILE = (
    "<script>alert(1)</script> | --- `x` [l](http://e.com) {{ 7*7 }} ![i](x) **b**\n---\nlicense: mit\n---"
)
METHODS = """\
licences: {en-zu.txt: "CC BY 3.0 | <b>", files: CC0-1.0}
methods:
  standard:
    alignment: {method: paper, weighting: standard, k: 8}
  softmax:
    alignment: {method: relative, k: 8}
    save: true
"""
SETTINGS = SETTINGS[: SETTINGS.index("methods:")] + METHODS
SETTINGS = SETTINGS.replace("Topics in an invented language.", json.dumps(HOSTILE))
NAME = "small-softmax-zu"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundled") / "ada's files"
    written = write_small_experiment(folder, SETTINGS)
    written.write_text(SETTINGS.replace("path: zu.vec", f'path: "{folder / "zu.vec"}"'))
    return written


@pytest.fixture(scope="module")
def run(file):
    return run_file(file)


@pytest.fixture(scope="module")
def bundle(run, tmp_path_factory):
    (made,) = export_bundles(run.folder, tmp_path_factory.mktemp("out"), licence="cc-by-sa-4.0")
    return made


@pytest.fixture
def copy(bundle, tmp_path):
    return Path(shutil.copytree(bundle, tmp_path / bundle.name))


@pytest.fixture
def run_copy(run, tmp_path):
    return Run(shutil.copytree(run.folder, tmp_path / "run"))


def card_of(bundle):
    return ModelCard.load(bundle / "README.md")


def test_it_loads_with_plain_transformers_where_this_package_cannot_be_imported(run, bundle):
    """And says of the test texts what the run has it say."""
    examples, predictions = run.table("examples", []), run.table("predictions", [])
    said = predictions[(predictions["method"] == "softmax") & (predictions["seed"] == 0)]
    program = (
        "import json, sys; sys.modules['mosecrot_core'] = None\n"
        "from transformers import pipeline\n"
        "found = pipeline('text-classification', sys.argv[1])(json.load(sys.stdin))\n"
        "print(json.dumps([each['label'] for each in found]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(bundle)],
        input=json.dumps(list(examples["text"])), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == list(said["predicted"])


def test_the_card_is_one_of_the_hub_with_the_scores_of_this_model(run, bundle):
    data, results = card_of(bundle).data, run.results()
    assert (data.language, data.license, data.pipeline_tag) == (
        ["zu", "en"],
        "cc-by-sa-4.0",
        "text-classification",
    )
    assert (data.library_name, data.base_model, data.datasets) == ("transformers", None, None), "no hub ids"
    own = results[(results["method"] == "softmax") & (results["seed"] == 0)]
    given = {result.metric_name: result.metric_value for result in data.eval_results}
    assert given == dict(zip(own["metric"], own["value"], strict=True))
    assert {(r.dataset_config, r.dataset_split, r.metric_args["seed"]) for r in data.eval_results} == {
        ("zu", "test", 0)
    }
    assert [r.metric_type for r in data.eval_results] == ["f1", "accuracy"]


def test_the_card_gives_means_spread_coverage_and_null_baselines(run, bundle):
    text, table = card_of(bundle).text, summarise(run.results(), "macro_f1").set_index("method")
    row = next(line for line in text.splitlines() if line.startswith("| **`softmax`**"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    own = table.loc["softmax"]
    assert cells[1] == f"{100 * own['mean']:.1f} ± {100 * own['sd']:.1f}"
    assert cells[2] == f"{100 * own['low']:.1f} to {100 * own['high']:.1f}"
    assert cells[3:5] == ["2", f"{100 * own['coverage']:.1f}"]
    nulls = [table.loc[f"softmax:{null}", "mean"] for null in ("shuffled", "gaussian", "mean_row")]
    assert cells[5:8] == [f"{100 * mean:.1f}" for mean in nulls]
    assert "`softmax` is not the setting that the paper published; in the table these are: `standard`" in text
    assert f"with the right ones {100 * own['mean']:.1f}: only what lies between is transfer." in text


def test_the_card_names_each_input_with_its_hash_and_licence(file, bundle):
    rows = [line.split(" | ") for line in card_of(bundle).text.splitlines() if line.count(" | ") == 4]
    found = {(cells[0][2:], cells[1], cells[2]): (cells[3], cells[4][:-2]) for cells in rows}
    expected = {
        ("vectors", "`zu`", "`zu.vec`"): ("zu.vec", "unknown"),
        ("word list", "`zu`", "`en-zu.txt`"): ("en-zu.txt", r"CC BY 3\.0 &#124; &lt;b&gt;"),
        ("test texts", "`zu`", "`zu.test.tsv`"): ("zu.test.tsv", r"CC0\-1\.0"),
        ("train texts", "`en`", "`en.train.tsv`"): ("en.train.tsv", r"CC0\-1\.0"),
        ("encoder", "`en`", "`encoder`"): ("encoder/model.safetensors", "unknown"),
    }
    for key, (name, licence) in expected.items():
        assert found[key] == (f"`{file_hash(file.parent / name)}`", licence)
    assert "Unknown of what it was made of: `encoder`, `zu.vec`." in card_of(bundle).text


def test_hostile_text_stays_text(bundle):
    card = card_of(bundle)
    assert card.data.license == "cc-by-sa-4.0"
    prose = re.sub(r"^```.*?^```$", "", card.text, flags=re.S | re.M)
    assert "<" not in re.sub(r"`[^`\n]*`", "", prose)
    assert r"&lt;script&gt;alert\(1\)&lt;\/script&gt;" in prose
    assert not re.search(r"(?<!\\)\]\(http://e", prose)
    assert not re.search(r"(?<!\\)\*\*b", prose)
    assert "\nlicense: mit" not in card.text
    assert card.text.count("\n---\n") == 0, "no line of the description ends a block"


def test_scores_and_settings_are_the_runs_and_tell_nothing_of_the_machine(run, file, bundle):
    written = pd.read_csv(bundle / "results.csv", keep_default_na=False)
    pd.testing.assert_frame_equal(
        written, run.results(), check_dtype=False, rtol=0, atol=0, check_column_type=False
    )
    settings = load_experiment(bundle / "experiment.yaml")
    assert settings.targets["zu"].vectors.path == "zu.vec", "it was absolute"
    assert settings.model_copy(update={"targets": {}}) == load_experiment(file).model_copy(
        update={"targets": {}}
    )
    for path in bundle.iterdir():
        for private in (str(file.parent.parent), str(Path.home()) + "/", "ada's files"):
            assert private.encode() not in path.read_bytes(), path.name


def test_the_home_folder_is_nowhere_also_in_what_a_review_adds(run_copy, tmp_path):
    text = (run_copy.folder / "experiment.yaml").read_text()
    reviews = "decisions: /home/ada/secret place/reviews.sqlite"
    (run_copy.folder / "experiment.yaml").write_text(text.replace("decisions: null", reviews))
    (made,) = export_bundles(run_copy.folder, tmp_path / "out")
    kept = yaml.safe_load((made / "experiment.yaml").read_text())
    assert kept["targets"]["zu"]["decisions"] == "reviews.sqlite"


def test_every_file_is_listed_as_sha256sum_reads_it(bundle):
    lines = (bundle / SUMS).read_text().splitlines()
    names = {line.split("  ")[1] for line in lines}
    assert names == {path.name for path in bundle.iterdir()} - {SUMS, "README.md"}
    assert {"model.safetensors", "config.json", "tokenizer.json", "results.csv", "experiment.yaml"} < names
    subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=bundle, check=True, capture_output=True)


def test_commands(run, tmp_path):
    asked = [str(run.folder), "--to", str(tmp_path / "my bundles")]
    made = CliRunner().invoke(app, ["export", *asked], catch_exceptions=False)
    place = tmp_path / "my bundles" / NAME
    assert made.stdout.splitlines() == [
        f"bundle: {place}",
        f"to publish it: hf upload YOUR-NAME/{NAME} '{place}' . --private",
    ]
    assert card_of(place).data.license == "unknown"
    assert "Of the model: unknown, nobody has named one." in card_of(place).text
    checked = CliRunner().invoke(app, ["verify", str(place)], catch_exceptions=False)
    assert re.match(
        rf"{re.escape(str(place))}: whole; it says \[\{{'label': '\w+', 'score': 0\.\d+", checked.stdout
    )
    with pytest.raises(InputError, match="exists already"):
        CliRunner().invoke(app, ["export", *asked], catch_exceptions=False)
    (place / "README.md").write_text("mine")
    CliRunner().invoke(app, ["export", *asked, "--overwrite"], catch_exceptions=False)
    assert card_of(place).data.license == "unknown"


def test_what_is_no_bundle_is_not_overwritten(run, tmp_path):
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="this is no bundle, it stays"):
        export_bundles(run.folder, tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda b: (b / "results.csv").write_text("x"),
            "results.csv: the file is not the one that SHA256SUMS lists",
        ),
        (lambda b: (b / "tokenizer.json").unlink(), "tokenizer.json: the file is missing"),
        (lambda b: (b / "evil.py").write_text("x"), "evil.py: a file of a model, a table or a text expected"),
        (lambda b: (b / "more.json").write_text("{}"), "more.json: not listed in SHA256SUMS"),
        (lambda b: (b / SUMS).write_text("0  ../../etc/passwd\n"), "SHA256SUMS:1: a hash and a file's name"),
        (lambda b: (b / SUMS).unlink(), "SHA256SUMS: there is no such file"),
        (
            lambda b: (b / "README.md").write_text("---\n- a: [\n---\n"),
            "README.md: not a model card of the hub",
        ),
        (
            lambda b: (b / "README.md").write_text(
                re.sub(r"value: [\d.]+", "value: 0.99", (b / "README.md").read_text())
            ),
            "README.md: its scores are not those of results.csv",
        ),
    ],
)
def test_a_spoiled_bundle_is_told_apart(copy, spoil, message):
    spoil(copy)
    with pytest.raises(InputError, match=re.escape(message)):
        check_bundle(copy)


def test_a_bundle_that_plain_transformers_does_not_load_is_refused(copy):
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(
        json.dumps({**config, "model_type": "mine", "auto_map": {"AutoConfig": "a.B"}})
    )
    lines = (copy / SUMS).read_text().splitlines()
    renewed = [f"{file_hash(copy / name)}  {name}\n" for _, name in (line.split("  ") for line in lines)]
    (copy / SUMS).write_text("".join(renewed))
    with pytest.raises(InputError, match="plain Transformers does not load it"):
        check_bundle(copy)


def test_what_the_hub_and_the_owner_add_is_no_harm(copy):
    (copy / ".gitattributes").write_text("*.safetensors filter=lfs\n")
    (copy / ".cache").mkdir()
    card = card_of(copy)
    card.data.license = "cc-by-4.0"
    card.text += "\nWrite to us.\n"
    card.save(copy / "README.md")
    assert "label" in check_bundle(copy)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda r: r.write_info(state="stopped"),
            "a finished run expected, this one is stopped. Let it finish",
        ),
        (
            lambda r: r.write_info(inputs=None),
            "run.json does not say what it is made of. Run its experiment file",
        ),
        (lambda r: r.write_info(inputs=[{"role": "x"}]), "run.json does not say what it is made of"),
        (
            lambda r: shutil.rmtree(r.folder / "models"),
            "a whole saved model expected, config.json is missing",
        ),
        (
            lambda r: (r.folder / "models/softmax-zu/model.safetensors").unlink(),
            "expected, model.safetensors is missing",
        ),
        (
            lambda r: r.write_table("models", r.table("models", []).iloc[:0]),
            "a saved model expected, the run has none",
        ),
        (
            lambda r: r.write_table("models", r.table("models", []).assign(method="../../x")),
            "tables of its own experiment expected, which has no '../../x'",
        ),
        (
            lambda r: r.write_table("results", r.results().assign(metric="=cmd|' /C calc'!A0")),
            'tables of its own experiment expected, which has no "=cmd|',
        ),
        (
            lambda r: (r.folder / "experiment.yaml").write_text("name: x"),
            "experiment.yaml:1: 'source' is missing",
        ),
    ],
)
def test_a_run_that_cannot_be_exported_says_why_and_leaves_nothing(run_copy, tmp_path, spoil, message):
    spoil(run_copy)
    with pytest.raises(InputError, match=re.escape(message)):
        export_bundles(run_copy.folder, tmp_path / "out")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_run_from_before_gets_what_it_is_made_of_without_being_done_again(file, run, tmp_path):
    finished, kept = run_file(file, "older"), run.info()["inputs"]
    steps = {path: path.stat().st_mtime_ns for path in finished.folder.glob("steps/*")}
    finished.write_info(inputs=None)
    assert run_file(file, "older").info()["inputs"] == kept
    assert {path: path.stat().st_mtime_ns for path in finished.folder.glob("steps/*")} == steps


def test_what_lies_elsewhere_is_named_by_its_name_alone(file, tmp_path):
    (tmp_path / "secret").mkdir()
    shutil.copy(file.parent / "en-zu.txt", tmp_path / "secret" / "list.txt")
    own = file.with_name("elsewhere.yaml")
    own.write_text(SETTINGS.replace("en-zu.txt", str(tmp_path / "secret" / "list.txt")))
    plan = make_plan(load_experiment(own), file.parent, FileHashes())
    (found,) = (each for each in plan.inputs if each.role == "word list")
    assert (found.name, found.language) == ("list.txt", "zu")
    assert found.hash == file_hash(file.parent / "en-zu.txt")


def test_a_bundle_that_fails_its_check_is_not_left(run_copy, tmp_path):
    path = run_copy.folder / "models/softmax-zu/config.json"
    path.write_text("{}")
    with pytest.raises(InputError, match="plain Transformers does not load it"):
        export_bundles(run_copy.folder, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_only_what_is_asked_for(run, tmp_path):
    with pytest.raises(
        InputError, match="a saved model of standard in zu expected, the run has softmax in zu"
    ):
        export_bundles(run.folder, tmp_path, language="zu", method="standard")
    with pytest.raises(InputError, match="a licence as the hub calls it expected"):
        export_bundles(run.folder, tmp_path, licence="mit\nlicense: x")


def test_a_licence_of_what_is_no_input_is_refused(file):
    own = file.with_name("odd.yaml")
    own.write_text(SETTINGS.replace("en-zu.txt:", "en-fr.txt:"))
    with pytest.raises(InputError, match=r"'en-fr.txt' is none of its inputs: en-zu.txt, en\.dev\.tsv"):
        load_experiment(own)


def test_a_run_without_its_experiment_is_one_clear_error(tmp_path):
    write_run(tmp_path / "run")
    with pytest.raises(InputError, match=r"experiment.yaml"):
        export_bundles(tmp_path / "run", tmp_path / "out")


def test_results_as_text_keep_every_digit(run, bundle):
    with (bundle / "results.csv").open(newline="") as lines:
        values = [float(row["value"]) for row in csv.DictReader(lines)]
    assert values == list(run.results()["value"])
