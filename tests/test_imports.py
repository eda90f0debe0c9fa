"""Imports point up the list of rooms, and nothing heavy is loaded before it is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ["words", "anchors", "mapping", "learning", "runs"]
LIGHT = [
    "words", "anchors", "runs/schema.py", "runs/store.py", "runs/summary.py", "runs/report.py",
    "runs/predictions.py", "runs/paper_numbers.py", "figures.py", "confusion_figures.py", "cli.py",
    "runs/flips.py", "runs/jobs.py", "runs/uploads.py", "runs/own_experiment.py", "runs/own_inputs.py",
    "runs/input_check.py", "runs/surface_statistics.py", "runs/surface_report.py", "surface_figures.py",
    "surface_marks.py", "surface_panels.py", "surface_words.py",
]  # fmt: skip
HEAVY = ["torch", "transformers", "gensim", "spacy", "umap", "streamlit"]
FORBIDDEN_IN_CORE = {"streamlit", "dashboard", "notebooks"}


def module_level_imports(path, *, everywhere=False):
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if everywhere else tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def python_files(*parts):
    for part in parts:
        path = ROOT / "mosecrot_core" / part
        yield from [path] if path.suffix else sorted(path.rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_only_from_rooms_before_them(room):
    later = ROOMS[ROOMS.index(room) + 1 :]
    for path in python_files(room):
        for name in module_level_imports(path, everywhere=True):
            parts = name.split(".")
            assert not (parts[0] == "mosecrot_core" and len(parts) > 1 and parts[1] in later), (
                f"{path}: {name}"
            )


def test_the_core_never_imports_the_dashboard():
    for path in python_files(""):
        roots = {name.split(".")[0] for name in module_level_imports(path, everywhere=True)}
        assert not roots & FORBIDDEN_IN_CORE, path


def test_light_modules_import_no_torch_at_module_level():
    for path in python_files(*LIGHT):
        roots = {name.split(".")[0] for name in module_level_imports(path)}
        assert not roots & {"torch", "transformers"}, path


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        ("mosecrot_core", [*HEAVY, "numpy", "pandas", "pydantic"]),
        ("mosecrot_core.cli", [*HEAVY, "numpy", "pandas", "pydantic"]),
        ("mosecrot_core.runs.store, mosecrot_core.runs.summary, mosecrot_core.figures", HEAVY),
        ("mosecrot_core.words.vectors, mosecrot_core.words.lexicon, mosecrot_core.anchors.anchor_set", HEAVY),
        ("mosecrot_core.runs.experiment", ["torch", "gensim", "spacy", "streamlit"]),
    ],
)
def test_what_an_import_does_not_load(modules, heavy):
    code = f"import sys, {modules}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
