"""The paper's own numbers, put beside a run that repeats one of its tables."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pandas as pd

SOURCE = "Ye et al. (2024), arXiv:2401.04821"
METRIC = "macro_f1"
"""The metric of Tables 1 and 2. Tables 3 and 4 say "zero-shot performance"; their last rows and the choice of
k = 50 for Table 1 speak for the same."""
PAPER_COLUMNS = ["table", "task", "language", "method", "row", "value"]
ENCODER = "bert-base-cased"
_TABLE_RUN = re.compile(r"table([1-4])(-.+)?")


@dataclass(frozen=True)
class PaperTable:
    """One of the paper's tables, as a run repeats it."""

    number: int
    numbers: pd.DataFrame
    """Columns PAPER_COLUMNS, the rows of this table."""
    task: str
    """Name of its task."""

    @property
    def title(self) -> str:
        """Which table of which paper."""
        return f"{SOURCE}, Table {self.number}"

    @property
    def languages(self) -> list[str]:
        """The languages that it has numbers for."""
        return [str(language) for language in self.numbers["language"].unique()]

    def wide(self) -> pd.DataFrame:
        """Return the numbers a row a method and a column a language, in the paper's order."""
        return self.numbers.pivot_table("value", "method", "language", sort=False)

    def of(self, language: str, metric: str) -> pd.DataFrame:
        """Return the numbers of a language, columns PAPER_COLUMNS; none if the metric is not the paper's."""
        return self.numbers[(self.numbers["language"] == language) & (metric == METRIC)]

    def differences(self, encoder: str | None, task: str | None) -> list[str]:
        """Say in words what sets a run apart from the paper, as far as it is known.

        Args:
            encoder: The run's encoder, as its experiment names it.
            task: The run's task.
        """
        found = []
        if encoder is not None and encoder.rsplit("/", 1)[-1] != ENCODER:
            found.append(f"another encoder ({encoder} in place of {ENCODER})")
        if task is not None and task != self.task:
            found.append(f"other data ({task} in place of {self.task})")
        return found


def paper_table(experiment: str) -> PaperTable | None:
    """Return the table that an experiment repeats, by its name: `table2`, `table2-here`; None: none.

    >>> paper_table("table2-here").number, paper_table("demo")
    (2, None)
    """
    named = _TABLE_RUN.fullmatch(experiment)
    if named is None:
        return None
    numbers = paper_numbers()
    numbers = numbers[numbers["table"] == int(named[1])].reset_index(drop=True)
    return PaperTable(int(named[1]), numbers, str(numbers["task"].iloc[0]))


@cache
def paper_numbers() -> pd.DataFrame:
    """Return every number of Tables 1 to 4, in [0, 1], columns PAPER_COLUMNS."""
    with files(__package__).joinpath("paper_numbers.tsv").open(encoding="utf-8") as stream:
        return pd.read_csv(stream, sep="\t", comment="#")[PAPER_COLUMNS]
