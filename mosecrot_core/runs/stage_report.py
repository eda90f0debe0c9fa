"""What self-training learned from, stage by stage, as a table and in the terminal."""

from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from mosecrot_core.learning.pseudo_labels import calibration_error
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.terminal import new_table, percent, wide_console

STAGE_SUMMARY_COLUMNS = [
    "language", "method", "stage", "units", "accuracy", "error", "accepted", "right", "changed", "vanished",
    "n_seeds",
]  # fmt: skip
_OF_STAGE = ["language", "method", "seed", "stage"]


def stage_summary(stages: pd.DataFrame, calibration: pd.DataFrame) -> pd.DataFrame:
    """Bring what each stage learned from and what its model says together, means over seeds.

    Args:
        stages: Columns `schema.STAGE_COLUMNS`.
        calibration: Columns `schema.CALIBRATION_COLUMNS`.

    Returns:
        Columns STAGE_SUMMARY_COLUMNS, in the order of the stages, the model of the source language first:
        target units; how many the stage's model labels right, and its expected calibration error on them; the
        shares of them that it learned from, of these that were right, and that have another label since; the
        labels that the model before gave to no unit, of any seed. The first model learned from none, and is
        left out where no label of the target is known.
    """
    target = calibration[calibration["read"] == calibration["language"]]
    rows = [
        {**dict(zip(_OF_STAGE, key, strict=True)), "units": bins["n"].sum(), **_said(bins)}
        for key, bins in target.groupby(_OF_STAGE, sort=False)
    ]
    by_seed = stages.groupby(_OF_STAGE, sort=False)
    learned = [{**dict(zip(_OF_STAGE, key, strict=True)), **_learned(own)} for key, own in by_seed]
    if not rows:  # no label of the target is known
        unknown = {"accuracy": np.nan, "error": np.nan}
        rows = [
            {**dict(zip(_OF_STAGE, key, strict=True)), "units": own["given"].sum(), **unknown}
            for key, own in by_seed
        ]
    if not rows:
        return pd.DataFrame(columns=STAGE_SUMMARY_COLUMNS)
    of_none = pd.DataFrame(columns=[*_OF_STAGE, "accepted", "right", "changed", "vanished"])
    whole = pd.DataFrame(rows).merge(pd.DataFrame(learned) if learned else of_none, on=_OF_STAGE, how="left")
    shares = ["units", "accuracy", "error", "accepted", "right", "changed"]
    whole[shares] = whole[shares].astype(float)
    by_stage = whole.groupby(["language", "method", "stage"], sort=False)
    found = by_stage[shares].mean()
    vanished = by_stage["vanished"].agg(_together)
    return found.assign(vanished=vanished, n_seeds=by_stage.size()).reset_index()[STAGE_SUMMARY_COLUMNS]


def _said(bins: pd.DataFrame) -> dict[str, float]:
    return {
        "accuracy": float(np.average(bins["accuracy"], weights=bins["n"])),
        "error": calibration_error(bins),
    }  # fmt: skip


def _learned(own: pd.DataFrame) -> dict[str, Any]:
    accepted = own["accepted"].sum()
    return {
        "accepted": accepted / own["given"].sum(), "changed": own["changed"].iloc[0],
        "right": own["right"].sum(skipna=False) / accepted if accepted else np.nan,
        "vanished": list(own["label"][own["given"] == 0]),
    }  # fmt: skip


def _together(lists: pd.Series) -> str:
    return ", ".join(dict.fromkeys(chain.from_iterable(own for own in lists if isinstance(own, list))))


def print_stages(run: Run) -> None:
    """Print the summary, if there is one."""
    summary = stage_summary(run.stages(), run.calibration())
    if summary.empty:
        return
    console = wide_console(_WIDTH)
    console.print(f"[bold]{run.name}[/bold]: what self-training learned from, in percent, mean over seeds")
    table = new_table(["stage"], ["units", *_SHARES, "n", "no unit is"])
    for (language, method), part in summary.groupby(["language", "method"], sort=False):
        table.add_row(f"{method}, {language}")
        for row in part.to_dict(orient="records"):
            shares = [percent(row[name]) for name in _SHARES]
            ends = (str(row["n_seeds"]), row["vanished"])
            table.add_row(f"  {row['stage']}", f"{row['units']:,.0f}", *shares, *ends)
        table.add_section()
    console.print(table)
    console.print(_FOOTNOTE, style="dim", highlight=False)


_SHARES = ("accuracy", "error", "accepted", "right", "changed")
_WIDTH = 110
_FOOTNOTE = """\
Of the target's units, whose labels nothing that was trained knew: accuracy of the stage's model and its
expected calibration error; accepted: share that the stage learned from; right: share of these labels that
are right; changed: share that has another label since; no unit is: labels that the model before gave none."""
