"""Tables of a self-training that never was, as an experiment writes them."""

import numpy as np
import pandas as pd

from mosecrot_core.runs.schema import CALIBRATION_COLUMNS, STAGE_COLUMNS

LABELS = ("lights", "music", "<b>weather</b>")
STAGES = ("source", "1-soft", "1-hard")


def stage_tables(methods, languages=("fr",), seeds=2):
    """Return `stages` and `calibration`: each stage is righter than the one before; a label vanishes."""
    learned, said = [], []
    for language in languages:
        for m, method in enumerate(methods):
            for seed in range(seeds):
                common = {"language": language, "method": method, "seed": seed}
                for s, stage in enumerate(STAGES):
                    own = {**common, "stage": stage}
                    for b, low in enumerate((0.4, 0.6, 0.8)):
                        said.append({
                            **own, "read": language, "low": low, "high": low + 0.2, "confidence": low + 0.1,
                            "accuracy": 0.4 + 0.1 * b + 0.05 * s + 0.01 * m, "n": 20 + 10 * b,
                        })  # fmt: skip
                    if s:
                        learned += [
                            {
                                **own, "label": label, "threshold": 0.0 if s == 1 else 0.7, "given": given,
                                "accepted": given // s, "right": given // 2 // s, "changed": 0.1 / s,
                            }
                            for label, given in zip(LABELS, (50, 40, 0), strict=True)
                        ]  # fmt: skip
                said.append({
                    **common, "stage": STAGES[-1], "read": "en", "low": 0.9, "high": 1.0, "confidence": 0.95,
                    "accuracy": 0.9, "n": 30,
                })  # fmt: skip
    stages = pd.DataFrame(learned)[STAGE_COLUMNS]
    return stages, pd.DataFrame(said)[CALIBRATION_COLUMNS].astype({"accuracy": np.float64})
