"""Putting the finished steps of a run together into its tables."""

import pandas as pd

from mosecrot_core.runs.schema import TABLES
from mosecrot_core.runs.steps import Plan
from mosecrot_core.runs.store import Run


def write_tables(run: Run, plan: Plan) -> None:
    """Write the tables of what is done, in the order of the plan."""
    done = [step for step in plan.steps if run.has_step(step.key)]
    for name, columns in TABLES.items():
        parts = [run.step(step.key) for step in done if step.table == name]
        parts += [run.step(step.key, name) for step in done if name in step.beside]
        parts = [part for part in parts if len(part)]
        whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
        run.write_table(name, whole[columns])
    tunings = sum(all(run.has_step(s.key) for s in t.steps) for t in plan.finetunings)
    run.write_info(
        done=len(done), total=len(plan.steps),
        finetunings_done=tunings, finetunings_total=len(plan.finetunings),
    )  # fmt: skip
