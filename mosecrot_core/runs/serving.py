"""Starting the dashboard: a Streamlit server of its own on this machine, stopped with Ctrl-C.

Beside it runs a worker that does the jobs which the dashboard queues (`job_worker.py`).
"""

import errno
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from importlib.util import find_spec
from pathlib import Path

import mosecrot_core
from mosecrot_core.errors import InputError, MosecrotError
from mosecrot_core.runs.interrupts import Interruptible
from mosecrot_core.runs.jobs import jobs_folder
from mosecrot_core.runs.report import NoProgress

ADDRESS = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - only where it is asked for, and with a token
TOKEN_VARIABLE = "MOSECROT_DASHBOARD_TOKEN"  # noqa: S105 - a name
LOOPBACK = (ADDRESS, "localhost")
FIRST_PORT = 8501
_PORTS_TRIED = 100
_START_SECONDS = 60
_STOP_SECONDS = 5
_JOB_STOP_SECONDS = 40  # a job in the middle tidies up
_LOOK_SECONDS = 1
_STARTS = 5  # of a worker that dies
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(4 << 20)}
"""Lets glibc give large arrays back at once: a server that has read a large run keeps a third less memory."""


def serve(
    runs: Path, port: int | None, open_browser: bool, address: str = ADDRESS, token: bool | None = None
) -> int:
    """Serve the dashboard until it is stopped.

    Args:
        runs: Folder that holds run folders, or one run; it need not exist yet.
        port: The port; None takes 8501 or the next free one.
        open_browser: Open a window once it answers.
        address: Where to listen; ``0.0.0.0``: wherever this machine can be reached.
        token: Ask for a token, a new one that is printed with the address, or for the one in the environment
            variable MOSECROT_DASHBOARD_TOKEN; None: where other machines can reach the dashboard.

    Returns:
        The exit code: 0 after Ctrl-C, else the server's own.

    Raises:
        MosecrotError: Streamlit is not installed, the port is taken, `runs` is a file, or it did not start.
    """
    if runs.exists() and not runs.is_dir():
        raise InputError("a folder of runs expected, this is a file", path=runs)
    chosen = _choose_port(port, address)
    url = f"http://{ADDRESS if address == EVERYWHERE else address}:{chosen}"
    asked = address not in LOOPBACK if token is None else token
    secret = (os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(16)) if asked else ""
    with Interruptible(NoProgress()):  # SIGTERM, too, takes the server with it
        server = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            server_command(runs, chosen, address), env={**_MEMORY, **os.environ, TOKEN_VARIABLE: secret}
        )
        worker = _Worker(jobs_folder(runs))
        try:
            _wait_until_it_answers(server, url)
            link = f"{url}/?access={secret}" if secret else url
            print(f"Dashboard: {link}   (runs in {runs}; Ctrl-C stops it)", flush=True)  # noqa: T201
            if open_browser and _has_display():
                webbrowser.open(link)
            return _watch(server, worker)
        except KeyboardInterrupt:
            return 0
        finally:
            _stop(server)
            worker.stop()


def server_command(runs: Path, port: int, address: str = ADDRESS) -> list[str]:
    """Return the command that serves the dashboard.

    The settings beside the script hold whatever the current folder is; what keeps the server private is
    repeated as flags, which stand above environment variables.

    Raises:
        MosecrotError: Streamlit is not installed, or the dashboard is not where it belongs.
    """
    for needed in ("streamlit", "plotly"):
        if find_spec(needed) is None:
            raise MosecrotError(f"The dashboard needs {needed}: pip install 'mosecrot[dashboard]'")
    flags = {
        "server.address": address,
        "server.port": str(port),
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "client.showErrorDetails": "none",
        "global.developmentMode": "false",
    }
    if address not in LOOPBACK:  # reached under names that are not known here; the token is what guards it
        flags["server.allowedHosts"] = "*"
    script = dashboard_folder() / "streamlit_app.py"
    options = [part for name, value in flags.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(script), *options, "--", str(runs.absolute())]


def dashboard_folder() -> Path:
    """Return the folder of the Streamlit app: inside an installed package, beside it in a checkout."""
    package = Path(mosecrot_core.__file__).parent
    for folder in (package / "_dashboard", package.parent / "dashboard"):
        if (folder / "streamlit_app.py").is_file():
            return folder
    raise MosecrotError(
        f"No dashboard beside {package}. Install mosecrot again: pip install 'mosecrot[dashboard]'"
    )


class _Worker:
    """The worker of a folder of runs, started when the folder is there, and again if it dies."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs.absolute()
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    def keep_up(self) -> None:
        runs_on = self._process is not None and self._process.poll() in (None, 0)  # 0: it cannot work here
        if self._runs.is_dir() and not runs_on and self._starts < _STARTS:
            self._starts += 1
            module = "mosecrot_core.runs.job_worker"
            command = [sys.executable, "-m", module, str(self._runs), str(os.getpid())]
            self._process = subprocess.Popen(command)  # noqa: S603 - our own interpreter and module

    def stop(self) -> None:
        if self._process is not None:
            _stop(self._process, _JOB_STOP_SECONDS)


def _watch(server: subprocess.Popen[bytes], worker: _Worker) -> int:
    """Wait for the server's end, the worker kept up meanwhile; return its exit code."""
    while True:
        worker.keep_up()
        try:
            return server.wait(_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _choose_port(port: int | None, address: str = ADDRESS) -> int:
    if port is not None:
        if not _is_free(port, address):
            raise MosecrotError(f"Port {port} is taken on {address}. Name another, or leave --port out.")
        return port
    for candidate in range(FIRST_PORT, FIRST_PORT + _PORTS_TRIED):
        if _is_free(candidate, address):
            return candidate
    raise MosecrotError(f"No port from {FIRST_PORT} to {FIRST_PORT + _PORTS_TRIED - 1} is free on {address}.")


def _is_free(port: int, address: str) -> bool:
    if not 1 <= port <= 65535:
        raise MosecrotError(f"A port lies between 1 and 65535, got {port}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except socket.gaierror as error:
            raise MosecrotError(
                f"No address of this machine: {address}. Give one such as 127.0.0.1."
            ) from error
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise MosecrotError(f"This machine has no address {address}. Give one of its own.") from error
            return False
    return True


def _wait_until_it_answers(server: subprocess.Popen[bytes], url: str) -> None:
    # A proxy from the environment has no business between this machine and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up:
        if server.poll() is not None:
            raise MosecrotError(f"The dashboard stopped at once (exit code {server.returncode}); see above.")
        try:
            with opener.open(f"{url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise MosecrotError(f"The dashboard did not answer at {url} within {_START_SECONDS} seconds.")


def _has_display() -> bool:
    """Say whether a window can be opened; a text browser in this terminal is not one."""
    return not sys.platform.startswith("linux") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _stop(process: subprocess.Popen[bytes], patience: float = _STOP_SECONDS) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
