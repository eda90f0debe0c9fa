"""A table as text for other programs: CSV, Markdown, LaTeX, JSON."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

import pandas as pd

Form = Literal["csv", "markdown", "latex", "json"]
_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{",
    "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def as_text(table: pd.DataFrame, form: Form) -> str:
    r"""Write a table, a header line first; what is missing stays empty (null in JSON).

    CSV and JSON keep every digit, Markdown and LaTeX (booktabs) round to three decimals.

    >>> print(as_text(pd.DataFrame({"method": ["a_b"], "mean": [0.51239]}), "markdown"))
    | method | mean |
    | --- | --- |
    | a_b | 0.512 |
    """
    return _FORMS[form](table)


def as_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return plain rows for programs; what is missing is None."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.to_dict(orient="records")
    ]


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False).rstrip("\n")


def _json(table: pd.DataFrame) -> str:
    return json.dumps(as_records(table), indent=2, ensure_ascii=False)


def _markdown(table: pd.DataFrame) -> str:
    lines = [[str(name) for name in table.columns], ["---"] * len(table.columns), *_cells(table)]
    escaped = ([cell.replace("|", r"\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def _latex(table: pd.DataFrame) -> str:
    numeric = [pd.api.types.is_numeric_dtype(table[name]) for name in table]
    lines = [" & ".join(_escaped(str(cell)) for cell in line) + r" \\" for line in _cells(table)]
    head = " & ".join(_escaped(str(name)) for name in table.columns) + r" \\"
    shape = "".join("r" if number else "l" for number in numeric)
    return "\n".join([
        rf"\begin{{tabular}}{{{shape}}}", r"\toprule", head, r"\midrule", *lines, r"\bottomrule",
        r"\end{tabular}",
    ])  # fmt: skip


def _cells(table: pd.DataFrame) -> list[list[str]]:
    return [[_cell(value) for value in row] for row in table.itertuples(index=False)]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.3f}"
    return " ".join(str(value).split())


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


_FORMS: Mapping[Form, Callable[[pd.DataFrame], str]] = {
    "csv": _csv, "markdown": _markdown, "latex": _latex, "json": _json,
}  # fmt: skip
