"""Ctrl-C, or `kill`, that is heard, also where a library swallows it."""

import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any

from mosecrot_core.runs.report import ProgressBar

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruptible:
    """Passes progress on, and raises KeyboardInterrupt at the next sign of it if one went unheard.

    Python drops a KeyboardInterrupt that falls into a destructor, and some libraries catch everything.

    Args:
        progress: What is told of the progress.
    """

    def __init__(self, progress: ProgressBar) -> None:
        self._progress = progress
        self._pressed = False
        self._before: dict[signal.Signals, Any] = {}
        self._hook: Any = None

    def __enter__(self) -> "Interruptible":
        if threading.current_thread() is threading.main_thread():  # elsewhere signals are not ours
            self._before = {number: signal.signal(number, self._press) for number in _SIGNALS}
        self._hook, sys.unraisablehook = sys.unraisablehook, self._drop
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.unraisablehook = self._hook
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def start(self, total: int) -> None:
        """Say how many steps there are."""
        self._listen()
        self._progress.start(total)

    def step(self, title: str) -> None:
        """Say what is being done now."""
        self._listen()
        self._progress.step(title)

    def part(self, done: int, total: int) -> None:
        """Say how far the present step is."""
        self._listen()
        self._progress.part(done, total)

    def done(self) -> None:
        """Count one more step."""
        self._listen()
        self._progress.done()

    def _press(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._pressed = True
        raise KeyboardInterrupt

    def _listen(self) -> None:
        if self._pressed:
            raise KeyboardInterrupt

    def _drop(self, ignored: "sys.UnraisableHookArgs") -> None:
        if not issubclass(ignored.exc_type, KeyboardInterrupt):
            self._hook(ignored)
