"""The Trainer's checkpoints: which is the newest that was written to its end?"""

import json
import shutil
from pathlib import Path
from typing import Any

from mosecrot_core.files import atomic_path

_STATE = "trainer_state.json"


def last_whole_checkpoint(work: Path) -> str | None:
    """Return the newest checkpoint that was written to its end, and remove those that were not."""
    remove_unfinished(work)
    last = max(_checkpoints(work), key=_number, default=None)
    if last is None:
        return None
    state = _state(last) or {}
    if isinstance(best := state.get("best_model_checkpoint"), str) and best:
        # It is found by its path, and the run may have been started from, or moved to, another folder.
        state["best_model_checkpoint"] = str(work / Path(best).name)
        with atomic_path(last / _STATE) as temporary:
            temporary.write_text(json.dumps(state, indent=2), encoding="utf-8")
    return str(last)


def remove_unfinished(work: Path) -> None:
    """Remove the checkpoints that were not written to their end."""
    for folder in _checkpoints(work):
        if _state(folder) is None:
            shutil.rmtree(folder, ignore_errors=True)


def _checkpoints(work: Path) -> list[Path]:
    return [folder for folder in work.glob("checkpoint-*/") if _number(folder) >= 0]


def _number(folder: Path) -> int:
    number = folder.name.removeprefix("checkpoint-")
    return int(number) if number.isdecimal() else -1


def _state(folder: Path) -> dict[str, Any] | None:
    """Return what the Trainer writes into a checkpoint last; None if it is not there or not whole."""
    try:
        state = json.loads((folder / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return state if isinstance(state, dict) else None
