"""The ways to install agree with each other."""

import re
import tomllib
from pathlib import Path

import yaml

import mosecrot_core

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = set(PROJECT["optional-dependencies"])


def test_conda_and_pip_install_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    names = [item for item in environment["dependencies"] if isinstance(item, str)]
    python = next(item for item in names if item.startswith("python=")).removeprefix("python=")
    assert f">={python}" == PROJECT["requires-python"]
    pip = next(item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    assert set(re.search(r"-e \.\[(.*)\]", " ".join(pip)).group(1).split(",")) == EXTRAS
    assert "-c constraints.txt" in pip


def test_make_installs_extras_that_exist_under_the_constraints():
    installs = re.findall(
        r"pip install .*-c constraints\.txt -e \"\.\[(.*)\]\"", (ROOT / "Makefile").read_text()
    )
    demo, test, lab = (set(extras.split(",")) for extras in installs)
    assert test == EXTRAS
    assert demo < EXTRAS
    assert {"demo", "notebooks"} == lab


def test_the_torch_pin_is_one_that_the_project_accepts():
    constraints = (ROOT / "constraints.txt").read_text()
    pinned = tuple(map(int, re.search(r"^torch==(\d+)\.(\d+)", constraints, re.M).groups()))
    wanted = next(item for item in PROJECT["dependencies"] if item.startswith("torch>="))
    assert pinned >= tuple(map(int, wanted.removeprefix("torch>=").split(".")))


def test_ci_calls_make_test():
    assert "make test" in (ROOT / ".ci/run").read_text()


def test_the_version_is_told_once():
    assert mosecrot_core.__version__ == PROJECT["version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text()
