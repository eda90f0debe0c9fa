"""The word pairs of a run, the worst first, as a table for the terminal or rows for programs."""

from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from mosecrot_core.anchors.signals import SIGNALS, SUSPECT
from mosecrot_core.display import short
from mosecrot_core.errors import InputError
from mosecrot_core.runs.store import Run

_MOST_REASONS = 3


def scored_pairs(run: Run, language: str) -> pd.DataFrame:
    """Return a language's rows of the run's quality table, the worst first.

    Raises:
        InputError: The run has no scored pairs in this language.
    """
    quality = run.quality()
    pairs = quality[quality["language"] == language].sort_values("quality", kind="stable")
    if pairs.empty:
        known = ", ".join(short(name) for name in quality["language"].unique()) or "none"
        raise InputError(
            f"no scored pairs in {language!r} (languages with scores: {known})",
            path=run.folder,
            remedy="Score them: mosecrot anchors inspect EXPERIMENT.yaml; or name another language.",
        )
    return pairs


def scored_languages(run: Run) -> list[str]:
    """Name the languages whose pairs were scored."""
    return [str(language) for language in run.quality()["language"].unique()]


def inspection_rows(run: Run, language: str, n: int) -> list[dict[str, Any]]:
    """Give the n worst pairs with the signals against them, by name and in words."""
    worst = scored_pairs(run, language).head(n)
    signals = run.signals()
    measured = signals[signals["language"] == language].set_index("pair").loc[worst["pair"]]
    rows = []
    for row, values in zip(worst.to_dict("records"), measured.to_dict("records"), strict=True):
        reasons = [SIGNALS[name].sentence(values[name]) for name in row["reasons"] if name in SIGNALS]
        kept = ("source", "target", "line", "quality", "suggestion", "anchor")
        told = {name: _plain(row[name]) for name in kept}
        rows.append({"language": language, **told, "signals": list(row["reasons"]), "reasons": reasons})
    return rows


def print_inspection(run: Run, language: str, n: int, console: Console | None = None) -> None:
    """Print how many pairs look wrong, and the n worst."""
    pairs = scored_pairs(run, language)
    console = console or Console()
    suspect, share = int((pairs["quality"] < SUSPECT).sum()), 1 - float(pairs["quality"].mean())
    console.print(
        f"{language}: {len(pairs):,} pairs known to both vocabularies, {suspect:,} suspect (quality below "
        f"{SUSPECT}); about {share:.1%} of all seem to be wrong.", markup=False, highlight=False,
    )  # fmt: skip
    table = Table(title=f"the {min(n, len(pairs))} worst")
    for name in ("source", "target", "quality", "line", "better", "why"):
        table.add_column(name, justify="right" if name in ("quality", "line") else "left")
    for row in inspection_rows(run, language, n):
        cells = [row["source"], row["target"], f"{row['quality']:.3f}", str(row["line"]), row["suggestion"]]
        why = ", ".join(SIGNALS[name].title for name in row["signals"][:_MOST_REASONS] if name in SIGNALS)
        table.add_row(*(_cell(cell) for cell in (*cells, why)))
    console.print(table)


def _cell(text: str) -> Any:
    from rich.text import Text

    return Text(short(text))  # never markup: the words come from a file


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
