"""What self-training learned from, stage by stage, as a table and in the terminal."""

from itertools import chain

import numpy as np
import pandas as pd

from mosecrot_core.learning.pseudo_labels import calibration_error
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.terminal import new_table, percent, wide_console

STAGE_SUMMARY_COLUMNS = [
    "language", "method", "stage", "units", "accepted", "right", "changed", "error", "vanished", "n_seeds",
]  # fmt: skip
_OF_STAGE = ["language", "method", "seed", "stage"]


def stage_summary(run: Run) -> pd.DataFrame:
    """Bring the labels of each stage together, means over seeds.

    Returns:
        Columns STAGE_SUMMARY_COLUMNS: target units; the shares of them that were learned from, of these that
        were right, and that have another label since; the calibration error of what the stage's model says of
        them; the labels that the model before gave to no unit at all, of any seed.
    """
    stages, bins = run.stages(), run.calibration()
    rows = []
    for (language, method, seed, stage), own in stages.groupby(_OF_STAGE, sort=False):
        units, accepted = own["given"].sum(), own["accepted"].sum()
        read = bins.query("language == @language and method == @method and seed == @seed and stage == @stage")
        rows.append({
            "language": language, "method": method, "stage": stage, "seed": seed, "units": units,
            "accepted": accepted / units, "right": own["right"].sum() / accepted if accepted else np.nan,
            "changed": own["changed"].iloc[0], "error": calibration_error(read[read["read"] == language]),
            "vanished": list(own["label"][own["given"] == 0]),
        })  # fmt: skip
    if not rows:
        return pd.DataFrame(columns=STAGE_SUMMARY_COLUMNS)
    by_stage = pd.DataFrame(rows).groupby(["language", "method", "stage"], sort=False)
    found = by_stage[["units", "accepted", "right", "changed", "error"]].mean()
    vanished = by_stage["vanished"].agg(_together)
    return found.assign(vanished=vanished, n_seeds=by_stage.size()).reset_index()[STAGE_SUMMARY_COLUMNS]


def _together(lists: pd.Series) -> str:
    return ", ".join(dict.fromkeys(chain.from_iterable(lists)))


def print_stages(run: Run) -> None:
    """Print the summary, if there is one."""
    summary = stage_summary(run)
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


_SHARES = ("accepted", "right", "changed", "error")
_WIDTH = 110
_FOOTNOTE = """\
accepted: share of the target's units that the stage learned from; right: share of these labels that are
right, which nothing that was trained knew; changed: units that have another label since; error: expected
calibration error of the stage's model on them; no unit is: labels that the model before gave to none."""
