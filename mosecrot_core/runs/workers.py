"""Workers that share a folder, on one machine or many, and which of them live.

FOLDER/NAME   one file a worker: where it runs and what it works on; locked and touched while it lives

On its own machine a worker lives as long as it holds its lock. From another machine it lives as long as its
file is touched: that is told by the change alone and timed on the watcher's own steady clock, so that clocks
may differ, or jump.
"""

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mosecrot_core import __version__
from mosecrot_core.files import is_locked, lock

_SIGNS = 6  # in the time after which a silent worker is given up
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Worker:
    """A process that works on tasks."""

    name: str
    host: str
    process: int
    machine: str
    """Names the machine since it was started; empty where that cannot be known."""
    task_list: str
    """Names the tasks that it knows."""
    version: str
    """Of this library."""


class Workers:
    """The workers of a folder.

    Args:
        folder: Where their files are.
        lease: Seconds of silence after which a worker of another machine is given up.
    """

    def __init__(self, folder: Path, lease: float) -> None:
        self._folder, self._lease = folder, lease
        self._own: set[str] = set()
        self._seen: dict[str, tuple[int, float]] = {}
        self._machine = _machine()

    @contextmanager
    def one_more(self, task_list: str) -> Iterator[Worker]:
        """Be a worker while the body runs."""
        name = uuid.uuid4().hex[:12]
        worker = Worker(name, socket.gethostname(), os.getpid(), self._machine, task_list, __version__)
        file, unnamed, ended = self._folder / name, self._folder / f".{name}.tmp", threading.Event()
        try:
            with lock(unnamed):
                unnamed.write_text(json.dumps(asdict(worker)), encoding="utf-8")
                unnamed.replace(file)  # the lock stays on it
                self._own.add(name)
                threading.Thread(target=self._give_signs, args=(file, ended), daemon=True).start()
                yield worker
        finally:
            ended.set()
            self._own.discard(name)
            for path in (file, unnamed):
                path.unlink(missing_ok=True)

    def is_alive(self, name: str) -> bool:
        """Say whether a worker lives; one of another machine is believed to until its lease is up."""
        if name in self._own:
            return True
        file = self._folder / name
        try:
            touched = file.stat().st_mtime_ns
            if (here := self._alive_here(name)) is not None:
                return here
        except FileNotFoundError:  # it has ended
            return False
        before, since = self._seen.setdefault(name, (touched, time.monotonic()))
        if before != touched:
            self._seen[name] = touched, time.monotonic()
            return True
        return time.monotonic() - since < self._lease

    def living(self) -> list[Worker]:
        """List the workers that seem to live, as far as that can be told at once."""
        names = [file.name for file in self._folder.glob("[!.]*")] if self._folder.is_dir() else []
        found = []
        for name in names:
            with suppress(FileNotFoundError):
                here = self._alive_here(name)
                fresh = self._now() - (self._folder / name).stat().st_mtime < self._lease
                worker = self._read(name)
                if worker is not None and (fresh if here is None else here):
                    found.append(worker)
        return found

    def _alive_here(self, name: str) -> bool | None:
        """Say whether a worker of this machine lives; None if it is another's, or that cannot be known."""
        worker = self._read(name)
        if worker is None or not worker.machine or worker.machine != self._machine:
            return None
        return is_locked(self._folder / name)

    def _read(self, name: str) -> Worker | None:
        try:
            content: dict[str, Any] = json.loads((self._folder / name).read_text(encoding="utf-8"))
            return Worker(**content)
        except FileNotFoundError:
            raise
        except (OSError, ValueError, TypeError):
            return None

    def _now(self) -> float:
        """Return the time on the clock of the disk that the files are on, if it can be asked."""
        probe = self._folder / f".{uuid.uuid4().hex[:8]}.tmp"
        try:
            probe.touch()
            return probe.stat().st_mtime
        except OSError:
            return time.time()
        finally:
            with suppress(OSError):
                probe.unlink()

    def _give_signs(self, file: Path, ended: threading.Event) -> None:
        while not ended.wait(self._lease / _SIGNS):
            with suppress(OSError):  # the next sign may get through
                os.utime(file)


def _machine() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
