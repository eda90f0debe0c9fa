"""The paper's numbers are the paper's: cells copied by hand from its Tables 1 to 4."""

from pathlib import Path

import pytest

from mosecrot_core.runs.experiment import load_experiment
from mosecrot_core.runs.paper_numbers import PAPER_COLUMNS, paper_numbers, paper_table

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
PAPER = Path(__file__).parents[2] / "shared/papers/mosecrot-paper.md"
KNOWN = [
    (1, "de", "logistic_regression", 0.52),
    (1, "es", "mbert", 0.65),
    (1, "zh", "sparsemax", 0.24),
    (2, "nds", "softmax", 0.06),
    (2, "fo", "logistic_regression", 0.47),
    (2, "zh", "standard", 0.28),
    (2, "tt", "least_squares", 0.07),
    (3, "de", "k_10", 0.51),
    (3, "zh", "k_1", 0.41),
    (4, "de", "anchors_3000", 0.19),
    (4, "zh", "anchors_all", 0.21),
]


@pytest.mark.parametrize(("number", "language", "method", "value"), KNOWN)
def test_known_cells(number, language, method, value):
    found = paper_table(f"table{number}").of(language, "macro_f1").set_index("method")
    assert found.loc[method, "value"] == value


def test_a_table_as_the_paper_lays_it_out():
    wide = paper_table("table3").wide()
    assert wide.index.tolist() == ["k_1", "k_10", "k_50", "k_100", "k_all"]
    assert wide.to_dict("list") == {
        "de": [0.44, 0.51, 0.50, 0.51, 0.44],
        "zh": [0.41, 0.38, 0.40, 0.38, 0.21],
    }
    second = paper_table("table2").wide()
    assert second.columns.tolist() == ["de", "es", "zh", "mt", "sah", "fo", "nds", "tt"]
    assert second.loc["sparsemax"].tolist() == [0.24, 0.37, 0.13, 0.15, 0.18, 0.20, 0.13, 0.21]


def test_every_cell_of_the_tables_is_there_once():
    numbers = paper_numbers()
    assert list(numbers.columns) == PAPER_COLUMNS
    assert numbers["table"].value_counts().to_dict() == {1: 18, 2: 48, 3: 10, 4: 6}
    assert not numbers.duplicated(["table", "language", "method"]).any()
    assert numbers["value"].between(0.05, 0.66).all()
    last = numbers[numbers["row"].isin(["k = 6731", "|A| = 6731"])]
    assert set(zip(last["language"], last["value"], strict=True)) == {("de", 0.44), ("zh", 0.21)}


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_methods_languages_and_tasks_are_those_of_the_experiment(number):
    table, experiment = paper_table(f"table{number}"), load_experiment(EXPERIMENTS / f"table{number}.yaml")
    assert set(table.numbers["method"]) == set(experiment.methods)
    assert set(table.languages) == set(experiment.targets)
    assert table.task == experiment.task.name
    assert table.differences(experiment.source.encoder, experiment.task.name) == []
    assert table.title.endswith(f"Table {number}")


def test_a_run_elsewhere_says_what_differs():
    for number, differs in ((1, 2), (2, 1), (3, 2), (4, 2)):
        here = load_experiment(EXPERIMENTS / f"table{number}.yaml", "here")
        table = paper_table(here.name)
        assert table.number == number
        assert len(table.differences(here.source.encoder, here.task.name)) == differs
    assert paper_table("table2").differences(None, None) == []


def test_other_experiments_and_metrics_have_none():
    assert all(paper_table(name) is None for name in ("demo", "table5", "table12", "my-table1", "table1x"))
    assert paper_table("table1").of("de", "accuracy").empty
    assert paper_table("table1-here").of("fr", "macro_f1").empty


@pytest.mark.skipif(not PAPER.is_file(), reason="needs ../shared/papers")
def test_each_row_stands_in_the_paper():
    lines = {line.replace("top50", "top-50") for line in PAPER.read_text(encoding="utf-8").splitlines()}
    for _, rows in paper_numbers().groupby(["table", "row"], sort=False):
        name = rows["row"].iloc[0].split(" = ")[-1]
        assert "\t".join([name, *(f"{value:.2f}" for value in rows["value"])]) in lines
