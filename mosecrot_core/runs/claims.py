"""Who does which task: each attempt at one is a file that only one worker can make.

FOLDER/KEY.N       the N-th attempt at a task: which worker makes it
FOLDER/KEY.N.end   how it ended: done, failed, stopped, lost (its worker died), or again (to be tried again)

Attempts are never taken back, only followed by the next one. So of many workers that find a task free, or its
worker dead, one gets it; a worker that was given up by mistake finds its attempt ended by another.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from mosecrot_core.files import atomic_path, write_once

State = Literal["running", "done", "failed", "stopped", "lost", "again"]
_STATES: tuple[State, ...] = get_args(State)
_LOOK_SECONDS = 1.0
_PROBLEM = 2_000  # characters that are kept
_Names = dict[str, tuple[int, bool]]
"""Of each key, its last attempt and whether that has ended."""


@dataclass(frozen=True)
class Attempt:
    """How an attempt at a task ended, or that it has not."""

    number: int
    state: State
    worker: str = ""
    problem: str = ""
    seconds: float = 0.0
    """How long it took, or has been running."""


class LostError(Exception):
    """The task was given to another worker, since this one seemed dead."""


class Claims:
    """The attempts at some tasks.

    Args:
        folder: Where they are kept.
        is_alive: Says whether a worker lives.
        most: So many workers may die over a task before it counts as failed.
    """

    def __init__(self, folder: Path, is_alive: Callable[[str], bool], most: int) -> None:
        self._folder, self._is_alive, self._most = folder, is_alive, most
        self._ended: dict[tuple[str, int], Attempt] = {}
        self._numbers: dict[str, int] = {}

    def last(self) -> dict[str, Attempt]:
        """Return the last attempt at each task that there was one at; one of a dead worker may still run."""
        return {key: self._attempt(key, *named) for key, named in self._names().items()}

    def state(self, key: str) -> State | None:
        """Return the state of the last attempt at a task; None if there was none."""
        number = self._number(key)
        return self._attempt(key, number, self._end(key, number).exists()).state if number else None

    def take(self, key: str, worker: str) -> "Claim | None":
        """Begin a task unless it is done, failed, or a living worker is at it."""
        number = self._number(key)
        if number:
            last = self._attempt(key, number, self._end(key, number).exists())
            if last.state == "running":
                if self._is_alive(last.worker):
                    return None
                last = self._lost(key, last)
            if last.state in ("running", "done", "failed"):
                return None
        place = self._folder / f"{key}.{number + 1}"
        if not write_once(place, json.dumps({"worker": worker})):
            return None
        return Claim(self._folder, key, number + 1, worker)

    def again(self, key: str) -> None:
        """Let a failed task be tried again."""
        number = self._number(key)
        with atomic_path(self._end(key, number)) as temporary:
            temporary.write_text(json.dumps({"state": "again"}), encoding="utf-8")

    def fail(self, key: str, problem: str) -> None:
        """Say of a task that nobody does any more why."""
        number = max(self._number(key), 1)
        write_once(self._end(key, number), json.dumps({"state": "failed", "problem": problem[:_PROBLEM]}))

    def _lost(self, key: str, last: Attempt) -> Attempt:
        """Write down that the worker of an attempt is dead."""
        before = (self._attempt(key, number, True).state for number in range(last.number - 1, 0, -1))
        died = 1 + next((n for n, state in enumerate(before) if state != "lost"), last.number - 1)
        given_up = died >= self._most
        problem = f"its worker died, {died} times in a row" if given_up else ""
        end = {"state": "failed" if given_up else "lost", "worker": last.worker, "problem": problem}
        write_once(self._end(key, last.number), json.dumps(end))
        return self._attempt(key, last.number, True)

    def _attempt(self, key: str, number: int, ended: bool) -> Attempt:
        if found := self._ended.get((key, number)):
            return found
        place = self._end(key, number) if ended else self._folder / f"{key}.{number}"
        content = _read(place)
        said = content.get("state") if ended else "running"
        # Where nobody can tell it is tried again.
        state: State = next((known for known in _STATES if known == said), "stopped")
        seconds = content.get("seconds") if ended else _age(place)
        found = Attempt(
            number, state, str(content.get("worker", "")), str(content.get("problem", "")),
            seconds if isinstance(seconds, float) else 0.0,
        )  # fmt: skip
        if state in ("done", "lost", "stopped"):  # the others may change
            self._ended[key, number] = found
        return found

    def _number(self, key: str) -> int:
        """Return the number of the last attempt at a task, 0 if there was none."""
        number = self._numbers.get(key, 0)
        while (self._folder / f"{key}.{number + 1}").exists():
            number += 1
        self._numbers[key] = number
        return number

    def _names(self) -> _Names:
        found: _Names = {}
        ended = set()
        for path in self._folder.glob("[!.]*.*") if self._folder.is_dir() else ():
            key, number, *end = path.name.split(".")
            if number.isdecimal() and not end:
                found[key] = max(found.get(key, (0, False)), (int(number), False))
            elif end == ["end"]:
                ended.add((key, int(number)))
        return {key: (number, (key, number) in ended) for key, (number, _) in found.items()}

    def _end(self, key: str, number: int) -> Path:
        return self._folder / f"{key}.{number}.end"


class Claim:
    """A task that this worker has begun."""

    def __init__(self, folder: Path, key: str, number: int, worker: str) -> None:
        self._folder, self.key, self.number, self._worker = folder, key, number, worker
        self._begun = self._looked = time.monotonic()

    def check(self) -> None:
        """Look whether it is still this worker's.

        Raises:
            LostError: It is not.
        """
        self._looked = time.monotonic()
        if (self._folder / f"{self.key}.{self.number}.end").exists():
            raise LostError(self.key)

    def check_now_and_then(self) -> None:
        """Look at most once a second."""
        if time.monotonic() - self._looked > _LOOK_SECONDS:
            self.check()

    def end(self, state: State, problem: str = "") -> None:
        """Say how it ended."""
        ended = Attempt(self.number, state, self._worker, problem[:_PROBLEM], time.monotonic() - self._begun)
        write_once(self._folder / f"{self.key}.{self.number}.end", json.dumps(asdict(ended)))


def _age(path: Path) -> float:
    """Return for how many seconds a file has been there."""
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return 0.0


def _read(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
